"""Write the segments of a text index, in the process of `parvis.store.events.index_process`.

Each entity that has a text is a row, with the stems of its names, of its descriptions, and of its
context: its venue and city, who organises it, its discipline. A graph whose content and labels are
those of a former segment is copied from it, word by word as arrays, without its file.
"""

import heapq
import os
import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parvis.errors import StoreError
from parvis.rdf.streams import UNREADABLE
from parvis.store.files import sha256
from parvis.store.search.entities import OrderedEntities, Text, read_labels
from parvis.store.search.index import (
    MEMBERS,
    ONTOLOGY,
    OPEN,
    VERSION,
    Listing,
    Source,
    divide,
    name_segment,
)
from parvis.store.search.ranking import NAMED
from parvis.store.search.segment import (
    IN_CONTEXT,
    IN_NAMES,
    INDEXES,
    LETTERS,
    MOST_FREQUENT,
    TABLES,
    Segment,
    Weights,
    Word,
    number_type,
)
from parvis.store.search.words import language_of, pairs

_INSERT_WORD = "INSERT INTO word(form, stem, entities, weights) VALUES (?, ?, ?, ?)"


_ROWS = (
    "SELECT entity.iri, kinds, texts FROM entity JOIN text USING (id) WHERE id >= ? AND id < ?"
    " ORDER BY id"
)


WordPosting = tuple[Word, NDArray[np.integer], Weights]


@dataclass(frozen=True)
class _Copy:
    """The words of a former segment: `moved` has the new number of each entity, -1 for none."""

    segment: Segment
    moved: NDArray[np.int64]

    def words(self) -> Iterator[WordPosting]:
        for form, stem, (numbers, weights) in self.segment.all_words():
            moved = self.moved[numbers]
            stays = moved >= 0
            if stays.all():
                yield (form, stem), moved, weights
            elif stays.any():
                yield (form, stem), moved[stays], weights[stays]


class _Writer:
    """A segment that is being written: its graphs in order, then its words."""

    def __init__(self, file: sqlite3.Connection, unordered: OrderedEntities) -> None:
        self._file, self._unordered = file, unordered
        self.size = self._graphs = 0
        self._names, self._words, self._keys = array("I"), array("I"), array("I")
        self._fresh: dict[Word, tuple[array[int], bytearray]] = {}
        self._copies: dict[Segment, _Copy] = {}
        file.executescript(TABLES)
        file.execute("BEGIN")

    def read(self, graph: str, source: Source) -> None:
        """Add a graph from its file. Raises the errors of the parser and of the disk."""
        first = self.size
        for iri, kinds, names, descriptions, context, texts in self._unordered.rows(source[0]):
            self._insert(iri, kinds, texts)
            self._add_words(_to_words(names), _to_words(descriptions), _to_words(context))
            self.size += 1
        self._end_graph(graph, source, self.size - first)

    def copy(self, graph: str, source: Source, segment: Segment, number: int) -> None:
        """Add a graph of a former segment, in which it has a number."""
        start = int(segment.sizes[:number].sum())
        span = slice(start, start + int(segment.sizes[number]))
        for row in segment.read(_ROWS, span.start, span.stop):
            self._insert(*row)
            self.size += 1
        for lengths, former in (
            (self._names, segment.name_words),
            (self._words, segment.words),
        ):
            lengths.frombytes(former[span].tobytes())
        copy = self._copies.setdefault(segment, _Copy(segment, np.full(segment.size, -1, np.int64)))
        copy.moved[span] = np.arange(self.size - (span.stop - start), self.size)
        self._end_graph(graph, source, span.stop - start)

    def finish(self) -> None:
        """Write the words, and what is known of each entity."""
        kind = number_type(self.size)
        fresh: Iterator[WordPosting] = (
            (word, np.frombuffer(numbers, np.uint32), np.frombuffer(weights, np.uint8))
            for word, (numbers, weights) in sorted(self._fresh.items())
        )
        pieces = [fresh, *(copy.words() for copy in self._copies.values())]
        merged = heapq.merge(*pieces, key=itemgetter(0))
        beginnings = _Beginnings(self._file, kind)
        for (form, stem), group in groupby(merged, key=itemgetter(0)):
            parts = [*group]
            numbers = np.concatenate([part[1] for part in parts])
            weights = np.concatenate([part[2] for part in parts])
            if self._copies:
                order = np.argsort(numbers)
                numbers, weights = numbers[order], weights[order]
            row = form, stem, numbers.astype(kind).tobytes(), weights.tobytes()
            self._file.execute(_INSERT_WORD, row)
            beginnings.add(form, numbers[(weights & IN_NAMES > 0) & (weights > IN_CONTEXT)])
        beginnings.end()
        arrays = [
            np.array(values, "<u4").tobytes() for values in (self._names, self._words, self._keys)
        ]
        self._file.execute("INSERT INTO lengths VALUES (?, ?, ?)", arrays)
        self._file.execute("COMMIT")
        self._file.executescript(INDEXES)

    def _insert(self, iri: str, kinds: str, texts: str) -> None:
        entity = self.size, self._graphs, iri
        self._file.execute("INSERT INTO entity VALUES (?, ?, ?)", entity)
        self._file.execute("INSERT INTO text VALUES (?, ?, ?)", (self.size, kinds, texts))
        self._keys.append(zlib.crc32(iri.encode()))

    def _end_graph(self, graph: str, source: Source, entities: int) -> None:
        row = self._graphs, graph, source[1], entities
        self._file.execute("INSERT INTO graph VALUES (?, ?, ?, ?)", row)
        self._graphs += 1

    def _add_words(self, names: list[Word], descriptions: list[Word], context: list[Word]) -> None:
        frequencies = dict.fromkeys(context, 0)
        for words, weight in ((descriptions, 1), (names, NAMED)):
            for word in words:
                frequencies[word] = frequencies.get(word, 0) + weight
        in_names = {*names}
        for word, frequency in frequencies.items():
            weight = min(frequency, MOST_FREQUENT) << 1 | (word in in_names) or IN_CONTEXT
            posting = self._fresh.get(word)
            if posting is None:
                posting = self._fresh[word] = array("I"), bytearray()
            posting[0].append(self.size)
            posting[1].append(weight)
        self._names.append(len(names))
        self._words.append(len(names) + len(descriptions))


