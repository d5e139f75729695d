"""A deletion that is killed at any moment has not begun, or is finished by the next run.

Of a published pool, ``python tests/bench/erasing.py`` kills as many as one likes.
"""

from pathlib import Path

import erasing


def test_ten_deletions_are_killed(tmp_path: Path) -> None:
    """Nothing is deleted by halves, and each deletion is proved once."""
    seen = erasing.campaign(tmp_path, cycles=10, published=False)
    assert seen.total() == 10
    assert seen["amid"] >= 1
