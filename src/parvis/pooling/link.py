"""Find what may be one thing, link what a strong identifier proves, and tell how right that was."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from parvis.catalog import Duplicates
from parvis.ledger import Decision, Judgement, Judgements
from parvis.linking.candidates import Candidate, Watch
from parvis.linking.entity import Entity
from parvis.linking.judgements import Clusters, Pair, clusters, standing
from parvis.linking.problems import Problem
from parvis.linking.rules import applied
from parvis.pooling.pool import Pool
from parvis.pooling.suggestions import Suggestions
from parvis.pooling.things import seen, things
from parvis.store.lock import writing

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
        found, wrong = things(pool)
        now = Suggestions.read(data).then(found, wrong, watch)
        now.versions = seen(pool)
        now.write(data)
        ledger = Judgements(data)
        graphs = {iri: shown.graph for iri, shown in now.shown.items()}
        done = applied(now.candidates, standing(ledger.all()), graphs, datetime.now(UTC))
        ledger.append([*done.over, *done.new])
    entries = ledger.all()
    stands = standing(entries)
    joined = clusters(stands.values(), {one.iri for one in found})
    left = waiting(now.candidates, stands)
    return Linked(
        things=now.counts,
        compared=now.compared,
        candidates=len(now.candidates),
        waiting=len(left),
        linked=len(done.new),
        undone=len(done.over),
        sets=len(joined.sets),
        precision=precision(entries),
        duplicates=duplicates(found, joined, left),
        problems=[*now.problems, *joined.conflicts],
    )


def duplicates(
    found: Iterable[Entity], joined: Clusters, left: Iterable[Candidate]
) -> dict[str, Duplicates]:
    """Count, for each graph, the things that others know too, by what stands and what may be."""
    of, open_ones = joined.of(), {iri for one in left for iri in one.pair}
    graphs: defaultdict[str, list[str]] = defaultdict(list)
    for one in found:
        graphs[one.graph].append(one.iri)
    return {graph: counted(some, of, open_ones) for graph, some in sorted(graphs.items())}


def counted(some: list[str], linked: Container[str], open_ones: Container[str]) -> Duplicates:
    """Count the things of a graph: those that are linked, and others that wait for a person."""
    return Duplicates(
        things=len(some),
        linked=sum(iri in linked for iri in some),
        waiting=sum(iri in open_ones and iri not in linked for iri in some),
    )


def waiting(candidates: Iterable[Candidate], stands: Mapping[Pair, Judgement]) -> list[Candidate]:
    """Give the candidates on which nothing stands, or which someone was unsure of, last."""
    open_ones = [one for one in candidates if one.pair not in stands]
    doubted = [
        one
        for one in candidates
        if one.pair in stands and stands[one.pair].decision is Decision.UNSURE
    ]
    return [*open_ones, *doubted]


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
