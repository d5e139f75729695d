"""What became of a partner's data: who read them, what they entered, what was deleted.

It is the audit trail that protectors see, limited to the partner's own data. A party is named to
the partner: agreements are made with known parties. No question that was asked is stored anywhere.

Not counted: what is read without an account, also by portals and engines that harvest what is open;
and backups, which stay with the third party and are in its trail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from rdflib import Graph
from rdflib.namespace import PROV

from parvis.config import Settings
from parvis.config.json_data import to_object
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, N_, both, choose_text, say
from parvis.ledger import Act, Audit, DatasetUses, Deletions
from parvis.pooling.cards import Texts
from parvis.pooling.publics.history import read_all_releases
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.membership import explain_rule
from parvis.report.delimited import csv_text
from parvis.vocab.iris import DatasetKey

DAYS = 365
"""Days of uses that are listed, unless others are asked for."""
MOST = 5_000
"""Lines of a report."""
PUBLICATIONS = 500
"""Publications, and exports, that are looked through."""
READ, TAKEN = N_("content read"), N_("files taken")
KINDS = {
    "read": READ,
    "copy": TAKEN,
    "record": N_("description read"),
    "replica": N_("copied by a machine that serves the pool"),
    "export": N_("description sent to a portal"),
    "release": N_("entered a release"),
    "deletion": N_("deleted"),
    "publication": N_("published"),
}
"""The kinds of uses, in words."""
KINDS_OF_ACTS: Mapping[str, str] = {Act.DOWNLOAD: "copy", Act.COPY: "replica"}
"""The kinds of the acts that are counted, if not reading."""
COUNTED = frozenset({"read", "copy", "record", "replica"})
"""The kinds that are counted."""
COLUMNS = (
    N_("Day"),
    N_("What happened"),
    N_("Dataset"),
    N_("By"),
    N_("Rule"),
    N_("Requests"),
    N_("Rows answered"),
)
BY_THIRD_PARTY = N_("the trusted third party")
SOME_RELEASE = N_("a release for some organisations")
RELEASE = N_("release {number} of “{title}”")
VERSION = N_("published version {number}")
PORTAL = N_("to {portal}: what anyone may know of it, not its content")


@dataclass(frozen=True)
class DataUse:
    """One line: on a day, what became of a dataset, by whom and under which rule, how often.

    Texts are by language, empty where there is nothing to say; `title` is the dataset's.
    """

    day: date
    kind: str
    title: Texts
    party: Texts
    rule: Texts
    requests: int = 0
    rows: int = 0

    @property
    def id(self) -> str:
        """Identify the line, whatever its counts are by now."""
        texts = (choose_text("en", text) for text in (self.title, self.party, self.rule))
        content = "\n".join((self.day.isoformat(), self.kind, *texts))
        return sha256(content.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        return to_object(self)


@dataclass(frozen=True)
class UsesReport:
    """What became of a partner's data since a day, the latest first."""

    slug: str
    since: date
    uses: tuple[DataUse, ...]

    def to_json(self) -> dict[str, Any]:
        return to_object(self)

    def to_csv(self, lang: str) -> str:
        heading = [say(lang, column) for column in COLUMNS]
        return csv_text([heading, *(_cells(use, lang) for use in self.uses)])


def _cells(use: DataUse, lang: str) -> list[str]:
    counts = (use.requests, use.rows)
    return [
        use.day.isoformat(),
        say(lang, KINDS[use.kind]),
        choose_text(lang, use.title),
        choose_text(lang, use.party),
        choose_text(lang, use.rule),
        *(str(count) if use.kind in COUNTED else "" for count in counts),
    ]


def report_uses(
    settings: Settings, published: Snapshot, slug: str, now: datetime, days: int = DAYS
) -> UsesReport:
    """Return what became of a partner's data in the last days."""
    since = (now.astimezone(UTC) - timedelta(days=days)).date()
    # Once the deletion of a dataset is due nobody may know of it, its partner neither.
    own = published.iris.partner(slug)
    cards = published.discoverable_cards(Reader(own), now)
    titles = {card.iri: card.title for card in cards if card.key.partner == slug}
    uses = [
        *_list_reads(settings, published, titles, since, own),
        *_list_exports(settings, titles),
        *_list_releases(settings, published, slug, now),
        *_list_deletions(settings, slug),
        *_list_publications(settings, published, slug),
    ]
    recent = sorted((use for use in uses if use.day >= since), key=_order)
    return UsesReport(slug, since, tuple(recent[:MOST]))


