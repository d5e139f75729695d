"""What was compared, kept between two runs in one SQLite file: things, blocks and candidates.

It says nothing that the record does not, so that it can always be made again. A run works on a
copy that then takes the file's place: who reads sees one run whole, and never waits for another.
"""

import json
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Self

from parvis.linking.candidates import FIRST, LARGEST, WORD, Candidate, Pair, blocks
from parvis.linking.entity import Entity, Graphful
from parvis.linking.problems import ACROSS, SHARED, Problem
from parvis.store.files import move

FORM = 2
"""Of the file, and of how blocks are named: one of another form counts for none."""
SOME = 3
_TABLES = """
CREATE TABLE graph (name TEXT PRIMARY KEY, digest TEXT, problems TEXT) WITHOUT ROWID;
CREATE TABLE thing (
  number INTEGER PRIMARY KEY, graph TEXT, iri TEXT, kind TEXT, digest TEXT, said TEXT
);
CREATE UNIQUE INDEX thing_of_graph ON thing (graph, iri);
CREATE INDEX thing_by_iri ON thing (iri);
CREATE TABLE identifier (known TEXT, thing INTEGER, PRIMARY KEY (known, thing)) WITHOUT ROWID;
CREATE TABLE same (other TEXT, thing INTEGER, PRIMARY KEY (other, thing)) WITHOUT ROWID;
CREATE TABLE block (name INTEGER, thing INTEGER, PRIMARY KEY (name, thing)) WITHOUT ROWID;
CREATE TABLE vain (known TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE candidate (
  here TEXT, there TEXT, kind TEXT, score REAL, identified INTEGER, evidence TEXT,
  UNIQUE (here, there)
);
CREATE INDEX candidate_there ON candidate (there);
CREATE INDEX candidate_best ON candidate (score DESC, here, there);
"""
_VAIN = """
SELECT known FROM identifier JOIN thing ON thing.number = identifier.thing GROUP BY known
HAVING COUNT(DISTINCT kind) > 1 OR COUNT(*) > COUNT(DISTINCT graph)
"""
_TOO_MANY = f"""
WITH ends AS (
  SELECT rowid AS row, here AS one, score, here, there FROM candidate WHERE here IN near
  UNION ALL SELECT rowid, there, score, here, there FROM candidate WHERE there IN near
), placed AS (
  SELECT row, ROW_NUMBER() OVER (PARTITION BY one ORDER BY score DESC, here, there) AS place
  FROM ends
)
DELETE FROM candidate WHERE NOT identified AND (here IN touched OR there IN touched)
  AND rowid NOT IN (SELECT row FROM placed WHERE place <= {FIRST})
"""  # noqa: S608 - a constant
_COLUMNS = "kind, here, there, score, evidence"

Members = tuple[bool, list[int]]
"""Whether a block is a word's, and the numbers of the things in it."""


