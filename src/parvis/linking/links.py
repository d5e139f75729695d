"""What is published of judgements: canonical IRIs, and who may read each link.

A link between entities of public graphs is public; any other is readable by whoever may read both
graphs. What an entity is at another authority is readable with the entity's graph.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from parvis.ledger import Judgement, JudgementDecision
from parvis.linking.candidates import Candidate
from parvis.linking.evidence import Evidence, Kind
from parvis.linking.judgements import (
    Pair,
    canonical_key,
    clusters,
    connected_sets,
    eldest,
    first_links,
)
from parvis.linking.outside import authority

Behind = frozenset[str]
"""The graphs that a reader must be able to read; none where the link is public."""
EVERYONE: Behind = frozenset()


@dataclass
class Linkage:
    """What is published, by the graphs behind it: what is one, what is not, and the judgements.

    `same_as` are pairs of a canonical IRI's path (``place/0123456789``) and an entity; `identities`
    are pairs of an entity and its IRI at another authority.
    """

    same_as: dict[Behind, set[Pair]] = field(default_factory=lambda: defaultdict(set))
    identities: dict[Behind, set[Pair]] = field(default_factory=lambda: defaultdict(set))
    different: dict[Behind, set[Pair]] = field(default_factory=lambda: defaultdict(set))
    judgements: dict[Behind, list[Judgement]] = field(default_factory=lambda: defaultdict(list))

    @property
    def behind(self) -> set[Behind]:
        """All the sets of graphs."""
        return {*self.same_as, *self.identities, *self.different, *self.judgements}


def linkage(
    judged: Iterable[Judgement], graphs: Mapping[str, str], everyones: Collection[str]
) -> Linkage:
    """Sort the judgements that stand by readers: `graphs` is the graph of each present entity."""
    judgements = list(judged)
    present = [j for j in judgements if j.here in graphs and j.there in graphs]
    sets = clusters(present).set_by_iri()
    # A positive judgement that others exclude joined nothing, and is not published.
    effective = [
        judgement
        for judgement in present
        if judgement.decision is not JudgementDecision.POSITIVE
        or judgement.there in sets.get(judgement.here, ())
    ]
    effective += [j for j in judgements if outside(j) and graphs.keys() & set(j.pair)]
    result = Linkage()
    positive: list[Judgement] = []
    for judgement in effective:
        behind = _behind(judgement, graphs, everyones)
        external = outside(judgement)
        if judgement.decision is not JudgementDecision.UNSURE:
            result.judgements[behind].append(judgement)
        if judgement.decision is JudgementDecision.NEGATIVE:
            result.different[behind].add(judgement.pair)
        elif judgement.decision is JudgementDecision.POSITIVE and external:
            (entity,) = external
            ours = judgement.there if entity == judgement.here else judgement.here
            result.identities[behind].add((ours, entity))
        elif judgement.decision is JudgementDecision.POSITIVE:
            positive.append(judgement)
    _name_sets(result, positive, graphs, everyones)
    return result


def _name_sets(
    result: Linkage,
    positive: list[Judgement],
    graphs: Mapping[str, str],
    everyones: Collection[str],
) -> None:
    """Name each set by a canonical IRI, first among public entities, then for other readers."""
    # It is minted from the first linked entity that is public, so that it reveals no other.
    kinds = {iri: judgement.kind for judgement in positive for iri in judgement.pair}
    common = [judgement for judgement in positive if not _behind(judgement, graphs, everyones)]
    names: dict[str, str] = {}
    numbers = first_links(common)
    for members in connected_sets(judgement.pair for judgement in common):
        names |= dict.fromkeys(members, path(kinds, eldest(members, numbers)))
    result.same_as[EVERYONE] |= {(name, iri) for iri, name in names.items()}
    first = first_links(positive)
    full_names: dict[str, str] = {}
    for members in connected_sets(judgement.pair for judgement in positive):
        public = {iri for iri in members if graphs[iri] in everyones}
        oldest = eldest(members & names.keys() or public or members, first)
        full_names |= dict.fromkeys(members, names.get(oldest) or path(kinds, oldest))
    for judgement in positive:
        if behind := _behind(judgement, graphs, everyones):
            ends = {names.get(iri) for iri in judgement.pair}
            alike = {iri for iri, name in names.items() if name in ends}
            pairs = {(full_names[iri], iri) for iri in chain(judgement.pair, alike)}
            result.same_as[behind] |= pairs - result.same_as[EVERYONE]


def path(kinds: Mapping[str, str], iri: str) -> str:
    """Return the path of the canonical IRI that is minted from an entity."""
    return f"{kinds[iri]}/{canonical_key(iri)}"


def outside(judgement: Judgement) -> frozenset[str]:
    """Return the end of a judgement that another authority names, if there is one."""
    ends = ((judgement.here, judgement.here_graph), (judgement.there, judgement.there_graph))
    return frozenset(iri for iri, graph in ends if graph == authority(iri))


def inside(judgement: Judgement) -> frozenset[str]:
    """Return the graphs of the pool that hold a judgement's entities."""
    ends = ((judgement.here, judgement.here_graph), (judgement.there, judgement.there_graph))
    return frozenset(graph for iri, graph in ends if graph != authority(iri))


