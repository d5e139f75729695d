"""Queries that have a short address: stored by the digest of their content, and by nothing else.

Neither who stored a query nor when it was read is recorded; the day lets the operator prune.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

from parvis.errors import LimitError, UnknownThing
from parvis.i18n import N_
from parvis.ledger.database import FILE, Database

NO_LINK = N_("there is no short link {id}: it was never made here, or the operator removed it")
FULL = N_(
    "there are {most} short links, as many as this site has room for; use the permanent link, which"
    " needs none, or write to the third party"
)
DIGITS = 16
"""Hexadecimal digits of an id: 64 bits of the digest."""

QueryParameters = Mapping[str, list[str]]
"""The parameters of a query's address, each with its values."""


class ShortLinks:
    """The queries with a short address, in the ledger of a data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def add(self, query: QueryParameters, day: date, most: int) -> str:
        """Store a query, once, and return its id; raises `LimitError` beyond `most` queries."""
        content = json.dumps(query, ensure_ascii=False, sort_keys=True)
        name = sha256(content.encode()).hexdigest()[:DIGITS]
        if self._read(name) is not None:  # most often no transaction is needed
            return name
        with self._database.writing() as connection:
            (count,) = connection.execute("SELECT COUNT(*) FROM short_link").fetchone()
            if count >= most:
                raise LimitError(FULL, most=most)
            insert = "INSERT OR IGNORE INTO short_link (id, query, day) VALUES (?, ?, ?)"
            connection.execute(insert, (name, content, day.isoformat()))
        return name

    def require(self, name: str) -> QueryParameters:
        """Return the query of an id; raises `UnknownThing`."""
        content = self._read(name)
        if content is None:
            raise UnknownThing(NO_LINK, id=name)
        query: QueryParameters = json.loads(content)
        return query

    def size(self) -> tuple[int, int]:
        """Return how many queries are stored, and their bytes."""
        with self._database.reading("short_link") as connection:
            if connection is None:
                return 0, 0
            sums = "SELECT COUNT(*), COALESCE(SUM(LENGTH(CAST(query AS BLOB))), 0) FROM short_link"
            count, size = connection.execute(sums).fetchone()
            return count, size

    def prune(self, before: date) -> int:
        """Remove the queries stored before a day; return how many."""
        if not self.size()[0]:
            return 0
        with self._database.writing() as connection:
            prune = "DELETE FROM short_link WHERE day < ?"
            return connection.execute(prune, (before.isoformat(),)).rowcount

    def forget(self, matches: Callable[[bytes], bool]) -> int:
        """Remove the queries whose content matches; return how many."""
        with self._database.reading("short_link") as connection:
            rows = (
                []
                if connection is None
                else connection.execute("SELECT id, query FROM short_link").fetchall()
            )
        names = [(name,) for name, content in rows if matches(content.encode())]
        if names:
            with self._database.writing() as connection:
                connection.executemany("DELETE FROM short_link WHERE id = ?", names)
        return len(names)

    def _read(self, name: str) -> str | None:
        with self._database.reading("short_link") as connection:
            if connection is None:
                return None
            select = "SELECT query FROM short_link WHERE id = ?"
            row = connection.execute(select, (name,)).fetchone()
            return None if row is None else str(row[0])
