"""The text index of one graph: a small SQLite file, built once and never written to again.

One row stands for one thing of the graph, with the stems of its names and of its descriptions.
A graph has a file of its own, so that nothing of a graph that a reader may not read, be it a
count or the time it takes, has a part in an answer. The file depends on the graph's triples
alone: a generation takes it over from the one before when they have not changed.
"""

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from parvis.rdf.opening import opened
from parvis.store.search.words import language_of, pairs
from parvis.vocab.prefixes import PREFIXES

VERSION = 1
"""To be raised when words, or the file, change: files of another version are not taken over."""

NAMES = (
    f"{PREFIXES['rdfs']}label",
    f"{PREFIXES['skos']}prefLabel",
    f"{PREFIXES['skos']}altLabel",
    f"{PREFIXES['schema']}name",
    f"{PREFIXES['schema']}alternateName",
    f"{PREFIXES['dct']}title",
    f"{PREFIXES['foaf']}name",
)
DESCRIPTIONS = (
    f"{PREFIXES['schema']}description",
    f"{PREFIXES['dct']}description",
    f"{PREFIXES['rdfs']}comment",
    f"{PREFIXES['skos']}definition",
    f"{PREFIXES['skos']}scopeNote",
    f"{PREFIXES['dcat']}keyword",
)

_KEPT = {*NAMES, *DESCRIPTIONS, f"{PREFIXES['rdf']}type"}
_NAMING = {*NAMES}
_LINE = re.compile(
    rb"[^>]*>\s*<(?:" + b"|".join(re.escape(one).encode() for one in sorted(_KEPT)) + rb")>"
)
_PIECE = 2_000
"""Lines that are parsed at once."""
_json = json.JSONEncoder(ensure_ascii=False).encode
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE VIRTUAL TABLE thing USING fts5(
  iri UNINDEXED, kinds UNINDEXED, names, descriptions, texts UNINDEXED,
  tokenize = 'ascii', detail = column, columnsize = 0);
CREATE TABLE form(form TEXT, stem TEXT, things INT, PRIMARY KEY (form, stem)) WITHOUT ROWID;
CREATE TABLE stem(stem TEXT PRIMARY KEY, things INT) WITHOUT ROWID;
CREATE TABLE facts(things INT, words INT);
"""


@dataclass
class _Thing:
    """What a graph says of a thing: its classes, and its texts with their languages."""

    kinds: list[str] = field(default_factory=list)
    names: list[tuple[str, str | None]] = field(default_factory=list)
    descriptions: list[tuple[str, str | None]] = field(default_factory=list)

    def add(self, step: str, term: object) -> None:
        """Keep a statement."""
        if isinstance(term, ox.Literal):
            kept = self.names if step in _NAMING else self.descriptions
            kept.append((term.value, term.language))
        elif isinstance(term, ox.NamedNode):
            self.kinds.append(term.value)


def write(source: Path, index: Path) -> bool:
    """Index a file of N-Triples, sorted or not; False when nothing in it has a text.

    Blank nodes are left out: nobody could ask for them again. Raises what the parser and the disk
    complain about.
    """
    things = {iri: one for iri, one in _things(source).items() if one.names or one.descriptions}
    if not things:
        return False
    with closing(sqlite3.connect(index, isolation_level=None)) as file:
        file.executescript(_TABLES)
        file.execute("BEGIN")
        counted = _Counted()
        file.executemany(
            "INSERT INTO thing(iri, kinds, names, descriptions, texts) VALUES (?, ?, ?, ?, ?)",
            counted.rows(things),
        )
        counted.write(file)
        file.execute("COMMIT")
        file.execute("INSERT INTO thing(thing) VALUES ('optimize')")
    return True


def _things(source: Path) -> dict[str, _Thing]:
    """Gather what a graph says of each thing."""
    found: defaultdict[str, _Thing] = defaultdict(_Thing)
    for triple in _statements(source):
        if isinstance(triple.subject, ox.NamedNode):
            iri, step = triple.subject.value, triple.predicate.value
            if step in _KEPT:
                found[iri].add(step, triple.object)
    return found


def _statements(source: Path) -> Iterator[ox.Triple | ox.Quad]:
    """Parse the lines that may matter, which a pattern finds ten times faster than a parser."""
    with opened(source) as file:
        matching = filter(_LINE.match, file)
        while kept := list(islice(matching, _PIECE)):
            yield from ox.parse(b"".join(kept), ox.RdfFormat.N_TRIPLES)


Row = tuple[str, str, str, str, str]


class _Counted:
    """The rows of an index, and what ranking and completion must know of them together."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._forms: Counter[tuple[str, str]] = Counter()
        self._stems: Counter[str] = Counter()
        self._words = self._things = 0

    def rows(self, things: dict[str, _Thing]) -> Iterator[Row]:
        """Give a row for each thing, the shortest text first.

        Among things that hold the same words, the shorter are the better answers: a query may stop
        after the first rows that it finds.
        """
        for iri, thing in sorted(things.items(), key=_length):
            names, descriptions = self._stems_of(thing.names), self._stems_of(thing.descriptions)
            self._things += 1
            self._words += len(names) + len(descriptions)
            self._stems.update({*names, *descriptions})
            texts = _json([thing.names, thing.descriptions])
            yield iri, " ".join(thing.kinds), " ".join(names), " ".join(descriptions), texts

    def write(self, file: sqlite3.Connection) -> None:
        """Keep the counts beside the rows."""
        pairs = ((form, one, count) for (form, one), count in self._forms.items())
        file.executemany("INSERT INTO form VALUES (?, ?, ?)", pairs)
        file.executemany("INSERT INTO stem VALUES (?, ?)", self._stems.items())
        file.execute("INSERT INTO facts VALUES (?, ?)", (self._things, self._words))

    def _stems_of(self, texts: list[tuple[str, str | None]]) -> list[str]:
        """Bring texts to stems, each by its language."""
        found: list[tuple[str, str]] = []
        for text, tag in texts:
            found += pairs(text, language_of(tag))
        self._forms.update(found)
        return [one for _, one in found]


def _length(item: tuple[str, _Thing]) -> tuple[int, int, str]:
    """Measure a thing's texts, its names first."""
    iri, thing = item
    sizes = (sum(len(text) for text, _ in kind) for kind in (thing.names, thing.descriptions))
    names, descriptions = sizes
    return names, descriptions, iri