def _behind(judgement: Judgement, graphs: Mapping[str, str], everyones: Collection[str]) -> Behind:
    behind = {graphs[iri] for iri in judgement.pair if iri not in outside(judgement)}
    return EVERYONE if behind <= set(everyones) else frozenset(behind)


# Links made without a person: a strong identifier that two graphs share, nothing less.

SHARED_IDENTIFIER = "shared-identifier"
"""The name of the only rule; names, pages and `sameAs` statements never suffice."""
AGAINST = -0.5
"""Evidence of this score or less leaves a pair to a person, whatever identifier it shares."""


def grounds(candidate: Candidate) -> Evidence | None:
    """Return the identifier that links a candidate at once; None if a person must see it."""
    for reason in candidate.evidence:
        # Names that are hardly alike are enough to doubt an identifier.
        if reason.score <= AGAINST or (reason.kind is Kind.NAME and reason.score < 0):
            return None
    strong = (r for r in candidate.evidence if r.kind is Kind.IDENTIFIER and r.score == 1)
    return next(strong, None)


@dataclass(frozen=True)
class RuleOutcome:
    """The outcome of the rule: pairs to link, and its own judgements that no longer stand."""

    new: list[Judgement]
    undone: list[Judgement]


def apply_rule(
    candidates: Iterable[Candidate],
    stands: Mapping[Pair, Judgement],
    now: datetime,
) -> RuleOutcome:
    """Apply the rule to candidates; a pair on which a person judged is left alone."""
    # Two entities of one dataset, which tells them apart, are always left to a person.
    reasons = {
        pair.pair: (pair, why)
        for pair in candidates
        if not pair.is_internal and (why := grounds(pair)) is not None
    }
    new = [
        Judgement(
            kind=pair.kind,
            here=pair.here,
            there=pair.there,
            here_graph=pair.graphs[0],
            there_graph=pair.graphs[1],
            decision=JudgementDecision.POSITIVE,
            author="parvis",
            at=now,
            grounds=str(why.fields["shared"]),
            rule=SHARED_IDENTIFIER,
            score=pair.score,
        )
        for ends, (pair, why) in reasons.items()
        if ends not in stands
    ]
    over = [
        undo_entry(judgement, "parvis", now)
        for ends, judgement in stands.items()
        if judgement.rule == SHARED_IDENTIFIER and ends not in reasons
    ]
    return RuleOutcome(new, over)


def undo_entry(judgement: Judgement, author: str, now: datetime) -> Judgement:
    """Return the entry that takes a judgement back."""
    return Judgement(
        kind=judgement.kind,
        here=judgement.here,
        there=judgement.there,
        here_graph=judgement.here_graph,
        there_graph=judgement.there_graph,
        decision=JudgementDecision.UNDO,
        author=author,
        at=now,
        rule=judgement.rule,
        undoes=judgement.number,
    )
