"""Work in progress leaves nothing behind, even when it is killed."""

import os
from pathlib import Path

from parvis.store.files import YOUNG, sweep, workplace


def aged(folder: Path) -> None:
    """Let a folder seem to be older than a moment."""
    long_ago = folder.stat().st_mtime - 2 * YOUNG
    os.utime(folder, (long_ago, long_ago))


def test_a_workplace_is_gone_afterwards(tmp_path: Path) -> None:
    """With all that was put into it."""
    with workplace(tmp_path) as folder:
        (folder / "a").write_text("a")
    assert list((tmp_path / "staging").iterdir()) == []


def test_only_what_the_dead_left_is_swept(tmp_path: Path) -> None:
    """A folder that is being worked in stays, and so does one that was made a moment ago."""
    left, young = tmp_path / "staging" / "left", tmp_path / "staging" / "young"
    for folder in (left, young):
        (folder / "inside").mkdir(parents=True)
    with workplace(tmp_path) as working:
        for folder in (left, working):
            aged(folder)
        sweep(tmp_path)
        assert {path.name for path in (tmp_path / "staging").iterdir()} == {"young", working.name}
