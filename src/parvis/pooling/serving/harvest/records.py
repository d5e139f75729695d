"""List the records that a reader may harvest, of one state of the catalogue."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256

from rdflib import URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF, SKOS

from parvis.catalog.feed import Activity
from parvis.catalog.turtle import AUTHORITIES
from parvis.governance import Reader
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.serving.snapshot import Snapshot
from parvis.rdf.files import graph_of
from parvis.rdf.joining import values
from parvis.rdf.literals import read_texts
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import VCARD


@dataclass(frozen=True)
class HarvestItem:
    """A dataset to harvest; `changed` is the instant at which its record last changed."""

    card: DatasetCard
    changed: datetime

    @property
    def key(self) -> DatasetKey:
        return self.card.key


@dataclass(frozen=True)
class Listing:
    """All items of one state of the catalogue, in the order of their keys.

    `state` identifies it, whichever generation has it. `changed` is the last instant at which
    anything in it changed; None if that is unknown, because a decision changed since publication.
    The places of `hidden` items, which the reader may not discover any more, stay empty.
    `closed` are those whose record is shortened, because not everyone may read them any more.
    """

    published: Snapshot
    items: Sequence[HarvestItem]
    state: str
    changed: datetime | None
    hidden: frozenset[DatasetKey] = field(default_factory=frozenset)
    closed: frozenset[DatasetKey] = field(default_factory=frozenset)

    def record(self, item: HarvestItem) -> bytes:
        """Return a record in N-Triples; that of a hidden item is empty."""
        return b"" if item.key in self.hidden else self.published.lines(item.key, self.closed)

    def allows_description(self, activity: Activity) -> bool:
        """Return whether the description of an activity of the feed may be read."""
        item = self._by_key.get(activity.key)
        if item is None:
            return False
        # A former description may tell more of a closed dataset than its record does now.
        now = sha256(self.record(item)).hexdigest() if not item.card.readable else ""
        return item.card.readable or activity.digest == now

    @cached_property
    def _by_key(self) -> dict[DatasetKey, HarvestItem]:
        return {item.key: item for item in self.items}

    def bodies(self, items: Iterable[HarvestItem], ending: str) -> Iterable[bytes]:
        """Return records in a format, without head and end; none of hidden items."""
        keys = [item.key for item in items if item.key not in self.hidden]
        return self.published.bodies(keys, ending, self.closed) if keys else ()

    @property
    def frame(self) -> bytes:
        """Return the description of the catalogue itself, in N-Triples."""
        return (self.published.generation.site / "catalog.nt").read_bytes()

    @property
    def email(self) -> str | None:
        """Return the address of the catalogue's contact point, if it has one."""
        graph = graph_of(self.frame)
        catalog = graph.value(predicate=RDF.type, object=DCAT.Catalog)
        # Of several addresses the first in the alphabet, so that the choice does not change.
        addresses = (
            str(address).removeprefix("mailto:")
            for contact in graph.objects(catalog, DCAT.contactPoint)
            for address in graph.objects(contact, VCARD.hasEmail)
        )
        return min(addresses, default=None)

    def about(self) -> dict[str, Texts]:
        """Return the catalogue's `title` and `description` in its languages."""
        graph = graph_of(self.frame)
        catalog = graph.value(predicate=RDF.type, object=DCAT.Catalog)
        properties = {"title": DCTERMS.title, "description": DCTERMS.description}
        return {
            name: read_texts(graph, catalog, iri, untagged="") for name, iri in properties.items()
        }


def list_records(published: Snapshot, reader: Reader, now: datetime) -> Listing:
    """Return what a reader may harvest of a generation, by the decisions of an instant."""
    changes, built = published.changes, published.generation.manifest.created
    cards = sorted(published.discoverable_cards(reader, now), key=lambda card: card.key)
    # A record without a change was left out, unless the generation is older than the changes.
    dated = [
        (card, change)
        for card in cards
        if (change := changes.records.get(str(card.key))) is not None or changes.catalog is None
    ]
    items = [HarvestItem(card, change.since if change else built) for card, change in dated]
    described = changes.catalog.since if changes.catalog else built
    states = [str(changes.catalog), *(f"{card.key} {change}" for card, change in dated)]
    return Listing(
        published=published,
        items=items,
        state=sha256("\n".join(states).encode()).hexdigest()[:16],
        changed=None
        if published.generation.must_confine(now)
        else max(described, changes.left or described, *(item.changed for item in items)),
        closed=published.closed_since_publication(now),
    )


def find_earlier_state(
    older: Snapshot, state: str, reader: Reader, now: Listing, at: datetime
) -> Listing | None:
    """Return an earlier state, if a generation was in it when it was built, else None."""
    earlier = list_records(older, reader, older.generation.manifest.created)
    if earlier.state != state:
        return None
    # Hidden items keep their places, so that the pages of the other items do not shift.
    discoverable = {item.key for item in now.items}
    return replace(
        earlier,
        hidden=frozenset(item.key for item in earlier.items if item.key not in discoverable),
        closed=older.closed_by(now.published.policies, at),
    )


# OAI-PMH: records, deleted records, and sets.

_NOT_SPEC = re.compile(r"[^A-Za-z0-9\-_.!~*'()]")


@dataclass(frozen=True)
class RecordHeader:
    """A record's header: its dataset's IRI, the second of its last change, and its sets.

    `item` is None for a deleted record.
    """

    iri: str
    changed: datetime
    sets: tuple[str, ...]
    item: HarvestItem | None


def list_headers(listing: Listing) -> Iterator[RecordHeader]:
    """Yield all records in the order of their keys, then the deleted ones.

    What became hidden while it was harvested counts as deleted.
    """
    iris, feed = listing.published.iris, listing.published.feed
    for item in listing.items:
        specs = (partner_set(item.key), *map(theme_set, themes_of(listing, item)))
        visible = None if item.key in listing.hidden else item
        yield RecordHeader(item.card.iri, _to_second(item.changed), specs, visible)
    keys = {item.key for item in listing.items}
    last_activities = {activity.key: activity for activity in feed.activities(described=False)}
    for key, activity in sorted(last_activities.items()):
        if activity.kind == "Delete" and key not in keys:
            at = _to_second(activity.published)
            yield RecordHeader(iris.dataset(key), at, (partner_set(key),), None)


def list_sets(listing: Listing) -> dict[str, Texts]:
    """Return the names of the sets: one for each partner's datasets, one for each theme."""
    names: dict[str, Texts] = {}
    for item in listing.items:
        names[partner_set(item.key)] = item.card.partner_name
        for theme in themes_of(listing, item):
            labels = read_texts(AUTHORITIES, URIRef(theme), SKOS.prefLabel)
            names[theme_set(theme)] = labels or {"": theme}
    return dict(sorted(names.items()))


def themes_of(listing: Listing, item: HarvestItem) -> tuple[str, ...]:
    if item.card.themes is not None:
        return item.card.themes
    # The card of an older generation has none: the record does.
    statements = values(listing.published.lines(item.key, listing.closed), item.card.iri)
    return tuple(iri for iri, _ in statements.get(str(DCAT.theme), ()))


def partner_set(key: DatasetKey) -> str:
    """Return the setSpec of a partner's datasets."""
    return f"partner-{key.partner}"


def theme_set(theme: str) -> str:
    """Return the setSpec of a theme, from the end of its IRI.

    >>> theme_set("http://publications.europa.eu/resource/authority/data-theme/EDUC")
    'theme-EDUC'
    """
    return f"theme-{_NOT_SPEC.sub('-', re.split('[/#]', theme)[-1])}"


def _to_second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
