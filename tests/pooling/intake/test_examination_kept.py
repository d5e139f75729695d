"""A new submission is validated where it differs from the last one, and reported completely."""

import json
from pathlib import Path

import pytest

from parvis.pooling.intake.submit import Outcome, check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-b", "spectacles")
HEAD = "No,Titre,Date,Salle,Page\n"
ROW = "{number},Spectacle {number},2026-11-25T19:30:00-05:00,Salle {number},https://x.example/s\n"
ROWS = HEAD + "".join(ROW.format(number=number) for number in range(5))
CHANGES = {
    "a name is gone": ROWS.replace("Spectacle 3", ""),
    "a row is new": ROWS + ROW.format(number=9),
    "a row moves": HEAD + ROW.format(number=9) + ROWS.removeprefix(HEAD),
    "a row is gone": ROWS.replace(ROW.format(number=2), ""),
    "a key is shared": ROWS + ROW.format(number=2).replace("11-25", "12-25"),
    "nothing but an empty row": ROWS + "\n",
}


def write_file(tmp_path: Path, text: str) -> Path:
    """Write a file as a partner would send it."""
    file = tmp_path / "envoi.csv"
    file.write_text(text, encoding="utf-8")
    return file


def locate_results(pool: Pool) -> Path:
    """Return the path of the results of the last validation."""
    return pool.settings.data / "incoming" / str(KEY) / "validated.json"


def add_invented_result(pool: Pool, **fields: str) -> None:
    """Add an invented result about a venue to the stored results, and replace fields."""
    stored = json.loads(locate_results(pool).read_bytes())
    (name,) = (shape for shape in stored["results"] if shape.endswith("#Place-where"))
    stored["results"][name][0][2] = ["https://x.example/invented"]
    locate_results(pool).write_text(json.dumps(stored | fields), encoding="utf-8")


def list_focus_nodes(outcome: Outcome) -> set[str | None]:
    """Return the focus nodes of a report."""
    return {finding.focus for finding in outcome.report.findings}


@pytest.mark.parametrize("change", CHANGES)
def test_the_report_equals_that_of_a_complete_validation(
    pool: Pool, tmp_path: Path, change: str
) -> None:
    """Including the places in the new file."""
    assert submit(pool, KEY, write_file(tmp_path, ROWS)).stored
    file = write_file(tmp_path, CHANGES[change])
    incremental = check(pool, KEY, file)
    locate_results(pool).unlink()
    assert incremental.to_json() == check(pool, KEY, file).to_json()


def test_unchanged_entities_are_not_validated_again(pool: Pool, tmp_path: Path) -> None:
    """Their stored results remain."""
    submit(pool, KEY, write_file(tmp_path, ROWS))
    add_invented_result(pool)
    outcome = check(pool, KEY, write_file(tmp_path, CHANGES["a row is new"]))
    assert "https://x.example/invented" in list_focus_nodes(outcome)


@pytest.mark.parametrize("field", ["content", "rules"])
def test_stored_results_of_other_data_or_shapes_are_ignored(
    pool: Pool, tmp_path: Path, field: str
) -> None:
    """All entities are validated then."""
    submit(pool, KEY, write_file(tmp_path, ROWS))
    add_invented_result(pool, **{field: "another"})
    outcome = check(pool, KEY, write_file(tmp_path, CHANGES["a row is new"]))
    assert "https://x.example/invented" not in list_focus_nodes(outcome)


def test_a_refused_file_leaves_the_stored_results(pool: Pool, tmp_path: Path) -> None:
    """They still belong to the content of the record."""
    submit(pool, KEY, write_file(tmp_path, ROWS))
    before = locate_results(pool).read_bytes()
    assert not submit(pool, KEY, write_file(tmp_path, CHANGES["a name is gone"])).accepted
    assert locate_results(pool).read_bytes() == before
