"""Candidates as a table that a person fills in with a spreadsheet, and the table read again."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, N_, say
from parvis.ledger import Decision
from parvis.linking.kinds import KINDS
from parvis.pooling.judge import Judged, Shows
from parvis.tables import write_csv

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
