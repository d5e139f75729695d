"""Find what may be one thing, link what a strong identifier proves, and tell how right that was."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from parvis.catalog import Duplicates
from parvis.ledger import Decision, Judgement, Judgements
from parvis.linking.candidates import Watch
from parvis.linking.index import Index
from parvis.linking.judgements import Pair, clusters, standing
from parvis.linking.problems import Problem
from parvis.linking.rules import Applied, applied
from parvis.pooling.pool import Pool
from parvis.pooling.suggestions import FORMER, bring_up, renewing
from parvis.pooling.things import contents
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
