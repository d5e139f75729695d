"""Tables as CSV and XLSX files."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from parvis.errors import SheetError
from parvis.report import tables
from parvis.report.delimited import write_csv
from parvis.report.tables import Link, Sheet, Value, write_sheet, write_workbook

ZONE = timezone(timedelta(hours=-5))


def write_rows(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> io.BytesIO:
    """Write a workbook in memory."""
    file = io.BytesIO()
    write_sheet(file, "Réponse", headings, rows)
    return file


def read_rows(file: io.BytesIO) -> list[list[object]]:
    """Read the rows of a sheet with another library, headings first."""
    file.seek(0)
    return [
        list(row) for row in CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    ]


def read_back_row(*row: Value) -> list[object]:
    """Write one row and read it with another library."""
    return read_rows(write_rows([f"c{n}" for n in range(len(row))], [row]))[1]


def read_part(file: io.BytesIO, name: str) -> str:
    with ZipFile(file) as parts:
        return parts.read(name).decode()


def test_each_value_becomes_a_cell_of_its_type() -> None:
    """Numbers can be added, dates sorted, booleans counted; a missing value is an empty cell."""
    assert read_back_row(12, Decimal("1.5"), 2.5e300, None, "") == [12, 1.5, 2.5e300, "", ""]
    assert read_back_row(*[True, False]) == [True, False]
    assert read_back_row(date(2026, 11, 24)) == [date(2026, 11, 24)]
    assert read_back_row(datetime(2026, 11, 24, 20, 0, 30)) == [datetime(2026, 11, 24, 20, 0, 30)]  # noqa: DTZ001 - a cell has no zone


def test_the_offset_of_a_time_is_shown_by_the_cell_format() -> None:
    """A cell has no time zone: the local time is shown, with the offset in the number format."""
    file = write_rows(
        ["a", "b"], [[datetime(2026, 1, 2, 20, tzinfo=ZONE), datetime(2026, 1, 2, tzinfo=UTC)]]
    )
    assert read_rows(file)[1] == [
        datetime(2026, 1, 2, 20),  # noqa: DTZ001 - a cell has no zone
        date(2026, 1, 2),
    ]
    styles = read_part(file, "xl/styles.xml")
    assert "&quot;-05:00&quot;" in styles
    assert "&quot;+00:00&quot;" in styles


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "{=1}", "http://a/", "012", "\x01", "<r>&</r>"]
)
def test_a_text_stays_a_text(text: str) -> None:
    """A text becomes neither a number, a date nor a link, and never a formula."""
    file = write_rows([text], [[text]])
    assert "<f>" not in read_part(file, "xl/worksheets/sheet1.xml")
    assert read_rows(file)[1][0] in {
        text,
        "_x0001_",
    }


def test_web_addresses_become_links_as_far_as_a_sheet_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Web addresses are links; other, overlong and surplus addresses stay texts."""
    monkeypatch.setattr(tables, "LINKS", 2)
    long = "http://a/" + "x" * 2100
    rows: list[list[Value]] = [
        [Link(a)] for a in (long, "urn:a", "file:///etc/passwd", "http://é/ü#b")
    ]
    file = write_rows(["a"], [*rows, [Link("https://b/?c=d&e")], [Link("http://c/")]])
    links = read_part(file, "xl/worksheets/_rels/sheet1.xml.rels")
    assert links.count("Target=") == 2
    assert "https://b/?c=d&amp;e" in links
    assert "passwd" not in links
    cell_rows = read_rows(file)
    assert [row[0] for row in cell_rows[1:]] == [
        long,
        "urn:a",
        "file:///etc/passwd",
        "http://é/ü#b",
        "https://b/?c=d&e",
        "http://c/",
    ]


def test_what_exceeds_a_sheet_is_refused_not_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many cells or columns, a text too long: the error names the limit."""
    monkeypatch.setattr(tables, "CELLS", 10)
    write_rows(["a", "b"], [[1, 2]] * 5)
    with pytest.raises(SheetError, match="more than 10 cells"):
        write_rows(["a", "b"], [[1, 2]] * 6)
    with pytest.raises(SheetError, match="no more than 16384 columns"):
        write_rows(["a"] * 16_385, [])
    write_rows(["a"], [["é" * 32_767]])
    with pytest.raises(SheetError, match="row 1 has a text of more than 32767 characters"):
        write_rows(["a"], [["😀" * 16_384]])


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    write_workbook(file, [Sheet("Données", [["Nom"], ["=1+1"]], {0: ["a", "b"]})])
    sheet = CalamineWorkbook.from_path(file).get_sheet_by_name("Données")
    assert sheet.to_python() == [["Nom"], ["=1+1"]]


def test_csv_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Spreadsheets need the byte order mark to read accents."""
    write_csv(tmp_path / "t.csv", [["Été", "a,b"]])
    assert (tmp_path / "t.csv").read_bytes() == '\ufeffÉté,"a,b"\r\n'.encode()
