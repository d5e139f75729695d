"""A night of box-office figures: ``python tests/bench/box_office.py [--performances 10000]``.

Invented figures of as many performances, each with three prices, are sent to a server on loopback
in one request, then again, then those of the next day; then they are made the content of their
dataset. Beside it, SQLite alone writes the same rows.
"""

import argparse
import http.client
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from table import busy, tell

sys.path.append(str(Path(__file__).parents[2]))  # the pool and the server are those of the tests

from parvis.config import Settings
from parvis.ledger import BoxOffice
from parvis.pooling.intake.refresh import refresh, refreshable
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from tests.box_office import IRI, KEY, NIGHT, YESTERDAY, write_catalog
from tests.serving import served

PRICES = ("regular", "reduced", "subscription")
LINE = "{:44}{:>8}  {}"


def write_night(count: int, days_ago: int) -> dict[str, Any]:
    """Write the figures of all performances, as known some days ago."""
    nights = []
    for number in range(count):
        sold = number % 300 + 10 * (3 - days_ago)
        prices = [
            {
                "priceType": price,
                "channel": "website",
                "ticketsSold": sold // 3,
                "revenue": sold * 9,
            }
            for price in PRICES
        ]
        facts = {"show": f"Spectacle {number % 400}", "venue": f"Salle {number % 60}"}
        figures = {"ticketsSold": sold, "revenue": sold * 27, "prices": prices}
        day = YESTERDAY - timedelta(days=days_ago)
        key = {"performance": f"s-{number}", "asOf": day.isoformat()}
        nights.append({**NIGHT, **facts, **key, **figures})
    return {"performances": nights}


def post(address: str, token: str, body: bytes) -> dict[str, Any]:
    """Send one request; return its answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=600)
    with closing(connection):
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        connection.request("POST", f"/box-office/{KEY.dataset}", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 202, text
        document: dict[str, Any] = json.loads(text)
        return document


def timed(name: str, step: Callable[[], object], wanted: str = "") -> float:
    """Run a step, and print its seconds."""
    begun = time.perf_counter()
    step()
    seconds = time.perf_counter() - begun
    tell(LINE.format(name, f"{seconds:.1f}", wanted))
    return seconds


def write_rows(file: Path, settings: Settings) -> None:
    """Write the rows of the ledger with SQLite alone, as durably."""
    with closing(sqlite3.connect(settings.data / "ledger.sqlite")) as ledger:
        rows = ledger.execute("SELECT * FROM box_office").fetchall()
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.execute("PRAGMA synchronous = FULL")
        plain.execute("CREATE TABLE box_office (a, b, c, d, e, f, PRIMARY KEY (a, b, c, d, e))")
        plain.executemany("INSERT INTO box_office VALUES (?, ?, ?, ?, ?, ?)", rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--performances", type=int, default=10_000)
    count = parser.parse_args().performances
    with tempfile.TemporaryDirectory() as temporary:
        settings = write_catalog(Path(temporary))
        with Pool.open(settings) as pool:
            submit(pool, pool.catalog.require_named("theatre-b/spectacles").key)
            publish(pool)
        token = create_token(settings, "theatre-b", scope="give").text
        first, second = (json.dumps(write_night(count, days)).encode() for days in (2, 1))
        tell(LINE.format(f"{count} performances, {len(first) / 1e6:.1f} MB", "s", "wanted"))
        with served(settings, settings.base) as address:
            sent = timed("sent", lambda: post(address, token, first), "60 s")
            timed("sent again", lambda: post(address, token, first))
            timed("those of the next day", lambda: post(address, token, second))
        alone = timed("SQLite alone", lambda: write_rows(Path(temporary) / "plain", settings))
        tell(LINE.format("sent, in times of SQLite alone", f"{sent / alone:.1f}", ""))
        known = sum(1 for _ in BoxOffice(settings.data).last(IRI))
        with Pool.open(settings) as pool:
            timed("refresh", lambda: list(refresh(pool, refreshable(pool, str(KEY)))))
            triples = pool.record.versions()[pool.iris.graph(KEY)].triples
        tell(f"{known} performances are known, {triples} triples; {busy()}")


if __name__ == "__main__":
    main()
