"""Writes wait for the disk, but for a pool that is deleted with its folder."""

import os
from pathlib import Path

import pytest

from parvis.config.durability import waits_for_disk, without_waiting
from parvis.ledger.database import Database
from parvis.ledger.secret_files import signing_key
from parvis.store.files import replace, settle_tree


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note each wait of this process for the disk."""
    numbers: list[int] = []
    wait = os.fsync

    def note(handle: int) -> None:
        numbers.append(handle)
        wait(handle)

    monkeypatch.setattr(os, "fsync", note)
    return numbers


def write_all(folder: Path) -> None:
    replace(folder / "file", b"content")
    settle_tree(folder)
    signing_key(folder)


def synchronous_mode(folder: Path) -> int:
    with Database(folder / "ledger.sqlite").writing() as connection:
        (mode,) = connection.execute("PRAGMA synchronous").fetchone()
    return int(mode)


def test_what_is_written_waits_for_the_disk(tmp_path: Path, waits: list[int]) -> None:
    write_all(tmp_path)
    assert len(waits) == 5
    assert synchronous_mode(tmp_path) == 2


def test_nothing_of_a_passing_pool_waits(tmp_path: Path, waits: list[int]) -> None:
    with without_waiting():
        write_all(tmp_path)
        assert synchronous_mode(tmp_path) == 0
    assert (tmp_path / "file").read_bytes() == b"content"
    assert not waits


def test_it_waits_again_after_the_block_however_that_ends(tmp_path: Path) -> None:
    with pytest.raises(KeyError), without_waiting():
        raise KeyError
    assert waits_for_disk()
    assert synchronous_mode(tmp_path) == 2
