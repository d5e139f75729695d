"""Read from a graph's file what it says of events and of what they name.

Nothing is decided here that depends on other graphs: what an entity is called by others, which of
its places are described, and where they are, is put together for each class of readers.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from parvis.rdf.moments import read_span
from parvis.rdf.ntriples import STATEMENT, Term, read_term
from parvis.rdf.streams import join_subjects, open_file, read_blocks
from parvis.vocab import PREFIXES

OTHER_SCHEMA = "https://schema.org/"
PROPERTIES = (
    "rdf:type", "schema:name", "schema:description", "schema:startDate", "schema:endDate",
    "schema:previousStartDate", "schema:eventStatus", "schema:eventAttendanceMode",
    "schema:inLanguage", "schema:isAccessibleForFree", "schema:url", "schema:image",
    "schema:sameAs", "owl:sameAs", "parvis:discipline", "parvis:targetAudience",
    "parvis:eventType", "parvis:territory", "schema:location", "schema:organizer",
    "schema:performer", "schema:workPerformed", "schema:superEvent", "schema:offers",
    "schema:containedInPlace", "schema:address", "schema:geo", "schema:creator",
    "schema:producer", "schema:streetAddress", "schema:addressLocality", "schema:addressRegion",
    "schema:postalCode", "schema:addressCountry", "schema:latitude", "schema:longitude",
    "schema:price", "schema:lowPrice", "schema:highPrice", "schema:priceCurrency",
    "schema:availability",
)  # fmt: skip
"""What is read of events and of what they name."""
EVENT, SERIES, PLACE, BARE = 1, 2, 4, 8
"""What an entity is, as bits; of a `BARE` one a graph only says by which other names it goes."""
KINDS = {
    "schema:Event": EVENT,
    "schema:EventSeries": SERIES,
    "schema:Festival": SERIES,
    "schema:Place": PLACE,
    "schema:VirtualLocation": 0,
    "schema:PerformingGroup": 0,
    "schema:Person": 0,
    "schema:Organization": 0,
    "parvis:Production": 0,
    "schema:Offer": 0,
    "schema:PostalAddress": 0,
    "schema:GeoCoordinates": 0,
}
"""The classes of entities that are read."""
OFF = frozenset({"EventCancelled", "EventPostponed"})
LANGUAGE = re.compile(r"[a-z]{2,3}(?=-|$)")

Statements = Mapping[bytes, list[bytes]]
"""Terms by the sign of their property."""


def _expand(name: str) -> list[str]:
    prefix, _, local = name.partition(":")
    spaces = [PREFIXES[prefix], *([OTHER_SCHEMA] if prefix == "schema" else ())]
    return [space + local for space in spaces]


_FIRST = 0x21
_SIGNS = {name: bytes([_FIRST + at]) for at, name in enumerate(PROPERTIES)}
"""A sign for each property, which stands before each statement of a file."""
_SIGN_OF = {f"<{iri}>".encode(): sign for name, sign in _SIGNS.items() for iri in _expand(name)}
_IRI_OF = {sign[0]: _expand(name)[0] for name, sign in _SIGNS.items()}
_KIND_OF = {f"<{iri}>".encode(): bit for name, bit in KINDS.items() for iri in _expand(name)}
_TYPE, _SAME_AS = _SIGNS["rdf:type"], _SIGNS["owl:sameAs"]

_ANY_LINE = re.compile(rb"^\s*(\S+)\s+(\S+)\s+(.*?)\s*\.\s*$")
_NAMING = b"<http://www.w3.org/2002/07/owl#sameAs>"
_TYPED = re.compile(
    b"#type> <(?:" + b"|".join(re.escape(iri[1:]) for iri in sorted(_KIND_OF)) + b")"
)


@dataclass(frozen=True, slots=True)
class EventKeys:
    """What an event is listed by, as far as its graph says.

    `begins` and `ends` are seconds since 1970. `place` and `work` are IRIs, empty for none;
    `several` says that there are more. `profile` is `write_profile`'s.
    """

    begins: float
    ends: float
    place: str
    work: str
    profile: str
    several: bool


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """What a graph says of an entity: `lines` are its statements, `wholes` what it is a part of."""

    iri: str
    kind: int
    lines: bytes
    wholes: tuple[str, ...]
    keys: EventKeys | None


def write_profile(
    disciplines: Iterable[str], audiences: Iterable[str], languages: Iterable[str], *, off: bool
) -> str:
    """Write what many events have in common, to be stored once: `off` ones do not take place."""
    profile = [*disciplines], [*audiences], [*languages], off
    return json.dumps(profile, ensure_ascii=False)


def read_facts(path: Path, graph: str, zone: tzinfo) -> Iterator[EntityFacts]:
    """Yield the entities of a graph's file of N-Triples; a day begins by the clock of `zone`.

    Memory holds one entity of a sorted file, which those that end in ``.gz`` are. Raises the errors
    of `parvis.rdf.streams.UNREADABLE`.
    """
    triples = _read_sorted(path) if path.suffix == ".gz" else _sort_triples(path)
    # A blank node is of one graph alone.
    blank = b"_:" + sha256(graph.encode()).hexdigest()[:16].encode() + b"."
    for node, group in groupby(triples, key=itemgetter(0)):
        subject = blank + node[2:] if node[:1] == b"_" else node
        statements: dict[bytes, list[bytes]] = {}
        for _, sign, term in group:
            scoped = blank + term[2:] if term[:1] == b"_" else term
            statements.setdefault(sign, []).append(scoped)
        kinds = {_KIND_OF.get(term) for term in statements.get(_TYPE, ())} - {None}
        if kinds:
            yield _read_entity(subject, sum(filter(None, kinds)), statements, zone)
        elif _SAME_AS in statements:
            yield _read_entity(subject, BARE, {_SAME_AS: statements[_SAME_AS]}, zone)


Triples = Iterator[tuple[bytes, bytes, bytes]]
"""The subject, the sign of the property, and the object."""


def _read_sorted(path: Path) -> Triples:
    """Yield the statements of a sorted file, whose blocks without entities cost a search each."""
    sign_of = _SIGN_OF.get
    with open_file(path) as file:
        for block in join_subjects(read_blocks(file)):
            if _TYPED.search(block) or _NAMING in block:
                for subject, predicate, term in STATEMENT.findall(block):
                    if sign := sign_of(predicate):
                        yield subject, sign, term


def _sort_triples(path: Path) -> Triples:
    with open_file(path) as file:
        matches = filter(None, map(_ANY_LINE.match, file))
        triples = [
            (match[1], sign, match[3]) for match in matches if (sign := _SIGN_OF.get(match[2]))
        ]
    yield from sorted(triples)


def _read_entity(subject: bytes, kind: int, statements: Statements, zone: tzinfo) -> EntityFacts:
    lines = b"\n".join(sign + term for sign, terms in statements.items() for term in terms)
    wholes = _values(statements, "schema:superEvent")
    keys = _read_keys(statements, zone) if kind & (EVENT | SERIES) else None
    return EntityFacts(read_term(subject)[0], kind, lines, tuple(wholes), keys)


def _read_keys(statements: Statements, zone: tzinfo) -> EventKeys | None:
    starts, ends = (_values(statements, name) for name in ("schema:startDate", "schema:endDate"))
    span = read_span(starts, ends, zone)
    if span is None:
        return None
    places, works = (
        _values(statements, name) for name in ("schema:location", "schema:workPerformed")
    )
    common = (tuple(statements.get(_SIGNS[name], ())) for name in _COMMON)
    profile = _read_profile(*common)
    several = len(places) > 1 or len(works) > 1
    return EventKeys(*span[2:], "".join(places[:1]), "".join(works[:1]), profile, several)


_COMMON = ("parvis:discipline", "parvis:targetAudience", "schema:inLanguage", "schema:eventStatus")


@lru_cache(10_000)
def _read_profile(*terms: tuple[bytes, ...]) -> str:
    disciplines, audiences, languages, statuses = map(_read_values, terms)
    codes = (match[0] for value in languages if (match := LANGUAGE.match(value.lower())))
    off = not OFF.isdisjoint(value.rpartition("/")[2] for value in statuses)
    return write_profile(disciplines, audiences, dict.fromkeys(codes), off=off)


def _values(statements: Statements, name: str) -> list[str]:
    return _read_values(statements.get(_SIGNS[name], ()))


def _read_values(terms: Iterable[bytes]) -> list[str]:
    """Return the values of terms, in order."""
    return sorted({value for term in terms if (value := read_term(term)[0])})


def parse_lines(lines: bytes) -> Iterator[tuple[str, Term]]:
    """Yield the statements of an entity's lines: the property's IRI, and the term."""
    for line in lines.split(b"\n"):
        yield _IRI_OF[line[0]], read_term(line[1:])
