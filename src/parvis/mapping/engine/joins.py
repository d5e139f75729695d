"""Joins: the subjects of a parent's rows, found by the values they are joined on.

The index holds one text a parent's row, whatever the row holds else: in memory while it is
small, then in a temporary database that lets go of memory.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import product

from parvis.mapping.engine.functions import Setting
from parvis.mapping.engine.rows import Row
from parvis.mapping.engine.terms import Several, Terms, terms_of, texts_of
from parvis.mapping.language.plan import Expression, Join, ObjectMap, references

IN_MEMORY = 100_000
"""How many subjects are held in memory: about 30 MB."""
SEPARATOR = "\x1f"
"""Between the parts of a key (ASCII's unit separator)."""

Keys = Callable[[Row], list[str]]
Refuse = Callable[[Row, set[str]], None]
"""Reports what a row has refused, of some columns."""


class Index:
    """Subjects by key, in the order they came."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        """Begin empty; what is more than `in_memory` subjects goes to disk."""
        self._limit = in_memory
        self._count = 0
        self._held: dict[str, list[str]] = {}
        self._spilled: sqlite3.Connection | None = None

    def fill(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Add all keys with their subjects, once."""
        for key, subject in pairs:
            self._held.setdefault(key, []).append(subject)
            self._count += 1
            if self._count == self._limit:
                self._spill()
        if self._spilled:
            self._spill()
            self._spilled.execute("CREATE INDEX by_key ON parents (key)")

    def _spill(self) -> None:
        """Move what memory holds to disk."""
        if self._spilled is None:
            self._spilled = sqlite3.connect("", isolation_level=None)  # a file without a name
            self._spilled.execute("CREATE TABLE parents (key TEXT, subject TEXT)")
        rows = ((key, subject) for key, several in self._held.items() for subject in several)
        self._spilled.execute("BEGIN")
        self._spilled.executemany("INSERT INTO parents VALUES (?, ?)", rows)
        self._spilled.execute("COMMIT")
        self._held.clear()
        self._count = 0

    def close(self) -> None:
        """Let go of what is on disk."""
        if self._spilled:
            self._spilled.close()

    def find(self, key: str) -> list[str]:
        """Give the subjects of a key."""
        if self._spilled is None:
            return self._held.get(key, [])
        query = "SELECT subject FROM parents WHERE key = ? ORDER BY rowid"
        return [subject for (subject,) in self._spilled.execute(query, (key,))]


def wanted_of(join: Join) -> set[str]:
    """Name what a join reads of the parent's rows."""
    names = references(join.subject.value)
    return names.union(*(references(parent) for _, parent in join.on))


def index_of(join: Join, rows: Iterable[Row], setting: Setting, base: str, refuse: Refuse) -> Index:
    """Read the parent's rows once; a row whose subject cannot be made is reported."""
    keys = _keys([parent for _, parent in join.on], setting)
    subjects = terms_of(join.subject, setting, base).of
    index = Index()
    index.fill(_pairs(rows, keys, subjects, lambda row: refuse(row, wanted_of(join))))
    return index


def _pairs(
    rows: Iterable[Row], keys: Keys, subjects: Several, refuse: Callable[[Row], None]
) -> Iterator[tuple[str, str]]:
    """Give each row's keys with its subjects."""
    for row in rows:
        yield from product(keys(row), subjects(row))
        if row.refused:
            refuse(row)


def joined(join: Join, index: Index, setting: Setting) -> Terms:
    """Compile the objects of a join: the subjects of the parent's rows that match."""
    keys = _keys([child for child, _ in join.on], setting)
    return Terms(lambda row: [term for key in keys(row) for term in index.find(key)])


def _keys(expressions: Iterable[Expression], setting: Setting) -> Keys:
    """Compile what is compared: all combinations of the values, none if one is missing."""
    texts = [texts_of(ObjectMap(expression), setting) for expression in expressions]
    if len(texts) == 1:
        return texts[0]
    return lambda row: [SEPARATOR.join(key) for key in product(*(text(row) for text in texts))]
