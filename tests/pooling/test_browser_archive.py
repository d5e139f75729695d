"""What a browser loads cleans as `parvis clean` does, with Python's own library alone."""

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from parvis.config import Limits
from parvis.pooling.cleaning.browser_archive import browser_archive
from parvis.pooling.cleaning.clean_file import clean_file
from parvis.pooling.cleaning.sketch_file import sketch_file
from parvis.statistics.distinct.buyers import BuyersFile
from parvis.statistics.distinct.sketching import read_message
from tests.statistics.distinct.test_rounds import make_round

EXPORTS = sorted((Path(__file__).parents[1] / "cases" / "cleaning").glob("*.csv"))
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from parvis.mapping.screening.browser_cleaning import clean_in_browser
print(json.dumps(clean_in_browser(*sys.argv[2:])))
"""
COUNTING = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from parvis.statistics.distinct.browser_sketching import draw_in_browser, sketch_in_browser
round_text = Path(sys.argv[3]).read_text(encoding="utf-8")
kit = draw_in_browser(round_text, "fr")["kits"]["kit-villes-1-alma.json"]
print(json.dumps([kit, sketch_in_browser(sys.argv[2], round_text, kit, "", "fr")]))
"""
MOST = 1_200_000
"""Bytes of the archive, of which what reads XLSX and JSON is some 320,000."""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modules")
    with zipfile.ZipFile(io.BytesIO(browser_archive())) as archive:
        archive.extractall(folder)
    return folder


def clean(modules: Path, file: Path, today: str, lang: str) -> dict[str, object]:
    """Clean a file by a Python without installed packages, as a browser's is."""
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(modules), str(file), today, lang]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    outcome: dict[str, object] = json.loads(output)
    return outcome


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("export", EXPORTS, ids=lambda path: path.stem)
def test_the_modules_of_the_archive_clean_as_the_command_does(
    modules: Path, tmp_path: Path, export: Path, lang: str
) -> None:
    file = tmp_path / export.name
    file.write_bytes(export.read_bytes())
    with clean_file(export, Limits()) as expected:
        outcome = clean(modules, file, expected.today.isoformat(), lang)
        assert Path(str(outcome["path"])).read_bytes() == expected.path.read_bytes()
        assert outcome["note"] == expected.note_text(lang)
        assert outcome["rows"] == expected.first_rows


@pytest.mark.parametrize("ending", ["xlsx", "json"])
def test_workbooks_and_json_are_cleaned_there_too(
    modules: Path, tmp_path: Path, ending: str
) -> None:
    export = next(path for path in EXPORTS if path.stem == "billetterie")
    rows = list(csv.reader(export.read_text("utf-8-sig").splitlines(), delimiter=";"))
    file, copy = (tmp_path / name / f"billetterie.{ending}" for name in ("here", "browser"))
    file.parent.mkdir()
    if ending == "json":
        objects = [dict(zip(rows[0], row, strict=True)) for row in rows[1:-1]]
        file.write_text(json.dumps(objects), encoding="utf-8")
    else:
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet("Ventes")
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    shutil.copytree(file.parent, copy.parent)
    with clean_file(file, Limits()) as expected:
        outcome = clean(modules, copy, expected.today.isoformat(), "fr")
        assert Path(str(outcome["path"])).read_bytes() == expected.path.read_bytes()
        assert outcome["note"] == expected.note_text("fr")
        assert expected.changed


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ventes.json", b"[", "not valid JSON"),
        ("ventes.xlsx", b"PK\x03\x04", "cannot be read as a spreadsheet"),
        ("ventes.ods", b"PK\x03\x04", "in a browser"),
        ("ventes.csv", b"Client,Naissance,Billets\nMarie Roy,3 mars 1950,2\n", "in a browser"),
        ("ventes.csv", b"Marie Tremblay,2\nLuc Gagnon,1\nAnne Roy,2\n", "no headings"),
        ("programme.csv", b"Title,Date\nRives,2026-10-01\n", "give it as it is"),
        ("ventes.pdf", b"%PDF-1.7", "cannot be cleaned"),
    ],
)
def test_what_a_browser_cannot_clean_is_refused_in_words_and_nothing_is_written(
    modules: Path, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    outcome = clean(modules, file, "2026-11-29", "en")
    assert reason in str(outcome["error"])
    assert outcome.keys() == {"error"}


def test_people_are_counted_there_as_the_command_does(modules: Path, tmp_path: Path) -> None:
    """Also kits are drawn there, by the same program."""
    round_file, kit_file = tmp_path / "round.json", tmp_path / "kit.json"
    round_file.write_text(make_round().to_text(), encoding="utf-8")
    export = EXPORTS[0]
    (tmp_path / "here").mkdir()
    file = Path(shutil.copy(export, tmp_path / "here" / export.name))
    command = [sys.executable, "-I", "-S", "-c", COUNTING, str(modules), str(file), str(round_file)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    kit, outcome = json.loads(output)
    kit_file.write_text(kit, encoding="utf-8")
    message = read_message(Path(outcome["path"]).read_bytes(), make_round())
    with sketch_file(BuyersFile(export), round_file, kit_file, Limits()) as expected:
        there = read_message(expected.path.read_bytes(), make_round())
        assert len(message.payload) == len(there.payload)
        assert outcome["note"] == "\n".join(expected.summary.lines(expected.round, "fr"))
    assert outcome["name"] == "message-villes-1-alma.bin"


def test_the_archive_is_small_and_always_the_same() -> None:
    content = browser_archive()
    browser_archive.cache_clear()
    assert browser_archive() == content
    assert len(content) < MOST
