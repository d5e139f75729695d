"""The pages that are opened in a browser: every page of the application, for its reader.

Addresses are those of the demonstration; `{certificate}` stands for the id of its certificate,
`{short_link}` for that of a stored query, `{access_request}` for that of a request for access,
`{job}` for the number of a job, and `{link_of_email}` for the secret part of a link. A new page has
its line here: `test_list.py` demands it.
"""

from dataclasses import dataclass
from typing import Literal

ReaderName = Literal["anonymous", "member", "researcher", "steward"]


@dataclass(frozen=True)
class Page:
    """An address below a language prefix, and its reader."""

    path: str
    reader: ReaderName = "anonymous"
    status: int = 200
    heavy: str = ""
    """What its scripts draw, if it has an editor or a chart, and so weighs more than others."""

    def __str__(self) -> str:
        return f"{self.reader} {self.path}"


EDITOR, CHART = ".CodeMirror", ".chart svg"
SELECT = "SELECT%20*%20WHERE%20%7B%3Fs%20a%20%3Ftype%7D%20LIMIT%2030"
COUNTED = (
    "SELECT%20%3Ft%20(COUNT(*)%20AS%20%3Fn)%20%7B%3Fs%20a%20%3Ft%7D%20GROUP%20BY%20%3Ft%20LIMIT%209"
)
PARAMETER = (
    "SELECT%20*%20%7B%0AVALUES%20%3Fkind%20%7B%20UNDEF%20%7D%20%23%20choice%3A%20discipline%0A"
    "%20%20%3Fs%20parvis%3Adiscipline%20%3Fkind%0A%7D%20LIMIT%203"
)
CONSTRUCT = "CONSTRUCT%20WHERE%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%2030"
THEATRE = "https://w3id.org/parvis/concept/discipline/theatre"

PAGES = (
    Page("/"),
    Page("/", "member"),
    Page("/", "researcher"),
    Page("/", "steward"),
    Page("/my", "member"),
    Page("/catalog"),
    Page("/dataset/theatre-lanterne/programmation"),
    Page("/dataset/tiers-neutre/portrait"),
    Page("/dataset/theatre-lanterne/publics", "member"),
    Page("/dataset/danse-petit-nord/publics", status=410),
    Page("/about"),
    Page("/contact"),
    Page("/accessibility"),
    Page("/privacy"),
    Page("/glossary"),
    Page("/status"),
    Page("/partner"),
    Page("/project"),
    Page("/partner/theatre-lanterne"),
    Page("/partner/theatre-lanterne", "member"),
    Page("/partner/theatre-lanterne/dashboard", "member"),
    Page("/partner/theatre-lanterne/dashboard?public=jeunes-parents", "member"),
    Page("/partner/theatre-lanterne/dashboard", "steward"),
    Page("/partner/theatre-lanterne/box-office", "steward"),
    Page("/partner/theatre-lanterne/results", "steward"),
    Page("/project/jeunes-publics"),
    Page("/charter"),
    Page("/docs"),
    Page("/docs/commands"),
    Page("/docs/developers/architecture"),
    Page("/docs/none", status=404),
    Page("/queries"),
    Page("/queries?reader=journalist"),
    Page("/queries/publics-par-region"),
    Page("/queries/prix-par-discipline"),
    Page("/queries/calendrier-par-mois?discipline=theatre"),
    Page("/queries/grandes-salles"),
    Page("/queries/lieux-sur-la-carte"),
    Page("/queries/sorties-gratuites?partner=magazine-bottines"),
    Page("/queries/meilleurs-jours?partner=maison-des-voix"),
    Page("/queries/publics-par-age/embed?discipline=theatre"),
    Page("/queries/lieux-sur-la-carte/embed"),
    Page("/sparql", heavy=EDITOR),
    Page(f"/sparql?query={SELECT}", heavy=EDITOR),
    Page(f"/sparql?query={CONSTRUCT}", heavy=EDITOR),
    Page("/sparql?query=SELECT", status=400, heavy=EDITOR),
    Page(f"/sparql?query={COUNTED}#view-chart", heavy=".chart-drawing"),
    Page(f"/sparql?query={COUNTED}#view-pivot", heavy=EDITOR),
    Page(f"/sparql?query={PARAMETER}", heavy=EDITOR),
    Page("/q/{short_link}/citation"),
    Page("/search"),
    Page("/search/guided"),
    Page("/search/guided?class=event&property=discipline&value=&property=words&value=vent"),
    Page("/search?q=th%C3%A9%C3%A2tre"),
    Page("/search?q=danse+Montr%C3%A9al"),
    Page("/search?q=dnse+rimuski"),
    Page("/relays"),
    Page("/relays?public=jeunes-parents"),
    Page("/ontology"),
    Page(f"/describe?iri={THEATRE}"),
    Page("/id/dataset/theatre-lanterne/programmation.html"),
    Page("/login"),
    Page("/login", "member"),
    Page("/account", "member"),
    Page("/account", status=403),
    Page("/people", status=403),
    Page("/people", "steward"),
    Page("/steward/people", "steward"),
    Page("/steward/tokens", "steward"),
    Page("/invitation/none", status=401),
    Page("/login/oidc", status=400),
    Page("/login/oidc/callback", status=401),
    Page("/oai"),
    Page("/nothing-here", status=404),
    Page("/partner/nobody", status=404),
    Page("/partner/theatre-lanterne/dashboard", status=404),
    Page("/steward", status=403),
    Page("/steward", "steward"),
    Page("/steward/decisions", "steward"),
    Page("/steward/deletions", "steward"),
    Page("/steward/releases", "steward"),
    Page("/offerings"),
    Page("/portrait"),
    Page("/portrait", "member"),
    Page("/portrait", "researcher"),
    Page("/catalog", "researcher"),
    Page("/portrait?area=06"),
    Page("/portrait/region"),
    Page("/portrait/region?shade=rate"),
    Page("/portrait/region/06"),
    Page("/portrait/region/10"),
    Page("/portrait/compare"),
    Page("/portrait/compare?by=period&measure=ticketsSold"),
    Page("/portrait/embed?chapter=discipline"),
    Page("/portrait/embed?chapter=rates-area"),
    Page("/rates"),
    Page("/styleguide"),
    Page("/styleguide/tokens"),
    Page("/styleguide/grid"),
    Page("/styleguide/cards"),
    Page("/styleguide/figure"),
    Page("/styleguide/suppressed"),
    Page("/styleguide/chart"),
    Page("/styleguide/tables"),
    Page("/styleguide/facets"),
    Page("/styleguide/forms"),
    Page("/styleguide/stepper"),
    Page("/styleguide/notices"),
    Page("/styleguide/tabs"),
    Page("/styleguide/badges"),
    Page("/trend"),
    Page("/trend?measure=ticketsSold"),
    Page("/styleguide/term"),
    Page("/check"),
    Page("/check", "member"),
    Page("/check/clean"),
    Page("/steward/jobs", "steward"),
    Page("/steward/jobs/{job}", "steward"),
    Page("/steward/jobs/new?kind=withdraw&name=theatre-lanterne/programmation", "steward"),
    Page("/steward/versions", "steward"),
    Page("/steward/due", "steward"),
    Page("/steward/backups", "steward"),
    Page("/steward/figures", "steward"),
    Page("/steward/portals", "steward"),
    Page("/steward/settings", "steward"),
    Page("/steward/queries", "steward"),
    Page("/steward/feeds", "steward"),
    Page("/steward/links", "steward"),
    Page("/catalog?q=danse&sort=changed"),
    Page("/shapes.html"),
    Page("/give"),
    Page("/give", "member"),
    Page("/give/programmation", "member"),
    Page("/drafts", "steward"),
    Page("/drafts", "member", status=403),
    Page("/steward/columns", "steward"),
    Page("/requests/new?subject=x"),
    Page("/requests/{access_request}", "member"),
    Page("/requests/{access_request}/law25", "member"),
    Page("/organization/requests", "member"),
    Page("/partner/theatre-lanterne/uses", "member"),
    Page("/steward/requests", "steward"),
    Page("/notices", "member", status=403),
    Page("/notices/unsubscribe/{link_of_email}"),
    Page("/steward/outbox", "steward"),
    Page("/steward/queue", "steward"),
    Page("/steward/queue/0", status=403),
    Page("/certificate/{certificate}", "steward"),
    Page("/organization/agreements", "member"),
    Page("/steward/agreements", "steward"),
    Page("/steward/agreements/theatre-lanterne", "steward"),
    Page("/steward/history", "steward"),
    Page("/steward/history/1", "steward", status=404),
    Page("/steward/history/1", status=403),
    Page("/steward/partners", "steward"),
    Page("/steward/partners/theatre-lanterne", "steward"),
    Page("/steward/projects", "steward"),
    Page("/steward/projects/jeunes-publics", "steward"),
    Page("/steward/text", "steward"),
    Page("/steward/text?path=theatre-lanterne/partner.ttl", "steward"),
)
