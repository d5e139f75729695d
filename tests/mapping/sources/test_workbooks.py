"""Workbooks are read alike by the compiled reader and by the one that a browser has."""

import datetime as dt
import sys
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.errors import SourceError
from parvis.mapping.sources.workbooks import Area, open_workbook

DAYS = (dt.date(1950, 1, 1), dt.date(2100, 1, 1))
TIMES = st.times().map(lambda time: time.replace(microsecond=0))
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(-1e15, 1e15),
    # A spreadsheet saves no empty text; written by a program, it would count as filled for one.
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20),
    st.dates(*DAYS),
    TIMES,
    st.builds(dt.datetime.combine, st.dates(*DAYS), TIMES),
)
ROWS = st.lists(st.lists(CELLS, max_size=6), max_size=8)
Book = dict[str, tuple[list[list[str]], list[Area]]]


def write(file: Path, rows: list[list[object]], margin: int = 0) -> None:
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Ventes")
        formats: dict[type, object] = {
            kind: book.add_format({"num_format": text})
            for kind, text in (
                (dt.datetime, "yyyy-mm-dd hh:mm:ss"),
                (dt.date, "yyyy-mm-dd"),
                (dt.time, "hh:mm:ss"),
            )
        }
        for number, row in enumerate(rows, margin):
            for position, cell in enumerate(row, margin):
                if type(cell) in formats:
                    sheet.write_datetime(number, position, cell, formats[type(cell)])
                elif isinstance(cell, str):
                    sheet.write_string(number, position, cell)
                else:
                    sheet.write(number, position, cell)
        sheet.write_formula(20, margin, "=1/0", None, "#DIV/0!")
        sheet.write_formula(21, margin, "=2*21", None, 42)
        sheet.merge_range(24, 1, 25, 2, "Salle du Port")
        sheet.write_blank(40, 12, None, formats[dt.date])
        book.add_worksheet("Vide")
        chart = book.add_chart({"type": "line"})
        assert chart is not None
        chart.add_series({"values": "=Ventes!$A$1:$A$9"})
        book.add_chartsheet("Graphique").set_chart(chart)


def read(file: Path) -> Book:
    book = open_workbook(file)
    sheets = {name: book.read(name) for name in book.names}
    return {
        name: (list(sheet.lines()), sorted(sheet.merged_cells)) for name, sheet in sheets.items()
    }


def read_without_compiled_libraries(file: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "python_calamine", None)
        return read(file)


@given(rows=ROWS, margin=st.integers(0, 3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_readers_return_the_same_text_of_any_cell(
    rows: list[list[object]],
    margin: int,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path_factory.getbasetemp() / "same.xlsx"
    write(file, rows, margin)
    compiled = read(file)
    assert read_without_compiled_libraries(file, monkeypatch) == compiled
    lines, merged = compiled["Ventes"]
    assert [lines[20][margin], lines[21][margin]] == ["", "42"]
    assert merged == [((24, 1), (25, 2))]
    assert compiled["Vide"] == compiled["Graphique"] == ([], [])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"\xd0\xcf\x11\xe0"])
def test_a_file_that_is_no_workbook_is_refused_in_the_same_words(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ventes.xlsx"
    file.write_bytes(content)
    with pytest.raises(SourceError) as compiled:
        read(file)
    with pytest.raises(SourceError) as portable:
        read_without_compiled_libraries(file, monkeypatch)
    assert portable.value.template == compiled.value.template


@pytest.mark.parametrize("name", ["ventes.xls", "ventes.ods"])
def test_other_workbooks_need_the_compiled_reader(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(ModuleNotFoundError):
        read_without_compiled_libraries(tmp_path / name, monkeypatch)