class Index:
    """One file of them, open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take a connection."""
        self._db = connection
        self._known: dict[int, Entity] = {}

    @classmethod
    @contextmanager
    def reading(cls, file: Path) -> Iterator[Self | None]:
        """Open the last run's; None if there is none, or it cannot be read."""
        try:
            connection = sqlite3.connect(
                f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True
            )
        except sqlite3.Error:
            yield None
            return
        with closing(connection):
            yield cls(connection) if _is_ours(connection, file.stat().st_size) else None

    @classmethod
    @contextmanager
    def renewing(cls, file: Path) -> Iterator[Self]:
        """Open a copy to be changed, which takes the file's place if all goes well."""
        file.parent.mkdir(parents=True, exist_ok=True)
        copy = file.with_name(f"{file.name}.tmp")
        with cls.reading(file) as before:
            usable = before is not None
        copy.unlink(missing_ok=True)
        if usable:
            shutil.copyfile(file, copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
            if not usable:
                connection.executescript(f"{_TABLES} PRAGMA user_version = {FORM};")
            connection.execute("BEGIN")
            yield cls(connection)
            connection.execute("COMMIT")
        move(copy, file)

    # What there is, graph by graph

    def graphs(self) -> dict[str, str]:
        """Give the digest of each graph's content, as it was read."""
        return dict(self._db.execute("SELECT name, digest FROM graph"))

    def put(self, graph: str, digest: str, found: Graphful) -> set[str]:
        """Make things those of a graph; gives the IRIs of what is new, other or gone."""
        query = "SELECT iri, number, digest FROM thing WHERE graph = ?"
        before = {iri: (number, was) for iri, number, was in self._db.execute(query, (graph,))}
        kept = {
            iri for iri, one in found.entities.items() if before.get(iri, (0, ""))[1] == one.digest
        }
        for iri, (number, _) in before.items():
            if iri not in kept:
                self._remove(number)
        new = [one for iri, one in found.entities.items() if iri not in kept]
        self._add(new)
        problems = json.dumps([one.kept() for one in found.problems], ensure_ascii=False)
        self._db.execute("REPLACE INTO graph VALUES (?, ?, ?)", (graph, digest, problems))
        return (before.keys() - kept) | {one.iri for one in new}

    def drop(self, graph: str) -> set[str]:
        """Forget a graph; gives the IRIs of its things."""
        gone = self.put(graph, "", Graphful())
        self._db.execute("DELETE FROM graph WHERE name = ?", (graph,))
        return gone

    def _add(self, new: Iterable[Entity]) -> None:
        """Write things down with what they are found by."""
        found: dict[str, list[tuple[Any, int]]] = {"block": [], "identifier": [], "same": []}
        query = "INSERT INTO thing (graph, iri, kind, digest, said) VALUES (?, ?, ?, ?, ?)"
        for one in new:
            told = (one.graph, one.iri, one.kind, one.digest, json.dumps(one, ensure_ascii=False))
            number = self._db.execute(query, told).lastrowid or 0
            found["block"] += ((name, number) for name in _blocks(one))
            found["identifier"] += ((known, number) for known in one.identifiers)
            found["same"] += ((other, number) for other in one.same)
        for table, pairs in found.items():
            pairs.sort()  # a tree grows fastest in its order
            self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", pairs)  # noqa: S608 - constants

    def _remove(self, number: int) -> None:
        """Forget a thing with what it was found by."""
        one = self.entity(number)
        del self._known[number]
        found = {"identifier": ("known", one.identifiers), "same": ("other", one.same)}
        for table, (column, values) in (found | {"block": ("name", _blocks(one))}).items():
            pairs = ((value, number) for value in values)
            self._db.executemany(f"DELETE FROM {table} WHERE {column} = ? AND thing = ?", pairs)  # noqa: S608 - constants
        self._db.execute("DELETE FROM thing WHERE number = ?", (number,))

    def turned(self) -> set[str]:
        """Find anew which identifiers link nothing; gives the IRIs for which that has changed."""
        before, now = self.vain(), {known for (known,) in self._db.execute(_VAIN)}
        self._db.execute("DELETE FROM vain")
        self._db.executemany("INSERT INTO vain VALUES (?)", ((one,) for one in sorted(now)))
        query = "SELECT iri FROM identifier JOIN thing ON number = thing WHERE known = ?"
        found = (self._db.execute(query, (known,)) for known in before ^ now)
        return {iri for some in found for (iri,) in some}

    def vain(self) -> set[str]:
        """Give the identifiers that link nothing."""
        return {known for (known,) in self._db.execute("SELECT known FROM vain")}

    # What stands beside what

    def beside(self, iris: Iterable[str]) -> set[str]:
        """Give the things that have a candidate with one of these."""
        query = (
            "SELECT there FROM candidate WHERE here = ? UNION ALL"
            " SELECT here FROM candidate WHERE there = ?"
        )
        return {other for one in iris for (other,) in self._db.execute(query, (one, one))}

    def members(self, iris: Collection[str]) -> Iterator[Members]:
        """Give each block in which one of these things is with another; large ones are left out."""
        if 4 * len(iris) > self.total():
            rows = self._db.execute("SELECT name, thing FROM block ORDER BY name, thing")
            found = (
                (name, [number for _, number in some])
                for name, some in groupby(rows, itemgetter(0))
            )
        else:
            numbers = (number for iri in iris for number in self._numbers(iri))
            names = {name for number in numbers for name in _blocks(self.entity(number))}
            query = "SELECT thing FROM block WHERE name = ? ORDER BY thing"
            found = (
                (name, [number for (number,) in self._db.execute(query, (name,))]) for name in names
            )
        return ((bool(name & 1), some) for name, some in found if 1 < len(some) <= LARGEST)

    def entity(self, number: int) -> Entity:
        """Give a thing by its number."""
        if number not in self._known:
            query = "SELECT said FROM thing WHERE number = ?"
            self._known[number] = _entity(self._db.execute(query, (number,)).fetchone()[0])
        return self._known[number]

    def _numbers(self, iri: str) -> list[int]:
        query = "SELECT number FROM thing WHERE iri = ?"
        return [number for (number,) in self._db.execute(query, (iri,))]

    # Candidates

    def compare(self, anew: Collection[str], found: Iterable[Candidate]) -> None:
        """Take the candidates of things that were compared anew; each keeps its first few."""
        for end in ("here", "there"):
            gone = ((iri,) for iri in anew)
            self._db.executemany(f"DELETE FROM candidate WHERE {end} = ?", gone)  # noqa: S608 - a constant
        self._names("touched", anew)
        rows = map(_row, found)
        self._db.executemany("INSERT OR IGNORE INTO candidate VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._names("touched", {*anew, *self._ends("touched")})
        self._names("near", {*self._ends("touched")})
        self._db.execute("INSERT OR IGNORE INTO near SELECT iri FROM touched")
        self._db.execute(_TOO_MANY)

    def _names(self, table: str, iris: Iterable[str]) -> None:
        """Make a table of this connection's own hold some IRIs."""
        self._db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (iri TEXT PRIMARY KEY)")
        self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant
        rows = ((iri,) for iri in iris)
        self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?)", rows)  # noqa: S608 - a constant

    def _ends(self, table: str) -> list[str]:
        """Give what stands in a candidate beside what a table holds."""
        query = (
            f"SELECT there FROM candidate WHERE here IN {table} UNION"  # noqa: S608 - a constant
            f" SELECT here FROM candidate WHERE there IN {table}"
        )
        return [iri for (iri,) in self._db.execute(query)]

    def candidates(self, *, identified: bool = False) -> list[Candidate]:
        """Give all, the best first; `identified`: those that share an identifier."""
        wanted = "WHERE identified" if identified else ""
        query = f"SELECT {_COLUMNS} FROM candidate {wanted} ORDER BY score DESC, here, there"  # noqa: S608 - constants
        return [_candidate(row) for row in self._db.execute(query)]

    def candidate(self, both: Pair) -> Candidate | None:
        """Give the candidate of a pair, if it is one."""
        query = f"SELECT {_COLUMNS} FROM candidate WHERE here = ? AND there = ?"  # noqa: S608 - constants
        row = self._db.execute(query, both).fetchone()
        return row and _candidate(row)

    def left(self, decided: Iterable[Pair], kind: str | None = None) -> "Left":
        """Look at the candidates whose pairs are not among these, the best first."""
        return Left(self._db, decided, kind)

    # What is told

    def total(self) -> int:
        """Count things."""
        return int(self._db.execute("SELECT COUNT(*) FROM thing").fetchone()[0])

    def count(self) -> int:
        """Count candidates."""
        return int(self._db.execute("SELECT COUNT(*) FROM candidate").fetchone()[0])

    def kinds(self) -> dict[str, int]:
        """Count things by kind."""
        return dict(
            self._db.execute("SELECT kind, COUNT(*) FROM thing GROUP BY kind ORDER BY kind")
        )

    def things(self) -> dict[str, list[str]]:
        """Give the IRIs of the things of each graph."""
        rows = self._db.execute("SELECT graph, iri FROM thing ORDER BY graph, iri")
        return {graph: [iri for _, iri in some] for graph, some in groupby(rows, itemgetter(0))}

    def shown(self, iri: str) -> Entity | None:
        """Give a thing by its IRI, as the last graph that speaks of it does."""
        numbers = self._numbers(iri)
        return self.entity(max(numbers)) if numbers else None

    def require(self, iri: str) -> Entity:
        """Give a thing that is there."""
        return self.entity(max(self._numbers(iri)))

    def problems(self) -> Iterator[Problem]:
        """Tell what is wrong with what is said, and which identifiers link nothing."""
        for (kept,) in self._db.execute("SELECT problems FROM graph ORDER BY name"):
            yield from (Problem(**one) for one in json.loads(kept))
        query = "SELECT iri FROM identifier JOIN thing ON number = thing WHERE known = ?"
        for known in sorted(self.vain()):
            some = [iri for (iri,) in self._db.execute(query, (known,))]
            named = ", ".join(sorted(set(some))[:SOME])
            yield Problem(SHARED, "", {"identifier": known, "count": len(some), "some": named})
        query = (
            "SELECT one.graph, one.iri, one.kind, two.iri, two.kind FROM same"
            " JOIN thing AS one ON one.number = same.thing"
            " JOIN thing AS two ON two.iri = same.other WHERE one.kind <> two.kind"
            " ORDER BY one.iri, two.iri"
        )
        names = ("iri", "kind", "other", "other_kind")
        for graph, *told in self._db.execute(query):
            yield Problem(ACROSS, graph, dict(zip(names, told, strict=True)))


class Left:
    """The candidates that are left once some pairs are decided, the best first."""

    def __init__(self, db: sqlite3.Connection, decided: Iterable[Pair], kind: str | None) -> None:
        """Note what is decided, in a table of this connection's own."""
        self._db = db
        self._kind = kind or "%"
        db.execute("DROP TABLE IF EXISTS temp.decided")
        db.execute("CREATE TEMP TABLE decided (here TEXT, there TEXT, PRIMARY KEY (here, there))")
        db.executemany("INSERT OR IGNORE INTO decided VALUES (?, ?)", decided)

    def count(self) -> int:
        """Count them."""
        return int(next(self._asked("COUNT(*)"))[0])

    def pairs(self) -> list[Pair]:
        """Give their pairs alone."""
        return [(here, there) for here, there in self._asked("here, there")]

    def some(self, offset: int = 0, most: int = -1) -> list[Candidate]:
        """Give so many of them, after so many."""
        end = "ORDER BY score DESC, here, there LIMIT ? OFFSET ?"
        return [_candidate(row) for row in self._asked(_COLUMNS, end, most, offset)]

    def _asked(self, columns: str, end: str = "", *values: int) -> Iterator[Any]:
        query = (
            f"SELECT {columns} FROM candidate AS one WHERE kind LIKE ? AND NOT EXISTS"  # noqa: S608 - constants
            " (SELECT 1 FROM decided AS two WHERE two.here = one.here AND two.there = one.there)"
            f" {end}"
        )
        return self._db.execute(query, (self._kind, *values))


def _is_ours(connection: sqlite3.Connection, size: int) -> bool:
    """Say whether a file is one of this form, and as long as it says itself."""
    try:
        (form,) = connection.execute("PRAGMA user_version").fetchone()
        (page,) = connection.execute("PRAGMA page_size").fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    except sqlite3.Error:
        return False
    return bool(form == FORM and page * pages == size)


def _blocks(one: Entity) -> set[int]:
    """Give the blocks of a thing as numbers, by its kind; a word's are odd."""
    return {_number(f"{one.kind} {block}", word=block.startswith(WORD)) for block in blocks(one)}


def _number(text: str, *, word: bool) -> int:
    found = blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(found, signed=True) & ~1 | word


def _entity(said: str) -> Entity:
    cells: list[Any] = json.loads(said)
    return Entity._make(tuple(cell) if isinstance(cell, list) else cell for cell in cells)


def _row(one: Candidate) -> tuple[object, ...]:
    told = one.to_json()
    evidence = json.dumps(told["evidence"], ensure_ascii=False)
    return one.here, one.there, one.kind, one.score, one.identified, evidence


def _candidate(row: tuple[Any, ...]) -> Candidate:
    kind, here, there, score, evidence = row
    told = {"kind": kind, "here": here, "there": there, "score": score}
    return Candidate.from_json(told | {"evidence": json.loads(evidence)})
