"""Sorting more lines than are held in memory."""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.record.content import sort_unique


@given(st.lists(st.binary(max_size=3).map(lambda b: b.hex().encode() + b"\n")), st.integers(1, 5))
def test_lines_come_sorted_and_once_however_small_the_runs(lines: list[bytes], run: int) -> None:
    """Merging sorted runs gives what sorting in memory would."""
    with TemporaryDirectory() as folder:
        assert list(sort_unique(lines, Path(folder), run)) == sorted(set(lines))


def test_runs_wait_in_the_folder(tmp_path: Path) -> None:
    """What exceeds one run is on the disk, not in memory."""
    numbers = count()
    lines = (f"{next(numbers)}\n".encode() for _ in range(10))
    assert next(sort_unique(lines, tmp_path, 4)) == b"0\n"
    assert len(list(tmp_path.iterdir())) == 3
