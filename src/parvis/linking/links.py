"""What is published of judgements: canonical IRIs, and who may learn of each link.

What links things of graphs that everyone may read is told to everyone; any other link only to who
may read both graphs. What a thing is at another authority is told to who may read the thing's
graph. A canonical IRI is minted from the first thing that was linked among those
that everyone may read, so that it says nothing of the others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from parvis.ledger import Decision, Judgement
from parvis.linking.candidates import Candidate
from parvis.linking.evidence import Evidence, Kind
from parvis.linking.judgements import Pair, canonical_key, clusters, eldest, firsts, joined
from parvis.linking.outside import authority

Behind = frozenset[str]
"""The graphs that one must be able to read; none where everyone may."""
EVERYONE: Behind = frozenset()


@dataclass
class Linkage:
    """What is to be told, by the graphs behind it: what is one, what is not, and who judged what.

    `same` are pairs of a canonical IRI's path (``place/0123456789``) and a thing; `elsewhere` are
    pairs of a thing and what it is at another authority.
    """

    same: dict[Behind, set[Pair]] = field(default_factory=lambda: defaultdict(set))
    elsewhere: dict[Behind, set[Pair]] = field(default_factory=lambda: defaultdict(set))
    apart: dict[Behind, set[Pair]] = field(default_factory=lambda: defaultdict(set))
    judged: dict[Behind, list[Judgement]] = field(default_factory=lambda: defaultdict(list))

    @property
    def behind(self) -> set[Behind]:
        """Give all the sets of graphs."""
        return {*self.same, *self.elsewhere, *self.apart, *self.judged}


def linkage(
    judged: Iterable[Judgement], graphs: Mapping[str, str], everyones: Collection[str]
) -> Linkage:
    """Sort out what stands: `graphs` gives the graph of each thing that is there."""
    judged = list(judged)
    there = [one for one in judged if one.here in graphs and one.there in graphs]
    of = clusters(there).of()
    held = [one for one in there if one.decision is not Decision.POSITIVE or _is_in(one, of)]
    held += [one for one in judged if outside(one) and graphs.keys() & set(one.pair)]
    found = Linkage()
    for one in held:
        behind = _behind(one, graphs, everyones)
        if one.decision is not Decision.UNSURE:
            found.judged[behind].append(one)
        if one.decision is Decision.NEGATIVE:
            found.apart[behind].add(one.pair)
        if one.decision is Decision.POSITIVE and outside(one):
            found.elsewhere[behind].add(_thing_first(one))
    positive = [one for one in held if one.decision is Decision.POSITIVE and not outside(one)]
    _name(found, positive, graphs, everyones)
    return found


def _name(
    found: Linkage,
    positive: list[Judgement],
    graphs: Mapping[str, str],
    everyones: Collection[str],
) -> None:
    """Give each set its canonical IRI, first among what everyone may know, then for the others."""
    kinds = {iri: one.kind for one in positive for iri in one.pair}
    common = [one for one in positive if not _behind(one, graphs, everyones)]
    names: dict[str, str] = {}
    known = firsts(common)
    for some in joined(one.pair for one in common):
        names |= dict.fromkeys(some, path(kinds, eldest(some, known)))
    found.same[EVERYONE] |= {(name, iri) for iri, name in names.items()}
    first = firsts(positive)
    whole: dict[str, str] = {}
    for some in joined(one.pair for one in positive):
        named = some & names.keys()
        oldest = eldest(named or _everyones(some, graphs, everyones) or some, first)
        whole |= dict.fromkeys(some, names.get(oldest) or path(kinds, oldest))
    for one in positive:
        if behind := _behind(one, graphs, everyones):
            alike = {iri for iri in names if names[iri] in {names.get(i) for i in one.pair}}
            told = {(whole[iri], iri) for iri in chain(one.pair, alike)}
            found.same[behind] |= told - found.same[EVERYONE]


def path(kinds: Mapping[str, str], iri: str) -> str:
    """Write the end of the canonical IRI that is minted from a thing."""
    return f"{kinds[iri]}/{canonical_key(iri)}"


def _everyones(
    some: Collection[str], graphs: Mapping[str, str], everyones: Collection[str]
) -> set[str]:
    return {iri for iri in some if graphs[iri] in everyones}


def outside(one: Judgement) -> frozenset[str]:
    """Give the end of a judgement that another authority names, if there is one."""
    ends = ((one.here, one.here_graph), (one.there, one.there_graph))
    return frozenset(iri for iri, graph in ends if graph == authority(iri))


def inside(one: Judgement) -> frozenset[str]:
    """Give the graphs of the pool in which a judgement's things are."""
    ends = ((one.here, one.here_graph), (one.there, one.there_graph))
    return frozenset(graph for iri, graph in ends if graph != authority(iri))


