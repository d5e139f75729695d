"""Looking through a whole data folder for what should no longer be there."""

import gzip
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast
from xml.sax.saxutils import escape

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from parvis.errors import StoreError
from parvis.rdf.line_reader import LineReader
from parvis.rdf.ntriples import escaped
from parvis.store.generation.generation import generations

# Texts by which to tell, in any bytes, whether something of a graph is left there.
#
# A text is known by its last bytes, in each way that a file may write it: as it is, or escaped as
# JSON, N-Triples and XML do. Eight bytes at every place are looked up in a table, so that the time
# depends on the bytes that are read and not on how many texts are sought (about 16 MB a second).

SHORTEST, LONGEST = 8, 64
"""Bytes of the end of a text that are compared; a shorter one cannot be told from chance."""
PIECE = 262_144
"""Bytes that are looked at at a time, or so."""
LINES = 10_000
"""Lines that are parsed at a time."""
TEXTUAL = frozenset({"string", "langString", "dirLangString", "anyURI"})
"""Datatypes of texts; numbers and dates are everywhere, and name nobody."""
_SIGNS = re.compile(r"[\d\s:.,/+TZ-]*")


class Traces:
    """The texts of some triples: their IRIs and literals, predicates and datatypes apart."""

    def __init__(self, lines: Iterable[bytes] = ()) -> None:
        """Read the texts of lines of N-Triples."""
        self.texts: set[str] = set()
        source = iter(lines)
        while block := list(islice(source, LINES)):
            for quad in parse(b"".join(block), RdfFormat.N_TRIPLES):
                self.texts.update(text for text in texts_of(quad) if _tells(text))
        self._index()

    def spare(self, pieces: Iterable[bytes]) -> None:
        """Forget the texts that stand in these bytes: they are somebody else's too."""
        found = {text for one in self.found_in(pieces) for text in self._forms[one]}
        if found:
            self.texts -= found
            self._index()

    def found_in(self, pieces: Iterable[bytes]) -> set[bytes]:
        """Give the ends of the texts that stand in bytes, which may come in pieces."""
        found: set[bytes] = set()
        before = b""
        for piece in pieces:
            held = before + piece
            found.update(self._hits(held))
            before = held[-LONGEST + 1 :]
        return found

    def of(self, quad: Quad) -> set[str]:
        """Give the texts of a quad that are among these."""
        return {text for text in texts_of(quad) if text in self.texts}

    def _index(self) -> None:
        """Make the tables: texts by each of their ends, and lengths of ends by eight bytes."""
        self._forms: dict[bytes, list[str]] = {}
        self._lengths: dict[int, set[int]] = {}
        for text in self.texts:
            for form in _forms(text):
                self._forms.setdefault(form, []).append(text)
                word = int.from_bytes(form[-SHORTEST:], sys.byteorder)
                self._lengths.setdefault(word, set()).add(len(form))

    def _hits(self, held: bytes) -> Iterator[bytes]:
        """Give the ends of texts that stand in bytes."""
        view = memoryview(held)
        for shift in range(SHORTEST):
            words = view[shift : len(held) - (len(held) - shift) % SHORTEST].cast("Q")
            if self._lengths.keys().isdisjoint(words):
                continue
            for place, word in enumerate(words):
                if word in self._lengths:
                    end = shift + SHORTEST * (place + 1)
                    yield from self._ending(held, end, self._lengths[word])

    def _ending(self, held: bytes, end: int, lengths: Iterable[int]) -> Iterator[bytes]:
        """Give those texts whose end is at a place."""
        for length in lengths:
            candidate = held[max(end - length, 0) : end]
            if candidate in self._forms:
                yield candidate


def texts_of(quad: Quad | Triple) -> Iterator[str]:
    """Give the texts of a triple: of its subject and object, inside triple terms too."""
    for term in (quad.subject, quad.object):
        if isinstance(term, Triple):
            yield from texts_of(term)
        elif isinstance(term, NamedNode) or (
            isinstance(term, Literal) and term.datatype.value.rpartition("#")[2] in TEXTUAL
        ):
            yield term.value


def reader_of(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Give lines as pieces of a useful size."""
    reader = LineReader(lines)
    while piece := reader.read(PIECE):
        yield piece


def _tells(text: str) -> bool:
    """Say whether a text can be told from chance: it is long enough, and no number or date."""
    return len(text.encode()) >= SHORTEST and _SIGNS.fullmatch(text) is None


def _forms(text: str) -> set[bytes]:
    """Give the end of a text in each way that it may be written."""
    spellings = (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    written = {*spellings, escaped(text), escape(text)}
    return {form for one in written if len(form := one.encode()[-LONGEST:]) >= SHORTEST}


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
