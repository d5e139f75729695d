"""The proposals for real files, held against what is expected of them (tests/cases/proposals)."""

from pathlib import Path

import pytest
from proposals import CASES, FileScore, score_all


@pytest.fixture(scope="module")
def scores(shared: Path) -> list[FileScore]:
    return list(score_all(CASES, shared / "data", under="feeds/"))


def test_the_class_of_each_file_is_right(scores: list[FileScore]) -> None:
    assert [score.name for score in scores if not score.cls] == []


def test_most_columns_that_matter_are_right_as_written(scores: list[FileScore]) -> None:
    """Three of four; one of twelve at most has no right proposal."""
    written = sum(score.written for score in scores)
    missed = sum(score.missed for score in scores)
    total = sum(score.written + score.proposed + score.missed for score in scores)
    assert written >= 0.75 * total
    assert missed <= 0.08 * total


def test_lines_written_as_sure_are_right(scores: list[FileScore]) -> None:
    """At most two of a hundred are wrong, as the head of a proposal says."""
    assert sum(score.wrong for score in scores) <= 0.02 * sum(score.lines for score in scores)
