"""Write the segments of a text index, in the process of `parvis.store.events.index_process`.

Each entity that has a text is a row, with the stems of its names, of its descriptions, and of its
context: its venue and city, who organises it, its discipline. A graph whose content and labels are
those of a former segment is copied from it, word by word as arrays, without its file.
"""

import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import accumulate, groupby, islice
from pathlib import Path

import numpy as np

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE
from parvis.store.files import sha256
from parvis.store.search.entities import OrderedEntities, read_labels
from parvis.store.search.index import (
    MEMBERS,
    ONTOLOGY,
    OPEN,
    VERSION,
    Listing,
    Source,
    divide,
    link_segment,
    name_segment,
)
from parvis.store.search.postings import Moved, Numbers, Postings, PostingsWriter
from parvis.store.search.segment import (
    IN_CONTEXT,
    IN_NAMES,
    INDEXES,
    LETTERS,
    TABLES,
    Segment,
    number_type,
)

_INSERT_ENTITY = "INSERT INTO entity VALUES (?, ?, ?)"
_INSERT_TEXT = "INSERT INTO text VALUES (?, ?, ?)"
_INSERT_WORD = "INSERT INTO word(form, stem, entities, weights) VALUES (?, ?, ?, ?)"
_ROWS = (
    "SELECT entity.iri, kinds, texts FROM entity JOIN text USING (id) WHERE id >= ? AND id < ?"
    " ORDER BY id"
)
ROWS = 1_000
"""Entities that are written at a time."""


class _Writer:
    """A segment that is being written: its graphs in order, then its words."""

    def __init__(self, file: sqlite3.Connection, unordered: OrderedEntities) -> None:
        self._file, self._unordered = file, unordered
        self.size = self._graphs = 0
        self._names, self._words, self._keys = array("I"), array("I"), array("I")
        self._postings = PostingsWriter()
        self._moved: dict[Segment, Moved] = {}
        file.executescript(TABLES)
        file.execute("BEGIN")

    def read(self, graph: str, source: Source) -> None:
        """Add a graph from its file. Raises the errors of the parser and of the disk."""
        first = self.size
        self._insert(self._read_rows(source[0]))
        self._end_graph(graph, source, self.size - first)

    def copy(self, graph: str, source: Source, segment: Segment, number: int) -> None:
        """Add a graph of a former segment, in which it has a number."""
        start, first = int(segment.sizes[:number].sum()), self.size
        span = slice(start, start + int(segment.sizes[number]))
        self._insert(iter(segment.read(_ROWS, span.start, span.stop)))
        for lengths, former in (
            (self._names, segment.name_words),
            (self._words, segment.words),
        ):
            lengths.frombytes(former[span].tobytes())
        moved = self._moved.setdefault(segment, np.full(segment.size, -1, np.int64))
        moved[span] = np.arange(first, self.size)
        self._end_graph(graph, source, self.size - first)

    def finish(self) -> None:
        """Write the words, and what is known of each entity."""
        for segment, moved in self._moved.items():
            self._postings.copy(segment, moved)
        kind = number_type(self.size)
        beginnings = _Beginnings(self._file, kind)
        for postings in self._postings.in_order():
            self._file.executemany(_INSERT_WORD, _to_rows(postings, kind))
            beginnings.read(postings)
        beginnings.end()
        arrays = [
            np.array(values, "<u4").tobytes() for values in (self._names, self._words, self._keys)
        ]
        self._file.execute("INSERT INTO lengths VALUES (?, ?, ?)", arrays)
        self._file.execute("COMMIT")
        self._file.executescript(INDEXES)

    def _read_rows(self, source: Path) -> Iterator[tuple[str, str, str]]:
        for number, entity in enumerate(self._unordered.rows(source), self.size):
            iri, kinds, names, descriptions, context, texts = entity
            of_names, of_both = self._postings.add(number, names, descriptions, context)
            self._names.append(of_names)
            self._words.append(of_both)
            yield iri, kinds, texts

    def _insert(self, rows: Iterator[tuple[str, str, str]]) -> None:
        while piece := [*islice(rows, ROWS)]:
            numbered = [*enumerate(piece, self.size)]
            entities = [(number, self._graphs, iri) for number, (iri, _, _) in numbered]
            texts = [(number, kinds, texts) for number, (_, kinds, texts) in numbered]
            self._file.executemany(_INSERT_ENTITY, entities)
            self._file.executemany(_INSERT_TEXT, texts)
            self._keys.extend([zlib.crc32(iri.encode()) for iri, _, _ in piece])
            self.size += len(piece)

    def _end_graph(self, graph: str, source: Source, entities: int) -> None:
        row = self._graphs, graph, source[1], entities
        self._file.execute("INSERT INTO graph VALUES (?, ?, ?, ?)", row)
        self._graphs += 1


