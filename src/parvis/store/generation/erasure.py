"""Search a whole data folder for texts that should no longer be there."""

import gzip
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Container, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from parvis.errors import StoreError
from parvis.rdf.formats import PARQUET_ENDING
from parvis.rdf.ntriples import escape_literal
from parvis.report import parquet
from parvis.store.files import sha256
from parvis.store.generation.builder_process import counts
from parvis.store.generation.generation import VIEWS, generations
from parvis.store.query.confinement import run
from parvis.store.query.request import QueryText
from parvis.store.search.index import MEMBERS

# Texts whose presence in any bytes shows that something of a graph is left there.
#
# A text is recognised by its last bytes, as it is or escaped for JSON, N-Triples or XML. Eight
# bytes at every offset are looked up in a table, so that the time depends on the bytes read and not
# on the number of texts. Most bytes are passed over by arrays: their hash is of no text's end, or
# that of the eight bytes before them is of none either (many texts end with the same words).

SHORTEST, LONGEST = 8, 64
"""Bytes at the end of a text that are compared; a shorter text may occur by chance."""
PIECE = 262_144
"""Bytes searched at a time, approximately."""
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""Its products' first bits are the hash of a word (Fibonacci hashing)."""
SPARSE = 7
"""Bits of the hash beyond those of the number of words: less than one in a hundred hits by chance.

A larger table would not fit the processor's cache.
"""
REPEATS = 10_000
"""Ends that were there before, after which only the others are searched for."""
NO_QUAD = 64
"""Bytes of a file of a store that cannot hold a quad: its log has a few when it was just made."""
TERMS = (
    "SELECT DISTINCT ?term WHERE { ?term ?p ?o }",
    "SELECT DISTINCT ?term WHERE { ?s ?p ?term }",
)
"""The queries for all subjects and objects of a store."""
THREADS = 2
"""Files and stores that are searched at a time: arrays and the engine need no interpreter."""
LINES = 10_000
"""Lines that are parsed at a time."""
TEXTUAL = frozenset({"string", "langString", "dirLangString", "anyURI"})
"""Datatypes of texts; numbers and dates are everywhere, and identify nobody."""
_SIGNS = re.compile(r"[\d\s:.,/+TZ-]*")


class Traces:
    """The texts of some triples: their IRIs and literals, without predicates and datatypes."""

    def __init__(self, lines: Iterable[bytes] = ()) -> None:
        """Read the texts of lines of N-Triples."""
        self.texts: set[str] = set()
        source = iter(lines)
        while block := list(islice(source, LINES)):
            for quad in parse(b"".join(block), RdfFormat.N_TRIPLES):
                # A short text, a number or a date may occur by chance.
                self.texts.update(
                    text
                    for text in texts_of(quad)
                    if len(text.encode()) >= SHORTEST and _SIGNS.fullmatch(text) is None
                )
        self._index()

    def exclude(self, pieces: Iterable[bytes]) -> None:
        """Remove the texts that occur in these bytes, which belong to other graphs too."""
        shared = {text for form in self.find_in(pieces) for text in self._texts_by_end[form]}
        if shared:
            self.texts -= shared
            self._index()

    def find_in(self, pieces: Iterable[bytes]) -> set[bytes]:
        """Return the ends of the texts that occur in bytes, which may come in pieces."""
        search = self.begin_search()
        for piece in pieces:
            search.feed(piece)
        return search.forms

    def begin_search(self) -> "EndSearch":
        return EndSearch(self._ends)

    def _index(self) -> None:
        """Build the tables: texts by each of their ends, and these ends."""
        self._texts_by_end: dict[bytes, list[str]] = {}
        for text in self.texts:
            # A file may write the text in any of these ways.
            spellings = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
            spellings |= {escape_literal(text), escape(text)}
            for end in {spelling.encode()[-LONGEST:] for spelling in spellings}:
                if len(end) >= SHORTEST:
                    self._texts_by_end.setdefault(end, []).append(text)
        self._ends = TextEnds(self._texts_by_end)


class EndSearch:
    """A search for the ends of texts in bytes that come in pieces; `forms` are those there."""

    def __init__(self, ends: "TextEnds") -> None:
        self.forms: set[bytes] = set()
        self._ends, self._repeats, self._before = ends, 0, b""

    def feed(self, piece: bytes) -> None:
        buffer = self._before + piece
        for form in self._ends.find_in(buffer):
            self._repeats += form in self.forms
            self.forms.add(form)
        # The same texts may be in thousands of rows: once they are there, only the others are
        # searched for. A new table costs about what so many repeats do.
        if self._repeats > max(len(self._ends), REPEATS):
            self._ends, self._repeats = self._ends.without(self.forms), 0
        # A text may be cut between two pieces.
        self._before = buffer[-LONGEST + 1 :]


