"""How often each dataset was read, by day, party and rule: counted as the audit trail is written.

The trail has years of entries, each on several datasets; these sums answer at once. A day is that
of universal time.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from sqlite3 import Connection

from parvis.ledger.database import FILE, Database
from parvis.ledger.schema import COUNT_USES


@dataclass(frozen=True)
class DatasetUse:
    """The requests of a party on a day that could read a dataset by a rule, and rows answered.

    `decided` is the IRI of what permitted it, empty where the dataset is open to all.
    """

    dataset: str
    day: date
    act: str
    party: str
    decided: str
    requests: int
    rows: int


class DatasetUses:
    """The sums of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def of(
        self, datasets: Collection[str], since: date, except_by: str, most: int
    ) -> list[DatasetUse]:
        """Return the uses of some datasets by others than a party, the latest day first."""
        with self._database.reading("dataset_use") as connection:
            if connection is None:
                return []
            rows = connection.execute(
                "SELECT dataset, day, act, party, decided, requests, rows FROM dataset_use"
                " WHERE dataset IN (SELECT value FROM json_each(?)) AND day >= ? AND party <> ?"
                " ORDER BY day DESC, dataset, party, act, decided LIMIT ?",
                (json.dumps([*datasets]), since.isoformat(), except_by, most),
            ).fetchall()
            return [DatasetUse(row[0], date.fromisoformat(row[1]), *row[2:]) for row in rows]


def count_uses(connection: Connection, uses: Iterable[DatasetUse]) -> None:
    """Add uses to the sums, in the transaction of their entries."""
    rows = [
        (use.dataset, use.day.isoformat(), use.act, use.party, use.decided, use.requests, use.rows)
        for use in uses
    ]
    connection.executemany(
        "INSERT INTO dataset_use VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " requests = requests + excluded.requests, rows = rows + excluded.rows",
        rows,
    )


def recount_uses(connection: Connection) -> None:
    """Compute the sums anew, after another trail was merged into this one."""
    connection.execute("DELETE FROM dataset_use")
    connection.execute(COUNT_USES)


def forget_uses(connection: Connection, before: date) -> None:
    """Delete the sums of the days before one, as the trail forgets its entries."""
    connection.execute("DELETE FROM dataset_use WHERE day < ?", (before.isoformat(),))
