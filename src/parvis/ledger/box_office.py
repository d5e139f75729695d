"""The cumulative figures that box offices send, performance by performance, day by day.

Of each day the last figures are stored. The last known day of each price and channel counts; the
days before it are the sales curve.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from sqlite3 import Connection

from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger.audit import SHELL, Act, Author, Event, record_events
from parvis.ledger.database import FILE, Database

RISING = ("attendance", "complimentary", "revenue", "ticketsSold")
"""The measures that only rise, unless they are corrected."""

LOWER = N_(
    "{performance}: {measure} falls from {before} (known on {day}) to {after}: figures are"
    " cumulative; a correction says so (“correction”: true)"
)
EARLIER = N_(
    "{performance}: figures of {day} are known already, and these of {earlier} are others: a"
    " correction says so (“correction”: true)"
)


@dataclass(frozen=True)
class PerformanceReport:
    """The figures of a performance as known on a day, in decimal digits.

    `facts` are the show, start, venue, area and discipline. `figures` are by price type and
    channel (``total`` for all), then by measure.
    """

    performance: str
    facts: Mapping[str, str]
    day: date
    figures: Mapping[tuple[str, str], Mapping[str, str]]
    correction: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class SalesCurve:
    """The last known figures of a performance, and of all prices and channels those of each day."""

    last: PerformanceReport
    days: Mapping[date, Mapping[str, str]]


class BoxOffice:
    """The box-office figures of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def put(
        self,
        dataset: str,
        reports: Iterable[PerformanceReport],
        party: str,
        now: datetime,
        author: Author = SHELL,
    ) -> dict[str, UsageError | None]:
        """Store a party's reports of a dataset, durably; return the error of each, if it has one.

        A report that lowers a figure is refused, and changes nothing; the others are stored. Equal
        reports change nothing. The audit trail says who sent how many.
        """
        errors: dict[str, UsageError | None] = {}
        with self._database.writing() as connection:
            for report in reports:
                try:
                    _require_rising(connection, dataset, report)
                except UsageError as error:
                    errors[report.performance] = error
                    continue
                errors[report.performance] = None
                _write(connection, dataset, report)
            stored = sum(error is None for error in errors.values())
            counts = (("performances", stored), ("refused", len(errors) - stored))
            facts: tuple[tuple[str, str | int], ...] = (*counts, *author.facts())
            event = Event(Act.DEPOSIT, now, party, ((dataset, None),), facts)
            record_events(connection, event)
        return errors

    def last(self, dataset: str) -> Iterator[PerformanceReport]:
        """Yield the last known figures of each performance; its day is that of the last report."""
        with self._database.reading("box_office") as connection:
            rows = () if connection is None else connection.execute(_LAST, (dataset,)).fetchall()
        by_performance: dict[str, list[tuple[str, ...]]] = {}
        for performance, *row in rows:
            by_performance.setdefault(performance, []).append(tuple(row))
        for performance, lines in by_performance.items():
            yield _to_report(performance, lines[0][0], [line[1:] for line in lines])

    def days(self, dataset: str, performance: str) -> dict[date, Mapping[str, str]]:
        """Return the figures of all prices and channels by day: the sales curve."""
        with self._database.reading("box_office") as connection:
            return {} if connection is None else _read_days(connection, dataset, performance)

    def count(self, datasets: Iterable[str]) -> int:
        """Return how many performances datasets have figures of."""
        with self._database.reading("performance") as connection:
            rows = () if connection is None else connection.execute(_COUNTS).fetchall()
        counts: dict[str, int] = dict(rows)
        return sum(counts.get(dataset, 0) for dataset in set(datasets))

    def list_curves(self, datasets: Iterable[str], first: int, most: int) -> list[SalesCurve]:
        """Return `most` performances of datasets from the `first` one on, the latest one first."""
        wanted = json.dumps(sorted(set(datasets)))
        with self._database.reading("performance") as connection:
            if connection is None:
                return []
            rows = connection.execute(_PAGE, (wanted, most, first)).fetchall()
            return [
                SalesCurve(
                    _to_report(name, facts, connection.execute(_KNOWN, (dataset, name)).fetchall()),
                    _read_days(connection, dataset, name),
                )
                for dataset, name, facts in rows
            ]

    def curves(self, dataset: str) -> dict[str, dict[date, Mapping[str, str]]]:
        """Return what `days` returns, of all performances of a dataset."""
        with self._database.reading("box_office") as connection:
            rows = () if connection is None else connection.execute(_CURVES, (dataset,)).fetchall()
        curves: dict[str, dict[date, Mapping[str, str]]] = {}
        for performance, day, figures in rows:
            days = curves.setdefault(performance, {})
            days[date.fromisoformat(day)] = json.loads(figures)
        return curves

    def datasets(self) -> frozenset[str]:
        """Return the datasets that have figures."""
        with self._database.reading("box_office") as connection:
            rows = () if connection is None else connection.execute(_DATASETS).fetchall()
        return frozenset(dataset for (dataset,) in rows)

    def forget(self, datasets: Iterable[str]) -> None:
        """Remove the figures of datasets that are destroyed."""
        destroyed = self.datasets() & set(datasets)
        if destroyed:
            with self._database.writing() as connection:
                for table in ("box_office", "performance"):
                    connection.executemany(
                        f"DELETE FROM {table} WHERE dataset = ?",  # noqa: S608 - our own names
                        [(dataset,) for dataset in destroyed],
                    )


