"""A file is cleaned in a process of its own, judged, and written with its note, or not at all."""

import csv
import gzip
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.errors import LimitError, SourceError, UsageError
from parvis.mapping.screening.cleaning_process import refuse_identifying
from parvis.mapping.screening.gate import judge
from parvis.pooling.cleaning.clean_file import clean_file, save
from parvis.report.tables import Sheet, write_workbook

LIMITS = Limits()
ROWS = [
    ["Client", "Courriel", "Spectacle", "Billets"],
    ["Marie Tremblay", "marie@exemple.ca", "Rives", "2"],
    ["Luc Gagnon", "luc@exemple.ca", "Rives", "1"],
    ["Josée Roy", "jroy@exemple.ca", "Dunes", "1"],
]
CLEAN = [["Spectacle", "Billets"], ["Dunes", "1"], ["Rives", "3"]]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put what is temporary into a folder; nothing may be left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert not [*folder.iterdir()]


def write_orders(file: Path) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(ROWS)
    return file


def test_a_clean_file_passes_the_gate(tmp_path: Path) -> None:
    with clean_file(write_orders(tmp_path / "ventes.csv"), LIMITS) as clean:
        text = clean.path.read_text(encoding="utf-8-sig")
        assert not judge([clean.path]).findings
    assert list(csv.reader(text.splitlines())) == CLEAN


def test_sheets_that_are_left_out_are_named_unless_their_names_are_of_persons(
    tmp_path: Path,
) -> None:
    """A sheet without persons is no reason to give the whole workbook."""
    book = tmp_path / "ventes.xlsx"
    others = [Sheet("Marie Tremblay", [["Notes"], ["x"]], {}), Sheet("Aide", [["Lire"]], {})]
    write_workbook(book, [*others, Sheet("Ventes", ROWS, {})])
    with clean_file(book, LIMITS, "Aide") as clean:
        assert clean.sheets == ["…", "Ventes"]
        assert clean.changed
    with pytest.raises(UsageError, match="Salle"), clean_file(book, LIMITS, without=["Salle"]):
        pass


def test_the_clean_file_and_its_note_are_written_together(tmp_path: Path) -> None:
    """Never over others, unless they are to be replaced."""
    file = write_orders(tmp_path / "ventes.csv")
    with clean_file(file, LIMITS) as clean:
        out, note = save(clean, tmp_path, "fr")
        text = note.read_text(encoding="utf-8")
        assert "Lignes\u00a0: 3 avant, 2 après." in text
        assert "Courriel\u00a0: retirée (adresses électroniques)" in text
        assert "qui ne publie aucun chiffre d’aussi peu de personnes" in text
        assert not any(name in text for name in ("Tremblay", "@", "Gagnon"))
        out.unlink()
        with pytest.raises(UsageError, match=r"ventes-clean\.txt"):
            save(clean, tmp_path, "en")
        assert not out.exists()
        save(clean, tmp_path, "en", replace=True)
        assert "Rows: 3 before, 2 after." in note.read_text(encoding="utf-8")
    assert (out.name, note.name) == ("ventes-clean.csv", "ventes-clean.txt")
    assert file.read_text(encoding="utf-8").startswith("Client;")


def test_nothing_is_written_where_the_folder_takes_no_file(tmp_path: Path) -> None:
    with (
        clean_file(write_orders(tmp_path / "ventes.csv"), LIMITS) as clean,
        pytest.raises(SourceError, match="cannot be written"),
    ):
        save(clean, tmp_path / "absent", "fr")


def test_a_file_that_would_still_identify_persons_is_deleted(tmp_path: Path) -> None:
    """The message names its columns, and says what to do."""
    file = write_orders(tmp_path / "ventes-clean.csv")
    with pytest.raises(SourceError, match=r"Client, Courriel\. Remove them, or say"):
        refuse_identifying(file, "ventes.csv")
    assert not file.exists()


def test_a_file_that_takes_too_long_leaves_nothing(tmp_path: Path) -> None:
    """Also of what was unpacked when the process was killed."""
    content = ";".join(ROWS[0]) + "\n" + "Marie Tremblay;marie@exemple.ca;Rives;2\n" * 400_000
    (tmp_path / "ventes.csv.gz").write_bytes(gzip.compress(content.encode(), 1))
    limits = replace(LIMITS, conversion_seconds=1.0)
    with pytest.raises(LimitError), clean_file(tmp_path / "ventes.csv.gz", limits):
        pass
