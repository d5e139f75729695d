"""A segment of the text index: the entities of some graphs, and in which of them each word is.

A segment is a SQLite file that is written once, from its graphs alone, in one order. Entities are
numbered graph after graph, so that those of a graph are one range. Of each word a segment has two
arrays: the numbers of the entities that have it, and a byte for each, of its weight there. All
that depends on which graphs a reader may read is computed from these arrays by `ranking`; no sum
over a segment is stored.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from parvis.errors import StoreError

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE graph(id INTEGER PRIMARY KEY, iri TEXT, source TEXT, entities INT);
CREATE TABLE entity(id INTEGER PRIMARY KEY, graph INT, iri TEXT);
CREATE TABLE text(id INTEGER PRIMARY KEY, kinds TEXT, texts TEXT);
CREATE TABLE word(id INTEGER PRIMARY KEY, form TEXT, stem TEXT, entities BLOB, weights BLOB);
CREATE TABLE beginning(letters TEXT PRIMARY KEY, entities BLOB) WITHOUT ROWID;
CREATE TABLE lengths(names BLOB, texts BLOB, keys BLOB);
"""
INDEXES = """
CREATE INDEX word_by_form ON word(form, stem);
CREATE INDEX word_by_stem ON word(stem);
"""
"""`source` names the content of a graph, `lengths` has arrays over all entities: the words of their
names and of all their texts, and a key by which equal ones are put in order, a hash of the IRI."""
IN_CONTEXT = 1
"""The weight of a word that is in the context of an entity alone; that of another word is twice its
frequency, and one more if it is in a name."""
IN_NAMES = 1
"""The bit of a weight that says that a word is in a name."""
MOST_FREQUENT = 127
LETTERS = 3
"""Letters of the beginnings of names that have an array of their own."""
SMALL = 1 << 16
"""Entities whose numbers fit in two bytes."""
PIECE = 5_000
"""Words that are read at a time."""
LAST = "\U0010ffff"
"""What comes after all letters."""

Word = tuple[str, str]
"""A form with its stem."""
Numbers = NDArray[np.integer]
"""The numbers of entities, in order."""
Weights = NDArray[np.uint8]
Posting = tuple[Numbers, Weights]
"""The entities that have a word, and its weight in each."""

_BY_STEM = "SELECT stem, entities, weights FROM word WHERE stem IN (SELECT value FROM json_each(?))"
_BY_FORM = "SELECT form, stem, entities, weights FROM word WHERE form >= ? AND form < ?"
_ENTITIES_BY_FORM = "SELECT form, stem, entities FROM word WHERE form >= ? AND form < ?"
_PIECE = "SELECT form, stem, entities, weights FROM word WHERE id >= ? AND id < ? ORDER BY id"
_BEGINNING = "SELECT entities FROM beginning WHERE letters = ?"
_IRIS = (
    "SELECT entity.id, entity.iri, graph.iri FROM entity JOIN graph ON graph.id = entity.graph"
    " WHERE entity.id IN (SELECT value FROM json_each(?))"
)
_ONLY_IRIS = "SELECT iri FROM entity WHERE id IN (SELECT value FROM json_each(?))"
_KINDS = "SELECT id, kinds FROM text WHERE id IN (SELECT value FROM json_each(?))"
_TEXT = "SELECT kinds, texts FROM text WHERE id = ?"


def number_type(entities: int) -> np.dtype[np.unsignedinteger]:
    """Return how the numbers of a segment's entities are written."""
    return np.dtype("<u2" if entities <= SMALL else "<u4")


