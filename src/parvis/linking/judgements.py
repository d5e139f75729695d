"""The algebra of judgements: which stand, and which entities they make one.

The result depends only on the entries and their order, so an entry that is taken back leaves no
trace. A negative judgement is never crossed, not even by way of other entities: a person's
judgement comes before a rule's, an older one before a newer.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from parvis.ledger import Judgement, JudgementDecision
from parvis.linking.problems import CONFLICT, TWICE, LinkingProblem

Pair = tuple[str, str]
_DIGITS = 10


def pair(iri: str, other: str) -> Pair:
    """Return two IRIs in alphabetical order."""
    return (iri, other) if iri < other else (other, iri)


def standing_judgements(entries: Iterable[Judgement]) -> dict[Pair, Judgement]:
    """Return the judgement that stands on each pair: the last that was not taken back."""
    judgements: defaultdict[Pair, dict[int, Judgement]] = defaultdict(dict)
    for entry in entries:
        if entry.decision is JudgementDecision.UNDO:
            judgements[entry.pair].pop(entry.undoes or 0, None)
        else:
            judgements[entry.pair][entry.number] = entry
    # A person's judgement stands before any rule's, however old it is.
    return {
        ends: max(by_number.values(), key=lambda entry: (entry.rule is None, entry.number))
        for ends, by_number in judgements.items()
        if by_number
    }


@dataclass
class Clusters:
    """Sets of entities that are one, and the judgements that could not be applied."""

    sets: list[frozenset[str]] = field(default_factory=list)
    conflicts: list[LinkingProblem] = field(default_factory=list)

    def set_by_iri(self) -> dict[str, frozenset[str]]:
        """Return the set of each entity that is one with another."""
        return {iri: members for members in self.sets for iri in members}


def clusters(judgements: Iterable[Judgement], present: Collection[str] | None = None) -> Clusters:
    """Join what was judged to be one, except what a negative judgement keeps apart.

    With `present` (IRIs), only judgements on entities that are present count.
    """
    iris = None if present is None else set(present)
    entries = [entry for entry in judgements if iris is None or {*entry.pair} <= iris]
    joining = _Joining(entries)
    result = Clusters()
    positive = (entry for entry in entries if entry.decision is JudgementDecision.POSITIVE)
    for entry in sorted(positive, key=lambda entry: (entry.rule is not None, entry.number)):
        if (problem := joining.join(entry)) is not None:
            result.conflicts.append(problem)
    result.sets = [frozenset(members) for members in joining.sets()]
    return result


class _Joining:
    """Sets that grow together, except where a pair keeps them apart."""

    def __init__(self, judgements: Iterable[Judgement]) -> None:
        self._members: dict[str, set[str]] = {}
        self._apart: defaultdict[str, set[str]] = defaultdict(set)
        self._graphs: dict[str, str] = {}
        for entry in judgements:
            self._graphs |= {entry.here: entry.here_graph, entry.there: entry.there_graph}
            if entry.decision is JudgementDecision.NEGATIVE:
                self._apart[entry.here].add(entry.there)
                self._apart[entry.there].add(entry.here)

    def join(self, judgement: Judgement) -> LinkingProblem | None:
        """Join two entities; return what forbids it, and then change nothing."""
        left, right = (self._members.setdefault(iri, {iri}) for iri in judgement.pair)
        if left is right:
            return None
        small, large = sorted((left, right), key=len)
        # A pair across the two sets that was judged not to be one.
        excluded = (pair(iri, other) for iri in small for other in self._apart[iri] & large)
        if (between := min(excluded, default=None)) is not None:
            return self._problem(CONFLICT, judgement, between)
        if judgement.rule is not None:
            # A rule joins no two entities of one graph, which tells them apart; a person may.
            by_graph = {self._graphs[iri]: iri for iri in sorted(large)}
            repeated = (
                pair(iri, by_graph[self._graphs[iri]])
                for iri in small
                if self._graphs[iri] in by_graph
            )
            if (between := min(repeated, default=None)) is not None:
                return self._problem(TWICE, judgement, between)
        large |= small
        for member in small:
            self._members[member] = large
        return None

    @staticmethod
    def _problem(template: str, judgement: Judgement, between: Pair) -> LinkingProblem:
        fields = zip(("here", "there", "no", "nor"), (*judgement.pair, *between), strict=True)
        return LinkingProblem(template, "", dict(fields))

    def sets(self) -> list[set[str]]:
        """Return the sets of more than one entity, in a stable order."""
        unique = {id(members): members for members in self._members.values() if len(members) > 1}
        return sorted(unique.values(), key=min)


def connected_sets(pairs: Iterable[Pair]) -> list[set[str]]:
    """Return the connected sets of pairs.

    >>> [sorted(some) for some in connected_sets([("a", "b"), ("c", "d"), ("b", "c")])]
    [['a', 'b', 'c', 'd']]
    """
    members: dict[str, set[str]] = {}
    for iri, other in pairs:
        left, right = (members.setdefault(end, {end}) for end in (iri, other))
        if left is not right:
            left |= right
            members |= dict.fromkeys(right, left)
    return sorted({id(group): group for group in members.values()}.values(), key=min)


def first_links(judgements: Iterable[Judgement]) -> dict[str, int]:
    """Return the number of the positive judgement by which each entity was first linked."""
    numbers: dict[str, int] = {}
    for entry in judgements:
        if entry.decision is JudgementDecision.POSITIVE:
            for iri in entry.pair:
                numbers[iri] = min(numbers.get(iri, entry.number), entry.number)
    return numbers


def eldest(iris: Iterable[str], numbers: Mapping[str, int]) -> str:
    """Return the entity after which a set is named: the first that was linked."""
    # It stays while others join, so that the canonical IRI does.
    return min(iris, key=lambda iri: (numbers.get(iri, 2**62), iri))


def canonical_key(iri: str) -> str:
    """Mint the key of a canonical IRI from the entity after which a set is named.

    >>> len(canonical_key("http://pool.test/id/place/a/x"))
    10
    """
    return hashlib.sha256(iri.encode()).hexdigest()[:_DIGITS]
