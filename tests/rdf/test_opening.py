"""Files that may be compressed are read by lines and by blocks of lines."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.rdf.line_reader import LineReader
from parvis.rdf.opening import BUFFER, open_file, read_blocks

PARTS = st.sampled_from([b"a", b"\n", b"bc\r", b"\xc3\xa9"])
LINES = st.lists(st.builds(bytes.__mul__, PARTS, st.integers(0, BUFFER))).map(b"".join)


@given(LINES)
def test_blocks_are_the_file_cut_at_ends_of_lines(text: bytes) -> None:
    """However long a line is, and whether or not the last one ends."""
    found = list(read_blocks(io.BytesIO(text)))
    assert b"".join(found) == text
    assert all(block.endswith(b"\n") for block in found[:-1])
    assert all(found)


@given(LINES, st.integers(1, 3 * BUFFER))
def test_a_reader_of_blocks_gives_all_of_them_a_little_at_a_time(text: bytes, size: int) -> None:
    """And never more than what is asked for."""
    reader = LineReader(read_blocks(io.BytesIO(text)))
    parts = list(iter(lambda: reader.read(size), b""))
    assert b"".join(parts) == text
    assert all(len(part) <= size for part in parts)


def test_a_reader_gives_all_that_is_left_at_once() -> None:
    """As a stream does that is asked for no number of bytes."""
    reader = LineReader(iter([b"abc\n", b"def\n"]))
    assert reader.read(2) == b"ab"
    assert reader.read() == b"c\ndef\n"


@pytest.mark.parametrize("name", ["lignes.nt", "lignes.nt.gz"])
def test_lines_are_the_same_compressed_or_not(tmp_path: Path, name: str) -> None:
    """Through a buffer that no line need respect."""
    path, lines = tmp_path / name, [b"%d " % one * 20_000 + b"\n" for one in range(5)]
    path.write_bytes(gzip.compress(b"".join(lines)) if name.endswith("gz") else b"".join(lines))
    with open_file(path) as file:
        assert list(file) == lines