class Segment:
    """A segment that is open for reading. Thread-safe."""

    def __init__(self, path: Path) -> None:
        """Open a segment. Raises `StoreError` for a file that is none."""
        self._path, self._lock = path, Lock()
        try:
            # Nobody writes to the file, and any thread may use it in its turn.
            address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            self._file = sqlite3.connect(address, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        try:
            self._read_arrays()
        except (StoreError, TypeError, ValueError, OverflowError) as error:
            self._file.close()
            raise error if isinstance(error, StoreError) else self._failure(error) from error

    def _read_arrays(self) -> None:
        sizes = [size for (size,) in self.read("SELECT entities FROM graph ORDER BY id")]
        ((names, texts, keys),) = self.read("SELECT names, texts, keys FROM lengths")
        self.sizes = np.array(sizes, np.uint32).astype(np.int64)
        """The number of entities of each graph."""
        self.name_words, self.words, self.keys = (
            np.frombuffer(array, "<u4") for array in (names, texts, keys)
        )
        self.size = int(self.sizes.sum())
        if not self.size == len(self.name_words) == len(self.words) == len(self.keys):
            raise self._failure("lengths")

    @cached_property
    def graphs(self) -> Sequence[str]:
        """Read the IRIs of all graphs, in order."""
        return [iri for (iri,) in self.read("SELECT iri FROM graph ORDER BY id")]

    def postings(self, stems: Iterable[str]) -> dict[str, list[Posting]]:
        """Return the postings of some stems, several for a stem of several words."""
        postings: dict[str, list[Posting]] = {stem: [] for stem in stems}
        for stem, entities, weights in self.read(_BY_STEM, json.dumps([*postings])):
            postings[stem].append(self._posting(entities, weights))
        # What nobody has takes about as long as what only hidden entities have.
        return {stem: parts or [self._posting(b"", b"")] for stem, parts in postings.items()}

    def beginnings(self, start: str) -> list[Posting]:
        """Return the postings of words in names that begin so."""
        if len(start) > LETTERS:
            forms = (self._posting(*row[2:]) for row in self.read(_BY_FORM, start, start + LAST))
            postings = [
                (numbers[in_name], weights[in_name])
                for numbers, weights in forms
                for in_name in [(weights & IN_NAMES > 0) & (weights > IN_CONTEXT)]
            ]
            return [posting for posting in postings if len(posting[0])]
        rows = self.read(_BEGINNING, start)
        arrays = (self._numbers(entities) for (entities,) in rows)
        return [(array, np.full(len(array), 2 | IN_NAMES, np.uint8)) for array in arrays]

    def words_from(self, start: str, end: str) -> tuple[list[Word], Numbers, list[int]]:
        """Return the words from one to before another, their entities, and how many each has."""
        rows = self.read(_ENTITIES_BY_FORM, start, end)
        # There may be thousands of words: their arrays are one.
        arrays = [entities if isinstance(entities, bytes) else b"\xff" for _, _, entities in rows]
        size = number_type(self.size).itemsize
        words = [(form, stem) for form, stem, _ in rows]
        return words, self._numbers(b"".join(arrays)), [len(array) // size for array in arrays]

    def all_words(self) -> Iterator[tuple[list[Word], list[int], Numbers, Weights]]:
        """Yield all words in order, with the number of postings of each, and these."""
        start, size = 1, number_type(self.size).itemsize
        # In pieces, so that a large segment need not be in memory.
        while rows := self.read(_PIECE, start, start + PIECE):
            words = [(form, stem) for form, stem, _, _ in rows]
            try:
                sizes = [len(weights) for *_, weights in rows]
                entities = self._numbers(b"".join([entities for _, _, entities, _ in rows]))
                weights = np.frombuffer(b"".join([weights for *_, weights in rows]), np.uint8)
            except TypeError as error:
                raise self._failure("word") from error
            if [len(row[2]) for row in rows] != [count * size for count in sizes]:
                raise self._failure("word")
            yield words, sizes, entities, weights
            start += PIECE

    def iris(self, numbers: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Return the IRIs of some entities, and those of their graphs."""
        rows = self.read(_IRIS, json.dumps([*numbers]))
        return {number: (iri, graph) for number, iri, graph in rows}

    def only_iris(self, numbers: Iterable[int]) -> list[str]:
        return [iri for (iri,) in self.read(_ONLY_IRIS, json.dumps([*numbers]))]

    def kinds(self, numbers: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Return the classes of some entities."""
        rows = self.read(_KINDS, json.dumps([*numbers]))
        return {number: tuple(kinds.split()) for number, kinds in rows}

    def text(self, number: int) -> tuple[tuple[str, ...], str]:
        """Return the classes and the texts of an entity."""
        ((kinds, texts),) = self.read(_TEXT, number)
        return tuple(kinds.split()), texts

    def read(self, query: str, *parameters: object) -> list[tuple]:  # type: ignore[type-arg]
        """Return the rows of a query. Raises `StoreError`."""
        # A connection serves one thread at a time: for a statement, not for a whole search.
        try:
            with self._lock:
                return self._file.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _posting(self, entities: bytes, weights: bytes) -> Posting:
        numbers = self._numbers(entities)
        if not isinstance(weights, bytes) or len(numbers) != len(weights):
            raise self._failure("word")
        return numbers, np.frombuffer(weights, np.uint8)

    def _numbers(self, entities: bytes) -> Numbers:
        # A segment may come from another machine: what is no number of an entity is not used.
        kind = number_type(self.size)
        if not isinstance(entities, bytes) or len(entities) % kind.itemsize:
            raise self._failure("word")
        numbers = np.frombuffer(entities, kind)
        if numbers.max(initial=0) >= self.size:
            raise self._failure("word")
        return numbers

    def _failure(self, reason: object) -> StoreError:
        return StoreError("the text index cannot be read: {reason}", reason=reason)
