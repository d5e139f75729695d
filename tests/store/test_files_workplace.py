"""Work in progress leaves no files, even when it is killed."""

import os
from pathlib import Path

from parvis.store.files import YOUNG, sweep, workplace


def make_older(folder: Path) -> None:
    """Let a folder appear older than a moment."""
    long_ago = folder.stat().st_mtime - 2 * YOUNG
    os.utime(folder, (long_ago, long_ago))


def test_a_workplace_is_deleted_with_its_content(tmp_path: Path) -> None:
    with workplace(tmp_path) as folder:
        (folder / "a").write_text("a")
    assert list((tmp_path / "staging").iterdir()) == []


def test_only_abandoned_workplaces_are_deleted(tmp_path: Path) -> None:
    """A folder in use stays, and so does a folder that was just created."""
    abandoned, young = tmp_path / "staging" / "left", tmp_path / "staging" / "young"
    for folder in (abandoned, young):
        (folder / "inside").mkdir(parents=True)
    with workplace(tmp_path) as working:
        for folder in (abandoned, working):
            make_older(folder)
        sweep(tmp_path)
        assert {path.name for path in (tmp_path / "staging").iterdir()} == {"young", working.name}
