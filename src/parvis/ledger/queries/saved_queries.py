"""Queries that people saved: each under an id of its own, with a title and its versions.

A private one is its owner's alone: whoever reads one says who asks, and everybody else is answered
as if it did not exist.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection

from parvis.errors import LimitError, UnknownThing
from parvis.i18n import N_
from parvis.ledger.database import FILE, Database
from parvis.ledger.queries import NO_LINK, QueryParameters

MOST, VERSIONS, LENGTH = 200, 50, 1_000_000
"""The most queries of an owner, versions of a query, and characters of all queries of an owner.

Pages read all of an owner's queries at a time.
"""
FULL = N_("You have {most} saved queries, as many as there is room for: delete some first.")
FULL_OF_VERSIONS = N_(
    "This query has {most} versions, as many as there is room for: save it as a new query."
)
FULL_OF_TEXT = N_(
    "Your saved queries have {most} characters in all, as many as there is room for: delete some"
    " first."
)
ID_BYTES = 6
"""Random bytes of an id: shorter than the digest that is the id of a short link."""


@dataclass(frozen=True)
class SavedVersion:
    """A version of a saved query: its titles by language, and the parameters of its address.

    `generation` is the published version that answered when it was saved, None if none had.
    """

    number: int
    title: Mapping[str, str]
    query: QueryParameters
    generation: int | None
    at: datetime


@dataclass(frozen=True)
class SavedQuery:
    """A saved query with its versions, the oldest first.

    `owner` is the pseudonym of a person, or the IRI of the party whose program saved it; `question`
    is the name of the question that the steward made of it, empty without one.
    """

    id: str
    owner: str
    is_public: bool
    question: str
    versions: tuple[SavedVersion, ...]

    @property
    def last(self) -> SavedVersion:
        return self.versions[-1]


class SavedQueries:
    """The saved queries, in the ledger of a data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, owner: str, version: SavedVersion, *, is_public: bool) -> SavedQuery:
        """Save a query as its first version.

        Raises `LimitError` beyond `MOST` of an owner, or `LENGTH` of all of them.
        """
        name = secrets.token_hex(ID_BYTES)
        with self._database.writing() as connection:
            count = "SELECT COUNT(*) FROM saved_query WHERE owner = ?"
            if connection.execute(count, (owner,)).fetchone()[0] >= MOST:
                raise LimitError(FULL, most=MOST)
            _require_room(connection, owner, version)
            insert = "INSERT INTO saved_query (id, owner, public, question) VALUES (?, ?, ?, '')"
            connection.execute(insert, (name, owner, is_public))
            _insert_version(connection, name, version)
        return SavedQuery(name, owner, is_public, "", (version,))

    def add_version(self, name: str, owner: str, version: SavedVersion) -> SavedQuery:
        """Save a query as the next version of an owner's own, whatever the number that it has.

        Raises `UnknownThing`, and `LimitError` beyond `VERSIONS` or `LENGTH`.
        """
        with self._database.writing() as connection:
            versions = _require_own(connection, name, owner).versions
            if len(versions) >= VERSIONS:
                raise LimitError(FULL_OF_VERSIONS, most=VERSIONS)
            _require_room(connection, owner, version)
            _insert_version(connection, name, version, versions[-1].number + 1)
        return self.require(name, owner)

    def require(self, name: str, owner: str | None) -> SavedQuery:
        """Return a query that is public or the owner's own; raises `UnknownThing`."""
        with self._database.reading("saved_query") as connection:
            match = connection and _select(connection, "id = ?", name)
        if not match or not (match[0].is_public or match[0].owner == owner):
            raise UnknownThing(NO_LINK, id=name)
        return match[0]

    def of_owner(self, owner: str) -> list[SavedQuery]:
        """Return the queries of an owner, the last saved first."""
        return self._list("owner = ?", owner)

    def public(self) -> list[SavedQuery]:
        """Return the public queries, the last saved first."""
        return self._list("public = ?", 1)

    def change_access(self, name: str, owner: str, *, is_public: bool) -> None:
        """Make a query of an owner public or private; raises `UnknownThing`."""
        with self._database.writing() as connection:
            _require_own(connection, name, owner)
            update = "UPDATE saved_query SET public = ? WHERE id = ?"
            connection.execute(update, (is_public, name))

    def name_question(self, name: str, question: str) -> None:
        """Note the name of the question that was made of a query."""
        with self._database.writing() as connection:
            update = "UPDATE saved_query SET question = ? WHERE id = ?"
            connection.execute(update, (question, name))

    def delete(self, name: str, owner: str) -> None:
        """Delete a query of an owner with all its versions; raises `UnknownThing`."""
        with self._database.writing() as connection:
            _require_own(connection, name, owner)
            _delete(connection, [name])

    def delete_private(self, owner: str) -> None:
        """Delete the private queries of an owner who leaves: nobody can read them any more."""
        names = [query.id for query in self.of_owner(owner) if not query.is_public]
        if names:
            with self._database.writing() as connection:
                _delete(connection, names)

    def forget(self, matches: Callable[[bytes], bool]) -> int:
        """Delete the queries of which a version matches, title and text; return how many."""
        names = [
            query.id
            for query in self._list("TRUE")
            if any(
                matches(_write_json([version.title, version.query]).encode())
                for version in query.versions
            )
        ]
        if names:
            with self._database.writing() as connection:
                _delete(connection, names)
        return len(names)

    def _list(self, condition: str, *values: str | int) -> list[SavedQuery]:
        with self._database.reading("saved_query") as connection:
            queries = _select(connection, condition, *values) if connection else []
        return sorted(queries, key=lambda query: query.last.at, reverse=True)


