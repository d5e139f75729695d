"""The text index of one graph: a small SQLite file, built once and never written to again.

Each row is an entity of the graph, with the stems of its names and of its descriptions. Each graph
has a file of its own, so that a graph that a reader may not read influences no answer, neither by
a count nor by the time it takes. The file depends on the graph's triples alone: a generation links
it from the previous one when they have not changed.
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

from parvis.rdf.streams import open_file
from parvis.store.search.words import language_of, pairs
from parvis.vocab import PREFIXES

VERSION = 1
"""To increment when stemming or the file format change, so that former files are not linked."""

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

_INDEXED = {*NAMES, *DESCRIPTIONS, f"{PREFIXES['rdf']}type"}
_NAMING = {*NAMES}
_LINE = re.compile(
    rb"[^>]*>\s*<(?:" + b"|".join(re.escape(iri).encode() for iri in sorted(_INDEXED)) + rb")>"
)
_PIECE = 2_000
"""Lines parsed at a time."""
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
class _Entity:
    """An entity as a graph describes it: its classes, and its texts with their languages."""

    kinds: list[str] = field(default_factory=list)
    names: list[tuple[str, str | None]] = field(default_factory=list)
    descriptions: list[tuple[str, str | None]] = field(default_factory=list)

    def add(self, step: str, term: object) -> None:
        if isinstance(term, ox.Literal):
            texts = self.names if step in _NAMING else self.descriptions
            texts.append((term.value, term.language))
        elif isinstance(term, ox.NamedNode):
            self.kinds.append(term.value)


def write(source: Path, index: Path) -> bool:
    """Index a file of N-Triples, sorted or not; False when no entity in it has a text.

    Raises the errors of the parser and of the disk.
    """
    described: defaultdict[str, _Entity] = defaultdict(_Entity)
    with open_file(source) as lines:
        # A pattern finds the relevant lines ten times faster than a parser.
        matching = filter(_LINE.match, lines)
        while piece := list(islice(matching, _PIECE)):
            for triple in ox.parse(b"".join(piece), ox.RdfFormat.N_TRIPLES):
                # Blank nodes are left out, since a hit could not be looked up again.
                if isinstance(triple.subject, ox.NamedNode) and triple.predicate.value in _INDEXED:
                    described[triple.subject.value].add(triple.predicate.value, triple.object)
    entities = {
        iri: entity for iri, entity in described.items() if entity.names or entity.descriptions
    }
    if not entities:
        return False
    with closing(sqlite3.connect(index, isolation_level=None)) as file:
        file.executescript(_TABLES)
        file.execute("BEGIN")
        counts = _Counts()
        file.executemany(
            "INSERT INTO thing(iri, kinds, names, descriptions, texts) VALUES (?, ?, ?, ?, ?)",
            counts.rows(entities),
        )
        counts.write(file)
        file.execute("COMMIT")
        file.execute("INSERT INTO thing(thing) VALUES ('optimize')")
    return True


Row = tuple[str, str, str, str, str]


class _Counts:
    """The rows of an index, and the counts that ranking and completion need."""

    def __init__(self) -> None:
        self._forms: Counter[tuple[str, str]] = Counter()
        self._stems: Counter[str] = Counter()
        self._words = self._entities = 0

    def rows(self, entities: dict[str, _Entity]) -> Iterator[Row]:
        """Yield a row for each entity, the shortest text first."""

        def length(entry: tuple[str, _Entity]) -> tuple[int, int, str]:
            iri, entity = entry
            names = sum(len(text) for text, _ in entity.names)
            return names, sum(len(text) for text, _ in entity.descriptions), iri

        # Among entities with the same words, the shorter are the better answers: a query may stop
        # after the first rows that it finds.
        for iri, entity in sorted(entities.items(), key=length):
            names, descriptions = self._stem(entity.names), self._stem(entity.descriptions)
            self._entities += 1
            self._words += len(names) + len(descriptions)
            self._stems.update({*names, *descriptions})
            texts = _json([entity.names, entity.descriptions])
            yield iri, " ".join(entity.kinds), " ".join(names), " ".join(descriptions), texts

    def write(self, file: sqlite3.Connection) -> None:
        """Write the counts."""
        forms = ((form, stem, count) for (form, stem), count in self._forms.items())
        file.executemany("INSERT INTO form VALUES (?, ?, ?)", forms)
        file.executemany("INSERT INTO stem VALUES (?, ?)", self._stems.items())
        file.execute("INSERT INTO facts VALUES (?, ?)", (self._entities, self._words))

    def _stem(self, texts: list[tuple[str, str | None]]) -> list[str]:
        """Return the stems of texts, each by its language."""
        stems: list[tuple[str, str]] = []
        for text, tag in texts:
            stems += pairs(text, language_of(tag))
        self._forms.update(stems)
        return [stem for _, stem in stems]
