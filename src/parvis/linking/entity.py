"""What is compared of a thing: a slim tuple, read from a graph's sorted lines as they stream by."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
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
    Problem,
)
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

# Strong identifiers: what an authority gives to one thing only, told by how it is written.
#
# Each is written ``scheme:key``. A number of the wrong form, or with a wrong check digit, is none.

SAME_AS = {
    "wikidata": "http://www.wikidata.org/entity/{}",
    "isni": "https://isni.org/isni/{}",
    "viaf": "http://viaf.org/viaf/{}",
    "artsdata": "http://kg.artsdata.ca/resource/{}",
    "ror": "https://ror.org/{}",
}
"""The IRI of the thing itself, for schemes that have one; the NEQ has none."""


class Scheme(NamedTuple):
    """How an authority's identifiers are written, in an IRI and alone."""

    name: str
    pattern: re.Pattern[str]
    written: Callable[[str], str | None]


def _isni(text: str) -> str | None:
    """Give the sixteen signs of an ISNI; none if the check digit is wrong (ISO 27729)."""
    signs = re.sub(r"[\s-]", "", text).upper()
    total = 0
    for sign in signs[:-1]:
        total = (total + int(sign)) * 2
    return signs if "0123456789X"[(12 - total % 11) % 11] == signs[-1] else None


def _neq(text: str) -> str | None:
    """Give the ten digits of a Québec enterprise number."""
    return re.sub(r"[\s-]", "", text)


_SCHEMES = (
    Scheme(
        "wikidata",
        re.compile(
            r"(?:https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/|wikidata:|wd:)(Q[1-9]\d*)"
        ),
        str,
    ),
    Scheme(
        "isni",
        re.compile(
            r"(?i)(?:https?://(?:www\.)?isni\.org/(?:isni/)?|isni:?\s*)((?:\d[\s-]?){15}[\dX])",
            re.IGNORECASE,
        ),
        _isni,
    ),
    Scheme("viaf", re.compile(r"(?:https?://(?:www\.)?viaf\.org/viaf/|viaf:)(\d+)/?"), str),
    Scheme(
        "artsdata", re.compile(r"(?:https?://kg\.artsdata\.ca/resource/|artsdata:)(K\d+-\d+)"), str
    ),
    Scheme("ror", re.compile(r"(?i)(?:https?://ror\.org/|ror:)(0[a-z0-9]{8})"), str.lower),
    Scheme("neq", re.compile(r"(?i)(?:neq:?\s*)?((?:11|22|33|88)(?:[\s-]?\d){8})"), _neq),
)


def identifier(text: str) -> str | None:
    """Read a strong identifier from an IRI or from what a partner wrote; None if it is none.

    >>> identifier("https://www.wikidata.org/wiki/Q1234"), identifier("NEQ 1141 234 567")
    ('wikidata:Q1234', 'neq:1141234567')
    >>> identifier("https://isni.org/isni/0000000121032683"), identifier("isni:0000000121032684")
    ('isni:0000000121032683', None)
    >>> identifier("https://lanterne.example/") is None
    True
    """
    for scheme in _SCHEMES:
        if found := scheme.pattern.fullmatch(text.strip()):
            key = scheme.written(found[1])
            return key and f"{scheme.name}:{key}"
    return None


def entity_iri(known: str) -> str | None:
    """Give the IRI of the thing that an identifier names, if its authority has one.

    >>> entity_iri("wikidata:Q1234"), entity_iri("neq:1141234567")
    ('http://www.wikidata.org/entity/Q1234', None)
    """
    scheme, _, key = known.partition(":")
    template = SAME_AS.get(scheme)
    return template and template.format(key)


# Kinds of things that may be one; a thing of one kind is never a thing of another.

