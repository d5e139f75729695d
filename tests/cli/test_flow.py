"""Take a file through init, check, submit, publish and rollback."""

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.serving.service import PoolService, QueryRequest
from tests.cli.conftest import Run

DigestData = Callable[[], dict[str, str]]

KEY = "exemple/programmation"


@pytest.fixture
def spoilt_file(dataset: Path, tmp_path: Path) -> Path:
    """Write the dataset's file with a word for two of its six prices."""
    text = (dataset / "programmation.csv").read_text(encoding="utf-8")
    file = tmp_path / "envoi.csv"
    file.write_text(text.replace("38,50", "gratis"), encoding="utf-8")
    return file


def test_a_new_pool_can_be_submitted_published_and_queried(run: Run, pool: Settings) -> None:
    """What `init` wrote needs no change."""
    assert run("check", KEY).returncode == 0
    assert not (pool.data / "state.json").exists()
    assert run("submit", KEY).returncode == 0
    assert run("publish").returncode == 0
    service = PoolService(Settings.load(pool.data, pool.catalog))
    try:
        query = next(item for item in service.queries() if item.slug == "sorties-par-public")
        answer = service.ask(ANONYMOUS, QueryRequest(query.text, results_format="csv"))
        rows = b"".join(answer.chunks).decode().split()
    finally:
        service.close()
    assert rows == ["public,events", "Adultes,2", "Familles,2", "Grand", "public,1"]


def test_init_names_the_readme_with_the_next_steps(run: Run, tmp_path: Path) -> None:
    result = run("init", tmp_path / "mien", "--lang", "en")
    assert (result.returncode, result.stderr) == (0, "")
    assert (
        result.stdout
        == f"{tmp_path / 'mien'} holds a new pool; its README.md tells the next steps\n"
    )
    assert "# My pool" in (tmp_path / "mien" / "README.md").read_text(encoding="utf-8")


def test_init_may_leave_all_that_is_invented_out(run: Run, tmp_path: Path) -> None:
    """A real pool begins with the third party alone, and is published and served as it is."""
    folder, data = tmp_path / "vide", tmp_path / "donnees"
    assert run("init", folder, "--empty").returncode == 0
    texts = [file.read_text(encoding="utf-8") for file in folder.rglob("*") if file.is_file()]
    assert not [text for text in texts if "exemple/" in text or "nvent" in text]
    places = ("--catalog", folder, "--data", data)
    assert run("publish", *places).returncode == 0
    invited = run("person", "invite", "tiers-de-confiance", "--role", "steward", *places)
    assert invited.stdout.startswith("http://localhost:8000/invitation/")


def test_init_never_touches_a_folder_that_exists(run: Run, tmp_path: Path) -> None:
    result = run("init", tmp_path, "--lang", "fr")
    assert result.returncode == 2
    assert "existe déjà" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("submitted_pool")
def test_a_refused_file_changes_nothing(
    run: Run, spoilt_file: Path, digest_data: DigestData
) -> None:
    """Too many row errors: exit with code 1, print the report, leave the record alone."""
    before = digest_data()
    result = run("submit", KEY, spoilt_file, "--lang", "en")
    assert (result.returncode, result.stderr) == (1, "")
    assert "envoi.csv, row 2, column “Prix”: “gratis” is not a number" in result.stdout
    assert ", and 0 at most may be; mend what concerns the most rows first" in result.stdout
    assert result.stdout.endswith("refused: nothing was changed\n")
    assert digest_data() == before


@pytest.mark.usefixtures("submitted_pool")
def test_the_json_report_holds_every_problem_in_both_languages(run: Run, spoilt_file: Path) -> None:
    """It says whether the file was stored, and where each problem is."""
    output = json.loads(run("check", KEY, spoilt_file, "--json").stdout)
    assert (output["dataset"], output["accepted"], output["stored"]) == (KEY, False, False)
    assert output["report"]["row_errors"] == 2
    first = output["report"]["findings"][0]
    assert first["place"] == {"file": "envoi.csv", "row": 2, "column": "Prix"}
    assert set(first["message"]) == {"fr", "en"}


