"""Contributions count until their day, and cease at once when their figures are gone."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parvis.ledger import FILE, Contribution, Contributions, Grant, Tokens
from parvis.ledger.database import STEPS

A, B = ("theatre", "06"), ("dance", "06")
YEAR = timedelta(days=365)


@pytest.fixture
def one(now: datetime) -> Contribution:
    """Give a contribution that counts for a year."""
    return Contribution("data", "giver", A, "2025", 4, 120, 99.5, now, now + YEAR)


def test_what_was_never_written_contributes_nothing(tmp_path: Path, now: datetime) -> None:
    """And makes no file."""
    ledger = Contributions(tmp_path)
    assert (ledger.bases(), ledger.of("giver"), ledger.strata()) == ({}, [], {})
    assert ledger.counting("giver") == {}
    ledger.end([], now)
    assert list(tmp_path.iterdir()) == []


def test_a_contribution_is_read_as_it_was_written(
    tmp_path: Path, one: Contribution, now: datetime
) -> None:
    """By its giver; of whom else the figures are, nobody gave them."""
    ledger, others = Contributions(tmp_path), replace(one, giver="", stratum=B, persons=None)
    ledger.count("data", "basis", [one, others], now)
    assert ledger.of("giver") == [one]
    assert ledger.bases() == {"data": "basis"}
    assert ledger.strata() == {"data": {A, B}}
    assert ledger.counting("giver") == {A: now + YEAR}


def test_what_is_gone_ceases_at_once_and_tells_no_persons(
    tmp_path: Path, one: Contribution, now: datetime
) -> None:
    """The latest of several contributions of a stratum decides."""
    ledger, soon = Contributions(tmp_path), now + timedelta(days=1)
    ledger.count("data", "basis", [one], now)
    ledger.count("more", "basis", [replace(one, dataset="more", until=now + 2 * YEAR)], now)
    ledger.end(["more"], soon)
    assert ledger.counting("giver") == {A: now + YEAR}
    ledger.end(["data"], soon)
    assert ledger.counting("giver") == {A: soon}
    assert {(each.persons, each.ended, each.ceases) for each in ledger.of("giver")} == {
        (None, soon, soon)
    }
    assert (ledger.bases(), ledger.strata()) == ({}, {})


def test_an_older_ledger_has_no_contributions_until_one_is_written(
    tmp_path: Path, one: Contribution, now: datetime
) -> None:
    """Its tokens stay."""
    Tokens(tmp_path).create(Grant("party"), now, now + YEAR)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        later = [name for (name,) in tables if name not in {"token", "sqlite_sequence"}]
        dropped = "".join(f"DROP TABLE {name};" for name in later)
        connection.executescript(f"{dropped} PRAGMA user_version = 1")
    ledger = Contributions(tmp_path)
    assert (ledger.counting("giver"), ledger.strata(), ledger.bases()) == ({}, {}, {})
    ledger.count("data", "basis", [one], now)
    assert ledger.of("giver") == [one]
    assert len(Tokens(tmp_path).all()) == 1
    assert len(STEPS) > 1
