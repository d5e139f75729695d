"""Entities as they are compared: slim tuples, read from the sorted lines of a graph."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import groupby
from typing import NamedTuple

from rdflib.namespace import FOAF, ORG, OWL, RDF

from parvis.linking.evidence import Point
from parvis.linking.problems import (
    ADDRESSES,
    CONTRADICTORY,
    MOST_ADDRESSES,
    NAMELESS,
    SWAPPED,
    LinkingProblem,
)
from parvis.linking.sites import address, own_sites, site
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

# Strong identifiers, which an authority gives to one entity only, written ``scheme:key``.
# A number of the wrong form, or with a wrong check digit, is none.

SAME_AS = {
    "wikidata": "http://www.wikidata.org/entity/{}",
    "isni": "https://isni.org/isni/{}",
    "viaf": "http://viaf.org/viaf/{}",
    "artsdata": "http://kg.artsdata.ca/resource/{}",
    "ror": "https://ror.org/{}",
}
"""The entity's own IRI, for schemes that have one; the NEQ has none."""


class IdentifierScheme(NamedTuple):
    """An authority's identifiers: their pattern, in an IRI and alone, and their normal form."""

    name: str
    pattern: re.Pattern[str]
    normalise: Callable[[str], str | None]


def _strip_separators(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


def _parse_isni(text: str) -> str | None:
    signs = _strip_separators(text).upper()
    # The last character is a check digit (ISO 27729).
    total = 0
    for sign in signs[:-1]:
        total = (total + int(sign)) * 2
    return signs if "0123456789X"[(12 - total % 11) % 11] == signs[-1] else None


_SCHEMES = (
    IdentifierScheme(
        "wikidata",
        re.compile(
            r"(?:https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/|wikidata:|wd:)(Q[1-9]\d*)"
        ),
        str,
    ),
    IdentifierScheme(
        "isni",
        re.compile(
            r"(?i)(?:https?://(?:www\.)?isni\.org/(?:isni/)?|isni:?\s*)((?:\d[\s-]?){15}[\dX])",
            re.IGNORECASE,
        ),
        _parse_isni,
    ),
    IdentifierScheme(
        "viaf", re.compile(r"(?:https?://(?:www\.)?viaf\.org/viaf/|viaf:)(\d+)/?"), str
    ),
    IdentifierScheme(
        "artsdata", re.compile(r"(?:https?://kg\.artsdata\.ca/resource/|artsdata:)(K\d+-\d+)"), str
    ),
    IdentifierScheme(
        "ror", re.compile(r"(?i)(?:https?://ror\.org/|ror:)(0[a-z0-9]{8})"), str.lower
    ),
    IdentifierScheme(
        "neq", re.compile(r"(?i)(?:neq:?\s*)?((?:11|22|33|88)(?:[\s-]?\d){8})"), _strip_separators
    ),
)


def identifier(text: str) -> str | None:
    """Parse a strong identifier from an IRI or from a partner's text; None if it is none.

    >>> identifier("https://www.wikidata.org/wiki/Q1234"), identifier("NEQ 1141 234 567")
    ('wikidata:Q1234', 'neq:1141234567')
    >>> identifier("https://isni.org/isni/0000000121032683"), identifier("isni:0000000121032684")
    ('isni:0000000121032683', None)
    >>> identifier("https://lanterne.example/") is None
    True
    """
    for scheme in _SCHEMES:
        if match := scheme.pattern.fullmatch(text.strip()):
            key = scheme.normalise(match[1])
            return key and f"{scheme.name}:{key}"
    return None


def entity_iri(identifier: str) -> str | None:
    """Return the IRI of the entity that an identifier names, if its authority has one.

    >>> entity_iri("wikidata:Q1234"), entity_iri("neq:1141234567")
    ('http://www.wikidata.org/entity/Q1234', None)
    """
    scheme, _, key = identifier.partition(":")
    template = SAME_AS.get(scheme)
    return template and template.format(key)


# Kinds of entities; entities of two kinds are never one.

ORGANIZATION, PLACE, EVENT, SERIES, PRODUCTION = KINDS = (
    "organization",
    "place",
    "event",
    "series",
    "production",
)
"""As in the IRIs of entities: ``/id/<kind>/<key>``."""


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SCHEMA_TYPES = {
    ORGANIZATION: _split(
        "Organization PerformingGroup TheaterGroup DanceGroup MusicGroup NGO Corporation"
        " EducationalOrganization NewsMediaOrganization LibrarySystem ArchiveOrganization"
    ),
    PLACE: _split(
        "Place CivicStructure PerformingArtsTheater Museum Library MusicVenue StadiumOrArena Park"
        " EventVenue LandmarksOrHistoricalBuildings MovieTheater PlaceOfWorship TouristAttraction"
    ),
    SERIES: _split("EventSeries Festival"),
    PRODUCTION: _split("CreativeWork Play Movie MusicComposition Book ShortStory"),
}
_OTHER_TYPES = {
    str(ORG.Organization): ORGANIZATION,
    str(FOAF.Organization): ORGANIZATION,
    str(PARVIS.Production): PRODUCTION,
}


@cache
def kind_of(type_iri: str) -> str | None:
    """Return the kind of entities of a type; None for a type that is not compared.

    >>> kind_of("https://schema.org/DanceEvent"), kind_of("http://schema.org/Festival")
    ('event', 'series')
    >>> kind_of("http://schema.org/Offer") is None
    True
    """
    plain = type_iri.replace("https://schema.org/", PREFIXES["schema"])
    if plain in _OTHER_TYPES:
        return _OTHER_TYPES[plain]
    if not plain.startswith(PREFIXES["schema"]):
        return None
    name = plain.removeprefix(PREFIXES["schema"])
    if name.endswith("Event"):
        return EVENT
    return next((kind for kind, names in _SCHEMA_TYPES.items() if name in names), None)


def kinds_of(types: Iterable[str]) -> set[str]:
    """Return the kinds of an entity's types; more than one is a contradiction."""
    kinds = {kind for type_iri in types if (kind := kind_of(type_iri))}
    # A festival is often typed as an event too: it is a series.
    return kinds - {EVENT} if SERIES in kinds else kinds


Statements = Mapping[str, list[str]]
"""The statements about one subject: texts and IRIs by property."""

NORTH, WEST = (41.0, 84.0), (-142.0, -50.0)
"""Latitudes and longitudes of Canada; a point that fits only when swapped is a mistake."""

_HTTPS = "https://schema.org/"
_BARE = "http://schema.org/"
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"\'\\]))')
_SIGNS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_NAMES = (str(SCHEMA.name), str(SCHEMA.alternateName), str(SCHEMA.legalName))
_SAME = (str(OWL.sameAs), str(SCHEMA.sameAs), str(SCHEMA.identifier))
_ADDRESS = (SCHEMA.streetAddress, SCHEMA.postalCode, SCHEMA.addressLocality)
_PARTS = frozenset(map(str, (*_ADDRESS, SCHEMA.latitude, SCHEMA.value)))
"""Properties of addresses, coordinates and identifiers."""
_OTHERS = (RDF.type, SCHEMA.url, SCHEMA.address, SCHEMA.geo, SCHEMA.longitude)
_OF_EVENTS = (SCHEMA.location, SCHEMA.startDate)
_COMPARED = _PARTS.union(_NAMES, _SAME, map(str, (*_OTHERS, *_OF_EVENTS)))


class Entity(NamedTuple):
    """One entity as one graph states it; what is not stated is empty.

    `same_as` are the IRIs of its `sameAs`; `start` is an event's instant or day (ISO 8601),
    `venues` the names of where it takes place, whose address is then the event's; `sites` are the
    websites that no other entity of its kind has in the graph.
    """

    iri: str
    kind: str
    graph: str
    names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    postal: str = ""
    point: Point | None = None
    start: str = ""
    place: str = ""
    venues: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    localities: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Hash of the content."""
        return hashlib.blake2b(repr(tuple(self)).encode(), digest_size=8).hexdigest()


@dataclass
class GraphContent:
    """The entities of one graph, by IRI, and what is wrong with some."""

    entities: dict[str, Entity] = field(default_factory=dict)
    problems: list[LinkingProblem] = field(default_factory=list)


def entities(lines: Iterable[bytes], graph: str) -> GraphContent:
    """Read the entities of a graph from lines sorted by subject."""
    reading = _Reading(graph)
    for subject, triples in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        statements: defaultdict[str, list[str]] = defaultdict(list)
        # The first name of an entity is the one displayed: any language comes before English.
        parts = (line.split(b" ", 2) for line in triples)
        compared = [(predicate, term) for _, predicate, term in parts if _is_compared(predicate)]
        for predicate, term in sorted(compared, key=lambda part: b'"@en' in part[1][-12:]):
            name = predicate[1:-1].decode().replace(_HTTPS, _BARE)
            statements[name].append(_parse_term(term.rstrip()[:-1].rstrip().decode()))
        if statements:
            reading.take(subject.decode().strip("<>"), statements)
    return reading.finish()


@lru_cache(1_000)
def _is_compared(predicate: bytes) -> bool:
    return predicate[1:-1].decode().replace(_HTTPS, _BARE) in _COMPARED


class _Reading:
    """One graph while it is read."""

    def __init__(self, graph: str) -> None:
        self.graph, self.graphful = graph, GraphContent()
        self.drafts: dict[str, tuple[str, Statements]] = {}
        self.parts: dict[str, Statements] = {}

    def take(self, iri: str, statements: Statements) -> None:
        kinds = kinds_of(statements.get(str(RDF.type), ()))
        if len(kinds) > 1:
            self._report(CONTRADICTORY, iri=iri, kinds=", ".join(sorted(kinds)))
        elif kinds:
            self.drafts[iri] = (kinds.pop(), statements)
        elif statements.keys() & _PARTS:
            self.parts[iri] = statements

    def finish(self) -> GraphContent:
        # Addresses and coordinates have subjects of their own: entities are only built at the end.
        entities = {iri: self._build_entity(iri, *draft) for iri, draft in self.drafts.items()}
        for iri, entity in entities.items():
            venue = entities.get(entity.place)
            # Events have the address of where they take place.
            self.graphful.entities[iri] = (
                entity
                if venue is None
                else entity._replace(
                    venues=venue.names,
                    streets=venue.streets,
                    postal=venue.postal,
                    point=venue.point,
                    localities=venue.localities or entity.localities,
                )
            )
        self._find_sites()
        return self.graphful

    def _find_sites(self) -> None:
        """Give organisations and venues the sites that no other of their kind has here."""
        for kind in (ORGANIZATION, PLACE):
            sites = {
                iri: {*filter(None, map(site, entity.urls))}
                for iri, entity in self.graphful.entities.items()
                if entity.kind == kind and entity.urls
            }
            own = own_sites(sites.values())
            for iri, names in sites.items():
                if names & own:
                    entity = self.graphful.entities[iri]
                    self.graphful.entities[iri] = entity._replace(sites=tuple(sorted(names & own)))

    def _build_entity(self, iri: str, kind: str, statements: Statements) -> Entity:
        names = dict.fromkeys(
            name.strip() for predicate in _NAMES for name in statements.get(predicate, ())
        )
        names.pop("", None)
        if not names:
            self._report(NAMELESS, iri=iri)
        keys = [text for predicate in _SAME for text in statements.get(predicate, ())]
        keys += [text for node in keys for text in self._part(node).get(str(SCHEMA.value), ())]
        address_nodes = statements.get(str(SCHEMA.address), ())
        if len(address_nodes) > MOST_ADDRESSES:
            self._report(ADDRESSES, iri=iri, count=len(address_nodes))
            address_nodes = ()
        addresses = [self._part(node) for node in address_nodes]
        postal = next(_collect(addresses, str(SCHEMA.postalCode)), "")
        same_as = (*statements.get(str(OWL.sameAs), ()), *statements.get(str(SCHEMA.sameAs), ()))
        places = statements.get(str(SCHEMA.location), ())
        return Entity(
            iri=iri,
            kind=kind,
            graph=self.graph,
            names=tuple(names),
            identifiers=tuple(sorted({key for text in keys if (key := identifier(text))})),
            same_as=tuple(sorted(set(same_as))),
            streets=tuple(_collect(addresses, str(SCHEMA.streetAddress))),
            postal=_strip_separators(postal).upper(),
            point=self._read_point(iri, statements),
            start=min(statements.get(str(SCHEMA.startDate), ("",))),
            place=places[0] if len(places) == 1 else "",
            urls=tuple(sorted(filter(None, map(address, statements.get(str(SCHEMA.url), ()))))),
            # A municipality named by an IRI cannot be compared with one named in words.
            localities=tuple(
                text
                for text in dict.fromkeys(_collect(addresses, str(SCHEMA.addressLocality)))
                if "://" not in text
            ),
        )

    def _read_point(self, iri: str, statements: Statements) -> Point | None:
        nodes = statements.get(str(SCHEMA.geo), ())
        for subject in (statements, *map(self._part, nodes)):
            latitudes = subject.get(str(SCHEMA.latitude), ())
            longitudes = subject.get(str(SCHEMA.longitude), ())
            # Several values are a contradiction: none of them counts.
            if not len(latitudes) == 1 == len(longitudes):
                continue
            with suppress(ValueError):
                latitude, longitude = float(latitudes[0]), float(longitudes[0])
                if NORTH[0] <= longitude <= NORTH[1] and WEST[0] <= latitude <= WEST[1]:
                    self._report(SWAPPED, iri=iri, point=f"{latitude}, {longitude}")
                    return None
                return latitude, longitude
        return None

    def _part(self, node: str) -> Statements:
        return self.parts.get(node, {})

    def _report(self, template: str, **fields: object) -> None:
        self.graphful.problems.append(LinkingProblem(template, self.graph, fields))


def _collect(parts: Iterable[Statements], predicate: str) -> Iterator[str]:
    for part in parts:
        yield from filter(str.strip, part.get(predicate, ()))


def _parse_term(term: str) -> str:
    """Return the text of a literal, or an IRI (N-Triples §2)."""
    if term.startswith("<"):
        return term[1:-1]
    if not term.startswith('"'):
        return term
    text = term[1 : term.rindex('"')]
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _SIGNS.get(match[3], match[3])
