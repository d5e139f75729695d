"""``parvis identities`` matches a file of entities, and exchanges judgements as a table."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from parvis.config import Settings
from parvis.pooling.pool import Pool
from tests.pooling.linked import QID, fill

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def folder_options(pool: Settings, tmp_path: Path) -> list[object]:
    """Return the options of a pool in which three graphs describe one hall."""
    with Pool.open(pool) as opened_pool:
        fill(opened_pool, tmp_path)
    return ["--data", pool.data, "--catalog", pool.catalog]


def test_a_file_is_matched_exported_and_imported(
    run: Run, folder_options: list[object], tmp_path: Path
) -> None:
    """For people in their language, and for programs."""
    dump, out = tmp_path / "dump.csv", tmp_path / "out.csv"
    dump.write_text(f"iri,name\n{QID.format(1)},La Lanterne\n", encoding="utf-8")
    first_run = run("identities", dump, "--lang", "en", *folder_options)
    assert "1 of no kind told" in first_run.stdout
    exported = run(
        "identities", dump, "--kind", "place", "--export", out, "--lang", "fr", *folder_options
    )
    assert exported.returncode == 0, exported.stderr
    assert "2 proposées" in exported.stdout
    report = json.loads(
        run("identities", dump, "--kind", "place", "--json", *folder_options).stdout
    )
    assert [candidate["proposed"] for candidate in report["candidates"]] == [True, True, False]
    imported = run(
        "identities", "--import", out, "--author", "Camille", "--lang", "en", *folder_options
    )
    assert imported.stdout.startswith("2 judgements")


def test_a_missing_file_or_argument_prints_one_line(
    run: Run, folder_options: list[object], tmp_path: Path
) -> None:
    for arguments in ((), (tmp_path / "absent.nt",)):
        result = run("identities", *arguments, *folder_options)
        assert result.returncode == 2
        assert len(result.stderr.splitlines()) == 1
