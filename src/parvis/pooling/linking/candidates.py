"""Finding candidates, linking what a strong identifier proves, and measuring the precision."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from parvis.catalog.quality import DuplicateCounts
from parvis.config import clock
from parvis.config.json_data import to_object
from parvis.ledger import Judgement, JudgementDecision, Judgements
from parvis.linking.candidates import Candidate, Watch, candidate, neighbours
from parvis.linking.entity import Entity, entities
from parvis.linking.evidence import Point
from parvis.linking.index import CandidateIndex
from parvis.linking.judgements import Pair, clusters, standing_judgements
from parvis.linking.links import EVERYONE, apply_rule
from parvis.linking.problems import LinkingProblem
from parvis.pooling.linking.links import LinkGraphs, contents
from parvis.pooling.pool import Pool
from parvis.store.files import writing

# The candidates are stored between two runs, in ``links.sqlite``. The file holds nothing that the
# record does not, so it can always be rebuilt; it is deleted when something is erased.

FILE = "links.sqlite"
FORMER = "links.json"
"""The file of earlier versions."""

Graphs = Mapping[str, tuple[str, Callable[[], Iterable[bytes]]]]
"""The digest of each graph's content, and a function that returns its lines, sorted by subject."""


@dataclass(frozen=True)
class EntitySummary:
    """An entity as it is displayed: its graph, its names, where and when it is, its websites.

    `point` is its latitude and longitude, `identifiers` are those that an authority gave it.
    """

    graph: str
    names: tuple[str, ...]
    place: str = ""
    start: str = ""
    point: Point | None = None
    urls: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()

    @classmethod
    def of(cls, entity: Entity) -> Self:
        parts = (*entity.venues[:1], *entity.streets[:1], *entity.localities[:1], entity.postal)
        return cls(
            graph=entity.graph,
            names=entity.names,
            place=", ".join(filter(None, parts)),
            start=entity.start,
            point=entity.point,
            urls=entity.urls,
            identifiers=entity.identifiers,
        )

    @property
    def name(self) -> str:
        return next(iter(self.names), "")

    @property
    def dataset(self) -> str:
        """The dataset, ``partner/dataset``; the graph's name where it is none of the pool's."""
        return self.graph.partition("/graph/")[2] or self.graph


def open_index(data: Path) -> AbstractContextManager[CandidateIndex | None]:
    """Open the index of the last run; None if there is none, or it cannot be read."""
    return CandidateIndex.open(data / FILE)


def open_index_copy(data: Path) -> AbstractContextManager[CandidateIndex]:
    """Open the index to be brought up to date."""
    return CandidateIndex.open_copy(data / FILE)


def update_index(index: CandidateIndex, graphs: Graphs, watch: Watch | None = None) -> int:
    """Compare what changed since the last run; return how many entities were compared.

    These are the new, changed and gone entities, those that bear an identifier that started or
    stopped linking, and the candidates of all these. An unchanged graph is not read.
    """
    before = index.graphs()
    changed: set[str] = set()
    for graph in before.keys() - graphs.keys():
        changed |= index.drop(graph)
    for graph, (digest, lines) in graphs.items():
        if before.get(graph) != digest:
            changed |= index.put(graph, digest, entities(lines(), graph))
    changed |= index.update_unusable_identifiers()
    if not changed:
        return 0
    changed |= index.neighbours_of(changed)
    index.compare(changed, _compare(index, changed, watch))
    return sum(index.find_entity(iri) is not None for iri in changed)


def _compare(index: CandidateIndex, changed: set[str], watch: Watch | None) -> Iterator[Candidate]:
    vain = index.unusable_identifiers()
    near = neighbours(index.entity, index.members(changed), changed)
    for done, (number, neighbour_numbers) in enumerate(near.items(), 1):
        for neighbour in neighbour_numbers:
            pair = candidate(index.entity(number), index.entity(neighbour), vain)
            if pair is not None:
                yield pair
        if watch is not None and done % 1000 == 0:
            watch(done, len(near))


def forget(data: Path) -> None:
    """Delete the candidates: the next run finds them anew."""
    for name in (FILE, FORMER):
        (data / name).unlink(missing_ok=True)


BANDS = (0.9, 0.8, 0.7, 0.6, 0.4)
"""Lowest scores of the candidates whose precision is measured."""


@dataclass(frozen=True)
class Precision:
    """How many of the pairs that persons judged were one."""

    name: str = field(metadata={"json": "of"})
    judged: int
    positive: int

    @property
    def right(self) -> float | None:
        """The share, from 0 to 1; None where no pair was judged."""
        return self.positive / self.judged if self.judged else None

    def to_json(self) -> dict[str, Any]:
        return to_object(self) | {"precision": self.right}


@dataclass(frozen=True)
class LinkingResult:
    """The outcome of a run: entities by kind, how many were compared, and what is linked.

    `waiting` counts the candidates that nobody judged, `waiting_within` those of one dataset, by
    graph; `sets` the entities known under several IRIs, `linked` and `undone` what the rule decided
    and took back this time.
    """

    things: Mapping[str, int]
    compared: int
    candidates: int
    waiting: int
    linked: int
    undone: int
    sets: int
    precision: list[Precision]
    duplicates: dict[str, DuplicateCounts] = field(default_factory=dict)
    waiting_within: Mapping[str, int] = field(default_factory=dict)
    problems: list[LinkingProblem] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        duplicates = [{"graph": graph} | vars(counts) for graph, counts in self.duplicates.items()]
        return to_object(self) | {"duplicates": duplicates}


