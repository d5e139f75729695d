"""Decide on pairs of things: a person's word, with its author and day, which can be taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger import Decision, Judgement, Judgements
from parvis.linking.candidates import Candidate, rank
from parvis.linking.index import Index
from parvis.linking.judgements import Pair, pair, standing
from parvis.linking.rules import undoing
from parvis.pooling.suggestions import Shown, suggestions

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
class Waiting:
    """How many candidates wait for a person, and the first of them."""

    count: int
    some: list[Shows]


@dataclass(frozen=True)
class Judged:
    """What is decided on one pair; both IRIs in whatever order."""

    here: str
    there: str
    decision: Decision
    grounds: str = ""


def to_review(data: Path, kind: str = "", most: int = -1) -> Waiting:
    """Give the candidates that wait for a person, the most likely first, at most so many.

    Those of which someone was unsure come last; with `kind`, those of one kind only.
    """
    stands = standing(Judgements(data).all())
    with suggestions(data) as index:
        if index is None:
            return Waiting(0, [])
        left = index.left(stands, kind)
        found = left.some(most=most)
        again = (index.candidate(both) for both in _doubted(stands))
        doubted = sorted((one for one in again if one and kind in {"", one.kind}), key=rank)
        some = [*found, *doubted][: most if most >= 0 else None]
        return Waiting(left.count() + len(doubted), [_shows(index, one, stands) for one in some])


def every(data: Path) -> list[Shows]:
    """Give every candidate with what stands on it, judged or not."""
    stands = standing(Judgements(data).all())
    with suggestions(data) as index:
        return [_shows(index, one, stands) for one in index.candidates()] if index else []


def _doubted(stands: Mapping[Pair, Judgement]) -> list[Pair]:
    """Give the pairs of which someone was unsure."""
    return [both for both, one in stands.items() if one.decision is Decision.UNSURE]


def _shows(index: Index, one: Candidate, stands: Mapping[Pair, Judgement]) -> Shows:
    """Tell what is known of both ends of a candidate."""
    here, there = (Shown.of(index.require(iri)) for iri in one.pair)
    return Shows(one, here, there, stands.get(one.pair))


def judge(data: Path, judged: Iterable[Judged], author: str) -> list[Judgement]:
    """Write down what a person decides on candidates, all or none.

    Raises `UsageError` for a pair that is no candidate, or without author.
    """
    if not author.strip():
        raise UsageError(NO_AUTHOR)
    before = {one.pair: one for one in Judgements(data).all()}
    with suggestions(data) as index:
        written = [_decided(index, one, author, before) for one in judged]
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


def _decided(
    index: Index | None, one: Judged, author: str, before: Mapping[Pair, Judgement]
) -> Judgement:
    """Write a judgement on a pair."""
    both = pair(one.here, one.there)
    return replace(
        _known(both, index, before.get(both)),
        decision=one.decision,
        author=author.strip()[:LONGEST],
        grounds=one.grounds.strip()[:LONGEST],
        at=datetime.now(UTC),
    )


def _known(both: Pair, index: Index | None, before: Judgement | None) -> Judgement:
    """Begin a judgement by what is known of its pair: a candidate, or one judged before."""
    candidate = index and index.candidate(both)
    if index and candidate:
        return Judgement(
            kind=candidate.kind,
            here=candidate.here,
            there=candidate.there,
            here_graph=index.require(candidate.here).graph,
            there_graph=index.require(candidate.there).graph,
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
