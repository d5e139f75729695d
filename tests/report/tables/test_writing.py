"""Tables for people."""

from pathlib import Path

import python_calamine

from parvis.report.tables import Sheet, write_csv, write_workbook


def test_a_workbook_keeps_texts_as_texts(tmp_path: Path) -> None:
    """A text that begins like a formula stays a text."""
    file = tmp_path / "t.xlsx"
    write_workbook(file, [Sheet("Données", [["Nom"], ["=1+1"]], {0: ["a", "b"]})])
    sheet = python_calamine.CalamineWorkbook.from_path(file).get_sheet_by_name("Données")
    assert sheet.to_python() == [["Nom"], ["=1+1"]]


def test_csv_carries_its_mark(tmp_path: Path) -> None:
    """A spreadsheet then reads the accents."""
    write_csv(tmp_path / "t.csv", [["Été", "a,b"]])
    assert (tmp_path / "t.csv").read_bytes() == '\ufeffÉté,"a,b"\r\n'.encode()