def _thing_first(one: Judgement) -> Pair:
    """Give a thing of the pool, and what it is elsewhere."""
    (entity,) = outside(one)
    return (one.there, entity) if entity == one.here else (one.here, entity)


def _is_in(one: Judgement, of: Mapping[str, frozenset[str]]) -> bool:
    """Say whether a pair is in one set: what others exclude is not."""
    return one.there in of.get(one.here, ())


def _behind(one: Judgement, graphs: Mapping[str, str], everyones: Collection[str]) -> Behind:
    """Give the graphs that one must be able to read to learn of a judgement."""
    found = {graphs[iri] for iri in one.pair if iri not in outside(one)}
    return EVERYONE if found <= set(everyones) else frozenset(found)


# What is linked without a person: a strong identifier that two graphs share, nothing less.

SHARED_IDENTIFIER = "shared-identifier"
"""The name of the only rule."""
AGAINST = -0.5
"""Evidence that scores so, or less, leaves a pair to a person, whatever identifier it shares."""


def grounds(candidate: Candidate) -> Evidence | None:
    """Give the identifier by which a candidate may be linked at once; None if a person must see it.

    A name, a page or what one graph says of another's thing never suffices.
    """
    if any(_speaks_against(one) for one in candidate.evidence):
        return None
    strong = (one for one in candidate.evidence if one.kind is Kind.IDENTIFIER and one.score == 1)
    return next(strong, None)


def _speaks_against(one: Evidence) -> bool:
    """Say whether evidence is enough to doubt an identifier: names that are hardly alike are."""
    return one.score <= AGAINST or (one.kind is Kind.NAME and one.score < 0)


@dataclass(frozen=True)
class Applied:
    """What the rule comes to now: pairs to link, and its own judgements that no longer hold."""

    new: list[Judgement]
    over: list[Judgement]


def applied(
    candidates: Iterable[Candidate],
    stands: Mapping[Pair, Judgement],
    graphs: Mapping[str, str],
    now: datetime,
) -> Applied:
    """Apply the rule to candidates; a pair on which a person judged is left alone."""
    found = {one.pair: (one, why) for one in candidates if (why := grounds(one)) is not None}
    ruled = {pair: one for pair, one in stands.items() if one.rule == SHARED_IDENTIFIER}
    new = [
        _judgement(one, why, graphs, now)
        for pair, (one, why) in found.items()
        if pair not in stands
    ]
    over = list(_undone((one for pair, one in ruled.items() if pair not in found), now))
    return Applied(new, over)


def _judgement(
    one: Candidate, why: Evidence, graphs: Mapping[str, str], now: datetime
) -> Judgement:
    """Write a positive judgement with the identifier as its grounds."""
    return Judgement(
        kind=one.kind,
        here=one.here,
        there=one.there,
        here_graph=graphs[one.here],
        there_graph=graphs[one.there],
        decision=Decision.POSITIVE,
        author="parvis",
        at=now,
        grounds=str(why.fields["shared"]),
        rule=SHARED_IDENTIFIER,
        score=one.score,
    )


def _undone(some: Iterable[Judgement], now: datetime) -> Iterator[Judgement]:
    for one in some:
        yield undoing(one, "parvis", now)


def undoing(one: Judgement, author: str, now: datetime) -> Judgement:
    """Write the entry that takes a judgement back."""
    return Judgement(
        kind=one.kind,
        here=one.here,
        there=one.there,
        here_graph=one.here_graph,
        there_graph=one.there_graph,
        decision=Decision.UNDO,
        author=author,
        at=now,
        rule=one.rule,
        undoes=one.number,
    )
