"""Decide on pairs of things: a person's word, with its author and day, which can be taken back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger import Decision, Judgement, Judgements
from parvis.linking.candidates import Candidate
from parvis.linking.judgements import Pair, pair, standing
from parvis.linking.rules import undoing
from parvis.pooling.link import waiting
from parvis.pooling.suggestions import Shown, Suggestions

NO_PAIR = N_("{here} and {there} are no candidates: run parvis link, then judge what it finds")
NO_ENTRY = N_("no judgement that stands has the number {number}")
NO_AUTHOR = N_("a judgement has an author: say who decides")
LONGEST = 500
"""Characters of an author or of grounds that are kept."""


@dataclass(frozen=True)
class Shows:
    """A candidate as a person sees it: what is known of both things, and what stands on them."""

    candidate: Candidate
    here: Shown
    there: Shown
    judgement: Judgement | None


@dataclass(frozen=True)
class Judged:
    """What is decided on one pair; both IRIs in whatever order."""

    here: str
    there: str
    decision: Decision
    grounds: str = ""


def to_review(data: Path) -> list[Shows]:
    """Give the candidates that wait for a person, the most likely first."""
    known, stands = Suggestions.read(data), standing(Judgements(data).all())
    return [
        Shows(one, known.shown[one.here], known.shown[one.there], stands.get(one.pair))
        for one in waiting(known.candidates, stands)
    ]


def every(data: Path) -> list[Shows]:
    """Give every candidate with what stands on it, judged or not."""
    known, stands = Suggestions.read(data), standing(Judgements(data).all())
    return [
        Shows(one, known.shown[one.here], known.shown[one.there], stands.get(one.pair))
        for one in known.candidates
    ]


def judge(data: Path, judged: Iterable[Judged], author: str) -> list[Judgement]:
    """Write down what a person decides on candidates, all or none.

    Raises `UsageError` for a pair that is no candidate, or without author.
    """
    if not author.strip():
        raise UsageError(NO_AUTHOR)
    known, now = Suggestions.read(data), datetime.now(UTC)
    by_pair = {one.pair: one for one in known.candidates}
    before = {one.pair: one for one in Judgements(data).all()}
    written = []
    for one in judged:
        both = pair(one.here, one.there)
        told = _known(both, by_pair.get(both), known, before.get(both))
        written.append(
            replace(
                told,
                decision=one.decision,
                author=author.strip()[:LONGEST],
                grounds=one.grounds.strip()[:LONGEST],
                at=now,
            )
        )
    return Judgements(data).append(written)


def other_than_stands(data: Path, judged: Iterable[Judged]) -> list[Judged]:
    """Leave out what stands already: a table that comes back says it of every pair."""
    stands = standing(Judgements(data).all())
    found = []
    for one in judged:
        before = stands.get(pair(one.here, one.there))
        if before is None or before.decision is not one.decision:
            found.append(one)
    return found


def _known(
    both: Pair, candidate: Candidate | None, known: Suggestions, before: Judgement | None
) -> Judgement:
    """Begin a judgement by what is known of its pair: a candidate, or one judged before."""
    if candidate is not None:
        return Judgement(
            kind=candidate.kind,
            here=candidate.here,
            there=candidate.there,
            here_graph=known.shown[candidate.here].graph,
            there_graph=known.shown[candidate.there].graph,
            decision=Decision.UNSURE,
            author="",
            at=datetime.now(UTC),
            score=round(candidate.score, 4),
        )
    if before is not None:
        return replace(before, rule=None, undoes=None, number=0)
    raise UsageError(NO_PAIR, here=both[0], there=both[1])


def latest(data: Path, count: int) -> list[tuple[Judgement, bool]]:
    """Give the last entries, the newest first, each told whether it can be taken back."""
    entries = Judgements(data).all()
    gone = {one.undoes for one in entries if one.decision is Decision.UNDO}
    return [
        (one, one.decision is not Decision.UNDO and one.number not in gone)
        for one in reversed(entries[-count:])
    ]


def undo(data: Path, number: int, author: str) -> Judgement:
    """Take a judgement back: what stood before it stands again. Raises `UnknownThing`."""
    ledger = Judgements(data)
    entries = ledger.all()
    gone = {one.undoes for one in entries if one.decision is Decision.UNDO}
    found = next((one for one in entries if one.number == number), None)
    if found is None or found.decision is Decision.UNDO or number in gone:
        raise UnknownThing(NO_ENTRY, number=number)
    return ledger.append([undoing(found, author, datetime.now(UTC))])[0]
