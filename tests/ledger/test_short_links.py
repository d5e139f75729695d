"""Queries with a short address: stored once, bounded, pruned, and nothing about who stored them."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from parvis.errors import LimitError, UnknownThing
from parvis.ledger import FILE, ShortLinks

DAY = date(2026, 11, 29)
QUERY = {"query": ["ASK {}"], "generation": ["3"]}


def test_a_query_is_stored_once_under_the_digest_of_its_content(tmp_path: Path) -> None:
    links = ShortLinks(tmp_path)
    name = links.add(QUERY, DAY, 10)
    assert links.add(dict(reversed(QUERY.items())), date(2027, 1, 1), 10) == name
    assert links.require(name) == QUERY
    assert links.size() == (1, 42)
    # As after a restart.
    assert ShortLinks(tmp_path).require(name) == QUERY


def test_no_more_are_stored_than_there_is_room_for(tmp_path: Path) -> None:
    """Those that exist are still found."""
    links = ShortLinks(tmp_path)
    name = links.add(QUERY, DAY, 1)
    with pytest.raises(LimitError, match="as many as this site has room for"):
        links.add({"query": ["SELECT * {}"]}, DAY, 1)
    assert links.add(QUERY, DAY, 1) == name


def test_links_of_before_a_day_are_pruned(tmp_path: Path) -> None:
    links = ShortLinks(tmp_path)
    old = links.add(QUERY, DAY, 10)
    new = links.add({"query": ["SELECT * {}"]}, date(2027, 1, 1), 10)
    assert links.prune(date(2027, 1, 1)) == 1
    assert links.require(new)
    with pytest.raises(UnknownThing, match="no short link"):
        links.require(old)


def test_links_are_forgotten_by_what_they_hold(tmp_path: Path) -> None:
    links = ShortLinks(tmp_path)
    links.add(QUERY, DAY, 10)
    links.add({"query": ["SELECT * { ?s ?p 'secret' }"]}, DAY, 10)
    assert links.forget(lambda content: b"secret" in content) == 1
    assert links.size()[0] == 1


def test_a_ledger_that_was_never_written_to_has_none(tmp_path: Path) -> None:
    links = ShortLinks(tmp_path)
    assert links.size() == (0, 0)
    assert links.prune(DAY) == 0
    assert links.forget(bool) == 0
    with pytest.raises(UnknownThing):
        links.require("0" * 16)


def test_nothing_but_the_query_and_its_day_is_stored(tmp_path: Path) -> None:
    ShortLinks(tmp_path).add(QUERY, DAY, 10)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(short_link)")]
    assert columns == ["id", "query", "day"]
