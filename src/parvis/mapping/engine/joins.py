"""Join triples maps: find the subjects of a parent's rows by the values they are joined on.

The index holds one text per parent row, in memory while it is small, then in a temporary database.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import product

from parvis.mapping.engine.functions import FunctionContext
from parvis.mapping.engine.rows import SourceRow
from parvis.mapping.engine.terms import CompiledTermMap, compile_term_map, compile_texts
from parvis.mapping.language.plan import Expression, Join, ObjectMap, references

IN_MEMORY = 100_000
"""Largest number of subjects in memory: about 30 MB."""
SEPARATOR = "\x1f"
"""Between the parts of a key (ASCII's unit separator)."""

Keys = Callable[[SourceRow], list[str]]
Refuse = Callable[[SourceRow, set[str]], None]
"""Report and clear a row's invalid values, read from some columns."""


class JoinIndex:
    """Subjects by key, in the order of their rows."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        """Create an empty index; more than `in_memory` subjects go to disk."""
        self._limit = in_memory
        self._count = 0
        self._memory: dict[str, list[str]] = {}
        self._disk: sqlite3.Connection | None = None

    def fill(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Add all keys with their subjects, once."""
        for key, subject in pairs:
            self._memory.setdefault(key, []).append(subject)
            self._count += 1
            if self._count == self._limit:
                self._spill()
        if self._disk:
            self._spill()
            # Created after the inserts: filling a table that has an index takes longer.
            self._disk.execute("CREATE INDEX by_key ON parents (key)")

    def _spill(self) -> None:
        """Move the subjects in memory to disk."""
        if self._disk is None:
            # A temporary file without a name; transactions are explicit.
            self._disk = sqlite3.connect("", isolation_level=None)
            self._disk.execute("CREATE TABLE parents (key TEXT, subject TEXT)")
        rows = ((key, subject) for key, subjects in self._memory.items() for subject in subjects)
        self._disk.execute("BEGIN")
        self._disk.executemany("INSERT INTO parents VALUES (?, ?)", rows)
        self._disk.execute("COMMIT")
        self._memory.clear()
        self._count = 0

    def close(self) -> None:
        if self._disk:
            self._disk.close()

    def find(self, key: str) -> list[str]:
        if self._disk is None:
            return self._memory.get(key, [])
        query = "SELECT subject FROM parents WHERE key = ? ORDER BY rowid"
        return [subject for (subject,) in self._disk.execute(query, (key,))]


def parent_names(join: Join) -> set[str]:
    """Return the names that a join reads of the parent's rows."""
    names = references(join.subject.value)
    return names.union(*(references(parent) for _, parent in join.on))


def build_index(
    join: Join, rows: Iterable[SourceRow], setting: FunctionContext, base: str, refuse: Refuse
) -> JoinIndex:
    """Index the parent's rows; a row whose subject cannot be made is passed to `refuse`."""
    keys = _compile_keys([parent for _, parent in join.on], setting)
    subjects = compile_term_map(join.subject, setting, base).terms

    def pair_keys() -> Iterator[tuple[str, str]]:
        for row in rows:
            yield from product(keys(row), subjects(row))
            if row.refused:
                refuse(row, parent_names(join))

    index = JoinIndex()
    index.fill(pair_keys())
    return index


def compile_join(join: Join, index: JoinIndex, setting: FunctionContext) -> CompiledTermMap:
    """Compile the objects of a join: the subjects of the matching parent rows."""
    keys = _compile_keys([child for child, _ in join.on], setting)
    return CompiledTermMap(lambda row: [term for key in keys(row) for term in index.find(key)])


def _compile_keys(expressions: Iterable[Expression], setting: FunctionContext) -> Keys:
    """Compile the join keys: all combinations of the values, none if one is missing."""
    texts = [compile_texts(ObjectMap(expression), setting) for expression in expressions]
    if len(texts) == 1:
        return texts[0]
    return lambda row: [SEPARATOR.join(key) for key in product(*(text(row) for text in texts))]
