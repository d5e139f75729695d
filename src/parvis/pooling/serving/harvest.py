"""The records that a reader may harvest, of one state of the catalogue, in a steady order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256

from rdflib import Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF, SKOS

from parvis.catalog.feed import Activity
from parvis.catalog.turtle import AUTHORITIES
from parvis.governance import Reader
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.serving.snapshot import Published
from parvis.rdf.files import graph_of
from parvis.rdf.joining import Values, values
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import VCARD


@dataclass(frozen=True)
class Item:
    """A dataset that is harvested; `changed` is since when its record is what it is."""

    card: DatasetCard
    changed: datetime

    @property
    def key(self) -> DatasetKey:
        """Give the dataset's key."""
        return self.card.key


@dataclass(frozen=True)
class Listing:
    """All items of one state, in the order of their keys, which no other state disturbs.

    `state` tells it from every other, whichever generation it stands in. `changed` is the last
    instant at which anything in it changed; None when nobody can know, for a decision changed
    since. `hidden` are those that the reader may no longer know of: their places stay empty. Of
    those that are `shut`, which not everyone may read any more, less is told.
    """

    published: Published
    items: Sequence[Item]
    state: str
    changed: datetime | None
    hidden: frozenset[DatasetKey] = field(default_factory=frozenset)
    shut: frozenset[DatasetKey] = field(default_factory=frozenset)

    def record(self, item: Item) -> bytes:
        """Give a record in N-Triples; nothing of one that became hidden."""
        return b"" if item.key in self.hidden else self.published.lines(item.key, self.shut)

    def still_tells(self, activity: Activity) -> bool:
        """Say whether the description of an activity of the feed may be read."""
        item = self._by_key.get(activity.key)
        if item is None:
            return False
        now = sha256(self.record(item)).hexdigest() if not item.card.readable else ""
        return item.card.readable or activity.digest == now

    @cached_property
    def _by_key(self) -> dict[DatasetKey, Item]:
        return {item.key: item for item in self.items}

    def bodies(self, items: Iterable[Item], ending: str) -> Iterable[bytes]:
        """Give records in a format, each without head and end; none of those that became hidden."""
        shown = [one.key for one in items if one.key not in self.hidden]
        return self.published.bodies(shown, ending, self.shut) if shown else ()

    @property
    def frame(self) -> bytes:
        """Give what is said of the catalogue itself, in N-Triples."""
        return (self.published.generation.site / "catalog.nt").read_bytes()

    @property
    def email(self) -> str | None:
        """Give the address of the catalogue's contact point, if it has one."""
        graph = graph_of(self.frame)
        this = graph.value(predicate=RDF.type, object=DCAT.Catalog)
        found = (
            str(address).removeprefix("mailto:")
            for contact in graph.objects(this, DCAT.contactPoint)
            for address in graph.objects(contact, VCARD.hasEmail)
        )
        return min(found, default=None)

    def about(self) -> dict[str, Texts]:
        """Give the catalogue's `title` and `description` in its languages."""
        graph = graph_of(self.frame)
        this = graph.value(predicate=RDF.type, object=DCAT.Catalog)
        steps = {"title": DCTERMS.title, "description": DCTERMS.description}
        return {
            name: {
                str(text.language or ""): str(text)
                for text in graph.objects(this, step)
                if isinstance(text, Literal)
            }
            for name, step in steps.items()
        }


def listing(published: Published, reader: Reader, now: datetime) -> Listing:
    """Gather what a reader may harvest of a generation, by what it decided at an instant."""
    changes, built = published.changes, published.generation.manifest.created
    cards = sorted(published.known(reader, now), key=lambda card: card.key)
    known = [(card, changes.records.get(str(card.key))) for card in cards]
    # A generation older than the changes tells none; one that tells them leaves out bad records.
    told = [one for one in known if one[1] is not None or changes.catalog is None]
    items = [Item(card, change.since if change else built) for card, change in told]
    described = changes.catalog.since if changes.catalog else built
    states = [str(changes.catalog), *(f"{card.key} {change}" for card, change in told)]
    return Listing(
        published=published,
        items=items,
        state=sha256("\n".join(states).encode()).hexdigest()[:16],
        changed=None
        if published.generation.confined(now)
        else max(described, changes.left or described, *(item.changed for item in items)),
        shut=published.shut(now),
    )


def repeated(
    older: Published, state: str, reader: Reader, now: Listing, at: datetime
) -> Listing | None:
    """Give an earlier state, if a generation stood in it when it was built, else None.

    Of what the reader may no longer know the place stays empty, so that the others keep theirs.
    """
    found = listing(older, reader, older.generation.manifest.created)
    if found.state != state:
        return None
    still = {item.key for item in now.items}
    return replace(
        found,
        hidden=frozenset(one.key for one in found.items if one.key not in still),
        shut=older.shut_by(now.published.policies, at),
    )


# What OAI-PMH gives of a state of the catalogue: records, those that are gone, and sets.

_NOT_SPEC = re.compile(r"[^A-Za-z0-9\-_.!~*'()]")


@dataclass(frozen=True)
class Entry:
    """One record by its dataset's IRI, the second of its last change, and its sets.

    `item` is None for a dataset that is gone.
    """

    iri: str
    changed: datetime
    sets: tuple[str, ...]
    item: Item | None


def entries(found: Listing) -> Iterator[Entry]:
    """Give all records in a steady order, then those that are gone, which stay told for ever.

    What became hidden while it was harvested is as if it were gone.
    """
    iris, feed = found.published.iris, found.published.feed
    for item in found.items:
        gone = item.key in found.hidden
        specs = (partner_set(item.key), *(theme_set(one) for one in themes(found, item)))
        entry = None if gone else item
        yield Entry(item.card.iri, _second(item.changed), specs, entry)
    here = {item.key for item in found.items}
    last = {one.key: one for one in feed.activities(described=False)}
    for key, one in sorted(last.items()):
        if one.kind == "Delete" and key not in here:
            yield Entry(iris.dataset(key), _second(one.published), (partner_set(key),), None)


def sets(found: Listing) -> dict[str, Texts]:
    """Name the sets: the partners' datasets, and those of each theme."""
    named: dict[str, Texts] = {}
    for item in found.items:
        named[partner_set(item.key)] = item.card.partner_name
        for theme in themes(found, item):
            named[theme_set(theme)] = _label(theme)
    return dict(sorted(named.items()))


def described(found: Listing, item: Item) -> Values:
    """Give what a record says of its dataset, by property."""
    return values(found.record(item), item.card.iri)


def themes(found: Listing, item: Item) -> tuple[str, ...]:
    """Give the IRIs of a dataset's themes, from its record where the card does not tell."""
    if item.card.themes is not None:
        return item.card.themes
    said = values(found.published.lines(item.key, found.shut), item.card.iri)
    return tuple(one for one, _ in said.get(str(DCAT.theme), ()))


def partner_set(key: DatasetKey) -> str:
    """Name the set of a partner's datasets."""
    return f"partner-{key.partner}"


def theme_set(theme: str) -> str:
    """Name the set of a theme, by the end of its IRI.

    >>> theme_set("http://publications.europa.eu/resource/authority/data-theme/EDUC")
    'theme-EDUC'
    """
    return f"theme-{_NOT_SPEC.sub('-', re.split('[/#]', theme)[-1])}"


def _label(theme: str) -> Texts:
    labels: Mapping[str, str] = {
        str(one.language or ""): str(one)
        for one in AUTHORITIES.objects(URIRef(theme), SKOS.prefLabel)
        if isinstance(one, Literal)
    }
    return dict(labels) or {"": theme}


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
