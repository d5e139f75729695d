"""The commands that keep what the pool holds: load, backup, restore."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.config import Settings

Run = Callable[..., CompletedProcess[str]]

GRAPH = "http://elsewhere.example/a"


@pytest.fixture
def quads(tmp_path: Path) -> Path:
    """Give a file of one quad."""
    path = tmp_path / "a.nq"
    path.write_text(f'<http://x/s> <http://x/p> "1" <{GRAPH}> .\n')
    return path


def test_load_says_what_came_and_what_comes_next(run: Run, pool: Settings, quads: Path) -> None:
    """In words, or for programs with the agreement that opens it."""
    found = run("load", quads, "--lang", "en")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("1 facts in 1 graphs are loaded, open to all; next")
    told = json.loads(run("load", quads, "--access", "members", "--replace-all", "--json").stdout)
    host = f"{pool.base}id/agreement/tiers-de-confiance-loaded-members"
    assert told == {"graphs": 1, "triples": 1, "access": "members", "agreement": host, "removed": 0}
    assert run("may", "anonymous", GRAPH).returncode == 1
    assert run("may", "exemple", GRAPH).returncode == 0


@pytest.mark.usefixtures("pool")
def test_a_bad_load_is_one_line_and_code_2(run: Run, quads: Path) -> None:
    """The file and the line are named."""
    quads.write_text(quads.read_text() + "<http://x/s> .\n")
    found = run("load", quads, "--lang", "en")
    assert found.returncode == 2
    assert "a.nq, line 2" in found.stderr
    assert found.stderr.count("\n") == 1
    assert run("load", quads, "--access", "some").returncode == 2


@pytest.mark.usefixtures("pool")
def test_a_backup_is_restored_elsewhere(run: Run, quads: Path, tmp_path: Path) -> None:
    """The record is the same; a pool that is there is not overwritten by mistake."""
    run("load", quads)
    saved, other = tmp_path / "saved", tmp_path / "other"
    found = run("backup", saved, "--lang", "en")
    assert found.stdout == f"{saved} holds a backup: 1 graphs, 3 files\n"
    assert run("restore", saved, "--data", other).returncode == 0
    assert (other / "state.json").read_bytes() == (saved / "state.json").read_bytes()
    refused = run("restore", saved, "--data", other, "--lang", "en")
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    assert json.loads(run("restore", saved, "--data", other, "--replace", "--json").stdout) == {
        "folder": str(saved),
        "graphs": 1,
        "files": 3,
        "deleted_again": [],
    }
