"""A new submission is looked at where it differs from the last one, and reported on whole."""

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


def given(tmp_path: Path, text: str) -> Path:
    """Write a file as a partner would send it."""
    file = tmp_path / "envoi.csv"
    file.write_text(text, encoding="utf-8")
    return file


def kept(pool: Pool) -> Path:
    """Tell where the results of the last validation are."""
    return pool.settings.data / "incoming" / str(KEY) / "validated.json"


def tamper(pool: Pool, **told: str) -> None:
    """Put an invented result about a venue into what is kept, and whatever is told."""
    found = json.loads(kept(pool).read_bytes())
    (name,) = (shape for shape in found["results"] if shape.endswith("#Place-where"))
    found["results"][name][0][2] = ["https://x.example/invented"]
    kept(pool).write_text(json.dumps(found | told), encoding="utf-8")


def focuses(outcome: Outcome) -> set[str | None]:
    """Give the things of which a report speaks."""
    return {one.focus for one in outcome.report.findings}


@pytest.mark.parametrize("change", CHANGES)
def test_the_report_is_that_of_looking_everywhere(pool: Pool, tmp_path: Path, change: str) -> None:
    """Rows and all: places are those of the new file."""
    assert submit(pool, KEY, given(tmp_path, ROWS)).stored
    file = given(tmp_path, CHANGES[change])
    again = check(pool, KEY, file)
    kept(pool).unlink()
    assert again.to_json() == check(pool, KEY, file).to_json()


def test_what_has_not_changed_is_not_looked_at(pool: Pool, tmp_path: Path) -> None:
    """What was kept of it stands."""
    submit(pool, KEY, given(tmp_path, ROWS))
    tamper(pool)
    outcome = check(pool, KEY, given(tmp_path, CHANGES["a row is new"]))
    assert "https://x.example/invented" in focuses(outcome)


@pytest.mark.parametrize("other", ["content", "rules"])
def test_results_of_other_data_or_shapes_do_not_stand(
    pool: Pool, tmp_path: Path, other: str
) -> None:
    """All is looked at then."""
    submit(pool, KEY, given(tmp_path, ROWS))
    tamper(pool, **{other: "another"})
    outcome = check(pool, KEY, given(tmp_path, CHANGES["a row is new"]))
    assert "https://x.example/invented" not in focuses(outcome)


def test_a_refused_file_leaves_what_was_kept(pool: Pool, tmp_path: Path) -> None:
    """It is still of what the record holds."""
    submit(pool, KEY, given(tmp_path, ROWS))
    before = kept(pool).read_bytes()
    assert not submit(pool, KEY, given(tmp_path, CHANGES["a name is gone"])).accepted
    assert kept(pool).read_bytes() == before