class SearchedOutput:
    """What the engine takes for a file, and a search reads."""

    def __init__(self, search: EndSearch) -> None:
        self._search, self._buffer = search, bytearray()

    def write(self, body: bytes, /) -> int:
        self._buffer += body
        if len(self._buffer) >= PIECE:
            self.flush()
        return len(body)

    def flush(self) -> None:
        self._search.feed(bytes(self._buffer))
        self._buffer.clear()


class TextEnds:
    """The ends of texts, to be searched in bytes."""

    def __init__(self, ends: Iterable[bytes]) -> None:
        self._ends = frozenset(ends)
        self._lengths: dict[bytes, set[int]] = {}
        for end in self._ends:
            self._lengths.setdefault(end[-SHORTEST:], set()).add(len(end))
        last = {end[-SHORTEST:] for end in self._ends if len(end) < 2 * SHORTEST}
        pairs = {end[-2 * SHORTEST :] for end in self._ends if len(end) >= 2 * SHORTEST}
        words = np.frombuffer(b"".join(pairs), np.uint64).reshape(-1, 2)
        self._last_words = HashedWords(np.frombuffer(b"".join(self._lengths), np.uint64))
        self._only_words = HashedWords(np.frombuffer(b"".join(last), np.uint64))
        self._pairs = HashedWords(_join_words(words[:, 0], words[:, 1]))

    def __len__(self) -> int:
        return len(self._ends)

    def without(self, ends: set[bytes]) -> "TextEnds":
        return TextEnds(self._ends - ends)

    def find_in(self, buffer: bytes) -> Iterator[bytes]:
        """Yield each end where it occurs."""
        for shift in range(min(SHORTEST, len(buffer) - SHORTEST + 1)):
            count = (len(buffer) - shift) // SHORTEST
            words = np.frombuffer(buffer, np.uint64, count, shift)
            places = np.flatnonzero(self._last_words.may_hold(words))
            # What the first word is paired with does not matter: an end of two words ends later.
            pairs = _join_words(words[places - 1], words[places])
            likely = self._only_words.may_hold(words[places]) | self._pairs.may_hold(pairs)
            for place in places[likely].tolist():
                end = shift + SHORTEST * (place + 1)
                for length in self._lengths.get(buffer[end - SHORTEST : end], ()):
                    candidate = buffer[max(end - length, 0) : end]
                    if candidate in self._ends:
                        yield candidate


class HashedWords:
    """A set of words of eight bytes that says fast, of many words, which may be in it."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        bits = len(words).bit_length() + SPARSE
        self._shift = np.uint64(64 - bits)
        self._has_hash = np.zeros(1 << bits, dtype=bool)
        self._has_hash[self._hash(words)] = True

    def may_hold(self, words: NDArray[np.uint64]) -> NDArray[np.bool_]:
        return self._has_hash[self._hash(words)]

    def _hash(self, words: NDArray[np.uint64]) -> NDArray[np.int64]:
        hashes = words * MULTIPLIER
        hashes >>= self._shift
        return hashes.view(np.int64)


def _join_words(before: NDArray[np.uint64], last: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return before * MULTIPLIER ^ last


def texts_of(statement: Quad | Triple) -> Iterator[str]:
    """Yield the texts of a triple's subject and object, also inside triple terms."""
    for term in (statement.subject, statement.object):
        yield from _texts_in(term)


def _texts_in(term: object) -> Iterator[str]:
    if isinstance(term, Triple):
        yield from texts_of(term)
    elif isinstance(term, NamedNode) or (
        isinstance(term, Literal) and term.datatype.value.rpartition("#")[2] in TEXTUAL
    ):
        yield term.value


DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError)
"""What unpacking raises for a file that only looks compressed; its bytes were searched before."""


@dataclass(frozen=True)
class ErasureSearch:
    """The result of a search for traces of graphs: how much was read, and where any are left.

    `remains` counts the texts, and quads of the graphs themselves, left in each place.
    """

    files: int
    bytes: int
    quads: int
    texts: int
    remains: dict[str, int]


