"""Possibly compressed files are read by lines and by blocks of lines."""

import gzip
import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.rdf.streams import BUFFER, LineReader, join_subjects, open_file, read_blocks

PARTS = st.sampled_from([b"a", b"\n", b"bc\r", b"\xc3\xa9"])
LINES = st.lists(st.builds(bytes.__mul__, PARTS, st.integers(0, BUFFER))).map(b"".join)


@given(LINES)
def test_blocks_end_at_line_ends(text: bytes) -> None:
    """However long a line is, and whether or not the last one is terminated."""
    blocks = list(read_blocks(io.BytesIO(text)))
    assert b"".join(blocks) == text
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    assert all(blocks)


@given(
    st.dictionaries(st.sampled_from(["<a>", "<a:b>", "<ab>", "_:b"]), st.integers(1, 9)), st.data()
)
def test_no_subject_is_cut_in_two(sizes: dict[str, int], data: st.DataObject) -> None:
    lines = sorted(f"{name} <p> {at} .\n".encode() for name in sizes for at in range(sizes[name]))
    cuts = sorted({0, len(lines), *data.draw(st.lists(st.integers(0, len(lines))))})
    blocks = [*join_subjects(b"".join(lines[a:b]) for a, b in pairwise(cuts))]
    assert b"".join(blocks) == b"".join(lines)
    subjects = [{line.split()[0] for line in block.splitlines()} for block in blocks]
    assert sum(map(len, subjects)) == len(sizes)


@given(LINES, st.integers(1, 3 * BUFFER))
def test_a_reader_returns_blocks_in_pieces_of_at_most_the_requested_size(
    text: bytes, size: int
) -> None:
    reader = LineReader(read_blocks(io.BytesIO(text)))
    parts = list(iter(lambda: reader.read(size), b""))
    assert b"".join(parts) == text
    assert all(len(part) <= size for part in parts)


def test_a_reader_without_size_returns_the_rest() -> None:
    """Like any stream that is read without a size."""
    reader = LineReader(iter([b"abc\n", b"def\n"]))
    assert reader.read(2) == b"ab"
    assert reader.read() == b"c\ndef\n"


@pytest.mark.parametrize("name", ["lignes.nt", "lignes.nt.gz"])
def test_compressed_lines_are_read_like_plain_ones(tmp_path: Path, name: str) -> None:
    """Lines may be longer than the buffer."""
    path, lines = tmp_path / name, [b"%d " % number * 20_000 + b"\n" for number in range(5)]
    path.write_bytes(gzip.compress(b"".join(lines)) if name.endswith("gz") else b"".join(lines))
    with open_file(path) as file:
        assert list(file) == lines
