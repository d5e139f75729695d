"""Load, back up and restore what a pool holds."""

import json
from pathlib import Path

import pytest

from parvis.config import Settings
from tests.cli.conftest import Run

GRAPH = "http://elsewhere.example/a"


@pytest.fixture
def quads(tmp_path: Path) -> Path:
    """Write a file of one quad."""
    path = tmp_path / "a.nq"
    path.write_text(f'<http://x/s> <http://x/p> "1" <{GRAPH}> .\n')
    return path


def test_load_reports_what_it_loaded_and_the_next_step(
    run: Run, pool: Settings, quads: Path
) -> None:
    """In words, or as JSON with the agreement that opens the graphs."""
    result = run("load", quads, "--lang", "en")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("1 triples in 1 graphs are loaded, open to all; next")
    report = json.loads(run("load", quads, "--access", "members", "--replace-all", "--json").stdout)
    agreement_iri = f"{pool.base}id/agreement/tiers-de-confiance-loaded-members"
    assert report == {
        "graphs": 1,
        "triples": 1,
        "access": "members",
        "agreement": agreement_iri,
        "removed": 0,
    }
    assert run("may", "anonymous", GRAPH).returncode == 1
    assert run("may", "exemple", GRAPH).returncode == 0


@pytest.mark.usefixtures("pool")
def test_a_bad_file_to_load_prints_one_line_with_its_position(run: Run, quads: Path) -> None:
    quads.write_text(quads.read_text() + "<http://x/s> .\n")
    result = run("load", quads, "--lang", "en")
    assert result.returncode == 2
    assert "a.nq, line 2" in result.stderr
    assert result.stderr.count("\n") == 1
    assert run("load", quads, "--access", "some").returncode == 2


@pytest.mark.usefixtures("pool")
def test_a_backup_is_restored_elsewhere(run: Run, quads: Path, tmp_path: Path) -> None:
    """The record is the same; an existing pool is not overwritten by mistake."""
    run("load", quads)
    saved, other = tmp_path / "saved", tmp_path / "other"
    result = run("backup", saved, "--lang", "en")
    assert result.stdout == f"{saved} holds a backup: 1 graphs, 3 files\n"
    assert run("restore", saved, "--data", other).returncode == 0
    assert (other / "state.json").read_bytes() == (saved / "state.json").read_bytes()
    refused = run("restore", saved, "--data", other, "--lang", "en")
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    again = json.loads(run("restore", saved, "--data", other, "--replace", "--json").stdout)
    assert (again["folder"], again["graphs"], again["files"]) == (str(saved), 1, 3)
    assert (again["deleted_again"], again["unconfirmed"] is None) == ([], False)
    refused = run("publish", "--data", other, "--lang", "en")
    assert refused.returncode == 2
    assert "parvis restore --confirm" in refused.stderr
    assert run("restore", "--confirm", "--data", other).returncode == 0
    assert run("publish", "--data", other).returncode == 0
