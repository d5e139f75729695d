"""A partner sees what will leave, then has it written; nothing is written unasked."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

CASE = Path(__file__).parents[1] / "cases" / "cleaning" / "billetterie.csv"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Return a copy of an export of orders, alone in a folder."""
    file = tmp_path / "partner" / "billetterie.csv"
    file.parent.mkdir()
    file.write_bytes(CASE.read_bytes())
    return file


def test_what_will_leave_is_shown_and_not_written_unasked(run: Run, export: Path) -> None:
    result = run("clean", export, "--lang", "fr")
    assert result.returncode == 1
    assert "Âge\u00a0: raccourcie (des groupes d’âge" in result.stdout
    assert "2026-09-01 | Rives | 2026-10-01 | 19:30" in result.stdout
    assert "--yes" in result.stderr
    assert not any(text in result.stdout for text in ("Tremblay", "@", "555-01"))
    assert list(export.parent.iterdir()) == [export]


def test_a_clean_file_is_written_beside_the_original(run: Run, export: Path) -> None:
    """With its note in the language of the command; once, unless replaced; then it is clean."""
    result = run("clean", export, "--yes", "--lang", "en")
    assert result.returncode == 0
    clean, note = (
        export.with_name("billetterie-clean.csv"),
        export.with_name("billetterie-clean.txt"),
    )
    assert note.read_text(encoding="utf-8").startswith("What was done to billetterie.csv, on ")
    assert {*export.parent.iterdir()} == {export, clean, note}
    content = clean.read_bytes()
    assert run("clean", export, "--yes").returncode == 2
    assert run("clean", export, "--yes", "--replace", "--without", "Âge").returncode == 0
    assert len(clean.read_bytes()) < len(content)
    again = run("clean", clean, "--yes", "--lang", "fr")
    assert (again.returncode, len([*export.parent.iterdir()])) == (0, 3)
    assert "donnez-le tel quel" in again.stdout


def test_a_program_reads_what_was_done_as_json(run: Run, export: Path) -> None:
    result = run("clean", export, "--yes", "--json")
    answer = json.loads(result.stdout)
    assert result.returncode == 0
    assert answer["written"][0].endswith("billetterie-clean.csv")
    assert answer["columns"][0]["action"] == "removed"
    assert (answer["rows_before"], answer["rows_after"], answer["totals"]) == (13, 6, 1)
    assert "path" not in answer


def test_a_column_that_is_not_there_is_an_error(run: Run, export: Path) -> None:
    result = run("clean", export, "--without", "Fax", "--lang", "fr")
    assert result.returncode == 2
    assert "«\u00a0Fax\u00a0»" in result.stderr
