"""A writer that is killed at any moment loses nothing and leaves nothing half done."""

from pathlib import Path

import killing


def test_twenty_killed_writers_lose_nothing(tmp_path: Path) -> None:
    """All acknowledged operations are there, and the pool opens again at once."""
    tally = killing.campaign(tmp_path, cycles=20)
    assert sum(tally.killed.values()) == 20
    assert tally.acknowledged.keys() == set(killing.KINDS)
    assert len(tally.killed.keys() & set(killing.KINDS)) >= 3
