"""What each party gave: by dataset, stratum and period, how much, and until when it counts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any, Self

from parvis.ledger.database import FILE, Database

Stratum = tuple[str, ...]


@dataclass(frozen=True)
class Contribution:
    """Figures of one stratum and period that a dataset holds, or held until `ended`.

    `dataset`, `period` and the concepts of the stratum are IRIs; `giver` is the IRI of the party
    whose own figures they are, empty where they are not those of who published them. `rows`
    counts observations; `persons` is the greatest figure that counts persons, since a total and
    its parts are not added: at least so many; None where none does, and once it has ended.
    `score` is the report's, from 0 to 100. Instants have their offsets. `lacks` tells what it
    lacks to count, by the codes of `parvis.governance.Lack`.
    """

    dataset: str
    giver: str
    stratum: Stratum
    period: str
    rows: int
    persons: int | None
    score: float | None
    given: datetime
    until: datetime
    ended: datetime | None = None
    lacks: tuple[str, ...] = ()

    @property
    def ceases(self) -> datetime:
        """Tell when it ceases to count, or ceased."""
        return self.until if self.ended is None else min(self.until, self.ended)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        for name in ("given", "until", "ended"):
            found[name] = found[name] and _written(found[name])
        told = {"stratum": list(self.stratum), "lacks": list(self.lacks)}
        return found | told | {"ceases": _written(self.ceases)}

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row of the table."""
        found = dict(row)
        for name in ("given", "until", "ended"):
            found[name] = found[name] and datetime.fromisoformat(found[name])
        lists = {
            "stratum": tuple(json.loads(found["stratum"])),
            "lacks": tuple(found["lacks"].split()),
        }
        return cls(**found | lists)


class Contributions:
    """The contributions to a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        """Name the data folder; nothing is read or written yet."""
        self._database = Database(data / FILE)

    def bases(self) -> dict[str, str]:
        """Tell from which content the contributions of each dataset were counted, by its IRI."""
        with self._database.reading() as connection:
            if connection is None or not _there(connection):
                return {}
            return dict(connection.execute("SELECT dataset, basis FROM counted"))

    def count(self, dataset: str, basis: str, found: Iterable[Contribution], now: datetime) -> None:
        """Make these the contributions of a dataset, in one step; those before have ended."""
        with self._database.writing() as connection:
            _end(connection, dataset, now)
            connection.execute("INSERT OR REPLACE INTO counted VALUES (?, ?)", (dataset, basis))
            connection.executemany(
                f"INSERT OR REPLACE INTO contribution ({_COLUMNS})"  # noqa: S608 - a constant
                f" VALUES ({_MARKS})",
                map(_cells, found),
            )

    def end(self, datasets: Iterable[str], now: datetime) -> None:
        """Let the contributions of datasets that are gone cease at once.

        How many persons they told of is forgotten: figures that were destroyed leave none here.
        """
        gone = list(datasets)
        if not gone:
            return
        with self._database.writing() as connection:
            for dataset in gone:
                _end(connection, dataset, now)
                connection.execute("DELETE FROM counted WHERE dataset = ?", (dataset,))

    def of(self, giver: str) -> list[Contribution]:
        """Give all that a party ever gave, the oldest first."""
        return self._select("giver = ? ORDER BY given, dataset, stratum, period", giver)

    def strata(self) -> dict[str, frozenset[Stratum]]:
        """Give the strata that each dataset holds now, by its IRI."""
        found: dict[str, set[Stratum]] = {}
        with self._database.reading() as connection:
            if connection is None or not _there(connection):
                return {}
            for dataset, stratum in connection.execute(
                "SELECT DISTINCT dataset, stratum FROM contribution WHERE ended IS NULL"
            ):
                found.setdefault(dataset, set()).add(tuple(json.loads(stratum)))
        return {dataset: frozenset(strata) for dataset, strata in found.items()}

    def counting(self, giver: str) -> dict[Stratum, datetime]:
        """Tell until when each stratum that a party gave counts, over or not.

        What lacks something does not; of what is over it no longer matters.
        """
        with self._database.reading() as connection:
            if connection is None or not _there(connection):
                return {}
            # Instants are all written alike, in UTC, so that their texts are in their order.
            found = connection.execute(
                "SELECT stratum, MAX(MIN(until, COALESCE(ended, until))) FROM contribution"
                " WHERE giver = ? AND (lacks = '' OR ended IS NOT NULL) GROUP BY stratum",
                (giver,),
            )
            return {
                tuple(json.loads(stratum)): datetime.fromisoformat(until)
                for stratum, until in found
            }

    def greatest(self, other_than: str) -> dict[str, set[tuple[Stratum, str, int]]]:
        """Give the greatest figures of persons that each other party gives now.

        Each with its stratum and period; what is not told to be anybody's own is left out.
        """
        figures: dict[str, set[tuple[Stratum, str, int]]] = {}
        with self._database.reading() as connection:
            if connection is None or not _there(connection):
                return {}
            rows = connection.execute(
                "SELECT giver, stratum, period, persons FROM contribution WHERE ended IS NULL"
                " AND persons IS NOT NULL AND giver NOT IN ('', ?)",
                (other_than,),
            )
            for giver, stratum, period, persons in rows:
                figure = tuple(json.loads(stratum)), period, persons
                figures.setdefault(giver, set()).add(figure)
        return figures

    def withdrawn(self, dataset: str, since: datetime) -> datetime | None:
        """Tell when a dataset's figures were last withdrawn, if they were before an instant.

        `since` is when those came that the pool has held without a break.
        """
        with self._database.reading() as connection:
            if connection is None or not _there(connection):
                return None
            (ended,) = connection.execute(
                "SELECT MAX(ended) FROM contribution WHERE dataset = ? AND ended <= ?",
                (dataset, _written(since)),
            ).fetchone()
        return ended and datetime.fromisoformat(ended)

    def _select(self, condition: str, value: str) -> list[Contribution]:
        with self._database.reading() as connection:
            if connection is None or not _there(connection):
                return []
            connection.row_factory = Row
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM contribution WHERE {condition}",  # noqa: S608 - constants
                (value,),
            )
            return [Contribution.of(row) for row in found]


_COLUMNS = ", ".join(one.name for one in fields(Contribution))
_MARKS = ", ".join("?" for _ in fields(Contribution))


def _there(connection: Connection) -> bool:
    """Say whether the table is there in this form: an older ledger gets it when next written."""
    found = connection.execute(
        "SELECT 1 FROM pragma_table_info('contribution', 'main') WHERE name = 'lacks'"
    )
    return found.fetchone() is not None


def _end(connection: Connection, dataset: str, now: datetime) -> None:
    connection.execute(
        "UPDATE contribution SET ended = ?, persons = NULL WHERE dataset = ? AND ended IS NULL",
        (_written(now), dataset),
    )


def _cells(one: Contribution) -> tuple[object, ...]:
    """Write one for the table, in the order of its columns."""
    told = {
        "stratum": json.dumps(one.stratum),
        "lacks": " ".join(one.lacks),
        "given": _written(one.given),
        "until": _written(one.until),
        "ended": one.ended and _written(one.ended),
    }
    return tuple(told.get(each.name, getattr(one, each.name)) for each in fields(one))


def _written(instant: datetime) -> str:
    """Write an instant so that the order of texts is that of instants."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
