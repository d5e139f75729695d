"""The comparison index, kept between two runs in one SQLite file: entities, blocks, candidates.

It holds nothing that the record does not, so it can always be rebuilt. A run works on a copy that
then replaces the file: a reader sees one run entirely, and never waits for another.
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

from parvis.linking.candidates import FIRST, LARGEST, WORD, Candidate, Pair, blocks, hundredths
from parvis.linking.entity import Entity, GraphContent
from parvis.linking.problems import ACROSS, LinkingProblem, report_shared_identifier
from parvis.store.files import move

FORM = 3
"""Version of the file's tables and of the names of blocks: a file of another is ignored."""


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
  here TEXT, there TEXT, kind TEXT, score REAL, hundredths INTEGER, identified INTEGER,
  here_graph TEXT, there_graph TEXT, evidence TEXT, UNIQUE (here, there)
);
CREATE INDEX candidate_there ON candidate (there);
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
_COLUMNS = "kind, here, there, score, here_graph, there_graph, evidence"
_BEST_FIRST = (
    "ORDER BY hundredths DESC, MIN(here_graph, there_graph), MAX(here_graph, there_graph),"
    " here, there"
)
"""By the displayed score, then by dataset: the order of `parvis.linking.candidates.rank`."""

Members = tuple[bool, list[int]]
"""Whether a block is of a word, and the numbers of the entities in it."""


