"""Tables as CSV and XLSX files."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from parvis.errors import SheetError
from parvis.report import workbooks
from parvis.report.delimited import write_csv
from parvis.report.tables import Sheet, write_workbook
from parvis.report.workbooks import Link, Value, write_sheet

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
    monkeypatch.setattr(workbooks, "LINKS", 2)
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
    monkeypatch.setattr(workbooks, "CELLS", 10)
    write_rows(["a", "b"], [[1, 2]] * 5)
    with pytest.raises(SheetError, match="more than 10 cells"):
        write_rows(["a", "b"], [[1, 2]] * 6)
    with pytest.raises(SheetError, match="no more than 16384 columns"):
        write_rows(["a"] * 16_385, [])
    write_rows(["a"], [["é" * 32_767]])
    with pytest.raises(SheetError, match="row 1 has a text of more than 32767 characters"):
        write_rows(["a"], [["😀" * 16_384]])


# The other library writes a text between <r> and </r> unescaped, which no program then reads.
TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(["_x0041_", " a ", "a\nb", 'é"<&>', "_x_x0041_", "\r\n"])
).filter(lambda text: not text.startswith("<r>"))
ADDRESSES = st.sampled_from(["a", "a?b=1&c=d", "é ü#b&c", "%41[]", '#"', "a"]).map(
    "http://b/{}".format
)
CELLS = (
    TEXTS
    | ADDRESSES.map(Link)
    | st.booleans()
    | st.none()
    | st.integers(-(10**14), 10**14)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(0, 9, places=2)
    | st.dates(date(1900, 1, 2), date(9999, 12, 31))
    | st.datetimes(
        datetime(1901, 1, 1),  # noqa: DTZ001 - a zone is drawn
        datetime(9999, 1, 1),  # noqa: DTZ001 - the same
        timezones=st.sampled_from([None, UTC, ZONE]),
    )
)


@given(st.lists(st.tuples(TEXTS, CELLS, CELLS), max_size=8))
@settings(max_examples=20)
def test_a_workbook_has_what_another_library_writes_of_the_same_cells(
    rows: list[tuple[Value, ...]],
) -> None:
    """Values, formats, links, widths, filters: read by a third library, they are the same."""
    headings = ["a", " é", "<c>"]
    assert describe(write_rows(headings, rows)) == describe(write_by_library(headings, rows))


def describe(file: io.BytesIO) -> list[object]:
    """Read all that a person sees of a sheet."""
    page = openpyxl.load_workbook(file).active
    assert page is not None
    cells = [
        (
            *(cell.value, cell.number_format, cell.font.b, cell.font.u),
            cell.hyperlink and (cell.hyperlink.target, cell.hyperlink.location),
        )
        for row in page.iter_rows()
        for cell in row
    ]
    columns = page.column_dimensions.values()
    widths = {n: column.width for column in columns for n in range(column.min, column.max + 1)}
    return [page.title, page.freeze_panes, page.auto_filter.ref, widths, *cells]


def write_by_library(headings: Sequence[str], rows: Sequence[Sequence[Value]]) -> io.BytesIO:
    file = io.BytesIO()
    # Its texts then stand in their cells too.
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        page = book.add_worksheet("Réponse")
        bold = book.add_format({"bold": True, "bottom": 1})
        for column, heading in enumerate(headings):
            page.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                write_by_type(book, page, (number, column), value)
        for column, cells in enumerate(zip(headings, *rows, strict=True)):
            texts = [cell.address if isinstance(cell, Link) else str(cell) for cell in cells]
            page.set_column(column, column, min(60, max(map(len, texts)) + 2))
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, len(rows), len(headings) - 1)
    return file


def write_by_type(book: Any, page: Any, place: tuple[int, int], value: Value) -> None:  # noqa: ANN401 - untyped
    match value:
        case None:
            pass
        case Link(address):
            page.write_url(*place, address)
        case bool():
            page.write_boolean(*place, value)
        case datetime():
            zone = value.isoformat(timespec="seconds")[19:]
            shape = "yyyy-mm-dd hh:mm:ss" + f'"{zone}"' * bool(zone)
            form = book.add_format({"num_format": shape})
            page.write_datetime(*place, value.replace(tzinfo=None), form)
        case date():
            page.write_datetime(*place, value, book.add_format({"num_format": "yyyy-mm-dd"}))
        case str():
            page.write_string(*place, value)
        case _:
            page.write_number(*place, value)


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    write_workbook(file, [Sheet("Données", [["Nom"], ["=1+1"]], {0: ["a", "b"]})])
    sheet = CalamineWorkbook.from_path(file).get_sheet_by_name("Données")
    assert sheet.to_python() == [["Nom"], ["=1+1"]]


def test_csv_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Spreadsheets need the byte order mark to read accents."""
    write_csv(tmp_path / "t.csv", [["Été", "a,b"]])
    assert (tmp_path / "t.csv").read_bytes() == '\ufeffÉté,"a,b"\r\n'.encode()
