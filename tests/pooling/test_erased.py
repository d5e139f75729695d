"""A deletion that is killed at any moment has not begun, or is completed by the next run.

``python tests/bench/erasing.py`` kills as many deletions as requested, of a published pool too.
"""

from pathlib import Path

import erasing


def test_ten_killed_deletions_are_completed(tmp_path: Path) -> None:
    """Nothing is deleted by halves, and each deletion is proved once."""
    tally = erasing.campaign(tmp_path, cycles=10, published=False)
    assert tally.total() == 10
    assert tally["amid"] >= 1