ORGANIZATION, PLACE, EVENT, SERIES, PRODUCTION = KINDS = (
    "organization",
    "place",
    "event",
    "series",
    "production",
)
"""As they stand in the IRIs of things: ``/id/<kind>/<key>``."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NAMED = {
    ORGANIZATION: _listed(
        "Organization PerformingGroup TheaterGroup DanceGroup MusicGroup NGO Corporation"
        " EducationalOrganization NewsMediaOrganization LibrarySystem ArchiveOrganization"
    ),
    PLACE: _listed(
        "Place CivicStructure PerformingArtsTheater Museum Library MusicVenue StadiumOrArena Park"
        " EventVenue LandmarksOrHistoricalBuildings MovieTheater PlaceOfWorship TouristAttraction"
    ),
    SERIES: _listed("EventSeries Festival"),
    PRODUCTION: _listed("CreativeWork Play Movie MusicComposition Book ShortStory"),
}
_OTHERS = {
    str(ORG.Organization): ORGANIZATION,
    str(FOAF.Organization): ORGANIZATION,
    str(PARVIS.Production): PRODUCTION,
}


@cache
def kind_of(type_iri: str) -> str | None:
    """Tell of which kind things of a type are; None for a type that is not compared.

    >>> kind_of("https://schema.org/DanceEvent"), kind_of("http://schema.org/Festival")
    ('event', 'series')
    >>> kind_of("http://schema.org/Offer") is None
    True
    """
    plain = type_iri.replace("https://schema.org/", PREFIXES["schema"])
    if plain in _OTHERS:
        return _OTHERS[plain]
    if not plain.startswith(PREFIXES["schema"]):
        return None
    name = plain.removeprefix(PREFIXES["schema"])
    if name.endswith("Event"):
        return EVENT
    return next((kind for kind, names in _NAMED.items() if name in names), None)


def kinds_of(types: Iterable[str]) -> set[str]:
    """Tell of which kinds a thing is; more than one is a contradiction.

    A festival is often said to be an event too: it is a series.
    """
    found = {kind for one in types if (kind := kind_of(one))}
    return found - {EVENT} if SERIES in found else found


Said = Mapping[str, list[str]]
"""What is said of one subject: texts and IRIs by property."""

NORTH, WEST = (41.0, 84.0), (-142.0, -50.0)
"""Between which latitudes and longitudes things of Canada lie; the other way round is a mistake."""

_HTTPS = "https://schema.org/"
_BARE = "http://schema.org/"
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"\'\\]))')
_SIGNS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_NAMES = (str(SCHEMA.name), str(SCHEMA.alternateName), str(SCHEMA.legalName))
_SAME = (str(OWL.sameAs), str(SCHEMA.sameAs), str(SCHEMA.identifier))
_WANTED = frozenset(
    map(
        str,
        (
            RDF.type,
            OWL.sameAs,
            *_NAMES,
            SCHEMA.sameAs,
            SCHEMA.identifier,
            SCHEMA.url,
            SCHEMA.address,
            SCHEMA.geo,
            SCHEMA.location,
            SCHEMA.startDate,
            SCHEMA.streetAddress,
            SCHEMA.postalCode,
            SCHEMA.latitude,
            SCHEMA.longitude,
            SCHEMA.value,
        ),
    )
)


class Entity(NamedTuple):
    """One thing as one graph says it; what is not said is empty.

    `same` are IRIs that the graph says to be the same thing; `start` is an event's instant or day
    (ISO 8601), `venues` the names of where it takes place, whose address is then the event's.
    """

    iri: str
    kind: str
    graph: str
    names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    postal: str = ""
    point: Point | None = None
    start: str = ""
    place: str = ""
    venues: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Tell this content from any other."""
        return hashlib.blake2b(repr(tuple(self)).encode(), digest_size=8).hexdigest()


@dataclass
class Graphful:
    """What was read of one graph: its things, by IRI, and what was wrong with some."""

    entities: dict[str, Entity] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def entities(lines: Iterable[bytes], graph: str) -> Graphful:
    """Read the things of a graph; the lines of one subject stand together.

    Addresses and coordinates have subjects of their own, so things are finished at the end.
    """
    reading = _Reading(graph)
    for iri, said in _subjects(lines):
        reading.take(iri, said)
    return reading.finished()


_PARTS = frozenset(
    map(str, (SCHEMA.streetAddress, SCHEMA.postalCode, SCHEMA.latitude, SCHEMA.value))
)
"""What addresses, coordinates and identifiers say."""