def _order(use: DataUse) -> tuple[int | str, ...]:
    return (
        -use.day.toordinal(),
        use.kind,
        choose_text("fr", use.title),
        choose_text("fr", use.party),
    )


def _list_reads(
    settings: Settings, published: Snapshot, titles: Mapping[str, Texts], since: date, own: str
) -> Iterator[DataUse]:
    # One line for each day, dataset, party and rule: the ways of reading are added up.
    sums: dict[tuple[date, str, str, str, str], list[int]] = {}
    for use in DatasetUses(settings.data).of(titles, since, own, MOST):
        kind = KINDS_OF_ACTS.get(use.act, "read")
        if use.act == Act.RECORD and not use.decided:
            # The page of a dataset, whose content nothing lets this reader read or needs to.
            kind = "record"
        counts = sums.setdefault((use.day, kind, use.dataset, use.party, use.decided), [0, 0])
        counts[0] += use.requests
        counts[1] += use.rows
    for (day, kind, dataset, party, decided), (requests, rows) in sums.items():
        names = _name_party(published, party)
        rule = explain_rule(published, decided or None)
        if kind in {"replica", "record"}:
            rule = {}
        yield DataUse(day, kind, titles[dataset], names, rule, requests, rows)


def _list_exports(settings: Settings, titles: Mapping[str, Texts]) -> Iterator[DataUse]:
    for link in Audit(settings.data).latest([Act.EXPORT], PUBLICATIONS):
        day = datetime.fromisoformat(link.entry["at"]).astimezone(UTC).date()
        portal = both(PORTAL, portal=link.entry.get("portal", ""))
        for item in link.entry["datasets"]:
            if item["dataset"] in titles:
                title = titles[item["dataset"]]
                yield DataUse(day, "export", title, both(BY_THIRD_PARTY), portal)


def _name_party(published: Snapshot, party: str) -> Texts:
    if party == published.policies.parties.host:
        return both(BY_THIRD_PARTY)
    return dict(published.names.get(party) or dict.fromkeys(LANGUAGES, party))


def _list_releases(
    settings: Settings, published: Snapshot, slug: str, now: datetime
) -> Iterator[DataUse]:
    # A release that the partner may not know of is not named to it; that it entered one is its own.
    reader = Reader(published.iris.partner(slug))
    cards = {str(card.key): card for card in published.discoverable_cards(reader, now)}
    own = {
        published.iris.graph(card.key): card.title
        for card in cards.values()
        if card.key.partner == slug
    }
    for release in read_all_releases(settings.data):
        entered = [title for graph, title in own.items() if graph in release.inputs]
        if not entered:
            continue
        record = Graph().parse(data=release.record, format="nt")
        ends = [getattr(end, "value", None) for end in record.objects(None, PROV.endedAtTime)]
        day = next((end.date() for end in ends if isinstance(end, datetime)), None)
        card = cards.get(release.dataset)
        rule = both(SOME_RELEASE)
        if card is not None:
            rule = both(RELEASE, number=release.number, title=card.title)
        for title in entered:
            if day is not None:
                yield DataUse(day, "release", title, both(BY_THIRD_PARTY), rule)


def _list_deletions(settings: Settings, slug: str) -> Iterator[DataUse]:
    for link in Deletions(settings.data).all():
        entry: Mapping[str, Any] = link.entry
        if DatasetKey.parse(entry["dataset"]).partner == slug:
            day = datetime.fromisoformat(entry["done"]).astimezone(UTC).date()
            yield DataUse(day, "deletion", entry["title"], both(BY_THIRD_PARTY), entry["reason"])


def _list_publications(settings: Settings, published: Snapshot, slug: str) -> Iterator[DataUse]:
    # What was published before the pool had anything of this partner held none of its data.
    prefix = published.iris.dataset(DatasetKey(slug, ""))
    received = [at for iri, at in published.policies.received.items() if iri.startswith(prefix)]
    received += [
        datetime.fromisoformat(link.entry["received"])
        for link in Deletions(settings.data).all()
        if DatasetKey.parse(link.entry["dataset"]).partner == slug and link.entry["received"]
    ]
    first = min(received, default=None)
    for link in Audit(settings.data).latest([Act.PUBLISH], PUBLICATIONS):
        at = datetime.fromisoformat(link.entry["at"])
        if first is None or at < first:
            continue
        day = at.astimezone(UTC).date()
        rule = both(VERSION, number=link.entry.get("generation", ""))
        yield DataUse(day, "publication", {}, both(BY_THIRD_PARTY), rule)
