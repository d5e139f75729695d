"""Tables as CSV and XLSX files."""

from pathlib import Path

import python_calamine

from parvis.report.tables import Sheet, write_csv, write_workbook


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    write_workbook(file, [Sheet("Données", [["Nom"], ["=1+1"]], {0: ["a", "b"]})])
    sheet = python_calamine.CalamineWorkbook.from_path(file).get_sheet_by_name("Données")
    assert sheet.to_python() == [["Nom"], ["=1+1"]]


def test_csv_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Spreadsheets need the byte order mark to read accents."""
    write_csv(tmp_path / "t.csv", [["Été", "a,b"]])
    assert (tmp_path / "t.csv").read_bytes() == '\ufeffÉté,"a,b"\r\n'.encode()
