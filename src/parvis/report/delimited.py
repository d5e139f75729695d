"""CSV written for people: spreadsheets open it correctly, and calculate nothing of it."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


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


def escape_formula(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would calculate (OWASP, CSV injection)."""
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell
