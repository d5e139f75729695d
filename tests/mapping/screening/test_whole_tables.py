"""All rows of a table are read, whatever the kind of file, with headings that are each another."""

import gzip
import json
from pathlib import Path

import pytest

from parvis.errors import SourceError
from parvis.mapping.screening.whole_tables import read_whole_table
from parvis.report.tables import Sheet, write_workbook

HEADINGS = ("Client", "Billets")
ROWS = [["Marie Tremblay", "2"], ["Luc Gagnon", "1"]]
TEXT = "\n".join(";".join(row) for row in (HEADINGS, *ROWS))
OBJECTS = [dict(zip(HEADINGS, row, strict=True)) for row in ROWS]


def read(file: Path, content: str | bytes) -> tuple[tuple[str, ...], list[list[str]]]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    table, _ = read_whole_table(file)
    return table.headings, [list(row) for row in table.rows]


def test_tables_and_lists_of_objects_are_read(tmp_path: Path) -> None:
    """Packed or not."""
    table = (HEADINGS, ROWS)
    assert read(tmp_path / "a.csv", TEXT) == table
    assert read(tmp_path / "a.tsv", TEXT.replace(";", "\t")) == table
    assert read(tmp_path / "a.csv.gz", gzip.compress(TEXT.encode())) == table
    assert read(tmp_path / "a.json", json.dumps({"orders": OBJECTS})) == table
    assert read(tmp_path / "a.jsonl", "\n".join(map(json.dumps, OBJECTS))) == table


def test_the_sheet_that_has_a_table_is_read(tmp_path: Path) -> None:
    """Under its title; or the one that is named."""
    book = tmp_path / "a.xlsx"
    notes = Sheet("Notes", [["Lisez"], ["ceci"]], {})
    sales = Sheet("Ventes", [["Rapport", ""], ["", ""], HEADINGS, *ROWS], {})
    write_workbook(book, [notes, sales])
    table, others = read_whole_table(book)
    assert (table.headings, table.rows, others) == (HEADINGS, ROWS, ("Notes",))
    assert read_whole_table(book, "Notes")[1] == ("Ventes",)
    with pytest.raises(SourceError, match="Bilan"):
        read_whole_table(book, "Bilan")


def test_no_cell_is_lost_for_want_of_a_heading(tmp_path: Path) -> None:
    """Of rows that are too long or too short, and under headings that are repeated."""
    text = "Nom;Nom;Ville;\nRoy;Luc;x;\nTremblay\n\nGagnon;Jean;y;z"
    headings, rows = read(tmp_path / "a.csv", text)
    assert headings == ("Nom", "Nom 2", "Ville", "colonne 4")
    assert rows == [["Roy", "Luc", "x", ""], ["Tremblay", "", "", ""], ["Gagnon", "Jean", "y", "z"]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", ""),
        ("a.csv", 'Client;Billets\n"Marie Tremblay;2\n'),
        ("a.xlsx", "PK\x03\x04"),
        ("a.json", '{"a": ['),
        ("a.json", "[]"),
        ("a.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"),
        ("a.pdf", "%PDF-1.7"),
        ("a.csv.gz", "\x1f"),
    ],
)
def test_a_file_that_holds_no_table_is_refused(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=r"a\."):
        read_whole_table(tmp_path / name)
