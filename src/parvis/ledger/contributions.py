"""The contributions of each party, by dataset, stratum and period, and until when they count."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any, Self

from parvis.config.json_data import from_json, to_object
from parvis.ledger.database import FILE, Database

Stratum = tuple[str, ...]


@dataclass(frozen=True)
class Contribution:
    """Figures of one stratum and period that a dataset holds, or held until `ended`.

    `dataset`, `period` and the concepts of the stratum are IRIs; `giver` is the IRI of the party
    whose own figures they are, empty where they are not the publisher's own. `rows`
    counts observations; `persons` is the greatest figure that counts persons, since a total and
    its parts are not added: at least so many; None where none does, and once it has ended.
    `score` is the report's, from 0 to 100. Instants have their offsets. `lacks` are the codes of
    `parvis.governance.Shortfall` for what it lacks to count.
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
        """The instant at which it ceases to count, or ceased."""
        return self.until if self.ended is None else min(self.until, self.ended)

    def to_json(self) -> dict[str, Any]:
        instants = {name: getattr(self, name) for name in ("given", "until", "ended", "ceases")}
        return to_object(self) | {name: at and _format_instant(at) for name, at in instants.items()}

    @classmethod
    def of(cls, row: Row) -> Self:
        cells = dict(row)
        lists = {"stratum": json.loads(cells["stratum"]), "lacks": cells["lacks"].split()}
        return from_json(cls, cells | lists)

    def to_row(self) -> tuple[object, ...]:
        """Return a row of the table, in the order of its columns."""
        cells = vars(self) | {
            "stratum": json.dumps(self.stratum),
            "lacks": " ".join(self.lacks),
            "given": _format_instant(self.given),
            "until": _format_instant(self.until),
            "ended": self.ended and _format_instant(self.ended),
        }
        return tuple(cells[name] for name in _NAMES)


class Contributions:
    """The contributions to a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        with self._database.reading() as connection:
            # An older ledger gets the table in this form when it is next written to.
            query = "SELECT 1 FROM pragma_table_info('contribution', 'main') WHERE name = 'lacks'"
            is_ready = connection is not None and connection.execute(query).fetchone()
            yield connection if is_ready else None

    def bases(self) -> dict[str, str]:
        """Return the basis of the count of each dataset, by its IRI."""
        with self._reading() as connection:
            if connection is None:
                return {}
            return dict(connection.execute("SELECT dataset, basis FROM counted"))

    def count(
        self, dataset: str, basis: str, contributions: Iterable[Contribution], now: datetime
    ) -> None:
        """Replace the contributions of a dataset, in one transaction; the former ones end."""
        with self._database.writing() as connection:
            _end(connection, dataset, now)
            connection.execute("INSERT OR REPLACE INTO counted VALUES (?, ?)", (dataset, basis))
            connection.executemany(
                f"INSERT OR REPLACE INTO contribution ({_COLUMNS})"  # noqa: S608 - a constant
                f" VALUES ({_MARKS})",
                (contribution.to_row() for contribution in contributions),
            )

    def end(self, datasets: Iterable[str], now: datetime) -> None:
        """End the contributions of removed datasets at once."""
        removed = list(datasets)
        if not removed:
            return
        with self._database.writing() as connection:
            for dataset in removed:
                # Without its basis, the dataset is counted anew if it comes back.
                _end(connection, dataset, now)
                connection.execute("DELETE FROM counted WHERE dataset = ?", (dataset,))

    def of(self, giver: str) -> list[Contribution]:
        """Return all contributions of a party, ended or not, the oldest first."""
        with self._reading() as connection:
            if connection is None:
                return []
            connection.row_factory = Row
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM contribution WHERE giver = ?"  # noqa: S608 - a constant
                " ORDER BY given, dataset, stratum, period",
                (giver,),
            )
            return [Contribution.of(row) for row in rows]

    def strata(self) -> dict[str, frozenset[Stratum]]:
        """Return the strata that each dataset holds now, by its IRI."""
        by_dataset: dict[str, set[Stratum]] = {}
        with self._reading() as connection:
            if connection is None:
                return {}
            for dataset, stratum in connection.execute(
                "SELECT DISTINCT dataset, stratum FROM contribution WHERE ended IS NULL"
            ):
                by_dataset.setdefault(dataset, set()).add(tuple(json.loads(stratum)))
        return {dataset: frozenset(strata) for dataset, strata in by_dataset.items()}

    def counting_until(self, giver: str) -> dict[Stratum, datetime]:
        """Return until when each stratum of a party counts, also where that is over.

        What lacks something does not count; of what has ended that no longer matters.
        """
        with self._reading() as connection:
            if connection is None:
                return {}
            # Instants are all written alike, in UTC, so that their texts are in their order.
            rows = connection.execute(
                "SELECT stratum, MAX(MIN(until, COALESCE(ended, until))) FROM contribution"
                " WHERE giver = ? AND (lacks = '' OR ended IS NOT NULL) GROUP BY stratum",
                (giver,),
            )
            return {
                tuple(json.loads(stratum)): datetime.fromisoformat(until) for stratum, until in rows
            }

    def greatest(self, other_than: str) -> dict[str, set[tuple[Stratum, str, int]]]:
        """Return the greatest figures of persons that each other party contributes now.

        Each with its stratum and period; what is not the publisher's own is left out.
        """
        figures: dict[str, set[tuple[Stratum, str, int]]] = {}
        with self._reading() as connection:
            if connection is None:
                return {}
            rows = connection.execute(
                "SELECT giver, stratum, period, persons FROM contribution WHERE ended IS NULL"
                " AND persons IS NOT NULL AND giver NOT IN ('', ?)",
                (other_than,),
            )
            for giver, stratum, period, persons in rows:
                figure = _read_stratum(stratum), period, persons
                figures.setdefault(giver, set()).add(figure)
        return figures

    def last_withdrawal(self, dataset: str, since: datetime) -> datetime | None:
        """Return when a dataset's figures were last withdrawn, if that was before an instant.

        `since` is when the figures arrived that the pool has held without interruption.
        """
        with self._reading() as connection:
            if connection is None:
                return None
            (ended,) = connection.execute(
                "SELECT MAX(ended) FROM contribution WHERE dataset = ? AND ended <= ?",
                (dataset, _format_instant(since)),
            ).fetchone()
        return ended and datetime.fromisoformat(ended)


@lru_cache(4_096)  # the same strata come in every dataset
def _read_stratum(text: str) -> Stratum:
    return tuple(json.loads(text))


_NAMES = [column.name for column in fields(Contribution)]
_COLUMNS = ", ".join(_NAMES)
_MARKS = ", ".join("?" for _ in _NAMES)


def _end(connection: Connection, dataset: str, now: datetime) -> None:
    # The number of persons is removed: figures that were destroyed must leave none here.
    connection.execute(
        "UPDATE contribution SET ended = ?, persons = NULL WHERE dataset = ? AND ended IS NULL",
        (_format_instant(now), dataset),
    )


def _format_instant(instant: datetime) -> str:
    """Return an instant in UTC, so that the order of texts is that of instants."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
