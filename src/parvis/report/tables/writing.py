"""Rows of text, written as a workbook or as CSV that spreadsheets open correctly."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

WIDEST = 60
"""The widest column, in characters: longer texts are wrapped."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, and its rows, the headings first.

    `choices` are lists to choose from, by position of the column from 0.
    """

    name: str
    rows: Sequence[Sequence[str]]
    choices: dict[int, Sequence[str]]


def write_workbook(file: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook (XLSX)."""
    # Texts stay texts, whatever they begin with.
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(file), options) as book:
        heading = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            for number, row in enumerate(sheet.rows):
                page.write_row(number, 0, row, wrapped if number else heading)
            for column, width in enumerate(
                [min(WIDEST, max(map(len, cells)) + 2) for cells in zip(*sheet.rows, strict=True)]
            ):
                page.set_column(column, column, width)
            for column, choices in sheet.choices.items():
                # The list is a proposal: another text may still be entered.
                page.data_validation(
                    1,
                    column,
                    1000,
                    column,
                    {"validate": "list", "source": list(choices), "error_type": "warning"},
                )


def write_csv(file: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write CSV (RFC 4180) in UTF-8 with its byte order mark, for spreadsheets to read accents."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        stream.write(csv_text(rows))


def csv_text(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Return CSV (RFC 4180), or the same with another delimiter; no cell is a formula.

    >>> print(csv_text([["=1+1", "-2,5"]]).strip())
    '=1+1,"-2,5"
    """
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(
        [escape_formula(cell) for cell in row] for row in rows
    )
    return stream.getvalue()


FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def escape_formula(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would calculate (OWASP, CSV injection)."""
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell
