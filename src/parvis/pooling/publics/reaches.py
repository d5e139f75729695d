"""What graphs of the record tell of who reaches whom, gathered on publishing: reaches, figures.

A generation keeps them beside its stores, also of graphs that few may read: whoever asks is held
against the agreements at that instant, graph by graph, by `pooling.serving.figures.relays`. They go
with the generation: an erased content leaves none behind.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, groupby
from typing import Any, Self

from rdflib import URIRef
from rdflib.namespace import DCTERMS, QB

from parvis.catalog.codelists import read_ontology, scheme
from parvis.errors import NothingPublished
from parvis.pooling.agreements import loaded
from parvis.pooling.pool import Pool
from parvis.rdf.joining import Values, values
from parvis.statistics.cube import Cell, Codes
from parvis.statistics.relays import Reach
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.record.record import Version
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

# The published figures of a graph, for what they show of who reaches whom.

PUBLISHED = tuple(f"{CONCEPT}confidentiality/{one}>".encode() for one in ("free", "partner-open"))
"""The statuses of figures that are public already, as a triple has them."""
PERSONS = (PARVIS.attendance, PARVIS.tickets, PARVIS.visits)
"""Measures that count persons, and that add up."""
DERIVED = f"{CONCEPT}method/derived"
POOL = f"{CONCEPT}partner/pool"
_STRATUM = ("refPeriod", "refArea", "public", "language", "discipline", "channel")
_CODE_DIGITS = 15
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
    if not all(parts) or not (str(value).isdigit() and len(str(value)) <= _CODE_DIGITS):
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


FILE = "reaches.json"
_REACHES = f" <{PARVIS.reaches}> ".encode()
_DIGITS = 15
"""A size of more digits is no count of people."""


@dataclass(frozen=True)
class Declared:
    """What one graph declares: its content's digest, the asset that agreements speak of.

    `names` are what the graph calls its relays, `cells` its published figures of persons. A reach
    that tells no day has the one on which it was submitted.
    """

    digest: str
    target: str
    reaches: tuple[Reach, ...] = ()
    cells: tuple[Cell, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return vars(self) | {
            "reaches": [vars(one) for one in self.reaches],
            "cells": [vars(one) for one in self.cells],
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        reaches = tuple(Reach(**_remembered(one)) for one in found["reaches"])
        cells = tuple(Cell(**_remembered(one)) for one in found["cells"])
        return cls(**(found | {"reaches": reaches, "cells": cells}))


def _remembered(found: dict[str, Any]) -> dict[str, Any]:
    """Read what was written as plain data, whose tuples became lists."""
    return {key: tuple(v) if isinstance(v, list) else v for key, v in found.items()}


def gathered(pool: Pool) -> bytes:
    """Write what every graph of the record declares; a content that was read before is not again.

    Graphs that declare nothing are told too, by their digest.
    """
    before = _before(pool)
    targets = {one.graph: one.iri for one in pool.catalog.datasets.values()}
    targets |= {graph: graph for graph in loaded(pool.record)}
    found: dict[str, Declared] = {}
    for graph, version in pool.record.versions().items():
        if graph in targets:
            known = before.get(graph)
            if known is None or known.digest != version.digest:
                known = _declared(pool, graph, version)
            found[graph] = replace(known, target=targets[graph])
    plain = {graph: one.to_json() for graph, one in found.items()}
    return json.dumps(plain, ensure_ascii=False).encode()


def declared(generation: Generation) -> dict[str, Declared]:
    """Read what the graphs of a generation declare; older generations tell nothing."""
    file = generation.site / FILE
    if not file.is_file():
        return {}
    found = json.loads(file.read_bytes())
    return {graph: Declared.from_json(one) for graph, one in found.items()}


def _before(pool: Pool) -> dict[str, Declared]:
    """Read what the generation before knows."""
    try:
        return declared(store.current(pool.settings.data))
    except NothingPublished:
        return {}


def _declared(pool: Pool, graph: str, version: Version) -> Declared:
    """Read one content, a second time only if something in it reaches somebody."""
    relays: defaultdict[str, list[str]] = defaultdict(list)
    for reach, relay in _pairs(pool.record.read_lines(version)):
        relays[reach].append(relay)
    cells = tuple(cells_of(pool.record.read_lines(version), graph))
    if not relays:
        return Declared(version.digest, graph, cells=cells)
    wanted = {f"<{one}>".encode() for one in {*relays, *chain.from_iterable(relays.values())}}
    said = dict(_subjects(pool.record.read_lines(version), wanted))
    day = version.submitted.date().isoformat()
    reaches = (
        replace(reach, date=reach.date or day)
        for iri, some in relays.items()
        for relay in some
        for reach in [_reach(iri, relay, graph, said.get(iri, {}))]
    )
    names = {
        relay: {lang or "": text for text, lang in said.get(relay, {}).get(str(SCHEMA.name), ())}
        for relay in chain.from_iterable(relays.values())
    }
    return Declared(
        version.digest,
        graph,
        reaches=tuple(one for one in reaches if one.publics),
        cells=cells,
        names={relay: texts for relay, texts in names.items() if texts},
    )


def _pairs(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Give each reach that has an IRI, with its relay."""
    for line in lines:
        if _REACHES in line:
            relay, step, rest = line.split(b" ", 2)
            reach = rest[:-3]
            if step == _REACHES.strip() and relay[:1] == reach[:1] == b"<":
                yield reach[1:-1].decode(), relay[1:-1].decode()


def _subjects(lines: Iterable[bytes], wanted: set[bytes]) -> Iterator[tuple[str, Values]]:
    """Give what is said of some subjects, whose lines stand together."""
    of_them = (line for line in lines if line.partition(b" ")[0] in wanted)
    for subject, some in groupby(of_them, key=lambda line: line.partition(b" ")[0]):
        iri = subject[1:-1].decode()
        yield iri, values(b"".join(some), iri)


def _reach(iri: str, relay: str, graph: str, said: Values) -> Reach:
    """Read a reach; a size that is no whole number is none (the shapes refuse it)."""

    def of(step: object) -> tuple[str, ...]:
        return tuple(sorted(text for text, _ in said.get(str(step), ())))

    def first(step: object) -> str | None:
        return next(iter(of(step)), None)

    size = first(PARVIS.reachSize)
    return Reach(
        iri=iri,
        relay=relay,
        graph=graph,
        publics=of(PARVIS.targetAudience),
        areas=of(PARVIS.refArea),
        languages=of(PARVIS.language),
        channels=of(PARVIS.channel),
        size=int(size) if size and _is_count(size) else None,
        method=first(PARVIS.method),
        source=first(DCTERMS.source),
        date=first(DCTERMS.valid),
    )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS
