"""The algebra of judgements: which stand, and what things are one by them.

What stands is made of the entries alone, in their order, so that an entry that is taken back
leaves no trace. A negative judgement is never crossed, not even by way of other things: a person's
word comes before a rule's, an older one before a newer.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from parvis.ledger import Decision, Judgement
from parvis.linking.problems import CONFLICT, TWICE, Problem

Pair = tuple[str, str]
_DIGITS = 10


def pair(one: str, other: str) -> Pair:
    """Put two IRIs in their order."""
    return (one, other) if one < other else (other, one)


def standing(entries: Iterable[Judgement]) -> dict[Pair, Judgement]:
    """Give the judgement that stands on each pair: the last that was not taken back.

    A person's stands before any rule's, however old it is.
    """
    kept: defaultdict[Pair, dict[int, Judgement]] = defaultdict(dict)
    for one in entries:
        if one.decision is Decision.UNDO:
            kept[one.pair].pop(one.undoes or 0, None)
        else:
            kept[one.pair][one.number] = one
    return {both: max(some.values(), key=_weight) for both, some in kept.items() if some}


def _weight(one: Judgement) -> tuple[bool, int]:
    return one.rule is None, one.number


@dataclass
class Clusters:
    """Things that are one: the set of each, and what was judged in vain."""

    sets: list[frozenset[str]] = field(default_factory=list)
    conflicts: list[Problem] = field(default_factory=list)

    def of(self) -> dict[str, frozenset[str]]:
        """Give the set of each thing that is one with another."""
        return {iri: some for some in self.sets for iri in some}


def clusters(judged: Iterable[Judgement], present: Collection[str] | None = None) -> Clusters:
    """Join what was judged to be one; what a negative judgement stands against is left apart.

    With `present` (IRIs), only judgements on things that are there count. A rule joins no two
    things of one graph, which tells them apart; a person may.
    """
    there = None if present is None else set(present)
    listed = [one for one in judged if there is None or {*one.pair} <= there]
    joining = _Joining(listed)
    found = Clusters()
    positive = (one for one in listed if one.decision is Decision.POSITIVE)
    for one in sorted(positive, key=lambda one: (one.rule is not None, one.number)):
        if (problem := joining.join(one)) is not None:
            found.conflicts.append(problem)
    found.sets = [frozenset(some) for some in joining.sets()]
    return found


class _Joining:
    """Sets that grow together, except where a pair keeps them apart."""

    def __init__(self, judged: Iterable[Judgement]) -> None:
        """Know which things are not one, and which graph speaks of each."""
        self._members: dict[str, set[str]] = {}
        self._apart: defaultdict[str, set[str]] = defaultdict(set)
        self._graphs: dict[str, str] = {}
        for one in judged:
            self._graphs |= {one.here: one.here_graph, one.there: one.there_graph}
            if one.decision is Decision.NEGATIVE:
                self._apart[one.here].add(one.there)
                self._apart[one.there].add(one.here)

    def join(self, judged: Judgement) -> Problem | None:
        """Make two things one; gives what forbids it, and nothing changes then."""
        here, there = (self._members.setdefault(one, {one}) for one in judged.pair)
        if here is there:
            return None
        small, large = sorted((here, there), key=len)
        if (between := self._excluded(small, large)) is not None:
            return _problem(CONFLICT, judged, between)
        if judged.rule is not None and (between := self._twice(small, large)) is not None:
            return _problem(TWICE, judged, between)
        large |= small
        for member in small:
            self._members[member] = large
        return None

    def _excluded(self, small: set[str], large: set[str]) -> Pair | None:
        """Give a pair across two sets that was judged not to be one."""
        hits = (pair(one, other) for one in small for other in self._apart[one] & large)
        return min(hits, default=None)

    def _twice(self, small: set[str], large: set[str]) -> Pair | None:
        """Give a pair across two sets of which one graph speaks."""
        graphs = {self._graphs[one]: one for one in sorted(large)}
        hits = (
            pair(one, graphs[self._graphs[one]]) for one in small if self._graphs[one] in graphs
        )
        return min(hits, default=None)

    def sets(self) -> list[set[str]]:
        """Give the sets of more than one thing, in a steady order."""
        unique = {id(some): some for some in self._members.values() if len(some) > 1}
        return sorted(unique.values(), key=min)


def _problem(template: str, judged: Judgement, between: Pair) -> Problem:
    fields = zip(("here", "there", "no", "nor"), (*judged.pair, *between), strict=True)
    return Problem(template, "", dict(fields))


def joined(pairs: Iterable[Pair]) -> list[set[str]]:
    """Give the sets of things that pairs make one, whatever they are.

    >>> [sorted(some) for some in joined([("a", "b"), ("c", "d"), ("b", "c")])]
    [['a', 'b', 'c', 'd']]
    """
    members: dict[str, set[str]] = {}
    for one, other in pairs:
        here, there = (members.setdefault(iri, {iri}) for iri in (one, other))
        if here is not there:
            here |= there
            members |= dict.fromkeys(there, here)
    return sorted({id(some): some for some in members.values()}.values(), key=min)


def firsts(judged: Iterable[Judgement]) -> dict[str, int]:
    """Tell by which positive judgement each thing was first linked."""
    found: dict[str, int] = {}
    for one in judged:
        if one.decision is Decision.POSITIVE:
            for iri in one.pair:
                found[iri] = min(found.get(iri, one.number), one.number)
    return found


def eldest(some: Iterable[str], known: Mapping[str, int]) -> str:
    """Give the thing after which a set is named: the first that was linked.

    It stays while others join, so that the canonical IRI does.
    """
    return min(some, key=lambda iri: (known.get(iri, 2**62), iri))


def canonical_key(iri: str) -> str:
    """Mint the key of a canonical IRI from the thing after which a set is named.

    >>> len(canonical_key("http://pool.test/id/place/a/x"))
    10
    """
    return hashlib.sha256(iri.encode()).hexdigest()[:_DIGITS]
