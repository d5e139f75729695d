"""Clean a partner's file before it is given: show what will leave, then write it with a note.

The command calls it at the partner's site, on the partner's machine; a page may call it too.
"""

import io
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis import __version__
from parvis.config import Limits, clock
from parvis.config.json_data import from_json
from parvis.errors import LimitError, SourceError, UsageError
from parvis.i18n import N_, day, say, say_counts
from parvis.mapping.screening.clean_columns import BANDS, Action, ColumnOutcome
from parvis.sandbox.client import ProcessClient

ACTIONS = {
    Action.KEPT: N_("kept"),
    Action.SUMMED: N_("added up"),
    Action.SHORTENED: N_("shortened"),
    Action.REMOVED: N_("removed"),
    Action.ADDED: N_("added"),
}
TITLE = N_("What was done to {file}, on {day}")
ROWS = N_("Rows: {before} before, {after} after.")
COLUMN, REASON = N_("{heading}: {action}"), N_("{heading}: {action} ({reason})")
EMPTIED = N_("{line}; cells that were emptied, because they could not be shortened: {count}")
EQUAL = N_(
    "Rows that are equal in all that remains are one row: quantities and amounts are sums, written"
    " with a decimal point."
)
AGES = N_("Ages are those of {day}.")
TOTALS = N_("Rows of totals that were left out: {count}.")
SHEETS = N_("Sheets that were left out: {names}.")
SMALL = N_(
    "A row may be of a single order. That is allowed here, because this file goes to the trusted"
    " third party, which publishes no figure of so few: give it to nobody else, and do not publish"
    " it."
)
NOTHING = N_(
    "nothing in {file} identifies persons, and no rows need to be added up: give it as it is"
)
JUDGED = N_(
    "parvis {version} judged the clean file, and found nothing in it that identifies persons."
)


@dataclass(frozen=True)
class CleanFile:
    """A clean file, in a folder that is deleted later, and what was done to the file `name`.

    `sheets` were left out, and so were as many rows of totals; where nothing was `changed`, the
    file may be given as it is.
    """

    name: str
    path: Path
    today: date
    columns: Sequence[ColumnOutcome]
    headings: Sequence[str]
    first_rows: Sequence[Sequence[str]]
    rows_before: int
    rows_after: int
    totals: int
    sheets: Sequence[str]
    changed: bool

    def note(self, lang: str) -> list[str]:
        """Return the lines of the note of what was done, in a language."""
        today = day(lang, self.today)
        counts = {"before": self.rows_before, "after": self.rows_after}
        lines = [say(lang, TITLE, file=self.name, day=today), "", say_counts(lang, ROWS, **counts)]
        lines += ["", *(f"* {self._column_line(column, lang)}" for column in self.columns), ""]
        lines.append(say(lang, EQUAL))
        if any(column.reason == BANDS for column in self.columns):
            lines.append(say(lang, AGES, day=today))
        if self.totals:
            lines.append(say_counts(lang, TOTALS, count=self.totals))
        if self.sheets:
            lines.append(say(lang, SHEETS, names=", ".join(self.sheets)))
        return [*lines, say(lang, SMALL), say(lang, JUDGED, version=__version__)]

    def note_text(self, lang: str) -> str:
        return "\n".join([*self.note(lang), ""])

    @property
    def note_name(self) -> str:
        return self.path.with_suffix(".txt").name

    @staticmethod
    def _column_line(column: ColumnOutcome, lang: str) -> str:
        action = say(lang, ACTIONS[column.action])
        reason = say(lang, column.reason) if column.reason else ""
        heading = " → ".join(filter(None, (column.heading, column.renamed)))
        template = REASON if reason else COLUMN
        line = say(lang, template, heading=heading, action=action, reason=reason)
        return (
            say_counts(lang, EMPTIED, line=line, count=column.emptied) if column.emptied else line
        )


@contextmanager
def clean_file(
    file: Path,
    limits: Limits,
    sheet: str | None = None,
    without: Collection[str] = (),
    folder: Path | None = None,
) -> Iterator[CleanFile]:
    """Yield the clean form of a file, which is judged as a partner's file is.

    Of a workbook, of one sheet. Columns headed as in `without` are left out too. The file is read
    in a separate process, within the limits of a conversion, which has a temporary folder in
    `folder`, else in the machine's; nothing is left of it afterwards.
    Raises `SourceError` for a file that cannot be read or that would still identify persons,
    `UsageError` for a column that it has not, `LimitError` for one too slow.
    """
    today = clock.machine_time().astimezone().date()
    with (
        TemporaryDirectory(prefix="parvis-", dir=folder) as place,
        ProcessClient(
            "parvis.mapping.screening.cleaning_process",
            limits.conversion_seconds,
            memory=limits.conversion_memory,
        ) as client,
    ):
        out = Path(place) / clean_name(file.name)
        answer = client.call(
            {
                "file": str(file),
                "sheet": sheet,
                "without": list(without),
                "today": today.isoformat(),
                "out": str(out),
            },
            LimitError("{file} took more than {seconds} seconds to look at", file=file.name),
            SourceError(
                "the process that looked at {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=file.name,
            ),
        )
        columns = [from_json(ColumnOutcome, column) for column in answer.pop("columns")]
        yield CleanFile(file.name, out, today, columns=columns, **answer)


def clean_name(name: str) -> str:
    """Return the name of the clean form of a file.

    >>> clean_name("ventes 2026.05.xlsx"), clean_name("ventes.csv.gz")
    ('ventes 2026.05-clean.csv', 'ventes-clean.csv')
    """
    path = Path(name)
    stem = Path(path.stem).stem if path.suffix.lower() in {".gz", ".zip"} else path.stem
    return f"{stem}-clean.csv"


def save(clean: CleanFile, folder: Path, lang: str, *, replace: bool = False) -> tuple[Path, Path]:
    """Write a clean file and its note into a folder, and return their paths.

    Raises `UsageError` if either exists already, unless they `replace` it, `SourceError` if the
    folder takes none.
    """
    out, note = folder / clean.path.name, folder / clean.note_name
    for file in (out, note):
        if file.exists() and not replace:
            raise UsageError(
                "{file} exists already; nothing was written: --replace writes over it", file=file
            )
    try:
        # The note goes first: a clean file is never without it.
        note.write_text(clean.note_text(lang), encoding="utf-8")
        out.write_bytes(clean.path.read_bytes())
    except OSError as error:
        raise SourceError(
            "{file} cannot be written: {reason}", file=out, reason=error.strerror or error
        ) from error
    return out, note


def pack(clean: CleanFile, lang: str) -> bytes:
    """Return an archive (ZIP) of a clean file and its note; raises `UsageError` where it has none.

    That is where nothing was changed: the file may be given as it is.
    """
    if not clean.changed:
        raise UsageError(NOTHING, file=clean.name)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(clean.path, clean.path.name)
        archive.writestr(clean.note_name, clean.note_text(lang))
    return content.getvalue()