class _Reading:
    """One graph, while it is read."""

    def __init__(self, graph: str) -> None:
        """Begin with nothing."""
        self.graph, self.found = graph, Graphful()
        self.drafts: dict[str, tuple[str, Said]] = {}
        self.parts: dict[str, Said] = {}

    def take(self, iri: str, said: Said) -> None:
        """Keep what is said of a subject, if it is a thing or a part of one."""
        kinds = kinds_of(said.get(str(RDF.type), ()))
        if len(kinds) > 1:
            self._report(CONTRADICTORY, iri=iri, kinds=", ".join(sorted(kinds)))
        elif kinds:
            self.drafts[iri] = (kinds.pop(), said)
        elif said.keys() & _PARTS:
            self.parts[iri] = said

    def finished(self) -> Graphful:
        """Give the things; events have the address of where they take place."""
        things = {iri: self._entity(iri, *draft) for iri, draft in self.drafts.items()}
        for iri, one in things.items():
            placed = one.place in things
            self.found.entities[iri] = _placed(one, things[one.place]) if placed else one
        return self.found

    def _entity(self, iri: str, kind: str, said: Said) -> Entity:
        """Finish one thing; what is wrong with it is reported, and does not count."""
        names = dict.fromkeys(one.strip() for step in _NAMES for one in said.get(step, ()))
        names.pop("", None)
        if not names:
            self._report(NAMELESS, iri=iri)
        told = [one for step in _SAME for one in said.get(step, ())]
        told += [value for one in told for value in self._part(one).get(str(SCHEMA.value), ())]
        addresses = self._addresses(iri, said)
        places = said.get(str(SCHEMA.location), ())
        return Entity(
            iri=iri,
            kind=kind,
            graph=self.graph,
            names=tuple(names),
            identifiers=tuple(sorted({known for one in told if (known := identifier(one))})),
            same=tuple(sorted({*said.get(str(OWL.sameAs), ()), *said.get(str(SCHEMA.sameAs), ())})),
            streets=tuple(_all(addresses, str(SCHEMA.streetAddress))),
            postal=_postal(next(_all(addresses, str(SCHEMA.postalCode)), "")),
            point=self._point(iri, said),
            start=min(said.get(str(SCHEMA.startDate), ("",))),
            place=places[0] if len(places) == 1 else "",
            urls=tuple(sorted(filter(None, map(address, said.get(str(SCHEMA.url), ()))))),
        )

    def _addresses(self, iri: str, said: Said) -> list[Said]:
        """Give the addresses of a thing; none of them where there are too many."""
        told = said.get(str(SCHEMA.address), ())
        if len(told) > MOST_ADDRESSES:
            self._report(ADDRESSES, iri=iri, count=len(told))
            return []
        return [self._part(one) for one in told]

    def _point(self, iri: str, said: Said) -> Point | None:
        """Give the coordinates of a thing; none where they are the wrong way round."""
        nodes = said.get(str(SCHEMA.geo), ())
        point = next(filter(None, map(_coordinates, (said, *map(self._part, nodes)))), None)
        if point is not None and _is_swapped(point):
            self._report(SWAPPED, iri=iri, point=f"{point[0]}, {point[1]}")
            return None
        return point

    def _part(self, node: str) -> Said:
        return self.parts.get(node, {})

    def _report(self, template: str, **fields: object) -> None:
        self.found.problems.append(Problem(template, self.graph, fields))


def _placed(event: Entity, venue: Entity) -> Entity:
    """Give an event the address of where it takes place."""
    return event._replace(
        venues=venue.names, streets=venue.streets, postal=venue.postal, point=venue.point
    )


def _all(parts: Iterable[Said], step: str) -> Iterator[str]:
    for part in parts:
        yield from filter(str.strip, part.get(step, ()))


def address(url: str) -> str:
    """Write a web address as it is compared: no scheme, no ``www.``, no query, no last slash.

    >>> address("https://www.Lanterne.example/Spectacles/?utm=1#x")
    'lanterne.example/Spectacles'
    """
    rest = url.partition("://")[2].partition("#")[0].partition("?")[0]
    host, slash, path = rest.partition("/")
    return f"{host.lower().removeprefix('www.')}{slash}{path}".rstrip("/")


def _postal(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()


def _coordinates(said: Said) -> Point | None:
    """Read coordinates that a subject says itself; None if it says none, or several."""
    latitude, longitude = said.get(str(SCHEMA.latitude), ()), said.get(str(SCHEMA.longitude), ())
    if not len(latitude) == 1 == len(longitude):
        return None
    try:
        return float(latitude[0]), float(longitude[0])
    except ValueError:
        return None


def _is_swapped(point: Point) -> bool:
    """Say whether a latitude stands where the longitude should, and the other way round."""
    longitude, latitude = point
    return NORTH[0] <= latitude <= NORTH[1] and WEST[0] <= longitude <= WEST[1]


def _subjects(lines: Iterable[bytes]) -> Iterator[tuple[str, Said]]:
    """Give what is said of each subject, as far as it counts."""
    for subject, some in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        said: defaultdict[str, list[str]] = defaultdict(list)
        for line in sorted(some, key=_is_english):  # the first name of a thing is what one is shown
            _, step, rest = line.split(b" ", 2)
            name = step[1:-1].decode().replace(_HTTPS, _BARE)
            if name in _WANTED:
                said[name].append(_text(rest.rstrip()[:-1].rstrip().decode()))
        if said:
            yield subject.decode().strip("<>"), said


def _is_english(line: bytes) -> bool:
    return b'"@en' in line[-12:]


def _text(term: str) -> str:
    """Give the text of a literal, or an IRI (N-Triples §2)."""
    if term.startswith("<"):
        return term[1:-1]
    if not term.startswith('"'):
        return term
    text = term[1 : term.rindex('"')]
    return _ESCAPE.sub(_sign, text) if "\\" in text else text


def _sign(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _SIGNS.get(found[3], found[3])
