"""Sort more lines than fit in memory."""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from parvis.store.record.content import sort_unique


@given(
    st.lists(st.binary(max_size=3).map(lambda value: value.hex().encode() + b"\n")),
    st.integers(1, 5),
)
def test_lines_are_sorted_and_unique_for_any_size_of_runs(lines: list[bytes], run: int) -> None:
    with TemporaryDirectory() as folder:
        assert list(sort_unique(lines, Path(folder), run)) == sorted(set(lines))


def test_sorted_runs_are_stored_in_the_folder(tmp_path: Path) -> None:
    """Only a single run is in memory."""
    numbers = count()
    lines = (f"{next(numbers)}\n".encode() for _ in range(10))
    assert next(sort_unique(lines, tmp_path, 4)) == b"0\n"
    assert len(list(tmp_path.iterdir())) == 3