def link(pool: Pool, watch: Watch | None = None) -> LinkingResult:
    """Find candidates, comparing only what has changed, and apply the rule.

    Judgements of persons stay as they are. `watch` receives how many entities are compared.
    """
    data = pool.settings.data
    with writing(data):
        ledger = Judgements(data)
        (data / FORMER).unlink(missing_ok=True)
        # The lock holds until the judgements are appended: the rule must not apply twice.
        with open_index_copy(data) as index:
            compared = update_index(index, contents(pool), watch)
            shared = index.candidates(identified=True)
            changes = apply_rule(shared, standing_judgements(ledger.all()), clock.machine_time())
            ledger.append([*changes.undone, *changes.new])
            entries = ledger.all()
            stands, graph_iris = standing_judgements(entries), index.iris_by_graph()
            result = clusters(
                stands.values(), {iri for iris in graph_iris.values() for iri in iris}
            )
            remaining = index.remaining(decided_pairs(stands)).pairs()
            linked = known_elsewhere(result.sets, graph_iris)
            open_iris = ends_across(remaining)
            within = Counter(here for here, there in remaining.values() if here == there)
            return LinkingResult(
                things=index.kinds(),
                compared=compared,
                candidates=index.count(),
                waiting=len(remaining),
                linked=len(changes.new),
                undone=len(changes.undone),
                sets=len(result.sets),
                precision=precision(entries),
                duplicates={
                    graph: count_duplicates(iris, linked, open_iris)
                    for graph, iris in graph_iris.items()
                },
                waiting_within=dict(sorted(within.items())),
                problems=[*index.problems(), *result.conflicts],
            )


def known_elsewhere(
    sets: Iterable[Collection[str]], graph_iris: Mapping[str, Iterable[str]]
) -> set[str]:
    """Return the entities that a set joins with those of another graph."""
    graphs: defaultdict[str, set[str]] = defaultdict(set)
    for graph, iris in graph_iris.items():
        for iri in iris:
            graphs[iri].add(graph)
    across = (members for members in sets if len({g for iri in members for g in graphs[iri]}) > 1)
    return {iri for members in across for iri in members}


def ends_across(pairs: Mapping[Pair, tuple[str, str]]) -> set[str]:
    """Return the entities of the pairs whose two graphs differ."""
    return {iri for pair, (here, there) in pairs.items() if here != there for iri in pair}


def count_duplicates(
    iris: list[str], linked: Container[str], waiting: Container[str]
) -> DuplicateCounts:
    """Count the entities of a graph: those that are linked, and others that wait for a person."""
    return DuplicateCounts(
        things=len(iris),
        linked=sum(iri in linked for iri in iris),
        waiting=sum(iri in waiting and iri not in linked for iri in iris),
    )


def public_duplicates(
    pool: Pool, links: LinkGraphs, everyones: Collection[str]
) -> dict[str, DuplicateCounts]:
    """Count the entities of each public graph that other graphs describe too, as far as public.

    Only graphs that were compared with their current content are counted.
    """
    # A link, or a candidate, counts if both its ends are public: a number must not reveal that a
    # closed dataset describes an entity.
    with open_index(pool.settings.data) as index:
        if index is None:
            return {}
        compared, now = index.graphs(), contents(pool)
        graphs = {g for g in everyones if g in now and compared.get(g) == now[g][0]}
        open_iris = {g: iris for g, iris in index.iris_by_graph().items() if g in everyones}
        remaining = index.remaining(
            decided_pairs(standing_judgements(Judgements(pool.settings.data).all()))
        ).pairs()
    iris = {graph: members for graph, members in open_iris.items() if graph in graphs}
    public = {iri for members in iris.values() for iri in members}
    waiting = ends_across({pair: ends for pair, ends in remaining.items() if public >= {*pair}})
    sets: defaultdict[str, set[str]] = defaultdict(set)
    for name, iri in links.linkage.same_as.get(EVERYONE, ()):
        sets[name].add(iri)
    linked = known_elsewhere(sets.values(), open_iris)
    return {graph: count_duplicates(members, linked, waiting) for graph, members in iris.items()}


def decided_pairs(stands: Mapping[Pair, Judgement]) -> list[Pair]:
    """Return the pairs that wait for nobody: those of which no one was unsure."""
    return [
        ends for ends, entry in stands.items() if entry.decision is not JudgementDecision.UNSURE
    ]


def precision(entries: Iterable[Judgement]) -> list[Precision]:
    judgements = list(entries)
    # The rule must not confirm itself: only what persons judged counts.
    judged = [
        entry
        for entry in standing_judgements(
            entry for entry in judgements if entry.rule is None
        ).values()
        if entry.decision in {JudgementDecision.POSITIVE, JudgementDecision.NEGATIVE}
    ]
    ruled = {j.pair for j in judgements if j.rule and j.decision is JudgementDecision.POSITIVE}
    groups = {"rule": [entry for entry in judged if entry.pair in ruled]}
    for least in BANDS:
        groups[f"{least}"] = [j for j in judged if j.score is not None and j.score >= least]
    return [
        Precision(name, len(group), sum(j.decision is JudgementDecision.POSITIVE for j in group))
        for name, group in groups.items()
    ]
