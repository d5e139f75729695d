"""Sources of datasets: addresses, refreshes, and files that wait for a decision."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.config import Settings
from parvis.pooling.intake.deposits import give
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey
from tests.cli.conftest import Run

if TYPE_CHECKING:
    from tests.conftest import Server


@pytest.fixture
def url(server: "Server", pool: Settings, dataset: Path) -> str:
    """Serve the sample on a loopback address that the pool may call."""
    with (pool.catalog / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write("\n[fetch]\nallow = ['127.0.0.1']\n")
    return server.gives("/a.csv", (dataset / "programmation.csv").read_bytes(), ETag='"1"')


def test_check_submit_preview_and_convert_take_an_address(
    run: Run, url: str, dataset: Path
) -> None:
    for command in ("check", "preview", "submit"):
        assert run(command, "exemple/programmation", url).returncode == 0, command
    result = run("convert", dataset / "mapping.yml", "--source", url)
    assert result.returncode == 0
    assert "schema.org/startDate" in result.stdout


def test_a_forbidden_address_is_refused_in_both_languages(
    run: Run, pool: Settings, url: str
) -> None:
    """Write nothing."""
    internal_url = "http://169.254.169.254/latest/meta-data"
    result = run("submit", "exemple/programmation", internal_url, "--json")
    assert result.returncode == 2
    error = json.loads(result.stderr)["error"]
    assert "no public address" in error["en"]
    assert "n’est pas une adresse publique" in error["fr"]
    assert run("check", "exemple/programmation", "HTTPS://a:b@c.example").returncode == 2
    assert run("check", "exemple/programmation", url + "x").returncode == 3
    assert not pool.data.exists()


def test_refresh_reports_each_dataset_in_words_and_in_json(
    run: Run, url: str, dataset: Path
) -> None:
    """Changed, unchanged or failed; the exit code is that of the worst."""
    with (dataset / "dataset.ttl").open("a", encoding="utf-8") as record:
        statement = (
            f"<id/dataset/exemple/programmation> dcat:distribution [ dcat:downloadURL <{url}> ]"
        )
        record.write(f"{statement} .\n")
    result = run("refresh", "--lang", "en")
    assert result.returncode == 0
    assert result.stdout.startswith("exemple/programmation: changed; ")
    assert (
        run("refresh", "exemple", "--lang", "fr").stdout
        == "exemple/programmation\u00a0: inchangé\n"
    )
    second_run = run("refresh", "exemple/programmation", "--json")
    assert json.loads(second_run.stdout) == [
        {"dataset": "exemple/programmation", "status": "unchanged"}
    ]
    record_text = (dataset / "dataset.ttl").read_text(encoding="utf-8")
    (dataset / "dataset.ttl").write_text(record_text.replace("/a.csv", "/b.csv"), "utf-8")
    result = run("refresh", "--lang", "en")
    assert result.returncode == 3
    assert "answered 404" in result.stderr
    assert json.loads(run("refresh", "--json").stdout)[0]["status"] == "failed"


def test_refresh_exits_with_1_for_a_refused_file(run: Run, dataset: Path) -> None:
    file = dataset / "programmation.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    assert run("refresh").returncode == 0
    file.write_text("\n".join([head, rows[0], *["x" + "," * head.count(",")] * 3]), "utf-8")
    result = run("refresh", "--lang", "en")
    assert result.returncode == 1
    assert "changed, but refused" in result.stdout
    assert run("refresh", "--json").returncode == 1


def test_refresh_says_when_no_dataset_has_an_address(run: Run, dataset: Path) -> None:
    (dataset / "programmation.csv").unlink()
    assert run("refresh", "--lang", "en").stdout.startswith("no dataset here has an address")


def test_refresh_due_fetches_due_sources_and_publishes_changes(run: Run, dataset: Path) -> None:
    """A second run does nothing; `feeds` reports the state of each source by its own exit code."""
    assert run("feeds", "--lang", "en").stdout.startswith("no source was ever asked")
    outcome = json.loads(run("refresh", "--due", "--publish", "--json").stdout)
    assert [source["status"] for source in outcome["refreshed"]] == ["stored"]
    assert outcome["published"]["generation"] == 1
    second_run = run("refresh", "--due", "--publish", "--lang", "fr")
    assert (second_run.returncode, second_run.stdout) == (
        0,
        "aucune source n’est à interroger pour l’instant\n",
    )
    assert run("feeds", "--lang", "en").stdout.startswith("exemple/programmation: good")
    (dataset / "mapping.yml").write_text("sources: {", encoding="utf-8")
    assert run("refresh", "exemple/programmation").returncode == 2
    broken = run("feeds", "--lang", "fr")
    assert broken.returncode == 1
    assert "exemple/programmation\u00a0: en panne depuis le" in broken.stderr
    assert json.loads(run("feeds", "--json").stdout)[0]["state"] == "broken"


KEY = DatasetKey("exemple", "programmation")


def deposit(settings: Settings, dataset: Path) -> str:
    """Deposit the sample as its partner would, and return the deposit's id."""
    (file,) = dataset.glob("*.csv")
    with Pool.open(settings) as pool:
        _, stored = give(pool, KEY, file, f"{settings.base}id/partner/exemple")
    assert stored is not None
    return stored.id


def test_a_deposit_is_listed_then_accepted(pool: Settings, dataset: Path, run: Run) -> None:
    """The list says why it waits, for people and for programs."""
    assert "aucun fichier" in run("queue", "list", "--lang", "fr").stdout
    name = deposit(pool, dataset)
    listed = run("queue", "list", "--lang", "en").stdout
    assert name in listed
    assert "no rule that accepts" in listed
    (entry,) = json.loads(run("queue", "list", "--json").stdout)
    assert (entry["id"], entry["state"]) == (name, "waiting")
    result = run("queue", "accept", name, "--lang", "en")
    assert (result.returncode, "next: parvis publish" in result.stdout) == (0, True)
    assert run("queue", "accept", name).returncode == 2


def test_a_deposit_is_refused_with_a_reason(pool: Settings, dataset: Path, run: Run) -> None:
    """The reason is required, because the partner reads it."""
    name = deposit(pool, dataset)
    assert run("queue", "refuse", name).returncode == 2
    refused = json.loads(
        run("queue", "refuse", name, "--reason", "trop tôt", "--json", "--lang", "fr").stdout
    )
    assert (refused["state"], refused["reason"]) == ("refused", {"fr": "trop tôt"})
    assert json.loads(run("queue", "list", "--json").stdout) == []


@pytest.mark.usefixtures("pool")
def test_only_a_partner_gets_a_token_to_deposit(run: Run) -> None:
    """A party that only reads has no data to deposit."""
    token = json.loads(run("token", "create", "exemple", "--scope", "give", "--json").stdout)
    assert token["scope"] == "give"
    names = ("--name-fr", "Équipe", "--name-en", "Team")
    assert run("add", "party", "equipe", *names).returncode == 0
    assert run("token", "create", "equipe", "--scope", "give").returncode == 2
