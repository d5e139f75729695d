"""What was done to a file that was cleaned, and the note that says it in a language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from parvis import __version__
from parvis.config.json_data import from_json
from parvis.i18n import N_, day, say, say_counts
from parvis.mapping.screening.clean_columns import BANDS, Action, ColumnOutcome

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

    @classmethod
    def from_answer(cls, name: str, path: Path, today: date, answer: Mapping[str, Any]) -> Self:
        """Return the clean file that `cleaning_process` wrote to a path."""
        columns = [from_json(ColumnOutcome, column) for column in answer["columns"]]
        return cls(name, path, today, **{**answer, "columns": columns})

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


def clean_name(name: str) -> str:
    """Return the name of the clean form of a file.

    >>> clean_name("ventes 2026.05.xlsx"), clean_name("ventes.csv.gz")
    ('ventes 2026.05-clean.csv', 'ventes-clean.csv')
    """
    path = Path(name)
    stem = Path(path.stem).stem if path.suffix.lower() in {".gz", ".zip"} else path.stem
    return f"{stem}-clean.csv"
