"""Clean a table: what identifies persons goes or is shortened, and equal rows are added up.

Pure: rows come in, rows and a description of what was done go out. A table that is clean stays as
it is.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, replace
from datetime import date

from parvis.i18n import N_
from parvis.mapping.screening.clean_columns import TRANSACTION, Action, ColumnOutcome, ColumnRules
from parvis.mapping.screening.figures import add_up, is_amount, is_quantity, read_figures
from parvis.mapping.screening.identifiers import words_of
from parvis.mapping.screening.people import word_groups
from parvis.report.delimited import escape_formula

REPEATED = N_("the total of an order on each of its rows: added up, it would count several times")
COUNT = N_("how many rows were added up")
ROWS_COUNTED = {True: "Nombre de lignes", False: "Number of rows"}
"""The heading of the count, where the other headings are in French, and where not."""
TOTAL = re.compile(r"(?:grand |sous[- ]|sub[- ]?)?tota(?:l|ux)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Headings, no two of which are the same, and rows of as many cells."""

    headings: tuple[str, ...]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Cleaning:
    """A clean table, what became of each column, and how many rows were totals of others."""

    table: Table
    columns: tuple[ColumnOutcome, ...]
    totals: int = 0

    @property
    def changed(self) -> bool:
        return any(column.action is not Action.KEPT for column in self.columns)


def clean_table(table: Table, name: str, today: date, without: Collection[str] = ()) -> Cleaning:
    """Clean a table of a file called `name`; ages are those of `today`.

    Columns headed as in `without` go too. The sums of figures stay what they were, and cleaning a
    clean table changes nothing. Raises `SourceError` for a table whose headings are persons' data.
    """
    rows = [[escape_formula(cell.strip()) for cell in row] for row in table.rows]
    rows = [row for row in rows if any(row)]
    cleaning = Cleaning(Table(table.headings, rows), tuple(map(ColumnOutcome, table.headings)))
    # What is left is judged again, as the gate will judge it.
    while (after := _clean_once(cleaning.table, name, today, without)).changed:
        cleaning = _join(cleaning, after)
    return cleaning


def _is_total(row: Sequence[str]) -> bool:
    """Return whether a row has totals of others: « Total », blanks, and only figures besides."""
    first, *others = filter(None, row)
    has_blanks = len(others) + 1 < len(row)
    return has_blanks and bool(TOTAL.match(first)) and read_figures(others) is not None


def _join(before: Cleaning, after: Cleaning) -> Cleaning:
    """Return two cleanings, one after the other, as one."""
    later = iter(after.columns)
    columns = []
    for column in before.columns:
        if column.action is Action.REMOVED:
            columns.append(column)
            continue
        outcome = next(later)
        # What was shortened, and then stays or is added up as it is, was shortened.
        is_new = outcome.action in {Action.SHORTENED, Action.REMOVED}
        columns.append(
            replace(
                outcome if is_new or column.action is Action.KEPT else column,
                heading=column.heading,
                emptied=column.emptied + outcome.emptied,
                renamed=outcome.renamed or column.renamed,
            )
        )
    return Cleaning(after.table, (*columns, *later), before.totals + after.totals)


def _clean_once(table: Table, name: str, today: date, without: Collection[str]) -> Cleaning:
    """Clean what one look at a table finds."""
    detail = [row for row in table.rows if not _is_total(row)]
    rules = ColumnRules(name, table.headings, detail, today, without)
    outcomes, cells = [], []
    for index in range(len(table.headings)):
        outcome, column = rules.clean(index)
        outcomes.append(outcome)
        cells.append(column)
    _remove_repeated_totals(outcomes, cells)
    remaining = [i for i, outcome in enumerate(outcomes) if outcome.action is not Action.REMOVED]
    headings = [outcomes[index].clean_heading for index in remaining]
    figures = {
        position: amounts
        for position, (index, heading) in enumerate(zip(remaining, headings, strict=True))
        if (is_quantity(heading) or is_amount(heading))
        and (amounts := read_figures(cells[index])) is not None
    }
    rows = [[cells[index][number] for index in remaining] for number in range(len(detail))]
    is_same = all(outcome.action is Action.KEPT for outcome in outcomes)
    if is_same and not (figures and _has_equals(rows, figures)):
        return Cleaning(table, tuple(outcomes))
    for position in figures:
        index = remaining[position]
        outcomes[index] = replace(outcomes[index], action=Action.SUMMED)
    counted = not any(is_quantity(headings[position]) for position in figures)
    if counted:
        words = {word for text in table.headings for word in words_of(text)}
        heading = ROWS_COUNTED[bool(words & word_groups()["french"])]
        heading += f" {len(headings) + 1}" if heading in headings else ""
        headings.append(heading)
        outcomes.append(ColumnOutcome(heading, Action.ADDED, COUNT))
    lines = [line for line in add_up(rows, figures, counted=counted) if any(line)]
    totals = len(table.rows) - len(detail)
    return Cleaning(Table(tuple(headings), lines), tuple(outcomes), totals)


def _has_equals(rows: Sequence[Sequence[str]], figures: Container[int]) -> bool:
    """Return whether any rows are equal in all but their figures."""
    keys = {tuple("" if i in figures else cell for i, cell in enumerate(row)) for row in rows}
    return len(keys) < len(rows)


def _remove_repeated_totals(outcomes: list[ColumnOutcome], cells: Sequence[Sequence[str]]) -> None:
    """Remove the columns that repeat the total of an order on each of its rows."""
    orders = [i for i, outcome in enumerate(outcomes) if outcome.reason == TRANSACTION]
    for index, outcome in enumerate(outcomes):
        words = {*words_of(outcome.heading)}
        if outcome.action is not Action.KEPT or not words & word_groups()["transactions"]:
            continue
        if not is_amount(outcome.heading) or read_figures(cells[index]) is None:
            continue
        for order in orders:
            amounts = defaultdict[str, list[str]](list)
            for number, amount in zip(cells[order], cells[index], strict=True):
                amounts[number].append(amount)
            several = [texts for number, texts in amounts.items() if number and texts[1:]]
            if several and all(len({*texts}) == 1 for texts in several):
                outcomes[index] = replace(outcome, action=Action.REMOVED, reason=REPEATED)
                break
