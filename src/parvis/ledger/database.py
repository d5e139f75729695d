"""The ledger's file: SQLite, with durable transactions.

A process killed at any moment leaves the old or the new state: SQLite rolls the rest back when the
file is next opened. The ledger has its own lock, so that a token can be revoked while a generation
is being built.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from parvis.config import make_private
from parvis.config.durability import waits_for_disk
from parvis.errors import StoreError
from parvis.i18n import N_
from parvis.ledger.schema import STEPS

NEWER = N_("{file} was written by a newer parvis (form {version}, this one knows {newest})")
FULL = N_("the disk is full: {file} cannot be written to")
PRIMARY_CODE = 0xFF
"""The bits of an error of SQLite that say its kind."""
PAGE = 64 << 10
"""Bytes without which no page can be written."""
DAMAGED = N_("{file} cannot be used as a ledger: {reason}")

FILE = "ledger.sqlite"
"""The ledger's name in a data folder."""

FILES = frozenset({FILE, f"{FILE}-wal", f"{FILE}-shm"})
"""The ledger and the files of SQLite while it is in use: never to be copied or moved apart."""

PATIENCE = 5.0
"""Seconds to wait for another process that is writing."""

PAUSE = 0.01
"""Seconds between two tries where SQLite itself does not wait."""


class Database:
    """The ledger's file; each use is a connection of its own, so threads share nothing."""

    def __init__(self, file: Path) -> None:
        # It need not exist.
        self.file = file

    @contextmanager
    def reading(self, table: str | None = None) -> Iterator[sqlite3.Connection | None]:
        """Open a connection to read; None when nothing was ever written, or a table is missing.

        An older ledger lacks some tables. Raises `StoreError`.
        """
        if not self.file.exists():
            yield None
            return
        with _connect(self.file, "ro") as connection:
            is_ready = self._read_version(connection) > 0
            if is_ready and table is not None:
                query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
                is_ready = connection.execute(query, (table,)).fetchone() is not None
            yield connection if is_ready else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a connection for one transaction; raises `StoreError`."""
        make_private(self.file.parent)
        # SQLite gives its own files beside this one the same rights.
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with _connect(self.file, "rw") as connection:
            # A newer schema is refused before anything is written.
            self._read_version(connection)
            # Readers may read while one writes (WAL); the setting is stored in the file. The change
            # needs the file exclusively, and SQLite does not wait for that.
            end = time.monotonic() + PATIENCE
            while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                try:
                    connection.execute("PRAGMA journal_mode = WAL")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                        raise
                    time.sleep(PAUSE)
            # Each commit is durable, and what is deleted is in no page.
            synchronous = "FULL" if waits_for_disk() else "OFF"
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA secure_delete = ON")
            # The connection commits at the end, or rolls back at an error.
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                version = self._read_version(connection)
                for number, step in enumerate(STEPS[version:], version + 1):
                    connection.execute(step)
                    connection.execute(f"PRAGMA user_version = {number}")
                yield connection

    def check(self) -> int | None:
        """Check all of it, and return the version of its schema; None when never written to.

        Raises `StoreError` for one that is damaged or too new, or whose tables are not those of
        parvis.
        """
        with self.reading() as connection:
            if connection is None:
                return None
            (result,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if result != "ok":
                raise StoreError(DAMAGED, file=self.file, reason=result)
            version = self._read_version(connection)
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as reference:
                for step in STEPS[:version]:
                    reference.execute(step)
                # A view or a trigger would run what somebody else wrote.
                if _read_schema(connection) != _read_schema(reference):
                    raise StoreError(DAMAGED, file=self.file, reason="schema")
            return version

    def empty_journal(self) -> None:
        """Write the journal (WAL) into the file and empty it, as far as no reader needs it.

        Until then it has the former content of pages.
        """
        with _connect(self.file, "rw") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self, target: Path) -> None:
        """Write a consistent copy to a new file, while others read and write the ledger.

        The copy is a single file. Raises `StoreError`.
        """
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with _connect(self.file, "ro") as connection, _connect(target, "rw") as copy:
            connection.backup(copy)
            # Without WAL, the copy is complete without the files beside it.
            copy.execute("PRAGMA journal_mode = DELETE")

    def _read_version(self, connection: sqlite3.Connection) -> int:
        """Return how many steps were applied, 0 for an empty file; refuse unknown ones."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not 0 <= version <= len(STEPS):
            raise StoreError(NEWER, file=self.file, version=version, newest=len(STEPS))
        return int(version)


@contextmanager
def _connect(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a file to read (``ro``) or to write too (``rw``); raises `StoreError`."""
    try:
        address = f"{file.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, timeout=PATIENCE, isolation_level=None, uri=True)
        with closing(connection):
            # Functions in a schema that somebody else wrote must not run.
            connection.execute("PRAGMA trusted_schema = OFF")
            yield connection
    except sqlite3.Error as error:
        if _is_disk_full(error, file):
            raise StoreError(FULL, file=file) from error
        raise StoreError(DAMAGED, file=file, reason=error) from error


def _is_disk_full(error: sqlite3.Error, file: Path) -> bool:
    """Return whether an error came of a full disk; a temporary file gets an I/O error there."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code & PRIMARY_CODE == sqlite3.SQLITE_IOERR:
        return shutil.disk_usage(file.parent).free < PAGE
    return bool(code == sqlite3.SQLITE_FULL)


def _read_schema(connection: sqlite3.Connection) -> set[tuple[object, ...]]:
    """Return the schema of a ledger, except for what SQLite adds itself."""
    return set(
        connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%'"
            " ESCAPE '\\'"
        )
    )
