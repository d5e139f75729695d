"""Commands take an address where they take a file."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from parvis.config import Settings

if TYPE_CHECKING:
    from tests.conftest import Server


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def url(server: "Server", pool: Settings, dataset: Path) -> str:
    """Give the address of the sample, on a loopback that the pool may call."""
    with (pool.catalog / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write("\n[fetch]\nallow = ['127.0.0.1']\n")
    return server.gives("/a.csv", (dataset / "programmation.csv").read_bytes(), ETag='"1"')


def test_check_submit_preview_and_convert_take_an_address(
    run: Run, url: str, dataset: Path
) -> None:
    """Each as it takes a file."""
    for command in ("check", "preview", "submit"):
        assert run(command, "exemple/programmation", url).returncode == 0, command
    found = run("convert", dataset / "mapping.yml", "--source", url)
    assert found.returncode == 0
    assert "schema.org/startDate" in found.stdout


def test_an_address_that_may_not_be_called_is_a_sentence(
    run: Run, pool: Settings, url: str
) -> None:
    """In both languages, and nothing is written."""
    inside = "http://169.254.169.254/latest/meta-data"
    found = run("submit", "exemple/programmation", inside, "--json")
    assert found.returncode == 2
    said = json.loads(found.stderr)["error"]
    assert "no public address" in said["en"]
    assert "n’est pas une adresse publique" in said["fr"]
    assert run("check", "exemple/programmation", "HTTPS://a:b@c.example").returncode == 2
    assert run("check", "exemple/programmation", url + "x").returncode == 3
    assert not pool.data.exists()


def test_refresh_tells_each_dataset_in_words_and_in_json(run: Run, url: str, dataset: Path) -> None:
    """Changed, unchanged, failed; the exit code is the gravest."""
    with (dataset / "dataset.ttl").open("a", encoding="utf-8") as record:
        about = f"<id/dataset/exemple/programmation> dcat:distribution [ dcat:downloadURL <{url}> ]"
        record.write(f"{about} .\n")
    found = run("refresh", "--lang", "en")
    assert found.returncode == 0
    assert found.stdout.startswith("exemple/programmation: changed; ")
    assert (
        run("refresh", "exemple", "--lang", "fr").stdout
        == "exemple/programmation\u00a0: inchangé\n"
    )
    again = run("refresh", "exemple/programmation", "--json")
    assert json.loads(again.stdout) == [{"dataset": "exemple/programmation", "status": "unchanged"}]
    record_text = (dataset / "dataset.ttl").read_text(encoding="utf-8")
    (dataset / "dataset.ttl").write_text(record_text.replace("/a.csv", "/b.csv"), "utf-8")
    found = run("refresh", "--lang", "en")
    assert found.returncode == 3
    assert "answered 404" in found.stderr
    assert json.loads(run("refresh", "--json").stdout)[0]["status"] == "failed"


def test_refresh_tells_a_refused_file_with_its_report(run: Run, dataset: Path) -> None:
    """Exit code 1."""
    file = dataset / "programmation.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    assert run("refresh").returncode == 0
    file.write_text("\n".join([head, rows[0], *["x" + "," * head.count(",")] * 3]), "utf-8")
    found = run("refresh", "--lang", "en")
    assert found.returncode == 1
    assert "changed, but refused" in found.stdout
    assert run("refresh", "--json").returncode == 1


def test_refresh_with_nothing_to_take_says_so(run: Run, dataset: Path) -> None:
    """All partners send their files."""
    (dataset / "programmation.csv").unlink()
    assert run("refresh", "--lang", "en").stdout.startswith("no dataset here has an address")


def test_a_night_asks_what_is_due_and_publishes_what_has_changed(run: Run, dataset: Path) -> None:
    """Nothing twice; the feeds tell how each source does, with their own exit code."""
    assert run("feeds", "--lang", "en").stdout.startswith("no source was ever asked")
    found = json.loads(run("refresh", "--due", "--publish", "--json").stdout)
    assert [one["status"] for one in found["refreshed"]] == ["stored"]
    assert found["published"]["generation"] == 1
    again = run("refresh", "--due", "--publish", "--lang", "fr")
    assert (again.returncode, again.stdout) == (
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
