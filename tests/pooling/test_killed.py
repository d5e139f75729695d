"""A writer that is killed at any moment loses nothing and shows nothing by halves."""

from pathlib import Path

import killing
import pytest

pytestmark = pytest.mark.once(long=True)


def test_twenty_writers_are_killed(tmp_path: Path) -> None:
    """What they acknowledged is there, all of it; the pool opens again at once."""
    tally = killing.campaign(tmp_path, cycles=20)
    assert sum(tally.killed.values()) == 20
    assert tally.acknowledged.keys() == set(killing.KINDS)
    assert len(tally.killed.keys() & set(killing.KINDS)) >= 3
