"""A workbook of typed cells, written as its rows come."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from parvis.errors import SheetError
from parvis.report.tables import Link, Value, workbook, write_sheet

ZONE = timezone(timedelta(hours=-5))


def written(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> io.BytesIO:
    """Write a workbook in memory."""
    file = io.BytesIO()
    write_sheet(file, "Réponse", headings, rows)
    return file


def read(file: io.BytesIO) -> list[list[object]]:
    """Read the rows of a sheet, headings first, as another library sees them."""
    file.seek(0)
    return [
        list(row) for row in CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    ]


def cells(*row: Value) -> list[object]:
    """Write one row, and give what another library reads of it."""
    return read(written([f"c{n}" for n in range(len(row))], [row]))[1]


def part(file: io.BytesIO, name: str) -> str:
    """Read one part of a workbook."""
    with ZipFile(file) as parts:
        return parts.read(name).decode()


def test_each_value_is_a_cell_of_its_kind() -> None:
    """Numbers can be added, dates sorted, yes and no counted; what is missing is empty."""
    assert cells(12, Decimal("1.5"), 2.5e300, None, "") == [12, 1.5, 2.5e300, "", ""]
    assert cells(*[True, False]) == [True, False]
    assert cells(date(2026, 11, 24)) == [date(2026, 11, 24)]
    assert cells(datetime(2026, 11, 24, 20, 0, 30)) == [datetime(2026, 11, 24, 20, 0, 30)]  # noqa: DTZ001 - a cell has no zone


def test_the_zone_of_an_instant_stands_in_its_format() -> None:
    """A cell has no zone: it shows the hour of the place, and the zone after it."""
    file = written(
        ["a", "b"], [[datetime(2026, 1, 2, 20, tzinfo=ZONE), datetime(2026, 1, 2, tzinfo=UTC)]]
    )
    assert read(file)[1] == [
        datetime(2026, 1, 2, 20),  # noqa: DTZ001 - a cell has no zone
        date(2026, 1, 2),
    ]
    styles = part(file, "xl/styles.xml")
    assert "&quot;-05:00&quot;" in styles
    assert "&quot;+00:00&quot;" in styles


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "{=1}", "http://a/", "012", "\x01"]
)
def test_a_text_stays_a_text(text: str) -> None:
    """Nothing that was not a number, a date or a link becomes one, and no formula is there."""
    file = written([text], [[text]])
    assert "<f>" not in part(file, "xl/worksheets/sheet1.xml")
    assert read(file)[1][0] in {
        text,
        "_x0001_",
    }


def test_an_address_is_a_link_as_far_as_a_sheet_can_hold_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Addresses of the web are links; other ones, long ones and those too many stay texts."""
    monkeypatch.setattr(workbook, "LINKS", 2)
    long = "http://a/" + "x" * 2100
    rows: list[list[Value]] = [
        [Link(a)] for a in (long, "urn:a", "file:///etc/passwd", "http://é/ü#b")
    ]
    file = written(["a"], [*rows, [Link("https://b/?c=d&e")], [Link("http://c/")]])
    links = part(file, "xl/worksheets/_rels/sheet1.xml.rels")
    assert links.count("Target=") == 2
    assert "https://b/?c=d&amp;e" in links
    assert "passwd" not in links
    shown = read(file)
    assert [row[0] for row in shown[1:]] == [
        long,
        "urn:a",
        "file:///etc/passwd",
        "http://é/ü#b",
        "https://b/?c=d&e",
        "http://c/",
    ]


def test_what_a_sheet_cannot_hold_is_refused_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many cells, too many columns, a text too long: the error names the limit."""
    monkeypatch.setattr(workbook, "CELLS", 10)
    written(["a", "b"], [[1, 2]] * 5)
    with pytest.raises(SheetError, match="more than 10 cells"):
        written(["a", "b"], [[1, 2]] * 6)
    with pytest.raises(SheetError, match="no more than 16384 columns"):
        written(["a"] * 16_385, [])
    written(["a"], [["é" * 32_767]])
    with pytest.raises(SheetError, match="row 1 has a text of more than 32767 characters"):
        written(["a"], [["😀" * 16_384]])