@pytest.mark.usefixtures("submitted_pool")
def test_a_generation_has_the_same_number_everywhere(run: Run) -> None:
    """`publish --json`, `generations` and `verify` give the same integer."""
    published = json.loads(run("publish", "--json").stdout)
    assert published["generation"] == 1
    assert published["open"] > 0
    listed = json.loads(run("generations", "--json").stdout)
    assert [(entry["generation"], entry["current"]) for entry in listed] == [(1, True)]
    verified = json.loads(run("verify", "--json").stdout)
    assert verified["generation"] == 1


@pytest.mark.usefixtures("submitted_pool")
def test_rollback_serves_an_earlier_generation_again(run: Run) -> None:
    for _ in range(2):
        run("publish")
    result = run("generations", "rollback", "1", "--lang", "en")
    assert (result.returncode, result.stdout) == (0, "generation 1 is served again\n")
    marks = [line[:3] for line in run("generations").stdout.splitlines()]
    assert marks == ["* 1", "  2"]


def test_a_generation_with_a_damaged_manifest_is_listed_as_damaged(
    run: Run, submitted_pool: Settings
) -> None:
    """The others are listed all the same, and `verify` fails."""
    for _ in range(2):
        run("publish")
    (submitted_pool.data / "generations" / "1" / "manifest.json").write_bytes(b"{")
    first, second = run("generations", "--lang", "fr").stdout.splitlines()
    assert first.startswith("  1 ")
    assert "manifest.json est endommagé" in first
    assert second.startswith("* 2  20")
    listed = json.loads(run("generations", "--json").stdout)
    assert [set(entry["damaged"] or ()) for entry in listed] == [{"fr", "en"}, set()]
    assert run("verify").returncode == 3


@pytest.mark.usefixtures("submitted_pool")
def test_rollback_to_an_unknown_generation_is_refused(run: Run) -> None:
    run("publish")
    result = run("generations", "rollback", "9", "--lang", "en")
    assert result.returncode == 2
    assert "there is no generation 9" in result.stderr


@pytest.mark.usefixtures("pool")
def test_the_list_of_generations_is_empty_before_a_publication(run: Run) -> None:
    """`verify` fails then."""
    assert run("generations", "--json").stdout == "[]\n"
    result = run("verify", "--lang", "fr")
    assert result.returncode == 3
    assert "rien n’a encore été publié" in result.stderr


def test_verify_names_a_damaged_file_of_a_generation(run: Run, submitted_pool: Settings) -> None:
    run("publish")
    cards = next(submitted_pool.data.rglob("datasets.json"))
    cards.write_bytes(b"[]")
    result = run("verify", "--lang", "en")
    assert result.returncode == 3
    assert "datasets.json" in result.stderr


def test_a_command_stops_at_once_while_another_one_writes(
    run: Run, submitted_pool: Settings
) -> None:
    with (submitted_pool.data / "lock").open("w", encoding="utf-8") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        result = run("publish", "--lang", "en")
    assert result.returncode == 3
    assert "another command is writing" in result.stderr


@pytest.mark.usefixtures("pool")
def test_may_gives_the_decision_and_its_reason(run: Run) -> None:
    """Exit with 0 for yes and 1 for no, and name the deciding agreement."""
    result = run("may", "anonymous", KEY, "--lang", "fr")
    assert (result.returncode, result.stdout[:4]) == (0, "oui\u00a0")
    assert "Entente du Théâtre d’exemple" in result.stdout
    denied = run("may", "exemple", KEY, "--action", "aggregate", "--json")
    decision = json.loads(denied.stdout)
    assert (denied.returncode, decision["allowed"], set(decision["reason"])) == (
        1,
        False,
        {"fr", "en"},
    )


@pytest.mark.usefixtures("pool")
def test_may_refuses_an_unknown_partner_or_dataset(run: Run) -> None:
    """It takes the IRI of a graph for its dataset."""
    graph = f"http://localhost:8000/graph/{KEY}"
    assert run("may", "anonymous", graph).returncode == 0
    for arguments in (["personne", KEY], ["anonymous", "exemple/rien"]):
        assert run("may", *arguments).returncode == 2
