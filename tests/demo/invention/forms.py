"""The forms that files take: delimited text, JSON, workbooks; dates and numbers as people write."""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter

Cell = str | int | float | datetime
Rows = Iterable[Sequence[Cell]]
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
"""When the files claim to have been made."""
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def slug(text: str) -> str:
    """Write a text as a short key; only letters without accents stay."""
    plain = text.lower().translate(str.maketrans("éèêàâîôûçœ’", "eeeaaiouco-"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def in_words(day: date) -> str:
    """Write a date as people do: « 5 mars 2027 », « 1er avril 2027 »."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def grouped(count: int, space: str = "\u00a0") -> str:
    """Write a number with its thousands apart."""
    return f"{count:,}".replace(",", space)


def money(price: float) -> str:
    """Write a price in French: « 38,50 $ », or « Gratuit »."""
    return f"{price:.2f} $".replace(".", ",") if price else "Gratuit"


def write_csv(file: Path, rows: Rows, *, encoding: str = "utf-8", delimiter: str = ";") -> None:
    """Write a delimited file, lines ended as spreadsheets do."""
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)


def write_json(file: Path, content: object) -> None:
    """Write JSON with its accents."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_book(file: Path, sheets: Mapping[str, Rows]) -> None:
    """Write a workbook whose making has a fixed date."""
    book = xlsxwriter.Workbook(str(file), {"default_date_format": "yyyy-mm-dd hh:mm"})
    book.set_properties({"title": "Données inventées", "created": WRITTEN.replace(tzinfo=None)})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
