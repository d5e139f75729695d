"""The routes, with the reader, formats and languages of each."""

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.rdf.formats import GRAPH_TYPES, PARQUET, RESULT_TYPES, XLSX
from parvis.web.pages.styleguide import COMPONENTS

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RDF = tuple(GRAPH_TYPES)
RESULTS = (*RESULT_TYPES, "xlsx", "parquet")
TYPES = {"html": "text/html", **GRAPH_TYPES, **RESULT_TYPES, "xlsx": XLSX, "parquet": PARQUET}
BOTH = ("fr", "en")


@dataclass(frozen=True)
class Route:
    """A rule of the application, with an address in the test pool.

    `formats` are the extensions that Accept can choose; an address with an extension has one
    format.
    """

    rule: str
    path: str
    reader: str
    formats: tuple[str, ...]
    languages: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name the case."""
        return self.rule


ENTITIES = "/feed/entities/theatre-b/spectacles"
THING = "/id/event/theatre-b/soeurs"
CONCEPT = "https://w3id.org/parvis/concept/discipline/theatre"
SELECT = "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%201"
CONSTRUCT = "/sparql?query=CONSTRUCT%20WHERE%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%201"
DOCUMENT = "any(html,ttl,nt,rdf,jsonld):ending"
FILE = "any('xlsx','csv.zip','ttl','jsonld','nq.gz'):ending"
CITED = "any(txt,json,ris,bib):ending"
WHAT = "any(entity,type,property):what"
ANSWER = "any(json,xml,csv,tsv,xlsx,parquet,ttl,nt,rdf,jsonld):ending"
PEOPLE = "any(html,csv,xlsx,json):ending"
COMPONENT = f"/styleguide/<any({','.join(COMPONENTS)}):name>"

TENDED = ("jobs", "versions", "due", "backups", "figures", "settings")
"""Pages of the steward that are JSON too."""
ROUTES = (
    Route("/", "/", "everyone", ("html",), BOTH),
    Route("/queries", "/queries", "researcher", ("html", *RDF), BOTH),
    Route(f"/queries.<{DOCUMENT}>", "/queries.ttl", "platform", ("ttl",)),
    Route("/queries/<slug>", "/queries/spectacles", "researcher", ("html",), BOTH),
    Route("/queries/<slug>/embed", "/queries/spectacles/embed", "everyone", ("html",), BOTH),
    Route(f"/queries/<slug>.<{ANSWER}>", "/queries/spectacles.csv", "researcher", ("csv",)),
    Route(f"/queries/<slug>.<{ANSWER}>", "/queries/spectacles.xlsx", "researcher", ("xlsx",)),
    Route("/sparql", SELECT, "researcher", (*RESULTS, "html"), BOTH),
    Route("/sparql", CONSTRUCT, "researcher", RDF),
    Route("/sparql", "/sparql", "platform", (*RDF, "html"), BOTH),
    Route("/search", "/search?q=spectacle", "everyone", ("html",), BOTH),
    Route("/relays", "/relays?public=parents", "everyone", ("html",), BOTH),
    Route("/relays.<any(html,json):ending>", "/relays.json", "platform", ()),
    Route("/portrait", "/portrait", "everyone", ("html", "csv", "xlsx", "tsv"), BOTH),
    Route(
        "/portrait.<any(html,csv,xlsx,tsv,json,ttl,jsonld):ending>",
        "/portrait.json",
        "researcher",
        (),
    ),
    Route("/trend", "/trend", "everyone", ("html", "csv", "xlsx"), BOTH),
    Route("/trend.<any(html,csv,xlsx,json):ending>", "/trend.json", "researcher", ()),
    Route("/portrait/region", "/portrait/region?shade=rate", "everyone", ("html",), BOTH),
    Route("/portrait/region/<code>", "/portrait/region/06", "everyone", ("html",), BOTH),
    Route("/portrait/compare", "/portrait/compare?by=period", "everyone", ("html",), BOTH),
    Route("/portrait/embed", "/portrait/embed?chapter=discipline", "everyone", ("html",), BOTH),
    Route("/portrait/people", "/portrait/people", "everyone", ("html",), BOTH),
    Route(f"/portrait/people.<{PEOPLE}>", "/portrait/people.csv", "researcher", ("csv",)),
    Route("/practice", "/practice", "everyone", ("html", "ttl"), BOTH),
    Route("/practice.<any(html,json,nq,ttl):ending>", "/practice.json", "researcher", ()),
    Route("/rates", "/rates", "everyone", ("html", "csv", "xlsx"), BOTH),
    Route("/rates.<any(html,csv,xlsx,json):ending>", "/rates.json", "researcher", ()),
    Route("/absence", "/absence", "everyone", ("html", "csv", "xlsx"), BOTH),
    Route("/absence.<any(html,csv,xlsx,json):ending>", "/absence.json", "researcher", ()),
    Route("/receipts", "/receipts", "everyone", ("html",), BOTH),
    Route("/offerings", "/offerings?public=parents", "everyone", ("html",), BOTH),
    Route("/offerings.<any(html,json):ending>", "/offerings.json", "platform", ()),
    Route("/events", "/events?from=2026-01-01", "everyone", ("html",), BOTH),
    Route("/events/embed", "/events/embed?from=2026-01-01", "everyone", ("html",), BOTH),
    *(
        Route(path, f"{path}?from=2026-01-01", "platform", ())
        for path in (*(f"/events.{ending}" for ending in ("json", "ics", "geojson")),)
    ),
    *(
        Route(path, path, "platform", ())
        for path in ("/places.geojson", "/regions.geojson", "/openapi.json", "/embed.js")
    ),
    Route("/reconcile", "/reconcile", "platform", ()),
    Route("/reconcile/preview", f"/reconcile/preview?id={CONCEPT}", "platform", ()),
    Route(f"/reconcile/suggest/<{WHAT}>", "/reconcile/suggest/type?prefix=l", "platform", ()),
    Route("/reconcile/extend/propose", "/reconcile/extend/propose", "platform", ()),
    Route("/search/guided", "/search/guided", "researcher", ("html",), BOTH),
    Route("/search/suggestions", "/search/suggestions?q=sp", "everyone", ()),
    Route("/ontology", "/ontology", "researcher", ("html", *RDF), BOTH),
    Route(f"/ontology.<{DOCUMENT}>", "/ontology.ttl", "researcher", ("ttl",)),
    Route("/sparql/completions.json", "/sparql/completions.json", "researcher", ()),
    Route("/ontology/terms.json", "/ontology/terms.json", "researcher", ()),
    Route("/context.jsonld", "/context.jsonld", "researcher", ("jsonld",)),
    Route("/shapes", "/shapes", "partner", (*RDF, "html"), BOTH),
    Route(f"/shapes.<{DOCUMENT}>", "/shapes.ttl", "partner", ("ttl",)),
    Route("/styleguide", "/styleguide", "everyone", ("html",), BOTH),
    Route(COMPONENT, "/styleguide/cards", "everyone", ("html",), BOTH),
    Route("/describe", f"/describe?iri={CONCEPT}", "researcher", ("html", *RDF), BOTH),
    Route(f"/id/<path:key>.<{DOCUMENT}>", f"{THING}.html", "researcher", ("html",), BOTH),
    Route(f"/id/<path:key>.<{DOCUMENT}>", f"{THING}.jsonld", "platform", ("jsonld",)),
    Route("/catalog", "/catalog", "partner", ("html", *RDF), BOTH),
    Route(f"/catalog.<{DOCUMENT}>", "/catalog.rdf", "platform", ("rdf",)),
    Route(
        "/dataset/<partner>/<dataset>",
        "/dataset/theatre-b/spectacles",
        "partner",
        ("html", *RDF),
        BOTH,
    ),
    Route(
        f"/dataset/<partner>/<dataset>.<{DOCUMENT}>",
        "/dataset/theatre-b/spectacles.nt",
        "platform",
        ("nt",),
    ),
    Route(
        "/dataset/<partner>/<dataset>/citation",
        "/dataset/theatre-b/spectacles/citation",
        "researcher",
        (),
    ),
    Route(
        f"/dataset/<partner>/<dataset>/citation.<{CITED}>",
        "/dataset/theatre-b/spectacles/citation.ris",
        "researcher",
        (),
    ),
    Route(
        "/dataset/<partner>/<dataset>/datapackage.json",
        "/dataset/theatre-b/spectacles/datapackage.json",
        "platform",
        (),
    ),
    Route(
        "/dataset/<partner>/<dataset>/croissant.json",
        "/dataset/theatre-b/spectacles/croissant.json",
        "researcher",
        (),
    ),
    Route("/mappings.sssom.tsv", "/mappings.sssom.tsv", "researcher", ()),
    Route(
        "/dataset/<partner>/<dataset>/datascene.json",
        "/dataset/theatre-b/spectacles/datascene.json",
        "platform",
        (),
    ),
    Route(
        f"/dumps/<partner>/<dataset>.<{FILE}>",
        "/dumps/theatre-b/spectacles.xlsx",
        "researcher",
        ("xlsx",),
    ),
    Route(
        "/dumps/<partner>/<dataset>/<table>.parquet",
        "/dumps/theatre-b/spectacles/Place.parquet",
        "researcher",
        ("parquet",),
    ),
    Route(
        "/dumps/<partner>/<dataset>.sha256", "/dumps/theatre-b/spectacles.sha256", "platform", ()
    ),
    Route("/void", "/void", "platform", RDF),
    Route(f"/void.<{DOCUMENT}>", "/void.nt", "platform", ("nt",)),
    *(
        Route(path, path, "everyone", ("html",), BOTH)
        for path in ("/about", "/contact", "/accessibility", "/privacy", "/glossary", "/status")
    ),
    Route("/partner", "/partner", "everyone", ("html",), BOTH),
    Route("/project", "/project", "everyone", ("html",), BOTH),
    Route("/partner/<slug>", "/partner/theatre-b", "partner", ("html",), BOTH),
    Route("/project/<slug>", "/project/saison", "partner", ("html", *RDF), BOTH),
    Route(f"/project/<slug>.<{DOCUMENT}>", "/project/saison.ttl", "researcher", ("ttl",)),
    Route("/charter", "/charter", "partner", ("html", *RDF), BOTH),
    Route("/docs", "/docs", "everyone", ("html",), BOTH),
    Route("/docs/<name>", "/docs/querying", "everyone", ("html",), BOTH),
    Route(
        "/docs/developers/<path:name>", "/docs/developers/architecture", "everyone", ("html",), BOTH
    ),
    Route(
        "/docs/notebooks/<any(audiences,programming):name>.ipynb",
        "/docs/notebooks/programming.ipynb",
        "researcher",
        (),
    ),
    Route(f"/charter.<{DOCUMENT}>", "/charter.ttl", "researcher", ("ttl",)),
    Route("/check", "/check", "partner", ("html",), BOTH),
    Route("/check/clean", "/check/clean", "partner", ("html",), BOTH),
    Route("/check/<any(sketch,kits):name>", "/check/sketch", "partner", ("html",), BOTH),
    Route(
        "/check/clean/<any('worker.js','parvis.zip','pyodide.mjs','pyodide.asm.mjs',"
        "'pyodide.asm.wasm','pyodide-lock.json','python_stdlib.zip'):name>",
        "/check/clean/parvis.zip",
        "partner",
        (),
    ),
    Route(
        "/templates/<any(Event,Place,Organization,Production,Observation,Reach,"
        "'by-age','by-month','by-postal-code','long','survey',questionnaire):name>"
        ".<any(csv,xlsx):ending>",
        "/templates/Event.xlsx",
        "partner",
        ("xlsx",),
    ),
    Route("/give", "/give", "partner", ("html",), BOTH),
    Route("/requests/new", "/requests/new", "everyone", ("html",), BOTH),
    Route("/login", "/login", "partner", ("html",), BOTH),
    Route("/health", "/health", "steward", ()),
    Route("/robots.txt", "/robots.txt", "platform", ()),
    Route("/llms.txt", "/llms.txt", "platform", ()),
    Route("/sitemap.xml", "/sitemap.xml", "platform", ()),
    Route("/feed", "/feed", "platform", ()),
    Route("/feed.<any(trig,jsonld,nq):ending>", "/feed.trig", "platform", ()),
    Route("/feed/entities", "/feed/entities", "platform", ()),
    Route("/feed/entities.<any(trig,jsonld,nq):ending>", "/feed/entities.nq", "platform", ()),
    Route("/feed/entities/<partner>/<dataset>", ENTITIES, "platform", ()),
    Route(
        "/feed/entities/<partner>/<dataset>.<any(trig,jsonld,nq):ending>",
        f"{ENTITIES}.jsonld",
        "platform",
        (),
    ),
    Route("/.well-known/dspace-version", "/.well-known/dspace-version", "platform", ()),
    Route("/.well-known/api-catalog", "/.well-known/api-catalog", "platform", ()),
    Route(
        "/dsp/catalog/datasets/<path:identifier>",
        "/dsp/catalog/datasets/theatre-b/spectacles",
        "platform",
        (),
    ),
    Route("/oai", "/oai?verb=Identify", "platform", ()),
    Route("/catalog.atom", "/catalog.atom", "everyone", ()),
)
CLOSED = {"/partner/<slug>/exchange.json"}
"""Pages for their partner and the steward only: others get 404."""
REDIRECTS = {
    *("/id/<path:key>", "/graph/<partner>/<dataset>", "/.well-known/void", "/logout", "/my"),
    *("/sparql/filter", "/q/<name>"),
}
"""IRIs of entities and graphs, the end of a session, other addresses of queries: they redirect."""
POSTED = {
    "/mcp",
    *("/check.<any(html,json,csv):ending>", "/q", "/requests"),
    "/dsp/catalog/request",
    *("/organization/requests/rules", "/organization/requests/rules/<name>/end"),
    *("/notices/feed", "/steward/outbox/retry", "/requests/<name>/law25/steps/<step>"),
    "/requests/<name>/<any(offer,accept,decline,withdraw):act>",
    *("/check.<any(html,json,csv):ending>", "/q", "/login/passkey", "/passkey/options"),
    "/invitation/<code>/account",
    "/account/queries/<name>/<any(public,private,delete):act>",
    "/account/queries/<name>/question",
    "/organization/questions/<name>/withdraw",
    "/steward/questions/<name>/<any(examine,release,refuse):act>",
    *("/account/details", "/account/passkey", "/account/passkey/remove", "/account/delete"),
    *("/account/provider", "/account/provider/remove"),
    *("/account/sessions/end", "/people/invite", "/people/invitation/<name>/withdraw"),
    "/steward/tokens/<name>/<any(rotate,revoke):act>",
    "/people/<name>/<any(role,remove,sessions):act>",
}
"""Routes for POST only: with a form, or a message."""
WATCHED = {
    "/partner/<slug>/dashboard",
    "/partner/<slug>/box-office",
    "/partner/<slug>/box-office.<any(html,json,csv,xlsx):ending>",
    "/partner/<slug>/results",
    "/partner/<slug>/results.<any(html,json,xlsx):ending>",
    "/partner/<slug>/results/<any(sales,weekdays,openings,trend,profile):name>.csv",
    "/box-office/<dataset>",
    "/box-office/<dataset>/<performance>",
    "/box-office/<dataset>/missing",
    "/give/<name>",
    "/requests/<name>",
    "/organization/questions",
    "/organization/questions/<name>",
    "/steward/questions",
    "/steward/questions/<name>",
    "/organization/requests",
    "/steward/requests",
    "/drafts",
    "/drafts/<name>",
    "/drafts/<name>/columns",
    "/drafts/<name>/corrections",
    "/drafts/<name>/mapping",
    "/drafts/<name>/mapping.yml",
    "/drafts/<name>/agreement",
    "/drafts/<name>/submission",
    "/drafts/<name>/delete",
    *("/account", "/people", "/steward/people", "/invitation/<code>"),
    *(
        "/login/oidc",
        "/login/oidc/callback",
        "/account",
        "/people",
        "/steward/people",
        "/steward/tokens",
        "/invitation/<code>",
    ),
    "/account/queries",
    "/q/<name>/crate.zip",
    "/requests/<name>/law25",
    "/requests/<name>/law25/assessment",
    "/requests/<name>/law25/document",
    "/partner/<slug>/uses",
    "/partner/<slug>/uses.<any(html,json,csv,atom):ending>",
    "/notices",
    "/notices/<link>.atom",
    "/notices/unsubscribe/<link>",
    "/steward/outbox",
    "/steward/columns",
    "/steward/queue",
    "/steward/queue/<name>",
    "/steward/queue/<name>/<any(accept,refuse):verdict>",
    "/steward",
    "/steward/<any(decisions,deletions,releases):name>",
    "/steward/<any(decisions,deletions,releases):name>.<any(html,json):ending>",
    "/steward/feeds",
    "/steward/feeds.<any(html,json):ending>",
    "/steward/links",
    "/steward/links.<any(html,json):ending>",
    "/steward/queries",
    "/steward/queries.<any(html,json):ending>",
    *(f"/steward/{name}" for name in TENDED),
    *(f"/steward/{name}.<any(html,json):ending>" for name in TENDED),
    "/steward/portals",
    "/steward/register.<any(csv,json):ending>",
    "/steward/jobs/new",
    "/steward/jobs/<int:number>",
    "/steward/jobs/<int:number>.<any(html,json):ending>",
    "/steward/jobs/<int:number>/<any(cancel,again):verb>",
    "/metrics",
    "/replica/manifest.json",
    "/replica/<int:number>/<path:name>",
    "/certificate/<name>",
    "/q/<name>/citation",
    f"/q/<name>/citation.<{CITED}>",
    f"/certificate/<name>.<{DOCUMENT}>",
    "/figures/<path:name>/receipt.json",
    "/.well-known/parvis-receipt-keys.json",
    "/releases/status.json",
    "/organization/agreements",
    "/organization/agreements/<any(draft,amend,sign,discard):act>",
    "/steward/agreements",
    "/steward/agreements/<party>",
    "/steward/agreements/<party>/<any(draft,amend,sign,discard):act>",
    "/steward/history",
    "/steward/history/<int:number>",
    "/steward/history/<int:number>/undo",
    "/steward/partners",
    "/steward/partners/<name>",
    "/steward/partners/<name>/<dataset>",
    "/steward/projects",
    "/steward/projects/<slug>",
    "/steward/projects/<slug>/close",
    "/steward/text",
    "/partner/<slug>/rounds",
    "/partner/<slug>/rounds/<project>/<int:number>",
    "/partner/<slug>/rounds/<project>/<int:number>.json",
    "/partner/<slug>/rounds/<project>/<int:number>/certificate",
    "/steward/rounds",
    "/steward/rounds/<project>/<int:number>",
    "/steward/rounds/<project>/<int:number>/<any(merge,approve,refuse,reopen):act>",
}
"""Routes that need a token, a deletion or a short link: each is tested with its page."""
"""Routes that need a token, a deletion or a short link: `test_steward.py`, `test_request_log.py`,
`test_harvest_replicas.py`, `test_box_office.py`, `test_short_links.py`, `test_requesting.py`,
`test_notices.py`, `test_uses.py`,
`pages/account`."""


def test_every_rule_of_the_application_is_in_the_table(app: Flask) -> None:
    """A new page must declare its reader and formats."""
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    assert rules == {route.rule for route in ROUTES} | REDIRECTS | CLOSED | WATCHED | POSTED


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_accept_chooses_among_the_formats_of_an_address(client: FlaskClient, route: Route) -> None:
    for ending in route.formats:
        response = client.get(route.path, headers={"Accept": TYPES[ending]})
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.mimetype == TYPES[ending]
        assert response.get_data()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.languages], ids=str)
@pytest.mark.parametrize("lang", BOTH)
def test_a_page_below_a_language_prefix_is_in_that_language(
    client: FlaskClient, route: Route, lang: str
) -> None:
    """Both addresses declare their language and link to each other."""
    response = client.get(f"/{lang}{route.path}", headers={"Accept": BROWSER})
    page = response.get_data(as_text=True)
    assert f'<html lang="{lang}">' in page
    assert all(f'hreflang="{other}"' in page for other in (*BOTH, "x-default"))


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_head_answers_as_get_without_a_body(client: FlaskClient, route: Route) -> None:
    """Harvesters send HEAD first."""
    headers = {"Accept": "*/*"}
    get_response = client.get(route.path, headers=headers)
    response = client.head(route.path, headers=headers)
    assert response.status_code == 200
    assert response.content_type == get_response.content_type
    assert response.get_data() == b""


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_open_routes_allow_cross_origin_requests(client: FlaskClient, route: Route) -> None:
    """Preflight requests too."""
    response = client.options(route.path)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in response.headers["Access-Control-Allow-Methods"]
    assert "HEAD" in response.headers["Allow"]


def test_each_term_of_the_ontology_has_its_own_anchor(client: FlaskClient) -> None:
    """A property and a scheme of the same name have different anchors."""
    page = client.get("/en/ontology", headers={"Accept": BROWSER}).get_data(as_text=True)
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert {"ageGroup", "concept/age", "language", "concept/language"} <= set(anchors)
