"""A graph's content as the record keeps it: sorted, without duplicates, compressed, digested."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from parvis.store.sorting import lines_of, sorted_unique

BLOCK = 4_096
"""How many lines are hashed and compressed at a time."""


@dataclass(frozen=True)
class Packed:
    """A content in a file of its own, not yet in the record.

    `digest` is the SHA-256 of its text, `bytes` that text's size.
    """

    path: Path
    digest: str
    triples: int
    bytes: int


def pack(triples: Path, folder: Path) -> Packed:
    """Pack a file of N-Triples into a folder.

    The file may be unsorted, hold duplicates, be larger than the memory, and be compressed
    (``.gz``); folder and disk must hold it twice.
    """
    path = folder / "content.nt.gz"
    digest, count, size = _written(sorted_unique(lines_of(triples), folder), path)
    return Packed(path, digest, count, size)


def _written(lines: Iterator[bytes], path: Path) -> tuple[str, int, int]:
    """Write lines compressed, always to the same bytes; gives digest, count and size."""
    digest, count, size = hashlib.sha256(), 0, 0
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=3, fileobj=file, mtime=0) as packed,
    ):
        while block := list(islice(lines, BLOCK)):
            text = b"".join(block)
            digest.update(text)
            packed.write(text)
            count += len(block)
            size += len(text)
    return digest.hexdigest(), count, size