def _to_rows(
    postings: Postings, kind: np.dtype[np.unsignedinteger]
) -> Iterator[tuple[str, str, bytes, bytes]]:
    entities, weights = postings.entities.astype(kind).tobytes(), postings.weights.tobytes()
    size, end = kind.itemsize, 0
    for (form, stem), count in zip(postings.words, postings.sizes, strict=True):
        start, end = end, end + count
        if count:  # a word of a former segment may be of other graphs alone
            yield form, stem, entities[size * start : size * end], weights[start:end]


class _Beginnings:
    """The entities by the first letters of words in their names, from words in their order."""

    def __init__(self, file: sqlite3.Connection, kind: np.dtype[np.unsignedinteger]) -> None:
        self._file, self._kind = file, kind
        self._open: dict[str, list[Numbers]] = {}

    def read(self, postings: Postings) -> None:
        """Add the entities of the next words."""
        in_names = (postings.weights & IN_NAMES > 0) & (postings.weights > IN_CONTEXT)
        ends = zip(postings.words, accumulate(postings.sizes), strict=True)
        start = 0
        for letters, words in groupby(ends, key=lambda pair: pair[0][0][:LETTERS]):
            *_, (_, end) = words
            numbers = postings.entities[start:end][in_names[start:end]]
            starts = {letters[:length] for length in range(1, LETTERS + 1)}
            self.end(keep=starts)
            for beginning in starts if len(numbers) else ():
                self._open.setdefault(beginning, []).append(numbers)
            start = end

    def end(self, keep: Iterable[str] = ()) -> None:
        """Write those that no more words begin with."""
        for start in sorted(self._open.keys() - {*keep}):
            numbers = np.unique(np.concatenate(self._open.pop(start)))
            row = start, numbers.astype(self._kind).tobytes()
            self._file.execute("INSERT INTO beginning VALUES (?, ?)", row)


def build(
    folder: Path, formers: Sequence[Path], graphs: Iterable[tuple[str, str, str, str]]
) -> None:
    """Write the segments of each part, or link those of former indexes. Raises `StoreError`."""
    parts: dict[str, dict[str, Source]] = {OPEN: {}, MEMBERS: {}}
    for graph, path, name, part in graphs:
        parts[part][graph] = Path(path), name
    sources = parts[MEMBERS] | parts[OPEN]
    ontology = next((sources[graph][0] for graph in sources if graph.endswith(ONTOLOGY)), None)
    # Other labels make another index of the same graph.
    edition = f"{VERSION}-{sha256(ontology)[:8]}" if ontology else f"{VERSION}"
    labels = read_labels(ontology) if ontology else {}
    unordered = folder / "rows"
    folder.mkdir(parents=True)
    try:
        with ExitStack() as stack:
            file = stack.enter_context(closing(sqlite3.connect(unordered, isolation_level=None)))
            rows = OrderedEntities(file, labels)
            former_graphs = _read_former(stack, formers, edition)
            for part, part_sources in parts.items():
                _build_part(folder / part, formers, part_sources, edition, former_graphs, rows)
    finally:
        unordered.unlink(missing_ok=True)


FormerGraphs = Mapping[tuple[str, str], tuple[Segment, int]]
"""By a graph and the name of its content: the former segment that has it, and its number there."""


def _read_former(stack: ExitStack, formers: Iterable[Path], edition: str) -> FormerGraphs:
    graphs: dict[tuple[str, str], tuple[Segment, int]] = {}
    for path in sorted(p for former in formers for p in former.glob(f"*/*-{edition}.sqlite")):
        with suppress(StoreError):  # a damaged one is written anew
            segment = Segment(path)
            stack.callback(segment.close)
            rows = segment.read("SELECT iri, source, id FROM graph")
            graphs |= {(iri, source): (segment, number) for iri, source, number in rows}
    return graphs


def _build_part(  # noqa: PLR0913, PLR0917 - where it is, what it is made of, and by what
    folder: Path,
    formers: Sequence[Path],
    sources: Mapping[str, Source],
    edition: str,
    former_graphs: FormerGraphs,
    rows: OrderedEntities,
) -> None:
    folder.mkdir()
    names = []
    for graphs in divide(sources):
        name = name_segment(graphs, sources, edition)
        if not link_segment(formers, folder.name, folder / name):
            with closing(sqlite3.connect(folder / name, isolation_level=None)) as file:
                writer = _Writer(file, rows)
                for graph in graphs:
                    _add_graph(writer, graph, sources[graph], former_graphs)
                writer.finish()
        with closing(Segment(folder / name)) as segment:
            if segment.size:
                names.append(name)
    Listing(folder, names).write()


def _add_graph(writer: _Writer, graph: str, source: Source, former_graphs: FormerGraphs) -> None:
    try:
        former = former_graphs.get((graph, source[1]))
        if former:
            writer.copy(graph, source, *former)
        else:
            writer.read(graph, source)
    except (*UNREADABLE, SyntaxError, ValueError, sqlite3.Error) as error:
        raise StoreError(
            "the texts of the graph {graph} cannot be indexed: {reason}", graph=graph, reason=error
        ) from error