class CandidateIndex:
    """One open index file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._entities: dict[int, Entity] = {}

    @classmethod
    @contextmanager
    def open(cls, file: Path) -> Iterator[Self | None]:
        """Open the last run's index; None if there is none, or it cannot be read."""
        try:
            connection = sqlite3.connect(
                f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True
            )
        except sqlite3.Error:
            yield None
            return
        with closing(connection):
            try:
                (form,) = connection.execute("PRAGMA user_version").fetchone()
                (page,) = connection.execute("PRAGMA page_size").fetchone()
                (pages,) = connection.execute("PRAGMA page_count").fetchone()
            except sqlite3.Error:
                form = page = pages = 0
            # A truncated file still opens: its length must be the one that it states.
            is_intact = form == FORM and page * pages == file.stat().st_size
            yield cls(connection) if is_intact else None

    @classmethod
    @contextmanager
    def open_copy(cls, file: Path) -> Iterator[Self]:
        """Open a copy to change, which replaces the file if all goes well."""
        file.parent.mkdir(parents=True, exist_ok=True)
        copy = file.with_name(f"{file.name}.tmp")
        with cls.open(file) as before:
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

    # Entities, graph by graph

    def graphs(self) -> dict[str, str]:
        """Return the digest of each graph's content when it was read."""
        return dict(self._db.execute("SELECT name, digest FROM graph"))

    def put(self, graph: str, digest: str, graphful: GraphContent) -> set[str]:
        """Replace the entities of a graph; return the IRIs that are new, changed or gone."""
        query = "SELECT iri, number, digest FROM thing WHERE graph = ?"
        before = {iri: (number, was) for iri, number, was in self._db.execute(query, (graph,))}
        unchanged = {
            iri
            for iri, entity in graphful.entities.items()
            if before.get(iri, (0, ""))[1] == entity.digest
        }
        for iri, (number, _) in before.items():
            if iri in unchanged:
                continue
            gone = self.entity(number)
            del self._entities[number]
            columns: dict[str, tuple[str, Iterable[Any]]] = {
                "identifier": ("known", gone.identifiers),
                "same": ("other", gone.same_as),
                "block": ("name", _block_numbers(gone)),
            }
            for table, (column, values) in columns.items():
                rows = ((value, number) for value in values)
                self._db.executemany(f"DELETE FROM {table} WHERE {column} = ? AND thing = ?", rows)  # noqa: S608 - constants
            self._db.execute("DELETE FROM thing WHERE number = ?", (number,))
        new = [entity for iri, entity in graphful.entities.items() if iri not in unchanged]
        keys: dict[str, list[tuple[Any, int]]] = {"block": [], "identifier": [], "same": []}
        query = "INSERT INTO thing (graph, iri, kind, digest, said) VALUES (?, ?, ?, ?, ?)"
        for entity in new:
            content = json.dumps(entity, ensure_ascii=False)
            row = (entity.graph, entity.iri, entity.kind, entity.digest, content)
            number = self._db.execute(query, row).lastrowid or 0
            keys["block"] += ((name, number) for name in _block_numbers(entity))
            keys["identifier"] += ((key, number) for key in entity.identifiers)
            keys["same"] += ((iri, number) for iri in entity.same_as)
        for table, pairs in keys.items():
            pairs.sort()  # a tree grows fastest in its order
            self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", pairs)  # noqa: S608 - constants
        problems = json.dumps(
            [problem.to_stored() for problem in graphful.problems], ensure_ascii=False
        )
        self._db.execute("REPLACE INTO graph VALUES (?, ?, ?)", (graph, digest, problems))
        return (before.keys() - unchanged) | {entity.iri for entity in new}

    def drop(self, graph: str) -> set[str]:
        """Delete a graph; return the IRIs of its entities."""
        gone = self.put(graph, "", GraphContent())
        self._db.execute("DELETE FROM graph WHERE name = ?", (graph,))
        return gone

    def update_unusable_identifiers(self) -> set[str]:
        """Find anew the identifiers that link nothing; return the IRIs whose status changed."""
        before, now = self.unusable_identifiers(), {key for (key,) in self._db.execute(_VAIN)}
        self._db.execute("DELETE FROM vain")
        self._db.executemany("INSERT INTO vain VALUES (?)", ((key,) for key in sorted(now)))
        query = "SELECT iri FROM identifier JOIN thing ON number = thing WHERE known = ?"
        changed = (self._db.execute(query, (key,)) for key in before ^ now)
        return {iri for rows in changed for (iri,) in rows}

    def unusable_identifiers(self) -> set[str]:
        """Return the identifiers that link nothing."""
        return {key for (key,) in self._db.execute("SELECT known FROM vain")}

    # Neighbours

    def neighbours_of(self, iris: Iterable[str]) -> set[str]:
        """Return the entities that have a candidate with one of these."""
        query = (
            "SELECT there FROM candidate WHERE here = ? UNION ALL"
            " SELECT here FROM candidate WHERE there = ?"
        )
        return {other for iri in iris for (other,) in self._db.execute(query, (iri, iri))}

    def members(self, iris: Collection[str]) -> Iterator[Members]:
        """Return each block in which one of these entities has a neighbour, but for large ones."""
        # Beyond a quarter of the entities, reading all blocks in order beats one look-up per block.
        if 4 * len(iris) > self.total():
            rows = self._db.execute("SELECT name, thing FROM block ORDER BY name, thing")
            numbered = (
                (name, [number for _, number in pairs])
                for name, pairs in groupby(rows, itemgetter(0))
            )
        else:
            numbers = (number for iri in iris for number in self._numbers(iri))
            names = {name for number in numbers for name in _block_numbers(self.entity(number))}
            query = "SELECT thing FROM block WHERE name = ? ORDER BY thing"
            numbered = (
                (name, [number for (number,) in self._db.execute(query, (name,))]) for name in names
            )
        return (
            (bool(name & 1), members) for name, members in numbered if 1 < len(members) <= LARGEST
        )

    def entity(self, number: int) -> Entity:
        if number not in self._entities:
            query = "SELECT said FROM thing WHERE number = ?"
            cells: list[Any] = json.loads(self._db.execute(query, (number,)).fetchone()[0])
            self._entities[number] = Entity._make(
                tuple(cell) if isinstance(cell, list) else cell for cell in cells
            )
        return self._entities[number]

    def _numbers(self, iri: str) -> list[int]:
        query = "SELECT number FROM thing WHERE iri = ?"
        return [number for (number,) in self._db.execute(query, (iri,))]

    # Candidates

    def compare(self, anew: Collection[str], candidates: Iterable[Candidate]) -> None:
        """Replace the candidates of the entities compared anew; each keeps its first few."""
        for end in ("here", "there"):
            gone = ((iri,) for iri in anew)
            self._db.executemany(f"DELETE FROM candidate WHERE {end} = ?", gone)  # noqa: S608 - a constant
        self._fill_table("touched", anew)
        rows = (
            (*pair.pair, pair.kind, pair.score, hundredths(pair), pair.shares_identifier,
             *pair.graphs, json.dumps(pair.to_json()["evidence"], ensure_ascii=False))
            for pair in candidates
        )  # fmt: skip
        self._db.executemany(
            "INSERT OR IGNORE INTO candidate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        self._fill_table("touched", {*anew, *self._neighbours("touched")})
        self._fill_table("near", {*self._neighbours("touched")})
        self._db.execute("INSERT OR IGNORE INTO near SELECT iri FROM touched")
        self._db.execute(_TOO_MANY)

    def _fill_table(self, table: str, iris: Iterable[str]) -> None:
        # A table of this connection only: sets of IRIs may be larger than a query may bind.
        self._db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (iri TEXT PRIMARY KEY)")
        self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant
        rows = ((iri,) for iri in iris)
        self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?)", rows)  # noqa: S608 - a constant

    def _neighbours(self, table: str) -> list[str]:
        query = (
            f"SELECT there FROM candidate WHERE here IN {table} UNION"  # noqa: S608 - a constant
            f" SELECT here FROM candidate WHERE there IN {table}"
        )
        return [iri for (iri,) in self._db.execute(query)]

    def candidates(self, *, identified: bool = False) -> list[Candidate]:
        """Return the candidates, the best first; `identified`: those that share an identifier."""
        where = "WHERE identified" if identified else ""
        query = f"SELECT {_COLUMNS} FROM candidate {where} {_BEST_FIRST}"  # noqa: S608 - constants
        return [_parse_row(row) for row in self._db.execute(query)]

    def candidate(self, pair: Pair) -> Candidate | None:
        query = f"SELECT {_COLUMNS} FROM candidate WHERE here = ? AND there = ?"  # noqa: S608 - constants
        row = self._db.execute(query, pair).fetchone()
        return row and _parse_row(row)

    def remaining(self, decided: Iterable[Pair], kind: str | None = None) -> "RemainingCandidates":
        """Return the candidates whose pairs are not in `decided`, the best first."""
        return RemainingCandidates(self._db, decided, kind)

    # Counts and contents

    def total(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM thing").fetchone()[0])

    def count(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM candidate").fetchone()[0])

    def kinds(self) -> dict[str, int]:
        """Count entities by kind."""
        return dict(
            self._db.execute("SELECT kind, COUNT(*) FROM thing GROUP BY kind ORDER BY kind")
        )

    def iris_by_graph(self) -> dict[str, list[str]]:
        """Return the IRIs of the entities of each graph."""
        rows = self._db.execute("SELECT graph, iri FROM thing ORDER BY graph, iri")
        return {graph: [iri for _, iri in pairs] for graph, pairs in groupby(rows, itemgetter(0))}

    def find_entity(self, iri: str) -> Entity | None:
        """Return an entity by its IRI, from the last graph that describes it."""
        numbers = self._numbers(iri)
        return self.entity(max(numbers)) if numbers else None

    def require_entity(self, iri: str) -> Entity:
        """Return an entity that must exist."""
        return self.entity(max(self._numbers(iri)))

    def problems(self) -> Iterator[LinkingProblem]:
        """Report what is wrong in each graph, identifiers that link nothing, kinds that differ."""
        for (stored,) in self._db.execute("SELECT problems FROM graph ORDER BY name"):
            yield from (LinkingProblem(**problem) for problem in json.loads(stored))
        query = "SELECT iri FROM identifier JOIN thing ON number = thing WHERE known = ?"
        for key in sorted(self.unusable_identifiers()):
            iris = [iri for (iri,) in self._db.execute(query, (key,))]
            yield report_shared_identifier(key, iris)
        query = (
            "SELECT one.graph, one.iri, one.kind, two.iri, two.kind FROM same"
            " JOIN thing AS one ON one.number = same.thing"
            " JOIN thing AS two ON two.iri = same.other WHERE one.kind <> two.kind"
            " ORDER BY one.iri, two.iri"
        )
        names = ("iri", "kind", "other", "other_kind")
        for graph, *ends in self._db.execute(query):
            yield LinkingProblem(ACROSS, graph, dict(zip(names, ends, strict=True)))


class RemainingCandidates:
    """The candidates that remain once some pairs are decided, the best first."""

    def __init__(self, db: sqlite3.Connection, decided: Iterable[Pair], kind: str | None) -> None:
        # A table of this connection only: a query could not bind so many pairs.
        self._db = db
        self._kind = kind or "%"
        db.execute("DROP TABLE IF EXISTS temp.decided")
        db.execute("CREATE TEMP TABLE decided (here TEXT, there TEXT, PRIMARY KEY (here, there))")
        db.executemany("INSERT OR IGNORE INTO decided VALUES (?, ?)", decided)

    def count(self) -> int:
        return int(next(self._select("COUNT(*)"))[0])

    def pairs(self) -> dict[Pair, tuple[str, str]]:
        """Return each pair with the graphs of its two entities."""
        rows = self._select("here, there, here_graph, there_graph")
        return {(here, there): (graph, other) for here, there, graph, other in rows}

    def page(self, offset: int = 0, most: int = -1) -> list[Candidate]:
        """Return up to `most` of them from `offset` on (-1: all)."""
        end = f"{_BEST_FIRST} LIMIT ? OFFSET ?"
        return [_parse_row(row) for row in self._select(_COLUMNS, end, most, offset)]

    def _select(self, columns: str, end: str = "", *values: int) -> Iterator[Any]:
        query = (
            f"SELECT {columns} FROM candidate AS one WHERE kind LIKE ? AND NOT EXISTS"  # noqa: S608 - constants
            " (SELECT 1 FROM decided AS two WHERE two.here = one.here AND two.there = one.there)"
            f" {end}"
        )
        return self._db.execute(query, (self._kind, *values))


def _block_numbers(entity: Entity) -> set[int]:
    """Return the blocks of an entity as numbers, by its kind; those of words are odd."""
    numbers = set()
    for block in blocks(entity):
        name = f"{entity.kind} {block}".encode(errors="surrogatepass")
        digest = blake2b(name, digest_size=8).digest()
        numbers.add(int.from_bytes(digest, signed=True) & ~1 | block.startswith(WORD))
    return numbers


def _parse_row(row: tuple[Any, ...]) -> Candidate:
    names = ("kind", "here", "there", "score")
    fields = dict(zip(names, row[:4], strict=True))
    return Candidate.from_json(fields | {"graphs": row[4:6], "evidence": json.loads(row[6])})
