"""Matching the pool's entities with a file of another authority, and accepting identities."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.errors import LimitError, SourceError, UsageError
from parvis.i18n import N_
from parvis.ledger import SHELL, Author, Judgement, JudgementDecision, Judgements
from parvis.linking.entity import Entity
from parvis.linking.identities import IdentityProposal, Matching
from parvis.linking.judgements import pair
from parvis.linking.outside import authority
from parvis.linking.problems import LinkingProblem
from parvis.pooling.linking import judgements as judged_file
from parvis.pooling.linking.candidates import EntitySummary
from parvis.pooling.linking.judgements import (
    LONGEST,
    NO_AUTHOR,
    CandidateRow,
    PairDecision,
    new_decisions,
)
from parvis.pooling.linking.links import read_entities
from parvis.pooling.pool import Pool
from parvis.sandbox.client import ProcessClient

TOO_LONG = N_("{file} took more than {seconds} seconds to read")
DIED = N_(
    "the process that read {file} ended ({how}): most often it lacks memory, of which it may have"
    " {memory} bytes"
)
NOT_OURS = N_("neither {here} nor {there} is an organisation, a venue, an event or a work here")
NO_ENTITY = N_("{iri} is of this pool: an identity elsewhere is wanted")


@dataclass(frozen=True)
class Identities:
    """The matches of a file; `read` counts its entities, `kindless` those without a kind."""

    read: int
    kindless: int
    proposals: list[IdentityProposal]
    problems: list[LinkingProblem] = field(default_factory=list)

    @property
    def proposed_count(self) -> int:
        """Count what a strong identifier proves."""
        return sum(proposal.proposed for proposal in self.proposals)

    def to_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "kindless": self.kindless,
            "candidates": [
                {
                    "kind": proposal.local.kind,
                    "thing": proposal.local.iri,
                    "thing_names": list(proposal.local.names),
                    "entity": proposal.entity.iri,
                    "entity_names": list(proposal.entity.names),
                    "score": round(proposal.score, 4),
                    "proposed": proposal.proposed,
                    "evidence": [
                        {
                            "kind": str(reason.kind),
                            "score": round(reason.score, 4),
                            "said": reason.sentences,
                        }
                        for reason in proposal.evidence
                    ],
                }
                for proposal in self.proposals
            ],
            "problems": to_json(self.problems),
        }


def identities(pool: Pool, file: Path, kind: str | None = None) -> Identities:
    """Match the pool's entities with those of a file, read in a separate process.

    `kind` is that of entities without a type. Raises `SourceError` for a file that cannot be read,
    `LimitError` for one that takes too long.
    """
    matching = Matching(read_entities(pool)[0])

    def compare(entities: list[list[Any]]) -> None:
        for cells in entities:
            matching.add(Entity._make(tuple(c) if isinstance(c, list) else c for c in cells))

    limits = pool.settings.limits
    with ProcessClient(
        "parvis.linking.outside", limits.conversion_seconds, memory=limits.conversion_memory
    ) as client:
        counts = client.call(
            {"file": str(file.absolute()), "kind": kind},
            LimitError(TOO_LONG, file=file.name),
            SourceError(DIED, file=file.name),
            compare,
            per_part=True,
        )
    return Identities(
        counts["read"], counts["kindless"], matching.rank_proposals(), matching.problems
    )


def write(file: Path, proposals: Iterable[IdentityProposal], lang: str) -> int:
    """Write candidates as a CSV to judge them in; what is proposed is filled in."""
    rows = []
    for proposal in proposals:
        candidate, ours, entity = proposal.candidate, proposal.local, proposal.entity
        judgement = None
        if proposal.proposed:
            # Its row has an answer already, which a person may change.
            judgement = Judgement(
                kind=ours.kind,
                here=candidate.here,
                there=candidate.there,
                here_graph=ours.graph,
                there_graph=entity.graph,
                decision=JudgementDecision.POSITIVE,
                author="parvis",
                at=clock.machine_time(),
            )
        rows.append(
            CandidateRow(candidate, EntitySummary.of(ours), EntitySummary.of(entity), judgement)
        )
    return judged_file.write(file, rows, lang)


def accept(
    pool: Pool, decisions: Iterable[PairDecision], name: str, author: Author = SHELL
) -> list[Judgement]:
    """Record a person's decisions on identities, all or none; what stands already is left out.

    `name` is shown with them.

    Raises `UsageError` for a pair of which neither is an entity of the pool, or without author.
    """
    if not name.strip():
        raise UsageError(NO_AUTHOR)
    data = pool.settings.data
    ours = {entity.iri: entity for entity in read_entities(pool)[0]}
    decisions = list(decisions)
    entries: list[Judgement] = []
    for decision in decisions:
        ends = decision.here, decision.there
        own, entity = ends if decision.here in ours else ends[::-1]
        if own not in ours:
            raise UsageError(NOT_OURS, here=decision.here, there=decision.there)
        if entity in ours:
            raise UsageError(NO_ENTITY, iri=entity)
        graphs = {own: ours[own].graph, entity: authority(entity)}
        left, right = pair(own, entity)
        judgement = Judgement(
            kind=ours[own].kind,
            here=left,
            there=right,
            here_graph=graphs[left],
            there_graph=graphs[right],
            decision=decision.decision,
            author=name.strip()[:LONGEST],
            at=clock.machine_time(),
            grounds=decision.grounds[:LONGEST],
        )
        entries.append(judgement)
    # A table that is sent back repeats what stands already.
    new = {pair(d.here, d.there) for d in new_decisions(data, decisions)}
    return Judgements(data).append((entry for entry in entries if entry.pair in new), author)
