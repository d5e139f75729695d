"""``parvis identities``: a file of entities, the table that goes round, and what is refused."""

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
def folders(pool: Settings, tmp_path: Path) -> list[object]:
    """Give the options that name a pool in which three graphs speak of one hall."""
    with Pool.open(pool) as opened:
        fill(opened, tmp_path)
    return ["--data", pool.data, "--catalog", pool.catalog]


def test_a_file_is_matched_written_and_given_back(
    run: Run, folders: list[object], tmp_path: Path
) -> None:
    """For people in their language, and for programs."""
    dump, out = tmp_path / "dump.csv", tmp_path / "out.csv"
    dump.write_text(f"iri,name\n{QID.format(1)},La Lanterne\n", encoding="utf-8")
    left = run("identities", dump, "--lang", "en", *folders)
    assert "1 of no kind told" in left.stdout
    told = run("identities", dump, "--kind", "place", "--export", out, "--lang", "fr", *folders)
    assert told.returncode == 0, told.stderr
    assert "2 proposées" in told.stdout
    found = json.loads(run("identities", dump, "--kind", "place", "--json", *folders).stdout)
    assert [one["proposed"] for one in found["candidates"]] == [True, True, False]
    back = run("identities", "--import", out, "--author", "Camille", "--lang", "en", *folders)
    assert back.stdout.startswith("2 judgements")


def test_wrong_use_is_one_line(run: Run, folders: list[object], tmp_path: Path) -> None:
    """Neither a file nor a table, and a file that is not there."""
    for words in ((), (tmp_path / "absent.nt",)):
        told = run("identities", *words, *folders)
        assert told.returncode == 2
        assert len(told.stderr.splitlines()) == 1