_LAST = """
SELECT performance, facts, price, channel, max(day), figures
FROM box_office JOIN performance USING (dataset, performance)
WHERE dataset = ? GROUP BY performance, price, channel ORDER BY performance, price, channel
"""
"""Of a maximum, SQLite takes the other columns of its row."""
_DAYS = """
SELECT day, figures FROM box_office
WHERE dataset = ? AND performance = ? AND price = 'total' AND channel = 'total' ORDER BY day
"""
_CURVES = """
SELECT performance, day, figures FROM box_office
WHERE dataset = ? AND price = 'total' AND channel = 'total' ORDER BY performance, day
"""
_COUNTS = "SELECT dataset, count(*) FROM performance GROUP BY dataset"
_PAGE = """
SELECT dataset, performance, facts FROM performance
WHERE dataset IN (SELECT value FROM json_each(?))
ORDER BY json_extract(facts, '$.start') DESC, performance, dataset LIMIT ? OFFSET ?
"""
_DATASETS = "SELECT DISTINCT dataset FROM performance"
_KNOWN = """
SELECT price, channel, max(day), figures FROM box_office
WHERE dataset = ? AND performance = ? GROUP BY price, channel
"""
_OF_DAY = """
SELECT figures FROM box_office
WHERE dataset = ? AND performance = ? AND price = ? AND channel = ? AND day = ?
"""


def _to_report(performance: str, facts: str, lines: Sequence[Sequence[str]]) -> PerformanceReport:
    """Return a report of the last known figures: a price, channel, day and figures each."""
    figures = {(price, channel): json.loads(text) for price, channel, _, text in lines}
    day = date.fromisoformat(max(day for _, _, day, _ in lines))
    return PerformanceReport(performance, json.loads(facts), day, figures)


def _read_days(
    connection: Connection, dataset: str, performance: str
) -> dict[date, Mapping[str, str]]:
    rows = connection.execute(_DAYS, (dataset, performance)).fetchall()
    return {date.fromisoformat(day): json.loads(figures) for day, figures in rows}


def _require_rising(connection: Connection, dataset: str, report: PerformanceReport) -> None:
    """Raise `UsageError` for figures that fall, or that change a day before the last known one."""
    if report.correction:
        return
    key = dataset, report.performance
    for price, channel, day, text in connection.execute(_KNOWN, key).fetchall():
        figures = report.figures.get((price, channel))
        if figures is None:
            continue
        if report.day.isoformat() < day:
            line = (*key, price, channel, report.day.isoformat())
            row = connection.execute(_OF_DAY, line).fetchone()
            if row is None or json.loads(row[0]) != figures:
                days = {"day": day, "earlier": report.day}
                raise UsageError(EARLIER, performance=report.performance, **days)
            continue
        before = json.loads(text)
        for measure in RISING:
            if float(figures.get(measure, "inf")) < float(before.get(measure, 0)):
                raise UsageError(
                    LOWER,
                    performance=report.performance,
                    measure=measure,
                    before=before[measure],
                    day=day,
                    after=figures[measure],
                )


def _write(connection: Connection, dataset: str, report: PerformanceReport) -> None:
    facts = json.dumps(dict(report.facts), ensure_ascii=False, sort_keys=True)
    connection.execute(
        "INSERT INTO performance VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET facts = excluded.facts",
        (dataset, report.performance, facts),
    )
    connection.executemany(
        "INSERT INTO box_office VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET figures = excluded.figures",
        [
            (
                *(dataset, report.performance, price, channel, report.day.isoformat()),
                json.dumps(dict(figures), sort_keys=True),
            )
            for (price, channel), figures in report.figures.items()
        ],
    )
