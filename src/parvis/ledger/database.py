"""The ledger's file: SQLite, where what is written is on the disk before it is acknowledged.

WAL lets readers read while one writes, and ``synchronous=FULL`` makes each commit durable. A
process killed at any moment leaves the old or the new: SQLite rolls the rest back when the file
is next opened. The ledger has its own lock, so that a token can be revoked while a generation is
being built.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parvis.errors import StoreError
from parvis.i18n import N_

NEWER = N_("{file} was written by a newer parvis (form {found}, this one knows {known})")
DAMAGED = N_("{file} cannot be used as a ledger: {reason}")

STEPS = (
    """
    CREATE TABLE token (
        id TEXT PRIMARY KEY,
        party TEXT NOT NULL,
        scope TEXT NOT NULL,
        label TEXT NOT NULL,
        created TEXT NOT NULL,
        expires TEXT NOT NULL,
        revoked TEXT,
        digest BLOB NOT NULL
    ) STRICT
    """,
)
"""What each version of the ledger's form adds to the one before; a step is never changed."""

PATIENCE = 5.0
"""Seconds to wait for another process that is writing."""


class Database:
    """The ledger's file; each use is a connection of its own, so threads share nothing."""

    def __init__(self, file: Path) -> None:
        """Name the file, which need not exist."""
        self.file = file

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Open it to read as it is now; None when nothing was ever written.

        Raises `StoreError`.
        """
        if not self.file.exists():
            yield None
            return
        with self._open() as connection:
            yield connection if _version(connection) else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open it for one transaction: all of it is kept, or nothing; raises `StoreError`."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives its own files beside this one the same rights.
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            with _transaction(connection):
                self._bring_up(connection)
                yield connection

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                self._refuse_newer(connection)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StoreError(DAMAGED, file=self.file, reason=error) from error

    def _refuse_newer(self, connection: sqlite3.Connection) -> None:
        if (found := _version(connection)) > len(STEPS):
            raise StoreError(NEWER, file=self.file, found=found, known=len(STEPS))

    def _bring_up(self, connection: sqlite3.Connection) -> None:
        """Take the steps that an older ledger has not taken."""
        self._refuse_newer(connection)
        for number, step in enumerate(STEPS[_version(connection) :], _version(connection) + 1):
            connection.execute(step)
            connection.execute(f"PRAGMA user_version = {number}")


def _version(connection: sqlite3.Connection) -> int:
    """Tell the version of the ledger's form; 0 is an empty file."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Be the only writer until the end; an error undoes everything."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
