"""The events of one class of readers: of the graphs that they may read, by their start.

The list is a SQLite file of this process, made of the segments of a generation, and gone when it is
closed. It holds what events are chosen and counted by; what is said of them is read from the
segments when it is shown. Nothing in it is of a graph that the class may not read: rows of other
graphs are left out as they are copied, and all else is computed from rows.
"""

import json
import sqlite3
import tempfile
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from threading import RLock
from typing import Any

from parvis.store.events.choice import EventChoice, EventRow, PlaceRow
from parvis.store.events.facts import BARE, EVENT, PLACE, SERIES, parse_lines
from parvis.store.events.segment import EventSegments, close_files, connect, failure
from parvis.store.search.index import MEMBERS, OPEN

Row = tuple[Any, ...]
Statement = tuple[str, str, str, str, str]
"""The graph, the subject, the property, the value, and its language."""

_GRAPHS = 1 << 20
"""Graphs of a segment, at most."""
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
PRAGMA trusted_schema = OFF;
CREATE TABLE readable(iri TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE graph(id INTEGER PRIMARY KEY, iri TEXT);
CREATE TABLE entity(
  iri TEXT, source INT, id INT, graph INT, kind INT, PRIMARY KEY (iri, source, id)) WITHOUT ROWID;
CREATE TABLE event(
  begins REAL, iri TEXT, ends REAL, place TEXT, work TEXT, profile INT, graph INT,
  PRIMARY KEY (begins, iri)) WITHOUT ROWID;
CREATE TABLE profile(id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE origin(iri TEXT, graph INT, PRIMARY KEY (iri, graph)) WITHOUT ROWID;
CREATE TABLE named(member TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
CREATE INDEX member_by_name ON named(name);
CREATE TABLE listed_place(iri TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE part(whole TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unsettled(iri TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE place(iri TEXT PRIMARY KEY, longitude REAL, latitude REAL, holder TEXT) WITHOUT ROWID;
CREATE TABLE area(place TEXT, area TEXT, PRIMARY KEY (place, area)) WITHOUT ROWID;
CREATE TABLE silent_work(iri TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE spoken(work TEXT, language TEXT, PRIMARY KEY (work, language)) WITHOUT ROWID;
"""
"""Of an event of several graphs, `graph` is none, and `origin` has them. A list takes 16 MB of the
memory, and the rest of it is on the disk."""
_COPY = """
INSERT INTO graph SELECT :base + id, iri FROM segment.graph
  WHERE :all OR iri IN (SELECT iri FROM readable);
INSERT INTO entity SELECT iri, :source, id, :base + graph, kind FROM segment.entity
  WHERE :all OR :base + graph IN (SELECT id FROM main.graph);
INSERT OR IGNORE INTO part SELECT whole FROM segment.part
  WHERE :all OR :base + graph IN (SELECT id FROM main.graph);
INSERT OR IGNORE INTO main.profile(text) SELECT text FROM segment.profile ORDER BY id;
INSERT OR IGNORE INTO unsettled SELECT e.iri
  FROM segment.event AS v JOIN segment.entity AS e USING (id)
  WHERE v.several AND (:all OR :base + e.graph IN (SELECT id FROM main.graph));
INSERT OR IGNORE INTO main.event
  SELECT v.begins, e.iri, v.ends, v.place, v.work, own.id, :base + e.graph
  FROM segment.event AS v JOIN segment.entity AS e USING (id)
  JOIN segment.profile AS its ON its.id = v.profile
  JOIN main.profile AS own ON own.text = its.text
  WHERE :all OR :base + e.graph IN (SELECT id FROM main.graph);
"""
# Rows of several graphs, or of an entity that goes by another name, are put together one by one.
_SETTLE = """
UPDATE event SET place = (SELECT name FROM named WHERE member = place)
  WHERE place IN (SELECT member FROM named);
UPDATE event SET work = (SELECT name FROM named WHERE member = work)
  WHERE work IN (SELECT member FROM named);
INSERT OR IGNORE INTO unsettled SELECT iri FROM entity
  GROUP BY iri HAVING COUNT(*) > 1 AND MAX(kind & :listed);
INSERT OR IGNORE INTO unsettled SELECT name FROM named JOIN entity ON iri = member
  WHERE kind & :listed;
DELETE FROM event WHERE iri IN (SELECT iri FROM unsettled) OR iri IN (SELECT member FROM named);
DELETE FROM unsettled WHERE iri IN (SELECT member FROM named);
INSERT OR IGNORE INTO listed_place SELECT COALESCE(name, iri)
  FROM entity LEFT JOIN named ON member = iri WHERE kind & :place;
"""
_DROP_WHOLES = """
DELETE FROM event WHERE iri IN (
  SELECT COALESCE(name, whole) FROM part LEFT JOIN named ON member = whole)
AND iri IN (
  SELECT COALESCE(name, iri) FROM entity LEFT JOIN named ON member = iri WHERE kind & :series)
"""
# The order of a CROSS JOIN is kept: from the few that are asked for to the table, by its key.
_ENTITIES = """
WITH requested(iri) AS (SELECT value FROM json_each(?)),
name(iri) AS (
  SELECT iri FROM requested
  UNION SELECT name FROM requested CROSS JOIN named ON member = requested.iri),
every(iri) AS (
  SELECT iri FROM name
  UNION SELECT member FROM name CROSS JOIN named ON named.name = name.iri)
SELECT source, entity.id, graph.iri, entity.iri
FROM every CROSS JOIN entity USING (iri) CROSS JOIN graph ON graph.id = entity.graph
"""
"""The rows of entities, and of those that have the same name."""
_LINKS = """
SELECT source, entity.id, graph.iri, entity.iri FROM entity JOIN graph ON graph.id = entity.graph
WHERE substr(graph.iri, 1, length(:start)) = :start ORDER BY graph.iri, entity.iri
"""
_NAMES = (
    """FROM event WHERE substr(iri, 1, length(:start)) = :start
    ORDER BY begins, iri LIMIT :most OFFSET :first""",
    """FROM listed_place WHERE substr(iri, 1, length(:start)) = :start
    ORDER BY iri LIMIT :most OFFSET :first""",
)
_COUNT_PLACES = """
SELECT COUNT(*) FROM listed_place
WHERE :among IS NULL OR iri IN (SELECT value FROM json_each(:among))
"""
_LIST_PLACES = """
SELECT iri FROM listed_place
WHERE iri > :after AND (:among IS NULL OR iri IN (SELECT value FROM json_each(:among)))
ORDER BY iri LIMIT :most
"""
_DROP_UNDESCRIBED = """
DELETE FROM place WHERE iri NOT IN (SELECT iri FROM entity UNION ALL SELECT name FROM named)
"""
_NOTE_WORKS = """
INSERT OR IGNORE INTO silent_work SELECT work FROM event
WHERE work NOT NULL AND profile IN (SELECT value FROM json_each(?))
"""
_TAKING_PLACE = "AND profile IN (SELECT id FROM profile WHERE NOT json_extract(text, '$[3]'))"
_KINDS = {"listed": EVENT | SERIES, "series": SERIES, "place": PLACE, "bare": BARE}
_NAME = """
INSERT OR REPLACE INTO named SELECT :member, :name
  WHERE EXISTS (SELECT 1 FROM entity WHERE iri = :member AND NOT kind & :bare)
"""


class EventList:
    """The events of a class of readers. Thread-safe.

    Once it is made, `unsettled` events are to be read and added, then `finish` is to be called.
    """

    def __init__(
        self, segments: EventSegments, graphs: Collection[str] | None, links_graph: str
    ) -> None:
        """Make the list of some graphs, or of all that everyone may read; raises `StoreError`.

        Names of the graphs that begin with `links_graph` are the entities'.
        """
        self._segments, self._lock = segments, RLock()
        # In the folder for what the process needs, which is emptied if it is killed.
        with tempfile.NamedTemporaryFile(prefix="events-", suffix=".sqlite") as file:
            self._file = connect(Path(file.name).as_uri())
            weakref.finalize(self, close_files, [self._file])
            self._script(_TABLES)
            # It stays without a name as long as it is open.
        parts = [OPEN] if graphs is None else [OPEN, MEMBERS]
        self._write("INSERT INTO readable VALUES (?)", ((graph,) for graph in graphs or ()))
        addresses = [address for part in parts for address in segments.addresses[part]]
        for source, address in enumerate(addresses):
            self._copy(source, address, everything=graphs is None)
        self._note_names(links_graph)
        self._script(_SETTLE)

    def _copy(self, source: int, address: str, *, everything: bool) -> None:
        values = {"source": source, "base": source * _GRAPHS, "all": everything}
        self._run("ATTACH ? AS segment", [address])
        self._run("BEGIN")
        for statement in filter(str.strip, _COPY.split(";")):
            self._run(statement, values)
        self._run("COMMIT")
        self._run("DETACH segment")

    def _note_names(self, links_graph: str) -> None:
        rows = self._run(_LINKS, {"start": links_graph})
        pairs = (
            {**_KINDS, "member": member, "name": name}
            for _, name, _, member, _ in self._read_statements(rows)
        )
        self._write(_NAME, pairs)

    @property
    def size(self) -> int:
        """The number of rows, about: of each entity, and of each event."""
        return int(self._run("SELECT COUNT(*) FROM entity")[0][0]) + self.count(EventChoice())

    def unsettled(self, most: int) -> Iterator[list[str]]:
        """Yield the names of the events that several rows describe, some at a time."""
        yield from self._in_pieces(
            "SELECT iri FROM unsettled WHERE iri > ? ORDER BY iri LIMIT ?", most
        )

    def add(self, events: Iterable[EventRow]) -> None:
        rows = [*events]
        self._write("INSERT OR IGNORE INTO profile(text) VALUES (?)", ((e.profile,) for e in rows))
        self._write(
            "INSERT INTO event SELECT ?, ?, ?, ?, NULL, id, NULL FROM profile WHERE text = ?",
            ((e.begins, e.iri, e.ends, e.place, e.profile) for e in rows),
        )
        self._write(
            "INSERT OR IGNORE INTO origin SELECT ?, id FROM graph WHERE iri = ?",
            ((event.iri, graph) for event in rows for graph in event.graphs),
        )

    def finish(self) -> None:
        """Leave out the series and festivals of which there are the parts."""
        self._run(_DROP_WHOLES, _KINDS)

    def describe(
        self, iris: Iterable[str], steps: Sequence[Collection[str]]
    ) -> Iterator[Statement]:
        """Yield what is said of entities, and of what some properties lead to, step by step."""
        wanted, seen = {*iris}, set[str]()
        for properties in (*steps, ()):
            seen |= wanted
            rows = self._run(_ENTITIES, [json.dumps([*wanted])])
            wanted = set()
            for statement in self._read_statements(rows):
                seen.add(statement[1])
                if statement[2] in properties:
                    wanted.add(statement[3])
                yield statement
            wanted -= seen
            if not wanted:
                break

    def _read_statements(self, rows: Iterable[Row]) -> Iterator[Statement]:
        by_source: dict[int, dict[int, tuple[str, str]]] = {}
        for source, number, graph, iri in rows:
            by_source.setdefault(source, {})[number] = graph, iri
        for source, numbers in sorted(by_source.items()):
            lines = self._segments.read_lines(source, numbers)
            for number, (graph, iri) in numbers.items():
                for step, (value, language) in parse_lines(lines[number]):
                    if value:
                        yield graph, iri, step, value, language

    def count(self, choice: EventChoice) -> int:
        return int(self._choose("SELECT COUNT(*) FROM event", choice)[0][0])

    def page(
        self, choice: EventChoice, after: tuple[float, str] | None, most: int
    ) -> list[tuple[float, str]]:
        """Return the start and the name of some events in order, those that follow one."""
        begins, iri = after or (float("-inf"), "")
        end = "AND (begins, iri) > (:begins, :iri) ORDER BY begins, iri LIMIT :most"
        query = "SELECT begins, iri FROM event"
        return self._choose(query, choice, end, begins=begins, iri=iri, most=most)

    def list_profiles(self, choice: EventChoice | None = None) -> list[tuple[int, str]]:
        """Return the profiles of events with their numbers, or those of all."""
        query = "SELECT id, text FROM profile"
        if choice is None:
            return self._run(query)
        numbers = self._choose("SELECT DISTINCT profile FROM event", choice)
        query += " WHERE id IN (SELECT value FROM json_each(?))"
        return self._run(query, [json.dumps([number for (number,) in numbers])])

    def list_graphs(self, choice: EventChoice | None = None) -> list[str]:
        """Return the graphs that describe events, or all."""
        if choice is None:
            return self._texts("SELECT iri FROM graph")
        numbers = self._choose("SELECT DISTINCT graph FROM event", choice)
        query = "SELECT DISTINCT graph FROM origin WHERE iri IN (SELECT iri FROM event"
        numbers += self._choose(query, choice, "AND graph IS NULL)")
        query = "SELECT iri FROM graph WHERE id IN (SELECT value FROM json_each(?)) ORDER BY iri"
        return self._texts(query, json.dumps([number for (number,) in numbers]))

    def count_by_place(self, choice: EventChoice) -> dict[str, int]:
        end = "AND place IN (SELECT iri FROM place) GROUP BY place"
        return dict(self._choose("SELECT place, COUNT(*) FROM event", choice, end))

    def count_by_area(self, choice: EventChoice, *, taking_place: bool = False) -> dict[str, int]:
        """Count events by the areas that their places lie in, or those that take place."""
        query = "SELECT area, COUNT(*) FROM event JOIN area USING (place)"
        end = _TAKING_PLACE if taking_place else ""
        return dict(self._choose(query, choice, f"{end} GROUP BY area"))

    def count_by_area_and_profile(self, choice: EventChoice) -> list[tuple[str, int, int]]:
        """Count the events that take place by area and by the number of their profile."""
        query = "SELECT area, profile, COUNT(*) FROM event JOIN area USING (place)"
        return self._choose(query, choice, f"{_TAKING_PLACE} GROUP BY area, profile")

    def list_located(self, choice: EventChoice, most: int) -> list[str]:
        """Return the places of events that have a position, in the order of their first one."""
        end = """AND place IN (SELECT iri FROM place WHERE latitude IS NOT NULL
          AND longitude IS NOT NULL) GROUP BY place ORDER BY MIN(begins), place LIMIT :most"""
        query = "SELECT place FROM event"
        return [place for (place,) in self._choose(query, choice, end, most=most)]

    def list_members(self, choice: EventChoice) -> list[str]:
        """Return all names that events have in graphs."""
        query = "SELECT COALESCE(member, iri) FROM event LEFT JOIN named ON name = iri"
        return [iri for (iri,) in self._choose(query, choice)]

    def count_names(self, start: str) -> int:
        """Count the events and the places whose names have a beginning."""
        values = {"start": start, "most": 1, "first": 0}
        return sum(self._run("SELECT COUNT(*) " + rows, values)[0][0] for rows in _NAMES)

    def list_names(self, start: str, first: int, most: int) -> list[str]:
        """Return the names with a beginning, of events in order, then of places.

        They are `most` that follow the `first`.
        """
        names: list[str] = []
        for rows in _NAMES:
            values = {"start": start, "most": most - len(names), "first": max(first, 0)}
            if most > len(names):
                names += (iri for (iri,) in self._run("SELECT iri " + rows, values))
                values = {"start": start, "most": 1, "first": 0}
                first -= self._run("SELECT COUNT(*) " + rows, values)[0][0]
        return names

    def list_places(
        self, after: str, most: int, among: Collection[str] | None = None
    ) -> tuple[list[str], int]:
        """Return some places by name, those that follow one, and how many there are in all."""
        chosen = None if among is None else json.dumps([*among])
        values = {"among": chosen, "after": after, "most": most}
        ((total,),) = self._run(_COUNT_PLACES, values)
        return [iri for (iri,) in self._run(_LIST_PLACES, values)], total

    def places_to_locate(self, most: int) -> Iterator[list[str]]:
        """Yield the places of events, some at a time."""
        self._run("INSERT OR IGNORE INTO place(iri) SELECT place FROM event WHERE place NOT NULL")
        self._run(_DROP_UNDESCRIBED)
        query = "SELECT iri FROM place WHERE iri > ? ORDER BY iri LIMIT ?"
        yield from self._in_pieces(query, most)

    def locate(self, places: Collection[PlaceRow]) -> None:
        """Note where places are."""
        self._write(
            "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)",
            ((place.iri, place.longitude, place.latitude, place.holder) for place in places),
        )
        areas = ((place.iri, area) for place in places for area in place.areas)
        self._write("INSERT OR IGNORE INTO area VALUES (?, ?)", areas)

    def works_to_hear(self, silent: Collection[int], most: int) -> Iterator[list[str]]:
        """Yield the works of events of some profiles, some at a time."""
        self._run(_NOTE_WORKS, [json.dumps([*silent])])
        query = "SELECT iri FROM silent_work WHERE iri > ? ORDER BY iri LIMIT ?"
        yield from self._in_pieces(query, most)

    def hear(self, works: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Note the languages of works."""
        rows = ((work, language) for work, languages in works for language in languages)
        self._write("INSERT OR IGNORE INTO spoken VALUES (?, ?)", rows)

    def _in_pieces(self, query: str, most: int, *values: object) -> Iterator[list[str]]:
        after = ""
        while piece := self._texts(query, after, *values, most):
            yield piece
            after = piece[-1]

    def _choose(self, query: str, choice: EventChoice, end: str = "", **more: object) -> list[Row]:
        condition, values = choice.condition()
        return self._run(f"{query} WHERE {condition} {end}", values | more)

    def _texts(self, query: str, *values: object) -> list[str]:
        return [text for (text,) in self._run(query, values)]

    def _run(self, query: str, values: Any = ()) -> list[Row]:  # noqa: ANN401 - by place or by name
        try:
            with self._lock:
                return self._file.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise failure(error) from error

    def _write(self, query: str, rows: Iterable[object]) -> None:
        listed: list[Any] = [*rows]
        try:
            with self._lock:
                self._file.execute("BEGIN")
                self._file.executemany(query, listed)
                self._file.execute("COMMIT")
        except sqlite3.Error as error:
            raise failure(error) from error

    def _script(self, text: str) -> None:
        for statement in filter(str.strip, text.split(";")):
            self._run(statement, _KINDS)
