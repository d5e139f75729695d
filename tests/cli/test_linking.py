"""``parvis link``: the batch, the review in the terminal, the spreadsheet, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.cli import main
from parvis.config import Settings
from parvis.pooling.pool import Pool
from tests.pooling.linked import fill

Run = Callable[..., CompletedProcess[str]]


def plain(text: str) -> str:
    """Give a text whose spaces may break."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def folders(pool: Settings, tmp_path: Path) -> list[object]:
    """Give the options that name a pool in which three graphs speak of one hall."""
    with Pool.open(pool) as opened:
        fill(opened, tmp_path)
    return ["--data", pool.data, "--catalog", pool.catalog]


def test_a_run_tells_what_it_found(run: Run, folders: list[object]) -> None:
    """For people in their language, and for programs."""
    told = run("link", "--lang", "fr", *folders)
    assert told.returncode == 0
    assert "liées par un identifiant commun : 1" in plain(told.stdout)
    found = json.loads(run("link", "--json", *folders).stdout)
    assert (found["compared"], found["candidates"], found["waiting"]) == (0, 3, 2)
    assert found["precision"][0] == {"of": "rule", "judged": 0, "positive": 0, "precision": None}


def test_a_person_reviews_in_the_terminal(
    run: Run, folders: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer is written down at once; what is not understood is asked again."""
    run("link", *folders)
    answers = iter(("hein", "oui", "q"))
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(answers))
    told = run("link", "--review", "--author", "Camille", "--lang", "fr", *folders)
    assert "1 de 2 · lieu · note" in told.stdout
    assert "+ même code postal : H2X0Z1" in plain(told.stdout)
    assert "2 de 2" in told.stdout
    assert json.loads(run("link", "--json", *folders).stdout)["waiting"] == 1


def test_a_spreadsheet_goes_round_and_a_judgement_is_taken_back(
    run: Run, folders: list[object], tmp_path: Path
) -> None:
    """Through files, with the number that the review told."""
    file = tmp_path / "pairs.csv"
    run("link", *folders)
    assert "3 candidates are in" in run("link", "--export", file, "--lang", "en", *folders).stdout
    text = file.read_text(encoding="utf-8-sig").replace("\n,", "\nno,")
    file.write_text(text, encoding="utf-8")
    told = run("link", "--import", file, "--author", "Camille", "--lang", "en", *folders)
    assert "2 judgements are written down" in told.stdout
    assert run("link", "--undo", 3, "--lang", "en", *folders).returncode == 0
    again = run("link", "--undo", 3, "--lang", "en", *folders)
    assert (again.returncode, again.stdout) == (2, "")
    assert "no judgement that stands has the number 3" in again.stderr


def test_what_makes_no_sense_is_refused(run: Run, folders: list[object], tmp_path: Path) -> None:
    """In one line, with code 2, before anything is done."""
    both = run("link", "--review", "--undo", 1, *folders)
    assert (both.returncode, len(both.stderr.splitlines())) == (2, 1)
    file = tmp_path / "pairs.csv"
    file.write_text("a,b\n", encoding="utf-8")
    wrong = run("link", "--import", file, "--lang", "fr", *folders)
    assert wrong.returncode == 2
    assert "n’a pas de colonne « Décision »" in plain(wrong.stderr)


def test_nothing_to_review_is_said(pool: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a first run there are no candidates."""
    words = ["link", "--review", "--data", str(pool.data), "--catalog", str(pool.catalog)]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--lang", "en"])
    assert not ended.value.code
    assert "nothing waits to be judged" in capsys.readouterr().out
