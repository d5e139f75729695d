"""The published figures of a graph, for what they show of who reaches whom."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby

from rdflib import URIRef
from rdflib.namespace import QB

from parvis.pooling.schemes import read_ontology, scheme
from parvis.rdf.joining import Values, values
from parvis.statistics.derived import Cell, Codes
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

PUBLISHED = tuple(f"{CONCEPT}confidentiality/{one}>".encode() for one in ("free", "partner-open"))
"""The statuses of figures that are public already, as a triple has them."""
PERSONS = (PARVIS.attendance, PARVIS.tickets, PARVIS.visits)
"""Measures that count persons, and that add up."""
DERIVED = f"{CONCEPT}method/derived"
POOL = f"{CONCEPT}partner/pool"
_STRATUM = ("refPeriod", "refArea", "public", "language", "discipline", "channel")
_DIGITS = 15
OLDEST = 200
"""Years that stand for a bound that is open."""


def cells_of(lines: Iterable[bytes], graph: str) -> Iterator[Cell]:
    """Read the figures of persons that are published, of a graph in sorted N-Triples.

    Of the pool, only those that passed disclosure control count: others are not publishable.
    """
    for subject, some in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        told = b"".join(some)
        if subject[:1] == b"<" and any(status in told for status in PUBLISHED):
            cell = _cell(values(told, subject[1:-1].decode()), graph)
            if cell is not None:
                yield cell


@cache
def codes() -> Codes:
    """Read what the code lists say of totals, and of the publics that an age is part of."""
    lists = ("age", "area", "place", "public", "language", "discipline", "channel")
    return Codes(
        pool=POOL,
        every_age=f"{CONCEPT}age/total",
        totals=frozenset(f"{CONCEPT}{one}/total" for one in lists),
        publics=_publics(),
        ends=_ends(),
    )


def _cell(said: Values, graph: str) -> Cell | None:
    """Read one observation; None for one that lacks a part, or measures no persons."""

    def one(step: URIRef) -> str | None:
        found = [text for text, _ in said.get(str(step), ())]
        return found[0] if len(found) == 1 else None

    measure, who = one(QB.measureType), one(PARVIS.contributor)
    stratum = (measure, *(one(PARVIS[name]) for name in _STRATUM))
    place, age = one(PARVIS.place), one(PARVIS.ageGroup)
    value = one(URIRef(measure)) if measure in set(map(str, PERSONS)) else None
    parts = (who, place, age, value, *stratum)
    if not all(parts) or not (str(value).isdigit() and len(str(value)) <= _DIGITS):
        return None
    if who == POOL and one(PARVIS.confStatus) != f"{CONCEPT}confidentiality/free":
        return None
    return Cell(graph, str(who), str(place), str(age), tuple(map(str, stratum)), int(str(value)))


def _publics() -> Mapping[str, tuple[str, ...]]:
    """Give the narrowest publics that hold an age bracket whole: nothing else can be compared."""
    audiences = bounded("audience")
    found: dict[str, tuple[str, ...]] = {}
    for bracket, (low, high) in bounded("age").items():
        holding = {
            one: top - bottom
            for one, (bottom, top) in audiences.items()
            if bottom <= low and high <= top
        }
        narrowest = min(holding.values(), default=None)
        if holding:
            found[bracket] = tuple(sorted(o for o, width in holding.items() if width == narrowest))
    return found


def bounded(name: str) -> dict[str, tuple[int, int]]:
    """Give the concepts of a list that have bounds of age, in years."""
    found = {}
    for concept in scheme(name).labels:
        low, high = (
            read_ontology().value(URIRef(concept), step) for step in (PARVIS.minAge, PARVIS.maxAge)
        )
        if low is not None or high is not None:
            found[concept] = (int(str(low or 0)), int(str(high or OLDEST)))
    return found


def _ends() -> dict[str, str]:
    """Give the last day of each period."""
    graph, known = read_ontology(), scheme("period").labels
    days = {one: graph.value(URIRef(one), SCHEMA.endDate) for one in known}
    return {one: str(day) for one, day in days.items() if day is not None}
