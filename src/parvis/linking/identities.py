"""The pool's things beside another authority's entities: candidates, and what proves one.

Entities come one after the other and are forgotten, but for the best of each thing. What a strong
identifier proves is proposed; a name alone never is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from parvis.i18n import N_
from parvis.linking.candidates import (
    FIRST,
    LARGEST,
    LEAST,
    Candidate,
    blocks,
    compared,
    shared_in_vain,
)
from parvis.linking.entity import Entity
from parvis.linking.evidence import Evidence, Kind, score
from parvis.linking.links import grounds
from parvis.linking.problems import SHARED, Problem

MOST = 20
"""Entities that are kept of one thing because they share an identifier."""
SOME = 3

SEVERAL = N_(
    "{iri} shares identifiers with several entities of one authority: {some}; none of them is"
    " proposed"
)


@dataclass(frozen=True)
class Proposal:
    """An entity that may be a thing of the pool; `proposed` where an identifier proves it."""

    thing: Entity
    entity: Entity
    score: float
    evidence: tuple[Evidence, ...]
    proposed: bool = False

    @property
    def candidate(self) -> Candidate:
        """Give it as a pair of two things, the pool's first."""
        told = self.thing.kind, self.thing.iri, self.entity.iri
        return Candidate(*told, self.score, self.evidence)


@dataclass
class Matching:
    """The things of a pool, by what they are compared by, and the best entities of each."""

    things: Collection[Entity]
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put the things in blocks."""
        self._listed = list(self.things)
        self._vain = set(shared_in_vain(self._listed))
        self._blocks: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for place, one in enumerate(self._listed):
            for block in set(blocks(one)):
                self._blocks[one.kind, block].append(place)
        self._borne = {known for one in self._listed for known in one.identifiers}
        self._bearers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._kept: defaultdict[int, dict[str, Proposal]] = defaultdict(dict)

    def take(self, entity: Entity) -> None:
        """Compare an entity with what shares a block with it."""
        for known in self._borne.intersection(entity.identifiers):
            self._bearers[known, entity.graph].add(entity.iri)
        shared = (self._blocks.get((entity.kind, block), []) for block in set(blocks(entity)))
        for place in {one for some in shared if len(some) <= LARGEST for one in some}:
            found = _proposal(self._listed[place], entity, self._vain)
            if found is not None:
                self._kept[place][entity.iri] = found
                self._trim(self._kept[place])

    def found(self) -> list[Proposal]:
        """Give the best entities of each thing, the likeliest first, and note the problems.

        An identifier that an authority gives to several entities proves nothing.
        """
        several = {pair: iris for pair, iris in self._bearers.items() if len(iris) > 1}
        for (known, _), iris in sorted(several.items()):
            told = ", ".join(sorted(iris)[:SOME])
            fields = {"identifier": known, "count": len(iris), "some": told}
            self.problems.append(Problem(SHARED, "", fields))
        vain = self._vain | {known for known, _ in several}
        every = [one for some in self._kept.values() for one in self._judged(some.values(), vain)]
        return sorted(every, key=lambda one: (-one.score, one.thing.iri, one.entity.iri))

    def _judged(self, some: Iterable[Proposal], vain: Collection[str]) -> list[Proposal]:
        """Weigh the entities of one thing once all are known, and say which are proposed."""
        again = (_proposal(one.thing, one.entity, vain) for one in some)
        found = [one for one in again if one is not None]
        proven: defaultdict[str, list[str]] = defaultdict(list)
        for one in found:
            if grounds(one.candidate) is not None and not _contradict(one.thing, one.entity):
                proven[one.entity.graph].append(one.entity.iri)
        for iris in proven.values():
            if len(iris) > 1:
                fields = {"iri": found[0].thing.iri, "some": ", ".join(sorted(iris)[:SOME])}
                self.problems.append(Problem(SEVERAL, found[0].thing.graph, fields))
        sure = {iris[0] for iris in proven.values() if len(iris) == 1}
        ranked = sorted(found, key=_rank)
        told = [one for at, one in enumerate(ranked) if at < FIRST or _shares(one)]
        return [
            Proposal(one.thing, one.entity, one.score, one.evidence, one.entity.iri in sure)
            for one in told
        ]

    def _trim(self, some: dict[str, Proposal]) -> None:
        """Keep the first few, and those that share an identifier."""
        if len(some) <= MOST:
            return
        ranked = sorted(some.values(), key=lambda one: (not _shares(one), _rank(one)))
        for one in ranked[MOST:]:
            del some[one.entity.iri]


def _proposal(thing: Entity, entity: Entity, vain: Collection[str]) -> Proposal | None:
    """Compare a thing and an entity; None if hardly anything speaks for them.

    What shares an identifier is for a person to see, whatever speaks against.
    """
    found = compared(thing, entity, vain)
    one = Proposal(thing, entity, score(found), tuple(found))
    return one if one.score >= LEAST or _shares(one) else None


def _contradict(thing: Entity, entity: Entity) -> bool:
    """Say whether one authority gives a thing and an entity two identifiers."""
    ours, theirs = map(_by_authority, (thing, entity))
    return any(ours[one].isdisjoint(theirs[one]) for one in ours.keys() & theirs.keys())


def _by_authority(one: Entity) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for known in one.identifiers:
        found[known.partition(":")[0]].add(known)
    return found


def _shares(one: Proposal) -> bool:
    return any(why.kind is Kind.IDENTIFIER and why.score == 1 for why in one.evidence)


def _rank(one: Proposal) -> tuple[float, str]:
    return -one.score, one.entity.iri
