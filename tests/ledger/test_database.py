"""The ledger's file: durable, private, of a known version."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.ledger import FILE, Database, Grant, Tokens
from parvis.ledger.schema import STEPS

WRITE = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from parvis.ledger import Grant, Tokens
tokens, now = Tokens(Path(sys.argv[1])), datetime.now(UTC)
for number in range(10_000):
    token = tokens.create(Grant(f"party-{number}"), now, now + timedelta(days=1))[1]
    print(token.id, flush=True)
"""


def test_reading_a_missing_ledger_creates_no_file(tokens: Tokens, tmp_path: Path) -> None:
    assert tokens.all() == []
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_empty_ledger(tokens: Tokens, tmp_path: Path) -> None:
    """A writer that was killed may have left it before the first table."""
    (tmp_path / "ledger.sqlite").touch()
    assert tokens.all() == []


def test_only_the_owner_may_read_the_ledger(tokens: Tokens, now: datetime, tmp_path: Path) -> None:
    """Labels and parties are confidential."""
    tokens.create(Grant("party"), now, now + timedelta(days=1))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("killed_after", [1, 7, 20])
def test_acknowledged_tokens_survive_a_kill(tmp_path: Path, killed_after: int) -> None:
    """Every token that was shown is there after SIGKILL, and the file is valid."""
    writer = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WRITE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout
    acknowledged = [writer.stdout.readline().strip() for _ in range(killed_after)]
    writer.kill()
    acknowledged += writer.communicate()[0].split()
    stored = [token.id for token in Tokens(tmp_path).all()]
    assert set(acknowledged) <= set(stored)
    assert len(stored) - len(acknowledged) <= 1  # the last may be stored and not yet shown
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_ledger_of_a_newer_version_is_neither_read_nor_written(
    tokens: Tokens, now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(StoreError, match="newer"):
        tokens.all()
    with pytest.raises(StoreError, match="newer"):
        tokens.create(Grant("party"), now, now)
    assert file.read_bytes() == before


def test_a_damaged_ledger_is_reported(tokens: Tokens, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        tokens.all()


def test_a_copy_is_complete_while_another_process_writes(tmp_path: Path) -> None:
    """Each copy is a valid file, readable by its owner only, with all tokens shown before."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WRITE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        for number in range(5):
            acknowledged = writer.stdout.readline().strip()
            folder = tmp_path / f"copy-{number}"
            folder.mkdir()
            Database(tmp_path / FILE).copy(folder / FILE)
            assert [path.name for path in folder.iterdir()] == [FILE]
            assert (folder / FILE).stat().st_mode & 0o777 == 0o600
            assert Database(folder / FILE).check() == len(STEPS)
            assert acknowledged in {token.id for token in Tokens(folder).all()}
        writer.kill()


def test_damage_inside_a_ledger_is_detected(tokens: Tokens, now: datetime, tmp_path: Path) -> None:
    """In an overwritten page; a missing or empty ledger is not damaged."""
    database = Database(tmp_path / FILE)
    assert database.check() is None
    for party in range(100):
        tokens.create(Grant(f"party-{party}"), now, now + timedelta(days=1))
    assert database.check() == len(STEPS)
    with (tmp_path / FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"x" * 4096)
    with pytest.raises(StoreError, match=FILE):
        database.check()
