"""The catalogue folder looked through from the command line."""

import json
from pathlib import Path

from parvis.config import Settings
from tests.cli.conftest import Run


def test_what_is_to_be_repaired_is_told_with_exit_code_1(
    pool: Settings, dataset: Path, run: Run
) -> None:
    """One line each, then how much was looked at."""
    assert pool.catalog.is_dir()
    file = dataset / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("dct:language", "dct:relation", 1), encoding="utf-8")
    done = run("catalog", "check", "--offline", "--lang", "en")
    assert done.returncode == 1
    assert "exemple/programmation: missing: there is no dct:language" in done.stdout
    assert "records and 0 links looked at" in done.stdout


def test_programs_read_the_findings_in_both_languages(
    pool: Settings, dataset: Path, run: Run
) -> None:
    """As JSON."""
    assert pool.catalog.is_dir()
    file = dataset / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("dct:language", "dct:relation", 1), encoding="utf-8")
    done = run("catalog", "check", "--offline", "--json")
    (found,) = json.loads(done.stdout)["findings"]
    assert found["rule"] == "missing"
    assert set(found["message"]) == {"fr", "en"}


def test_a_new_pool_needs_nothing(pool: Settings, run: Run) -> None:
    """What `parvis init` writes is an example to follow."""
    assert pool.catalog.is_dir()
    done = run("catalog", "check", "--offline")
    assert done.returncode == 0, done.stdout