def _to_words(texts: Iterable[Text]) -> list[Word]:
    """Return the words of texts, each by its language."""
    return [word for text, tag in texts for word in pairs(text, language_of(tag))]


class _Beginnings:
    """The entities by the first letters of words in their names, from words in their order."""

    def __init__(self, file: sqlite3.Connection, kind: np.dtype[np.unsignedinteger]) -> None:
        self._file, self._kind = file, kind
        self._open: dict[str, list[NDArray[np.int64]]] = {}

    def add(self, form: str, numbers: NDArray[np.int64]) -> None:
        starts = {form[:length] for length in range(1, LETTERS + 1)}
        self.end(keep=starts)
        for start in starts if len(numbers) else ():
            self._open.setdefault(start, []).append(numbers)

    def end(self, keep: Iterable[str] = ()) -> None:
        """Write those that no more words begin with."""
        for start in sorted(self._open.keys() - {*keep}):
            numbers = np.unique(np.concatenate(self._open.pop(start)))
            row = start, numbers.astype(self._kind).tobytes()
            self._file.execute("INSERT INTO beginning VALUES (?, ?)", row)


def build(folder: Path, former: Path, graphs: Iterable[tuple[str, str, str, str]]) -> None:
    """Write or link the segments of each part. Raises `StoreError`."""
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
            former_graphs = _read_former(stack, former, edition)
            for part, part_sources in parts.items():
                _build_part(
                    folder / part, former / part, part_sources, edition, former_graphs, rows
                )
    finally:
        unordered.unlink(missing_ok=True)


FormerGraphs = Mapping[tuple[str, str], tuple[Segment, int]]
"""By a graph and the name of its content: the former segment that has it, and its number there."""


def _read_former(stack: ExitStack, former: Path, edition: str) -> FormerGraphs:
    graphs: dict[tuple[str, str], tuple[Segment, int]] = {}
    for path in sorted(former.glob(f"*/*-{edition}.sqlite")):
        with suppress(StoreError):  # a damaged one is written anew
            segment = Segment(path)
            stack.callback(segment.close)
            rows = segment.read("SELECT iri, source, id FROM graph")
            graphs |= {(iri, source): (segment, number) for iri, source, number in rows}
    return graphs


def _build_part(  # noqa: PLR0913, PLR0917 - where it is, what it is made of, and by what
    folder: Path,
    former: Path,
    sources: Mapping[str, Source],
    edition: str,
    former_graphs: FormerGraphs,
    rows: OrderedEntities,
) -> None:
    folder.mkdir()
    names = []
    for graphs in divide(sources):
        name = name_segment(graphs, sources, edition)
        with suppress(FileNotFoundError):
            os.link(former / name, folder / name)
        if not (folder / name).exists():
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
