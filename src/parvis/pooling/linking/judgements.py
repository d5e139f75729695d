"""Decide on pairs of things: a person's word, with its author and day, which can be taken back."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from parvis.errors import SourceError, UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_, say
from parvis.ledger import Decision, Judgement, Judgements
from parvis.linking.candidates import Candidate, rank
from parvis.linking.entity import KINDS
from parvis.linking.index import Index
from parvis.linking.judgements import Pair, pair, standing
from parvis.linking.links import undoing
from parvis.pooling.linking.candidates import Shown, suggestions
from parvis.report.tables import write_csv

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


# Candidates as a table that a person fills in with a spreadsheet, and the table read again.

DECISION, GROUNDS = N_("Decision"), N_("Grounds")
COLUMNS = (
    DECISION,
    GROUNDS,
    N_("Score"),
    N_("Kind"),
    N_("One"),
    N_("Where and when"),
    N_("The other"),
    N_("Where and when (the other)"),
    N_("Reasons"),
    HERE := N_("IRI of the one"),
    THERE := N_("IRI of the other"),
)
"""The headings; they are read in either language, in any order."""
KIND_NAMES = dict(
    zip(
        KINDS,
        (N_("organisation"), N_("venue"), N_("event"), N_("series"), N_("production")),
        strict=True,
    )
)
WORDS: Mapping[str, Decision] = {
    **dict.fromkeys(("oui", "o", "yes", "y", "1", "positive"), Decision.POSITIVE),
    **dict.fromkeys(("non", "n", "no", "0", "negative"), Decision.NEGATIVE),
    **dict.fromkeys(("incertain", "unsure", "?"), Decision.UNSURE),
}
"""What a person may write; nothing at all leaves a pair as it is."""
ANSWERS = {
    Decision.POSITIVE: N_("yes"),
    Decision.NEGATIVE: N_("no"),
    Decision.UNSURE: N_("unsure"),
}

NO_COLUMN = N_("{file} has no column “{column}”")
NO_WORD = N_("{file}, row {row}, column “{column}”: “{value}” is neither yes, no nor unsure")
NO_THINGS = N_("{file}, row {row}: the two things are not named")
NO_TABLE = N_("{file} cannot be read as CSV: {reason}")
LARGEST = 50_000_000
"""Bytes of a file that is read."""
TOO_LARGE = N_("{file} is larger than 50 MB")


def write(file: Path, shown: Iterable[Shows], lang: str) -> int:
    """Write candidates as CSV, one a row, with headings in a language; gives how many."""
    rows = [_row(one, lang) for one in shown]
    write_csv(file, [[say(lang, one) for one in COLUMNS], *rows])
    return len(rows)


def _row(one: Shows, lang: str) -> list[str]:
    """Write one candidate."""
    stands, candidate = one.judgement, one.candidate
    return [
        say(lang, ANSWERS[stands.decision]) if stands else "",
        stands.grounds if stands else "",
        f"{candidate.score:.2f}",
        say(lang, KIND_NAMES[candidate.kind]),
        one.here.name,
        place(one.here.start, one.here.place),
        one.there.name,
        place(one.there.start, one.there.place),
        " · ".join(why.said[lang] for why in candidate.evidence),
        candidate.here,
        candidate.there,
    ]


def place(start: str, where: str) -> str:
    """Write where and when a thing is."""
    return ", ".join(filter(None, (start, where)))


def read(file: Path) -> list[Judged]:
    """Read what a person judged; rows without a decision say nothing.

    Raises `SourceError` naming the row and the column.
    """
    reader = csv.DictReader(io.StringIO(_text(file)), dialect=_Dialect.of(_text(file)))
    try:
        columns = {
            one: _column(reader.fieldnames or (), one, file) for one in (DECISION, HERE, THERE)
        }
        grounds = _found(reader.fieldnames or (), GROUNDS)
        return list(_judged(reader, columns, grounds, file))
    except csv.Error as error:
        raise SourceError(NO_TABLE, file=file, reason=error) from error


class _Dialect(csv.excel):
    """What spreadsheets write: commas, or semicolons where the comma is a decimal sign."""

    @classmethod
    def of(cls, text: str) -> type[csv.Dialect]:
        """Tell by the headings which of them separates."""
        heads = text.partition("\n")[0]
        return _Semicolons if heads.count(";") > heads.count(",") else cls


class _Semicolons(csv.excel):
    """Cells between semicolons."""

    delimiter = ";"


def _text(file: Path) -> str:
    """Read a file as UTF-8, else as the Windows of western Europe does."""
    if file.stat().st_size > LARGEST:
        raise SourceError(TOO_LARGE, file=file)
    body = file.read_bytes()
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _found(heads: Iterable[str], name: str) -> str | None:
    """Find a column by its heading in either language."""
    known = {say(lang, name).casefold() for lang in LANGUAGES}
    return next((head for head in heads if head.strip().casefold() in known), None)


def _column(heads: Iterable[str], name: str, file: Path) -> str:
    found = _found(heads, name)
    if found is None:
        raise SourceError(
            NO_COLUMN, file=file, column={lang: say(lang, name) for lang in LANGUAGES}
        )
    return found


def _judged(
    rows: Iterable[Mapping[str, str | None]],
    columns: Mapping[str, str],
    grounds: str | None,
    file: Path,
) -> Iterator[Judged]:
    """Read the rows on which something is decided."""
    for number, row in enumerate(rows, 2):
        told = (row.get(columns[DECISION]) or "").strip()
        if not told:
            continue
        here, there = ((row.get(columns[one]) or "").strip() for one in (HERE, THERE))
        if not here or not there:
            raise SourceError(NO_THINGS, file=file, row=number)
        decision = WORDS.get(told.casefold())
        if decision is None:
            fields = {"file": file, "row": number, "column": columns[DECISION], "value": told}
            raise SourceError(NO_WORD, **fields)
        why = row.get(grounds) if grounds else ""
        yield Judged(here, there, decision, (why or "").strip())
