"""The way of a file: init, check, submit, publish, and back."""

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.serving.service import PoolService, QueryRequest

Run = Callable[..., CompletedProcess[str]]
Snapshot = Callable[[], dict[str, str]]

KEY = "exemple/programmation"


@pytest.fixture
def spoilt(dataset: Path, tmp_path: Path) -> Path:
    """Give the dataset's file with a word for two of its six prices."""
    text = (dataset / "programmation.csv").read_text(encoding="utf-8")
    file = tmp_path / "envoi.csv"
    file.write_text(text.replace("38,50", "gratis"), encoding="utf-8")
    return file


def test_a_new_pool_goes_from_its_file_to_an_answer(run: Run, pool: Settings) -> None:
    """What `init` wrote can be checked, submitted, published and asked, as it is."""
    assert run("check", KEY).returncode == 0
    assert not (pool.data / "state.json").exists()
    assert run("submit", KEY).returncode == 0
    assert run("publish").returncode == 0
    host = PoolService(Settings.load(pool.data, pool.catalog))
    try:
        query = next(one for one in host.queries() if one.slug == "sorties-par-public")
        answer = host.ask(ANONYMOUS, QueryRequest(query.text, results_format="csv"))
        rows = b"".join(answer.chunks).decode().split()
    finally:
        host.close()
    assert rows == ["public,events", "Adultes,2", "Familles,2", "Grand", "public,1"]


def test_init_says_where_the_next_steps_are_told(run: Run, tmp_path: Path) -> None:
    """The folder is named, and its README in both languages is there."""
    found = run("init", tmp_path / "mien", "--lang", "en")
    assert (found.returncode, found.stderr) == (0, "")
    assert (
        found.stdout
        == f"{tmp_path / 'mien'} holds a new pool; its README.md tells the next steps\n"
    )
    assert "# My pool" in (tmp_path / "mien" / "README.md").read_text(encoding="utf-8")


def test_init_never_touches_a_folder_that_exists(run: Run, tmp_path: Path) -> None:
    """An existing folder is refused with exit code 2, and nothing is written into it."""
    found = run("init", tmp_path, "--lang", "fr")
    assert found.returncode == 2
    assert "existe déjà" in found.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("kept")
def test_a_refused_file_changes_nothing(run: Run, spoilt: Path, snapshot: Snapshot) -> None:
    """More row errors than the threshold: exit code 1, the report told, the record as it was."""
    before = snapshot()
    found = run("submit", KEY, spoilt, "--lang", "en")
    assert (found.returncode, found.stderr) == (1, "")
    assert "envoi.csv, row 2, column “Prix”: “gratis” is not a number" in found.stdout
    assert ", and 0 at most may be (parvis:errorThreshold" in found.stdout
    assert found.stdout.endswith("refused: nothing was changed\n")
    assert snapshot() == before


@pytest.mark.usefixtures("kept")
def test_a_report_for_programs_holds_every_finding_in_both_languages(
    run: Run, spoilt: Path
) -> None:
    """`--json` tells whether it was stored, and the findings with their places."""
    found = json.loads(run("check", KEY, spoilt, "--json").stdout)
    assert (found["dataset"], found["accepted"], found["stored"]) == (KEY, False, False)
    assert found["report"]["row_errors"] == 2
    first = found["report"]["findings"][0]
    assert first["place"] == {"file": "envoi.csv", "row": 2, "column": "Prix"}
    assert set(first["message"]) == {"fr", "en"}


@pytest.mark.usefixtures("kept")
def test_a_generation_has_the_same_number_everywhere(run: Run) -> None:
    """`publish --json` gives an integer, which `generations` and `verify` give too."""
    published = json.loads(run("publish", "--json").stdout)
    assert published["generation"] == 1
    assert published["open"] > 0
    listed = json.loads(run("generations", "--json").stdout)
    assert [(one["generation"], one["current"]) for one in listed] == [(1, True)]
    verified = json.loads(run("verify", "--json").stdout)
    assert verified["generation"] == 1


@pytest.mark.usefixtures("kept")
def test_one_can_go_back_to_an_earlier_generation(run: Run) -> None:
    """After `rollback 1` the first generation is served, and the list marks it."""
    for _ in range(2):
        run("publish")
    found = run("generations", "rollback", "1", "--lang", "en")
    assert (found.returncode, found.stdout) == (0, "generation 1 is served again\n")
    marks = [line[:3] for line in run("generations").stdout.splitlines()]
    assert marks == ["* 1", "  2"]


def test_a_generation_with_a_damaged_manifest_is_listed_as_such(run: Run, kept: Settings) -> None:
    """The others are listed all the same, and `verify` stops at it."""
    for _ in range(2):
        run("publish")
    (kept.data / "generations" / "1" / "manifest.json").write_bytes(b"{")
    first, second = run("generations", "--lang", "fr").stdout.splitlines()
    assert first.startswith("  1 ")
    assert "manifest.json est endommagé" in first
    assert second.startswith("* 2  20")
    listed = json.loads(run("generations", "--json").stdout)
    assert [set(one["damaged"] or ()) for one in listed] == [{"fr", "en"}, set()]
    assert run("verify").returncode == 3


@pytest.mark.usefixtures("kept")
def test_there_is_no_way_back_to_a_generation_that_is_not_kept(run: Run) -> None:
    """An unknown number is exit code 2."""
    run("publish")
    found = run("generations", "rollback", "9", "--lang", "en")
    assert found.returncode == 2
    assert "there is no generation 9" in found.stderr


@pytest.mark.usefixtures("pool")
def test_before_anything_is_published_the_list_is_empty(run: Run) -> None:
    """No generation is no error to who lists them, and one to who verifies."""
    assert run("generations", "--json").stdout == "[]\n"
    found = run("verify", "--lang", "fr")
    assert found.returncode == 3
    assert "rien n’a encore été publié" in found.stderr


def test_a_damaged_generation_is_found_out(run: Run, kept: Settings) -> None:
    """A file that is not as it was published: exit code 3, and its name."""
    run("publish")
    cards = next(kept.data.rglob("datasets.json"))
    cards.write_bytes(b"[]")
    found = run("verify", "--lang", "en")
    assert found.returncode == 3
    assert "datasets.json" in found.stderr


def test_two_writers_are_never_let_in_together(run: Run, kept: Settings) -> None:
    """While the data folder is held, a command ends at once with exit code 3."""
    with (kept.data / "lock").open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        found = run("publish", "--lang", "en")
    assert found.returncode == 3
    assert "another command is writing" in found.stderr


@pytest.mark.usefixtures("pool")
def test_may_gives_the_decision_and_its_reason(run: Run) -> None:
    """Exit code 0 for yes and 1 for no, with the agreement that says so."""
    found = run("may", "anonymous", KEY, "--lang", "fr")
    assert (found.returncode, found.stdout[:4]) == (0, "oui\u00a0")
    assert "Entente du Théâtre d’exemple" in found.stdout
    denied = run("may", "exemple", KEY, "--action", "aggregate", "--json")
    told = json.loads(denied.stdout)
    assert (denied.returncode, told["allowed"], set(told["reason"])) == (1, False, {"fr", "en"})


@pytest.mark.usefixtures("pool")
def test_may_knows_who_and_what_one_speaks_of(run: Run) -> None:
    """An unknown partner or dataset is exit code 2; a graph's IRI names its dataset."""
    graph = f"http://localhost:8000/graph/{KEY}"
    assert run("may", "anonymous", graph).returncode == 0
    for words in (["personne", KEY], ["anonymous", "exemple/rien"]):
        assert run("may", *words).returncode == 2
