"""Count the events of what is served, in tables that questions are asked of.

A table is a part of the pool in VoID; its own parts are groups of events that are alike, each with
how many it has. The groups of graphs that everyone may read are in the common graph of statistics,
which is read by those alone who may read all that it counts; those of another dataset are in the
graph of its own statistics, which is read with it. What is counted of a content is reused from
generation to generation.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from rdflib.namespace import DCTERMS, VOID, XSD

from parvis.catalog.void import EVENT_TABLES
from parvis.pooling.cards import read_optional
from parvis.pooling.publication.state import Access, PoolState
from parvis.pooling.publication.unchanged import read_served
from parvis.rdf.ntriples import iri, literal
from parvis.store.generation.generation import Generation
from parvis.store.record.programming import EventGroup, Programming, Terms, locate_group
from parvis.store.record.statistics import StatisticsCounter
from parvis.vocab.namespaces import SCHEMA

COUNTED = "events.json"
"""The site file of the groups of each content, by its digest: the next publication reads it."""
HOLDING = "event-graphs.json"
"""The site file that lists the graphs with events or places, and tells whether the tables hold.

`apart` are the graphs with groups of their own: with which others these do not hold together.
"""
OPEN = ""
"""All graphs that everyone may read, among those that are compared."""
RULES = 1
"""The version of the code that counts: a change of number counts all contents again."""

_ENTITIES, _TYPE, _SUBSET, _MONTH, _DISCIPLINE, _AREA, _AUDIENCE = (
    iri(str(predicate))
    for predicate in (
        VOID.entities,
        DCTERMS.type,
        VOID.subset,
        SCHEMA.temporalCoverage,
        DCTERMS.subject,
        DCTERMS.spatial,
        DCTERMS.audience,
    )
)


@dataclass(frozen=True)
class EventTables:
    """The lines of the tables, N-Triples; none where they could not count everything.

    `restricted` are those of each graph that not everyone may read, `files` are those of the site.
    """

    lines: Sequence[bytes]
    restricted: Mapping[str, bytes]
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Content:
    """A graph as it is served."""

    graph: str
    digest: str
    path: Path
    is_loaded: bool


def count_events(state: PoolState, access: Access, counter: StatisticsCounter) -> EventTables:
    """Count the events of what is served, and write the tables of what everyone may read."""
    versions = {**state.loaded, **{dataset.graph: version for dataset, version in access.contents}}
    contents = [
        Content(graph, versions[graph].digest, path, graph in state.loaded)
        for graph, path in sorted(access.members.items())
    ]
    counts = Counts(counter.count_events, _read_counts(state.served), access.changed)
    base, is_open = state.pool.iris.base, access.open.keys()
    table = count_open([c for c in contents if c.graph in is_open], counts)
    lines = [] if table is None else [*write_tables(table.groups, base)]
    closed = access.members.keys() - is_open
    conflicts = find_conflicts(contents, is_open, counts) if closed else {}
    holding = [c.graph for c in contents if _has_events(counts.of([c])) or conflicts.get(c.graph)]
    restricted: dict[str, bytes] = {}
    for content in contents:
        others = conflicts.get(content.graph, {OPEN})
        if table is None or content.is_loaded or OPEN in others:
            continue
        if (own := count_restricted(content, table, counts)) is not None:
            restricted[content.graph] = b"".join(write_tables(own, base, content.graph))
    document = {"rules": RULES, "contents": counts.used}
    held = {
        "holds": table is not None,
        "graphs": holding,
        "apart": {graph: sorted(conflicts[graph]) for graph in restricted},
    }
    return EventTables(
        lines,
        restricted,
        {
            COUNTED: json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(),
            HOLDING: json.dumps(held).encode(),
        },
    )


def _has_events(programming: Programming | None) -> bool:
    # A place may be that of events of another graph.
    return programming is None or bool(programming.groups or programming.places)


class Counts:
    """The groups of contents: of those that the former generation counted, or counted now."""

    def __init__(
        self,
        count: Callable[[Sequence[Path]], dict[str, Any] | None],
        former: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._count, self._former, self._changed = count, former, changed
        self._programming: dict[str, Programming | None] = {}
        self.used: dict[str, Any] = {}

    def of(self, contents: Sequence[Content]) -> Programming | None:
        """Return the groups of contents together; None if that exceeds the limits."""
        key = ",".join(content.digest for content in contents)
        if key not in self._programming:
            changed = not self._changed.isdisjoint(content.graph for content in contents)
            document = None if changed else self._former.get(key)
            programming = _read_programming(document)
            if programming is None:
                document = self._count([content.path for content in contents])
                programming = _read_programming(document)
            self._programming[key] = programming
            if programming is not None:
                self.used[key] = document
        return self._programming[key]


def _read_counts(served: Generation | None) -> Mapping[str, Any]:
    body = read_served(served, COUNTED)
    former = {} if body is None else json.loads(body)
    return former["contents"] if former.get("rules") == RULES else {}


def _read_programming(document: Any) -> Programming | None:  # noqa: ANN401 - JSON is anything
    try:
        return None if document is None else Programming.from_json(document)
    except (KeyError, TypeError, IndexError):
        return None


GroupCounts = Counter[tuple[bool, EventGroup]]
"""How many events each group has, of graphs that were loaded or of datasets."""


@dataclass(frozen=True)
class OpenTable:
    """The groups of what everyone may read, and the areas of each place that it describes."""

    groups: GroupCounts
    places: Mapping[str, Terms]


def count_open(contents: Sequence[Content], counts: Counts) -> OpenTable | None:
    """Return the groups of graphs that everyone may read; None where they cannot be counted.

    What several graphs say of an entity holds together, as in a query: these graphs are counted
    together.
    """
    places: dict[str, Terms] = {}
    counted: list[tuple[bool, Programming]] = []
    for together in _join_related(contents, counts):
        programming = counts.of(together)
        kinds = {content.is_loaded for content in together}
        if programming is None or len(kinds) > 1:
            return None
        places |= programming.places
        counted += ((kind, programming) for kind in kinds)
    table = _locate(counted, places)
    return None if table is None else OpenTable(table, places)


def count_restricted(content: Content, open_table: OpenTable, counts: Counts) -> GroupCounts | None:
    """Return the groups of a graph that not everyone may read, at places that everyone may."""
    programming = counts.of([content])
    return None if programming is None else _locate([(False, programming)], open_table.places)


def _locate(
    counted: Sequence[tuple[bool, Programming]], places: Mapping[str, Terms]
) -> GroupCounts | None:
    """Add up groups with the areas of their places; None where a term has no name elsewhere."""
    table: GroupCounts = Counter()
    for is_loaded, programming in counted:
        for group, count in programming.groups.items():
            located = group
            if group.elsewhere:
                located = locate_group(group, group.elsewhere, places)._replace(elsewhere=())
            table[is_loaded, located] += count
    # A blank node of one graph cannot be named in another.
    terms = (term for _, group in table for term in chain(*group.values))
    return None if any(term.startswith("_:") for term in terms) else table


def _join_related(contents: Sequence[Content], counts: Counts) -> Iterator[list[Content]]:
    """Yield the contents by those that say something of the same event, or otherwise of a place."""
    joined = [*range(len(contents))]  # the number of another content of the same set

    def find(number: int) -> int:
        while joined[number] != number:
            number = joined[number]
        return number

    owner: dict[int, int] = {}
    place_owner: dict[str, tuple[int, Terms]] = {}
    for number, content in enumerate(contents):
        programming = counts.of([content]) or Programming()
        for subject in programming.subjects:
            if (other := owner.setdefault(subject, number)) != number:
                joined[find(other)] = find(number)
        for place, areas in programming.places.items():
            other, other_areas = place_owner.setdefault(place, (number, areas))
            if areas != other_areas:
                joined[find(other)] = find(number)
    sets: defaultdict[int, list[Content]] = defaultdict(list)
    for number, content in enumerate(contents):
        sets[find(number)].append(content)
    yield from sets.values()


def find_conflicts(
    contents: Sequence[Content], is_open: Collection[str], counts: Counts
) -> dict[str, set[str]]:
    """Return with which others each graph that not everyone may read cannot be counted apart.

    Both say something of one event, or one describes a place of the other. What is written of a
    dataset depends on no graph but itself and the open ones: whether it holds beside others that
    not everyone may read is decided for each reader (`Snapshot.tables_hold`).
    """
    conflicts: dict[str, set[str]] = {c.graph: set() for c in contents if c.graph not in is_open}
    speaking: defaultdict[int | str, set[str]] = defaultdict(set)
    describing: defaultdict[str, set[str]] = defaultdict(set)
    # Of the open graphs, most of the pool, only what the others speak of is remembered.
    for content in sorted(contents, key=lambda content: content.graph in is_open):
        graph = OPEN if content.graph in is_open else content.graph
        programming = counts.of([content]) or Programming()
        elsewhere = {place for group in programming.groups for place in group.elsewhere}
        entities: Iterator[int | str] = chain(programming.subjects, elsewhere)
        for entity in entities:
            if graph or entity in speaking or entity in describing:
                speaking[entity].add(graph)
        for place in programming.places:
            if graph or place in speaking or place in describing:
                describing[place].add(graph)
    for place, graphs in describing.items():
        if graphs == {OPEN}:
            speaking.pop(place, None)  # everyone knows where it is
        else:
            speaking[place] |= graphs
    for graphs in speaking.values():
        for graph in conflicts.keys() & graphs:
            conflicts[graph] |= graphs - {graph}
    return conflicts


def write_tables(table: GroupCounts, base: str, graph: str = OPEN) -> Iterator[bytes]:
    """Write each group as a part of its table; those of a restricted graph are its own."""
    for (is_loaded, group), count in sorted(table.items()):
        name = f"{base}{EVENT_TABLES[is_loaded].code}"
        # The same group has the same IRI in every generation; none is of two graphs.
        values = repr((graph, group.values) if graph else group.values)
        part = iri(f"{name}-{sha256(values.encode()).hexdigest()[:12]}")
        yield f"{iri(name)} {_SUBSET} {part} .\n".encode()
        pairs = chain(
            [(_ENTITIES, literal(str(count), str(XSD.integer)))],
            ((_MONTH, literal(month, str(XSD.gYearMonth))) for month in group.months),
            ((_TYPE, status) for status in group.statuses),
            ((_DISCIPLINE, term) for term in group.disciplines),
            ((_AREA, term) for term in group.areas),
            ((_AUDIENCE, term) for term in group.audiences),
        )
        for predicate, term in pairs:
            yield f"{part} {predicate} {term} .\n".encode()


def read_holding(generation: Generation) -> Mapping[str, Any]:
    """Return what `HOLDING` tells; nothing for a generation of an earlier version."""
    return read_optional(generation.site / HOLDING)
