"""A segment of the lists of events: what some graphs say, as a SQLite file that is written once.

It stands in ``events/`` of a generation as a segment of the text index does in ``search/``: for the
same graphs, under a name that is equal for equal content, linked from generation to generation.
"""

import json
import sqlite3
import weakref
from collections.abc import Collection, Iterable
from contextlib import closing
from pathlib import Path
from threading import RLock

from parvis.errors import StoreError
from parvis.store.events import FOLDER
from parvis.store.events.facts import EntityFacts
from parvis.store.search.index import MEMBERS, OPEN, Listing

VERSION = 1
"""To increment when what is read changes, so that former files are not linked."""

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE graph(id INTEGER PRIMARY KEY, iri TEXT, source TEXT, entities INT);
CREATE TABLE entity(id INTEGER PRIMARY KEY, graph INT, iri TEXT, kind INT);
CREATE TABLE lines(id INTEGER PRIMARY KEY, lines BLOB);
CREATE TABLE event(
  id INTEGER PRIMARY KEY, begins REAL, ends REAL, place TEXT, work TEXT, profile INT, several INT);
CREATE TABLE profile(id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE part(graph INT, whole TEXT, PRIMARY KEY (graph, whole)) WITHOUT ROWID;
BEGIN;
"""
"""`lines` are the statements of an entity (`facts.py`), `part` what some entity is a part of."""
_COPY = """
INSERT INTO entity SELECT id + :shift, :graph, iri, kind FROM former.entity
  WHERE graph = :former ORDER BY id;
INSERT INTO lines SELECT id + :shift, lines FROM former.lines
  WHERE id > :first AND id <= :last ORDER BY id;
INSERT OR IGNORE INTO profile(text) SELECT text
  FROM former.event JOIN former.profile ON former.profile.id = former.event.profile
  WHERE former.event.id > :first AND former.event.id <= :last
  GROUP BY text ORDER BY MIN(former.event.id);
INSERT INTO event SELECT event.id + :shift, begins, ends, place, work, own.id, several
  FROM former.event AS event JOIN former.profile AS its ON its.id = event.profile
  JOIN main.profile AS own ON own.text = its.text
  WHERE event.id > :first AND event.id <= :last ORDER BY event.id;
INSERT INTO part SELECT :graph, whole FROM former.part WHERE graph = :former;
"""


class SegmentWriter:
    """A segment that is being written, graph after graph; the entities of each are one range."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._graphs = self._size = 0
        self._profiles: dict[str, int] = {}
        file.executescript(TABLES)

    def add(self, entity: EntityFacts) -> None:
        """Add an entity of the graph that is next."""
        self._size += 1
        row = self._size, self._graphs + 1, entity.iri, entity.kind
        self._file.execute("INSERT INTO entity VALUES (?, ?, ?, ?)", row)
        self._file.execute("INSERT INTO lines VALUES (?, ?)", (self._size, entity.lines))
        for whole in entity.wholes:
            part = self._graphs + 1, whole
            self._file.execute("INSERT OR IGNORE INTO part VALUES (?, ?)", part)
        if keys := entity.keys:
            place, work = keys.place or None, keys.work or None
            profile = self._number_profile(keys.profile)
            values = self._size, keys.begins, keys.ends, place, work, profile, keys.several
            self._file.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def end_graph(self, graph: str, source: str, first: int) -> None:
        """End a graph whose entities follow the number `first`."""
        self._graphs += 1
        row = self._graphs, graph, source, self._size - first
        self._file.execute("INSERT INTO graph VALUES (?, ?, ?, ?)", row)

    @property
    def size(self) -> int:
        return self._size

    def copy(self, graph: str, source: str, former: Path) -> None:
        """Add a graph of a former segment that has the same content of it."""
        start = self._size
        self._file.execute("COMMIT")
        self._file.execute("ATTACH ? AS former", [as_address(former)])
        self._file.execute("BEGIN")
        query = "SELECT id, entities FROM former.graph WHERE iri = ? AND source = ?"
        ((number, entities),) = self._file.execute(query, [graph, source])
        query = "SELECT COALESCE(SUM(entities), 0) FROM former.graph WHERE id < ?"
        ((first,),) = self._file.execute(query, [number])
        values = {
            "graph": self._graphs + 1,
            "former": number,
            "first": first,
            "last": first + entities,
            "shift": start - first,
        }
        for statement in filter(str.strip, _COPY.split(";")):
            self._file.execute(statement, values)
        self._file.execute("COMMIT")
        self._file.execute("DETACH former")
        self._file.execute("BEGIN")
        self._size += entities
        self.end_graph(graph, source, start)

    def finish(self) -> None:
        self._file.execute("COMMIT")

    def _number_profile(self, text: str) -> int:
        if text not in self._profiles:
            self._file.execute("INSERT OR IGNORE INTO profile(text) VALUES (?)", [text])
            rows = self._file.execute("SELECT id FROM profile WHERE text = ?", [text])
            ((self._profiles[text],),) = rows
        return self._profiles[text]


def as_address(path: Path) -> str:
    """Return the address of a segment that nobody writes to any more."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def read_graphs(path: Path) -> list[tuple[str, str, int]]:
    """Return the IRI, the source and the number of entities of each graph of a segment."""
    with closing(sqlite3.connect(as_address(path), uri=True)) as file:
        return file.execute("SELECT iri, source, entities FROM graph ORDER BY id").fetchall()


class EventSegments:
    """The segments of a generation, open for reading. Thread-safe."""

    def __init__(self, generation: Path) -> None:
        """Open them. Raises `StoreError` for a generation without lists."""
        listings = {part: Listing.read(generation, part, FOLDER) for part in (OPEN, MEMBERS)}
        self.addresses = {
            part: [as_address(path) for path in listing.paths()]
            for part, listing in listings.items()
        }
        self._lock = RLock()
        self._files: list[sqlite3.Connection] = []
        try:
            for address in (address for part in self.addresses.values() for address in part):
                self._files.append(connect(address))
        except sqlite3.Error as error:
            raise failure(error) from error
        finally:
            weakref.finalize(self, close_files, self._files)

    def read_lines(self, source: int, numbers: Collection[int]) -> dict[int, bytes]:
        """Return the lines of some entities of a segment."""
        query = "SELECT id, lines FROM lines WHERE id IN (SELECT value FROM json_each(?))"
        try:
            with self._lock:
                return dict(self._files[source].execute(query, [json.dumps([*numbers])]))
        except sqlite3.Error as error:
            raise failure(error) from error


def connect(address: str) -> sqlite3.Connection:
    """Open a file for any thread in its turn."""
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)


def close_files(files: Iterable[sqlite3.Connection]) -> None:
    for file in files:
        file.close()


def failure(error: sqlite3.Error) -> StoreError:
    return StoreError("the lists of events cannot be read: {reason}", reason=error)