def search(
    data: Path, graphs: Container[str], traces: Traces, spared: Container[Path]
) -> ErasureSearch:
    """Search every file of a data folder, unpacked, and every store, for the traces of graphs.

    `spared` are files that will be deleted later.
    """
    paths = [path for path in sorted(data.rglob("*")) if path.is_file() and path not in spared]
    files, size = _group_files(paths)
    # The engine's files are compressed, so its stores are read by quad.
    folders = [
        built.folder for generation in generations(data) for built in generation.stores().values()
    ]
    # Those that are being made have a point in their names.
    views = (path for path in (data / VIEWS).glob(f"*/*/{MEMBERS}") if "." not in path.parent.name)
    stores: dict[frozenset[tuple[int, int]], list[Path]] = {}
    for folder in [*folders, *views]:
        stores.setdefault(_tables_of(folder), []).append(folder)
    remains: Counter[str] = Counter()
    quads = 0
    with ThreadPoolExecutor(THREADS) as threads:
        counted = threads.map(lambda same: _search_store(same[0], graphs, traces), stores.values())
        ends = threads.map(lambda same: traces.find_in(pieces_of(same[0])), files.values())
        for same, matches in zip(files.values(), map(len, ends), strict=True):
            remains.update({path.relative_to(data).as_posix(): matches for path in same})
        for same, (store_quads, matches) in zip(stores.values(), counted, strict=True):
            quads += store_quads * len(same)
            remains.update({folder.relative_to(data).as_posix(): matches for folder in same})
    left = {place: matches for place, matches in remains.items() if matches}
    return ErasureSearch(len(paths), size, quads, len(traces.texts), left)


def _group_files(paths: Iterable[Path]) -> tuple[Mapping[Hashable, list[Path]], int]:
    """Return files in groups of the same content, each to be read once, and their bytes in all."""
    size = 0
    sizes = Counter[int]()
    inodes: dict[tuple[int, int, int], list[Path]] = {}
    for path in paths:
        with suppress(FileNotFoundError):
            status = path.stat()
            size += status.st_size
            # Stores are copied by hard links.
            same = inodes.setdefault((status.st_size, status.st_dev, status.st_ino), [])
            sizes[status.st_size] += not same
            same.append(path)
    groups: dict[Hashable, list[Path]] = {}
    for (length, *inode), same in inodes.items():
        key: Hashable = (*inode,)
        # The tables of a class and of a wider one are often the same.
        if length and sizes[length] > 1:
            with suppress(FileNotFoundError):
                key = same[0].suffix, sha256(same[0])  # how it is unpacked depends on the ending
        groups.setdefault(key, []).extend(same)
    return groups, size


def _tables_of(folder: Path) -> frozenset[tuple[int, int]]:
    """Return which files hold the quads of a store: a copy by hard links has the same."""
    files = (path.stat() for name in ("*.sst", "*.log") for path in folder.glob(name))
    return frozenset((file.st_dev, file.st_ino) for file in files if file.st_size > NO_QUAD)


def _search_store(folder: Path, graphs: Container[str], traces: Traces) -> tuple[int, int]:
    """Count the quads of a store, and those of some graphs with the traces in its terms."""
    try:
        store = Store.read_only(str(folder))
    except OSError as error:
        raise StoreError("{file} is damaged: {reason}", file=folder, reason=error) from error
    quads = counts(store)
    matches = sum(number for graph, number in quads.items() if graph in graphs)
    for query in TERMS:
        # Written by the engine, not made objects of Python one by one.
        search = traces.begin_search()
        output = SearchedOutput(search)
        terms = cast("QuerySolutions", run(store, QueryText.read(query), allowed=None))
        terms.serialize(cast("IO[bytes]", output), QueryResultsFormat.TSV)
        output.flush()
        matches += len(search.forms)
    return sum(quads.values()), matches


def pieces_of(path: Path) -> Iterator[bytes]:
    """Read a file's bytes, then those compressed in it; nothing if it is gone."""
    with suppress(FileNotFoundError):
        with path.open("rb") as file:
            yield from _read_pieces(file)
        yield b"\0"  # so that no text spans both
        with suppress(*DAMAGED):
            if path.suffix == ".gz":
                with gzip.open(path) as archive:
                    yield from _read_pieces(cast("IO[bytes]", archive))
            elif path.suffix == f".{PARQUET_ENDING}":
                yield from parquet.read_cells(path)
            elif zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        with archive.open(name) as member:
                            yield from _read_pieces(member)


def _read_pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
