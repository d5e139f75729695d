"""Match the pool's entities with those of another authority: candidates, and what proves one.

Entities are streamed and forgotten, except the best of each of the pool's. What a strong
identifier proves is proposed; a name alone never is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from parvis.i18n import N_
from parvis.linking.candidates import (
    FIRST,
    LARGEST,
    LEAST,
    Candidate,
    blocks,
    compare_entities,
    rank,
    unusable_identifiers,
)
from parvis.linking.entity import Entity
from parvis.linking.evidence import Evidence, score
from parvis.linking.links import grounds
from parvis.linking.problems import LinkingProblem, list_examples, report_shared_identifier

MOST = 20
"""Entities kept of one of the pool's because they share an identifier."""


SEVERAL = N_(
    "{iri} shares identifiers with several entities of one authority: {some}; none of them is"
    " proposed"
)


@dataclass(frozen=True)
class IdentityProposal:
    """An entity that may be one of the pool's; `proposed` where an identifier proves it."""

    local: Entity
    entity: Entity
    score: float
    evidence: tuple[Evidence, ...]
    proposed: bool = False

    @property
    def candidate(self) -> Candidate:
        """The pair of entities, the pool's first."""
        ends = self.local.kind, self.local.iri, self.entity.iri
        return Candidate(*ends, self.score, self.evidence, (self.local.graph, self.entity.graph))


@dataclass
class Matching:
    """The entities of a pool, by block, and the best matches of each."""

    entities: Collection[Entity]
    problems: list[LinkingProblem] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Index the entities by block."""
        self._entities = list(self.entities)
        self._vain = set(unusable_identifiers(self._entities))
        self._blocks: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number, entity in enumerate(self._entities):
            for block in set(blocks(entity)):
                self._blocks[entity.kind, block].append(number)
        self._identifiers = {key for entity in self._entities for key in entity.identifiers}
        self._bearers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._proposals: defaultdict[int, dict[str, IdentityProposal]] = defaultdict(dict)

    def add(self, entity: Entity) -> None:
        """Compare an entity with the pool's entities that share a block with it."""
        for key in self._identifiers.intersection(entity.identifiers):
            self._bearers[key, entity.graph].add(entity.iri)
        shared = (self._blocks.get((entity.kind, block), []) for block in set(blocks(entity)))
        for number in {n for numbers in shared if len(numbers) <= LARGEST for n in numbers}:
            proposal = _propose(self._entities[number], entity, self._vain)
            if proposal is None:
                continue
            proposals = self._proposals[number]
            proposals[entity.iri] = proposal
            # Memory stays bounded: what shares an identifier is dropped last.
            if len(proposals) > MOST:
                ranked = sorted(proposals.values(), key=lambda p: (not _is_identified(p), _rank(p)))
                for surplus in ranked[MOST:]:
                    del proposals[surplus.entity.iri]

    def rank_proposals(self) -> list[IdentityProposal]:
        """Return the best matches of each entity, the likeliest first, and note the problems."""
        # An identifier that an authority gives to several of its entities proves nothing.
        several = {pair: iris for pair, iris in self._bearers.items() if len(iris) > 1}
        self.problems += [
            report_shared_identifier(key, iris) for (key, _), iris in sorted(several.items())
        ]
        vain = self._vain | {key for key, _ in several}
        proposals = [
            proposal
            for by_iri in self._proposals.values()
            for proposal in self._weigh(by_iri.values(), vain)
        ]
        return sorted(proposals, key=lambda proposal: rank(proposal.candidate))

    def _weigh(
        self, proposals: Iterable[IdentityProposal], vain: Collection[str]
    ) -> list[IdentityProposal]:
        """Score the matches of one entity anew, now that all are known, and propose the proven."""
        rescored = (_propose(p.local, p.entity, vain) for p in proposals)
        matches = [match for match in rescored if match is not None]
        proven: defaultdict[str, list[str]] = defaultdict(list)
        for match in matches:
            if grounds(match.candidate) is not None and not _contradict(match.local, match.entity):
                proven[match.entity.graph].append(match.entity.iri)
        for iris in proven.values():
            if len(iris) > 1:
                fields = {"iri": matches[0].local.iri, "some": list_examples(iris)}
                self.problems.append(LinkingProblem(SEVERAL, matches[0].local.graph, fields))
        sure = {iris[0] for iris in proven.values() if len(iris) == 1}
        return [
            replace(match, proposed=match.entity.iri in sure)
            for position, match in enumerate(sorted(matches, key=_rank))
            if position < FIRST or _is_identified(match)
        ]


def _propose(ours: Entity, entity: Entity, vain: Collection[str]) -> IdentityProposal | None:
    """Compare two entities; None if hardly anything speaks for them."""
    evidence = compare_entities(ours, entity, vain)
    proposal = IdentityProposal(ours, entity, score(evidence), tuple(evidence))
    # A person must see a shared identifier, whatever the other evidence.
    return proposal if proposal.score >= LEAST or _is_identified(proposal) else None


def _contradict(ours: Entity, entity: Entity) -> bool:
    """Whether one authority gives the two entities different identifiers."""

    def group(identifiers: Iterable[str]) -> dict[str, set[str]]:
        by_scheme: defaultdict[str, set[str]] = defaultdict(set)
        for key in identifiers:
            by_scheme[key.partition(":")[0]].add(key)
        return by_scheme

    own, theirs = group(ours.identifiers), group(entity.identifiers)
    return any(own[scheme].isdisjoint(theirs[scheme]) for scheme in own.keys() & theirs.keys())


def _is_identified(proposal: IdentityProposal) -> bool:
    return proposal.candidate.shares_identifier


def _rank(proposal: IdentityProposal) -> tuple[float, str]:
    return -proposal.score, proposal.entity.iri
