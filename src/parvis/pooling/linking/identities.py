"""The pool's things beside a file of another authority's entities, and what is accepted of it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parvis.config import Limits
from parvis.errors import LimitError, SourceError, UsageError, WorkerDied, raise_reported
from parvis.i18n import N_
from parvis.ledger import Decision, Judgement, Judgements
from parvis.linking.entity import Entity
from parvis.linking.identities import Matching, Proposal
from parvis.linking.judgements import pair, standing
from parvis.linking.outside import authority
from parvis.linking.problems import Problem
from parvis.pooling.linking import judgements as judged_file
from parvis.pooling.linking.candidates import Shown
from parvis.pooling.linking.entities import things
from parvis.pooling.linking.judgements import LONGEST, NO_AUTHOR, Judged, Shows, other_than_stands
from parvis.pooling.pool import Pool
from parvis.sandbox.worker import Worker

TOO_LONG = N_("{file} took more than {seconds} seconds to read")
DIED = N_(
    "the process that read {file} ended ({how}): most often it lacks memory, of which it may have"
    " {memory} bytes"
)
NOT_OURS = N_("neither {here} nor {there} is an organisation, a venue, an event or a work here")
NO_ENTITY = N_("{iri} is of this pool: an identity elsewhere is wanted")

Watch = Callable[[int], None]
"""Is told how many entities were compared."""


@dataclass(frozen=True)
class Identities:
    """What a file came to: entities read, left out for want of a kind, and what may be ours."""

    read: int
    kindless: int
    proposals: list[Proposal]
    problems: list[Problem] = field(default_factory=list)

    @property
    def proposed(self) -> int:
        """Count what a strong identifier proves."""
        return sum(one.proposed for one in self.proposals)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "read": self.read,
            "kindless": self.kindless,
            "candidates": [_plain(one) for one in self.proposals],
            "problems": [one.to_json() for one in self.problems],
        }


def identities(
    pool: Pool, file: Path, kind: str | None = None, watch: Watch | None = None
) -> Identities:
    """Match the pool's things with the entities of a file, read in a process of its own.

    `kind` is that of entities whose types tell none. Raises `SourceError` for a file that cannot
    be read, `LimitError` for one that takes too long.
    """
    ours, _ = things(pool)
    matching = Matching(ours)
    told: dict[str, int] = {}
    for number, one in enumerate(_read(file, kind, pool.settings.limits, told), 1):
        matching.take(one)
        if watch is not None and number % 1000 == 0:
            watch(number)
    found = matching.found()
    return Identities(told["read"], told["kindless"], found, matching.problems)


def write(file: Path, found: Iterable[Proposal], lang: str) -> int:
    """Write candidates as the CSV in which one judges; what is proposed is filled in."""
    return judged_file.write(file, map(_shows, found), lang)


def accept(pool: Pool, judged: Iterable[Judged], author: str) -> list[Judgement]:
    """Write down what a person decided on identities, all or none; what stands is left out.

    Raises `UsageError` for a pair of which neither is a thing of the pool, or without author.
    """
    if not author.strip():
        raise UsageError(NO_AUTHOR)
    data = pool.settings.data
    ours = {one.iri: one for one in things(pool)[0]}
    every = [_judgement(ours, one, author.strip()[:LONGEST]) for one in judged]
    still = {pair(one.here, one.there) for one in other_than_stands(data, judged_of(every))}
    return Judgements(data).append(one for one in every if one.pair in still)


def judged_of(entries: Iterable[Judgement]) -> list[Judged]:
    """Give what was decided, without who and when."""
    return [Judged(one.here, one.there, one.decision, one.grounds) for one in entries]


def accepted(data: Path, ours: Iterable[str]) -> list[tuple[str, str]]:
    """Give each thing of the pool with the entity elsewhere that it was accepted to be."""
    known = set(ours)
    stands = standing(Judgements(data).all()).values()
    positive = (one.pair for one in stands if one.decision is Decision.POSITIVE)
    pairs = ((one, other) for two in positive for one, other in (two, two[::-1]))
    return sorted((one, other) for one, other in pairs if one in known and other not in known)


def _judgement(ours: dict[str, Entity], told: Judged, author: str) -> Judgement:
    """Make an entry of what was decided on a thing and an entity."""
    thing, entity = (told.here, told.there) if told.here in ours else (told.there, told.here)
    if thing not in ours:
        raise UsageError(NOT_OURS, here=told.here, there=told.there)
    if entity in ours:
        raise UsageError(NO_ENTITY, iri=entity)
    graphs = {thing: ours[thing].graph, entity: authority(entity)}
    here, there = pair(thing, entity)
    return Judgement(
        kind=ours[thing].kind,
        here=here,
        there=there,
        here_graph=graphs[here],
        there_graph=graphs[there],
        decision=told.decision,
        author=author,
        at=datetime.now(UTC),
        grounds=told.grounds[:LONGEST],
    )


def _read(file: Path, kind: str | None, limits: Limits, told: dict[str, int]) -> Iterator[Entity]:
    """Give the entities of a file as a killable process reads them; `told` gets the counts."""
    asked = {"file": str(file.absolute()), "kind": kind, "memory": limits.conversion_memory}
    seconds = limits.conversion_seconds
    try:
        with Worker("parvis.linking.outside_worker") as worker:
            worker.send(json.dumps(asked).encode())
            while frame := worker.receive(seconds):
                found = json.loads(frame)
                if isinstance(found, dict):
                    told |= _counts(found)
                else:
                    yield from map(_entity, found)
    except TimeoutError as error:
        raise LimitError(TOO_LONG, file=file.name, seconds=f"{seconds:g}") from error
    except WorkerDied as error:
        how = error.fields.get("how", "?")
        raise SourceError(DIED, file=file.name, memory=limits.conversion_memory, how=how) from error


def _counts(found: dict[str, Any]) -> dict[str, int]:
    """Read the end of an answer; raises what went wrong."""
    raise_reported(found)
    return {name: int(found[name]) for name in ("read", "kindless")}


def _entity(cells: list[Any]) -> Entity:
    """Read an entity from a frame."""
    return Entity._make(tuple(one) if isinstance(one, list) else one for one in cells)


def _shows(one: Proposal) -> Shows:
    """Show a candidate in a table; what is proposed has its answer already."""
    candidate = one.candidate
    judgement = None
    if one.proposed:
        judgement = Judgement(
            kind=one.thing.kind,
            here=candidate.here,
            there=candidate.there,
            here_graph=one.thing.graph,
            there_graph=one.entity.graph,
            decision=Decision.POSITIVE,
            author="parvis",
            at=datetime.now(UTC),
        )
    return Shows(candidate, Shown.of(one.thing), Shown.of(one.entity), judgement)


def _plain(one: Proposal) -> dict[str, Any]:
    """Give a candidate as plain data."""
    return {
        "kind": one.thing.kind,
        "thing": one.thing.iri,
        "thing_names": list(one.thing.names),
        "entity": one.entity.iri,
        "entity_names": list(one.entity.names),
        "score": round(one.score, 4),
        "proposed": one.proposed,
        "evidence": [
            {"kind": str(why.kind), "score": round(why.score, 4), "said": why.said}
            for why in one.evidence
        ],
    }
