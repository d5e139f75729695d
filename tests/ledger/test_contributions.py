"""Contributions count until their end, and cease at once when their figures are deleted."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parvis.ledger import FILE, Contribution, Contributions, Grant, Tokens
from parvis.ledger.schema import STEPS

A, B = ("theatre", "06"), ("dance", "06")
YEAR = timedelta(days=365)


@pytest.fixture
def contribution(now: datetime) -> Contribution:
    """Build a contribution that counts for a year."""
    return Contribution("data", "giver", A, "2025", 4, 120, 99.5, now, now + YEAR)


def test_a_missing_ledger_has_no_contributions_and_is_not_created(
    tmp_path: Path, now: datetime
) -> None:
    ledger = Contributions(tmp_path)
    assert (ledger.bases(), ledger.of("giver"), ledger.strata()) == ({}, [], {})
    assert ledger.counting_until("giver") == {}
    ledger.end([], now)
    assert list(tmp_path.iterdir()) == []


def test_a_contribution_is_read_as_written(
    tmp_path: Path, contribution: Contribution, now: datetime
) -> None:
    """By its contributor; figures about other organisations have no contributor."""
    ledger, anonymous = (
        Contributions(tmp_path),
        replace(contribution, giver="", stratum=B, persons=None),
    )
    ledger.count("data", "basis", [contribution, anonymous], now)
    assert ledger.of("giver") == [contribution]
    assert ledger.bases() == {"data": "basis"}
    assert ledger.strata() == {"data": {A, B}}
    assert ledger.counting_until("giver") == {A: now + YEAR}


def test_a_contribution_ends_with_its_figures_and_its_number_of_persons_is_erased(
    tmp_path: Path, contribution: Contribution, now: datetime
) -> None:
    """The latest of several contributions to a stratum decides."""
    ledger, soon = Contributions(tmp_path), now + timedelta(days=1)
    ledger.count("data", "basis", [contribution], now)
    ledger.count(
        "more", "basis", [replace(contribution, dataset="more", until=now + 2 * YEAR)], now
    )
    ledger.end(["more"], soon)
    assert ledger.counting_until("giver") == {A: now + YEAR}
    ledger.end(["data"], soon)
    assert ledger.counting_until("giver") == {A: soon}
    assert {(entry.persons, entry.ended, entry.ceases) for entry in ledger.of("giver")} == {
        (None, soon, soon)
    }
    assert (ledger.bases(), ledger.strata()) == ({}, {})


def test_an_older_ledger_has_no_contributions_until_one_is_written(
    tmp_path: Path, contribution: Contribution, now: datetime
) -> None:
    """Its tokens stay."""
    Tokens(tmp_path).create(Grant("party"), now, now + YEAR)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        added = [name for (name,) in tables if name not in {"token", "sqlite_sequence"}]
        dropped = "".join(f"DROP TABLE {name};" for name in added)
        connection.executescript(f"{dropped} PRAGMA user_version = 1")
    ledger = Contributions(tmp_path)
    assert (ledger.counting_until("giver"), ledger.strata(), ledger.bases()) == ({}, {}, {})
    ledger.count("data", "basis", [contribution], now)
    assert ledger.of("giver") == [contribution]
    assert len(Tokens(tmp_path).all()) == 1
    assert len(STEPS) > 1
