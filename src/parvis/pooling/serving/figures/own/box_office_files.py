"""What the files of a partner say of its box office: by performance, by month, else by year.

They are read from what is served, as far as the reader may read it, whatever their mapping.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from importlib.resources import files

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment
from parvis.governance import Reader
from parvis.pooling.publics.strata import read_periods
from parvis.pooling.serving.figures.figures import parse_number
from parvis.pooling.serving.service import PoolService
from parvis.statistics.box_office import ALL, PerformanceTotals
from parvis.statistics.box_office_results import Sales
from parvis.vocab.namespaces import CONCEPT

OWN, PROGRAMME = (
    files(__package__).joinpath(name).read_text(encoding="utf-8")
    for name in ("own_box_office.rq", "own_performances.rq")
)
MONTH = 31
"""The most days of a month."""
YEAR_OR_SEASON = re.compile(r"(\d{4}(?:-\d{4})?)")
QUARTER_OF_YEAR = re.compile(r"(\d{4})-Q\d")
DAY = 10
"""Characters of a day in an instant."""
_TOTALS = {
    "price": f"{CONCEPT}price-type/total",
    "channel": f"{CONCEPT}channel/total",
    "place": f"{CONCEPT}place/total",
    "event": f"{CONCEPT}area/total",
}
_EVERY_DISCIPLINE = f"{CONCEPT}discipline/total"

Row = Mapping[str, str]


def read_file_totals(
    host: PoolService, reader: Reader, party: str, sent: Mapping[str, PerformanceTotals]
) -> tuple[list[PerformanceTotals], list[Sales]]:
    """Return what files say of performances and months, and their sales by the day of the figures.

    `sent` are the performances, by IRI, of which figures were sent by a program: those of files are
    left out. So are sums of a month, a quarter, a year or a season where shorter parts of it have
    figures: they would count twice.
    """
    by_performance: defaultdict[str, list[Row]] = defaultdict(list)
    by_period: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in host.rows(reader, OWN, who=party):
        if "performance" not in row:
            by_period[row["period"], row["discipline"]].append(row)
        elif row["performance"] not in sent:
            by_performance[row["performance"]].append(row)
    own = host.iris.thing("event", f"{last_segment(party)}/")
    programme = host.rows(reader, PROGRAMME, own=own) if by_performance else ()
    described = {row["event"]: row for row in programme}
    totals, sales = [], []
    for name, rows in by_performance.items():
        performance = _read_performance(rows, described.get(name, {}))
        if performance is not None:
            totals.append(performance)
            if performance.sold is not None and performance.is_dated and "as_of" in rows[-1]:
                last_day = date.fromisoformat(rows[-1]["as_of"])
                sales.append(Sales(performance.day, {last_day: performance.sold}))
    days = [performance.day for performance in (*sent.values(), *totals)]
    months = {(day.year, day.month) for day in days}
    with_parts = {period for period, discipline in by_period if discipline != _EVERY_DISCIPLINE}
    of_all = [key for key in by_period if key[1] == _EVERY_DISCIPLINE and key[0] in with_parts]
    for key in of_all:
        del by_period[key]
    for (period, _), rows in by_period.items():
        last = _read_month(period)
        if last is not None and (last.year, last.month) not in months:
            totals.append(_to_totals(last, rows, is_dated=False))
    return totals + _read_longer(by_period, (*sent.values(), *totals)), sales


def _read_longer(
    by_period: Mapping[tuple[str, str], list[Row]], shorter: Iterable[PerformanceTotals]
) -> list[PerformanceTotals]:
    """Return the figures of years, seasons and quarters of which nothing shorter has figures."""
    counted = {period for totals in shorter for period in totals.periods}
    longer: list[PerformanceTotals] = []
    for pattern in (YEAR_OR_SEASON, QUARTER_OF_YEAR):
        parts = []
        for (iri, _), rows in by_period.items():
            period = pattern.fullmatch(last_segment(iri))
            if period and period[1] not in counted and iri in read_periods():
                _, last = read_periods()[iri]
                totals = _to_totals(last, rows, is_dated=False)
                parts.append(totals._replace(period=period[1]))
        counted |= {totals.period for totals in parts}
        longer += parts
    return longer


def _read_performance(rows: list[Row], event: Row) -> PerformanceTotals | None:
    """Return the totals of a performance; None where neither its day nor its month is known."""
    with suppress(ValueError):
        if "start" in event:
            day = date.fromisoformat(event["start"][:DAY])
            return _to_totals(day, rows, is_dated=True)._replace(show=event.get("show", ""))
    month = _read_month(rows[0]["period"])
    return None if month is None else _to_totals(month, rows, is_dated=False)


def _read_month(period: str) -> date | None:
    """Return the last day of a period of a month at most, None for a longer one."""
    # Of a month that is not over, figures may be of performances that are to come.
    first, last = read_periods().get(period, (None, None))
    is_month = first is not None and last is not None and (last - first).days < MONTH
    return last if is_month else None


def _to_totals(day: date, rows: list[Row], *, is_dated: bool) -> PerformanceTotals:
    """Add up the figures of one performance, or of one month and discipline."""
    by_measure: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_measure[last_segment(row["measure"])].append(row)
    sums = {measure: _add_up(figures) for measure, figures in by_measure.items()}
    first, count = rows[0], sums.get("performances", 0)
    available = sums.get("ticketsAvailable")
    if available is None and sums.keys() >= {"capacity", "blocked"}:
        available = max(0, sums["capacity"] - sums["blocked"])
    discipline, place = first["discipline"], first["place"]
    return PerformanceTotals(
        day=day,
        discipline=ALL
        if discipline == _EVERY_DISCIPLINE
        else scheme("discipline").code(discipline),
        available=None if available is None else round(available),
        sold=round(sums["ticketsSold"]) if "ticketsSold" in sums else None,
        complimentary=round(sums["complimentary"]) if "complimentary" in sums else None,
        revenue=sums.get("revenue"),
        venue="" if place == _TOTALS["place"] else place,
        performances=1 if "performance" in first else round(count),
        is_dated=is_dated,
    )


def _add_up(rows: Iterable[Row]) -> float:
    """Add up the figures of one measure: the total of each dimension where it is given."""
    # A performance that stands in several datasets, or has several descriptions, counts once.
    cells = {tuple(row.get(name, total) for name, total in _TOTALS.items()): row for row in rows}
    for place, total in enumerate(_TOTALS.values()):
        of_all = {cell: row for cell, row in cells.items() if cell[place] == total}
        cells = of_all or cells
    return sum(float(parse_number(row["value"]) or 0) for row in cells.values())
