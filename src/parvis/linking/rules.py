"""What is linked without a person: a strong identifier that two graphs share, nothing less."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from parvis.ledger import Decision, Judgement
from parvis.linking.candidates import Candidate
from parvis.linking.evidence import Evidence, Kind
from parvis.linking.judgements import Pair

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
