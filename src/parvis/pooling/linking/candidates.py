"""Find what may be one thing, link what a strong identifier proves, and tell how right that was."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from parvis.catalog import Duplicates
from parvis.ledger import Decision, Judgement, Judgements
from parvis.linking.candidates import Candidate, Watch, candidate, neighbours
from parvis.linking.entity import Entity, entities
from parvis.linking.index import Index
from parvis.linking.judgements import Pair, clusters, standing
from parvis.linking.links import Applied, applied
from parvis.linking.problems import Problem
from parvis.pooling.linking.entities import contents
from parvis.pooling.pool import Pool
from parvis.store.files import writing

# The candidates that are kept between two runs, beside the record: ``links.sqlite``.
#
# They say nothing that the record does not, so that they can always be made again; they go when
# something is erased.

FILE = "links.sqlite"
FORMER = "links.json"
"""Where earlier versions kept them."""

Graphs = Mapping[str, tuple[str, Callable[[], Iterable[bytes]]]]
"""The digest of each graph's content, and what gives its lines, those of a subject together."""


@dataclass(frozen=True)
class Shown:
    """What a person is shown of a thing: its graph, its names, where and when it is."""

    graph: str
    names: tuple[str, ...]
    place: str = ""
    start: str = ""

    @classmethod
    def of(cls, one: Entity) -> Self:
        """Tell what matters of a thing."""
        place = ", ".join(filter(None, (*one.venues[:1], *one.streets[:1], one.postal)))
        return cls(one.graph, one.names, place, one.start)

    @property
    def name(self) -> str:
        """Give the first name; none if it has none."""
        return next(iter(self.names), "")


def suggestions(data: Path) -> AbstractContextManager[Index | None]:
    """Open those of the last run; None if there are none, or their file cannot be read."""
    return Index.reading(data / FILE)


def renewing(data: Path) -> AbstractContextManager[Index]:
    """Open them to be brought up to date."""
    return Index.renewing(data / FILE)


def bring_up(index: Index, graphs: Graphs, watch: Watch | None = None) -> int:
    """Compare what has changed since the last run; gives how many things were compared anew.

    A graph whose content is what it was is not read. Compared anew is what is new, other or gone,
    what bears an identifier that has begun to link, or ceased to, and the candidates of these.
    """
    before = index.graphs()
    changed: set[str] = set()
    for graph in before.keys() - graphs.keys():
        changed |= index.drop(graph)
    for graph, (digest, lines) in graphs.items():
        if before.get(graph) != digest:
            changed |= index.put(graph, digest, entities(lines(), graph))
    changed |= index.turned()
    if not changed:
        return 0
    changed |= index.beside(changed)
    index.compare(changed, _compared(index, changed, watch))
    return sum(index.shown(iri) is not None for iri in changed)


def _compared(index: Index, changed: set[str], watch: Watch | None) -> Iterator[Candidate]:
    """Compare things with what shares a block with them."""
    vain = index.vain()
    near = neighbours(index.entity, index.members(changed), changed)
    for number, (one, others) in enumerate(near.items(), 1):
        for other in others:
            found = candidate(index.entity(one), index.entity(other), vain)
            if found is not None:
                yield found
        if watch is not None and number % 1000 == 0:
            watch(number, len(near))


def forget(data: Path) -> None:
    """Delete the candidates: the next run makes them anew."""
    for name in (FILE, FORMER):
        (data / name).unlink(missing_ok=True)


BANDS = (0.9, 0.8, 0.7, 0.6, 0.4)
"""From which score on the precision of candidates is told."""


@dataclass(frozen=True)
class Precision:
    """How many of so many pairs that persons judged were one; `right` is None where none was."""

    name: str
    judged: int
    positive: int

    @property
    def right(self) -> float | None:
        """Give the share, from 0 to 1."""
        return self.positive / self.judged if self.judged else None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {"of": self.name, "judged": self.judged, "positive": self.positive} | {
            "precision": self.right
        }


@dataclass(frozen=True)
class Linked:
    """What a run came to: things by kind, how many were compared anew, and what is linked.

    `waiting` counts the candidates that no one judged; `sets` the things known under several
    IRIs, `linked` and `undone` what the rule decided and took back this time.
    """

    things: Mapping[str, int]
    compared: int
    candidates: int
    waiting: int
    linked: int
    undone: int
    sets: int
    precision: list[Precision]
    duplicates: dict[str, Duplicates] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return vars(self) | {
            "things": dict(self.things),
            "precision": [one.to_json() for one in self.precision],
            "duplicates": [{"graph": graph} | vars(one) for graph, one in self.duplicates.items()],
            "problems": [one.to_json() for one in self.problems],
        }


def link(pool: Pool, watch: Watch | None = None) -> Linked:
    """Look for candidates, comparing only what has changed, and apply the rule.

    Judgements of persons stay as they are. `watch` is told how many things are compared.
    """
    data = pool.settings.data
    with writing(data):
        ledger = Judgements(data)
        (data / FORMER).unlink(missing_ok=True)
        with renewing(data) as index:
            compared = bring_up(index, contents(pool), watch)
            done = _apply(index, ledger)
            return _told(index, ledger, compared, done)


def _apply(index: Index, ledger: Judgements) -> Applied:
    """Write down what the rule comes to now."""
    some = index.candidates(identified=True)
    graphs = {iri: index.require(iri).graph for one in some for iri in one.pair}
    done = applied(some, standing(ledger.all()), graphs, datetime.now(UTC))
    ledger.append([*done.over, *done.new])
    return done


def _told(index: Index, ledger: Judgements, compared: int, done: Applied) -> Linked:
    """Tell what a run came to."""
    entries = ledger.all()
    stands, things = standing(entries), index.things()
    joined = clusters(stands.values(), {iri for some in things.values() for iri in some})
    of, left = joined.of(), index.left(decided(stands)).pairs()
    open_ones = {iri for both in left for iri in both}
    return Linked(
        things=index.kinds(),
        compared=compared,
        candidates=index.count(),
        waiting=len(left),
        linked=len(done.new),
        undone=len(done.over),
        sets=len(joined.sets),
        precision=precision(entries),
        duplicates={graph: counted(some, of, open_ones) for graph, some in things.items()},
        problems=[*index.problems(), *joined.conflicts],
    )


def counted(some: list[str], linked: Container[str], open_ones: Container[str]) -> Duplicates:
    """Count the things of a graph: those that are linked, and others that wait for a person."""
    return Duplicates(
        things=len(some),
        linked=sum(iri in linked for iri in some),
        waiting=sum(iri in open_ones and iri not in linked for iri in some),
    )


def decided(stands: Mapping[Pair, Judgement]) -> list[Pair]:
    """Give the pairs that wait for nobody: those of which no one was unsure."""
    return [both for both, one in stands.items() if one.decision is not Decision.UNSURE]


def precision(entries: Iterable[Judgement]) -> list[Precision]:
    """Tell how right candidates were, by their score, and the rule, on what persons judged."""
    listed = list(entries)
    judged = [
        one
        for one in standing(one for one in listed if one.rule is None).values()
        if one.decision in {Decision.POSITIVE, Decision.NEGATIVE}
    ]
    ruled = {one.pair for one in listed if one.rule and one.decision is Decision.POSITIVE}
    told = [_precision("rule", [one for one in judged if one.pair in ruled])]
    for least in BANDS:
        some = [one for one in judged if one.score is not None and one.score >= least]
        told.append(_precision(f"{least}", some))
    return told


def _precision(name: str, some: list[Judgement]) -> Precision:
    return Precision(name, len(some), sum(one.decision is Decision.POSITIVE for one in some))
