"""What a browser loads cleans as `parvis clean` does, with Python's own library alone."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.pooling.cleaning.browser_archive import browser_archive
from parvis.pooling.cleaning.clean_file import clean_file

EXPORTS = sorted((Path(__file__).parents[1] / "cases" / "cleaning").glob("*.csv"))
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from parvis.mapping.screening.browser_cleaning import clean_in_browser
print(json.dumps(clean_in_browser(*sys.argv[2:])))
"""
MOST = 900_000
"""Bytes of the archive."""


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


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ventes.json", b'[{"Client": "Marie Tremblay", "Billets": 2}]', "in a browser"),
        ("ventes.xlsx", b"PK\x03\x04", "in a browser"),
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


def test_the_archive_is_small_and_always_the_same() -> None:
    content = browser_archive()
    browser_archive.cache_clear()
    assert browser_archive() == content
    assert len(content) < MOST
