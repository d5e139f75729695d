"""Looking through a whole data folder for what should no longer be there."""

import gzip
import zipfile
import zlib
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from pyoxigraph import Store

from parvis.errors import StoreError
from parvis.store.generation import generations
from parvis.store.traces import PIECE, Traces

DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError)
"""What unpacking raises for a file that only looks packed; its bytes were looked at before."""


@dataclass(frozen=True)
class Search:
    """What a search for traces of graphs found: how much was looked at, and where any are left.

    `remains` gives how many texts, or quads of the graphs themselves, are left in each place.
    """

    files: int
    bytes: int
    quads: int
    texts: int
    remains: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return dict(vars(self))


def search(data: Path, graphs: Container[str], traces: Traces, spared: Container[Path]) -> Search:
    """Look for the traces of graphs in every file of a data folder, unpacked, and in every store.

    Those of `spared` are the files that are still to go. The engine's files are compressed: what
    its stores hold is read quad by quad.
    """
    remains: dict[str, int] = {}
    count = size = 0
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        if path not in spared:
            count += 1
            size += _size(path)
            if found := traces.found_in(pieces_of(path)):
                remains[str(path.relative_to(data))] = len(found)
    quads = 0
    for place, store in _stores(data):
        read, found_quads = _quads(store, graphs, traces)
        quads += read
        if found_quads:
            remains[place] = remains.get(place, 0) + found_quads
    return Search(count, size, quads, len(traces.texts), remains)


def pieces_of(path: Path) -> Iterator[bytes]:
    """Read a file's bytes, then those of what is packed in it; one that is gone has none."""
    with suppress(FileNotFoundError):
        with path.open("rb") as file:
            yield from _pieces(file)
        yield b"\0"
        with suppress(*DAMAGED):
            yield from _unpacked(path)


def _unpacked(path: Path) -> Iterator[bytes]:
    """Read what is packed in a file."""
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            yield from _pieces(cast("IO[bytes]", file))
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from _pieces(member)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _stores(data: Path) -> Iterator[tuple[str, Store]]:
    """Open every store of every generation that is kept."""
    for one in generations(data):
        for name, built in one.stores().items():
            try:
                yield f"generations/{one.number}/{name}", Store.read_only(str(built.folder))
            except OSError as error:
                raise StoreError(
                    "{file} is damaged: {reason}", file=built.folder, reason=error
                ) from error


def _quads(store: Store, graphs: Container[str], traces: Traces) -> tuple[int, int]:
    """Read all quads of a store; gives how many there are, and how many are of graphs or traces."""
    read = found = 0
    for quad in store:
        read += 1
        if str(quad.graph_name)[1:-1] in graphs or traces.of(quad):
            found += 1
    return read, found
