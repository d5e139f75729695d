"""What OAI-PMH gives of a state of the catalogue: records, those that are gone, and sets."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rdflib import Literal, URIRef
from rdflib.namespace import DCAT, SKOS

from parvis.catalog.authorities import AUTHORITIES
from parvis.pooling.cards import Texts
from parvis.pooling.listing import Item, Listing
from parvis.rdf.joining import Values, values
from parvis.vocab.iris import DatasetKey

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