def _select(connection: Connection, condition: str, *values: str | int) -> list[SavedQuery]:
    # The condition is one of this file.
    heads = connection.execute(
        f"SELECT id, owner, public, question FROM saved_query WHERE {condition}",  # noqa: S608 - see above
        values,
    ).fetchall()
    select = (
        "SELECT number, title, query, generation, at FROM saved_query_version"
        " WHERE saved = ? ORDER BY number"
    )
    return [
        SavedQuery(
            name,
            owner,
            bool(public),
            question,
            tuple(
                SavedVersion(
                    number,
                    json.loads(title),
                    json.loads(query),
                    generation,
                    datetime.fromisoformat(at),
                )
                for number, title, query, generation, at in connection.execute(select, (name,))
            ),
        )
        for name, owner, public, question in heads
    ]


def _require_own(connection: Connection, name: str, owner: str) -> SavedQuery:
    queries = _select(connection, "id = ? AND owner = ?", name, owner)
    if not queries:
        raise UnknownThing(NO_LINK, id=name)
    return queries[0]


def _require_room(connection: Connection, owner: str, version: SavedVersion) -> None:
    length = (
        "SELECT COALESCE(SUM(LENGTH(query)), 0) FROM saved_query_version JOIN saved_query"
        " ON saved = id WHERE owner = ?"
    )
    stored = connection.execute(length, (owner,)).fetchone()[0]
    if stored + len(_write_json(version.query)) > LENGTH:
        raise LimitError(FULL_OF_TEXT, most=LENGTH)


def _insert_version(
    connection: Connection, name: str, version: SavedVersion, number: int = 1
) -> None:
    insert = (
        "INSERT INTO saved_query_version (saved, number, title, query, generation, at)"
        " VALUES (?, ?, ?, ?, ?, ?)"
    )
    texts = _write_json(version.title), _write_json(version.query)
    connection.execute(insert, (name, number, *texts, version.generation, version.at.isoformat()))


def _delete(connection: Connection, names: list[str]) -> None:
    rows = [(name,) for name in names]
    connection.executemany("DELETE FROM saved_query_version WHERE saved = ?", rows)
    connection.executemany("DELETE FROM saved_query WHERE id = ?", rows)


def _write_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
