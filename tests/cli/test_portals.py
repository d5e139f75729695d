"""Check the catalogue folder from the command line."""

import json
from pathlib import Path

from parvis.config import Settings
from tests.cli.conftest import Run


def test_catalogue_problems_are_listed_with_exit_code_1(
    pool: Settings, dataset: Path, run: Run
) -> None:
    """One line for each problem, then the number of records and links checked."""
    assert pool.catalog.is_dir()
    file = dataset / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("dct:language", "dct:relation", 1), encoding="utf-8")
    result = run("catalog", "check", "--offline", "--lang", "en")
    assert result.returncode == 1
    assert "exemple/programmation: there is no dct:language" in result.stdout
    assert "records and 0 links looked at" in result.stdout


def test_json_lists_catalogue_problems_in_both_languages(
    pool: Settings, dataset: Path, run: Run
) -> None:
    assert pool.catalog.is_dir()
    file = dataset / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("dct:language", "dct:relation", 1), encoding="utf-8")
    result = run("catalog", "check", "--offline", "--json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["rule"] == "missing"
    assert set(finding["message"]) == {"fr", "en"}


def test_a_new_pool_has_no_catalogue_problem(pool: Settings, run: Run) -> None:
    assert pool.catalog.is_dir()
    result = run("catalog", "check", "--offline")
    assert result.returncode == 0, result.stdout
