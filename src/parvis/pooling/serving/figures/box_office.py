"""What the box office of a partner says: its yearly figures, and the performances without any."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.config import Settings, clock
from parvis.errors import UnknownThing
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.ledger import BoxOffice, PerformanceReport, SalesCurve
from parvis.pooling.cards import Texts
from parvis.pooling.publics.box_office import TOTAL, find_own, list_rows
from parvis.pooling.serving.exchange import NO_PARTNER
from parvis.pooling.serving.figures.own.box_office_files import PROGRAMME, read_file_totals
from parvis.pooling.serving.service import PoolService
from parvis.statistics.box_office import ALL, PerformanceTotals, SixFigures, add_up
from parvis.statistics.box_office_results import Sales

DAYS = 90
"""How long ago a performance took place at most that is asked for."""


NAMES = {
    "performances": both(N_("Performances")),
    "tickets_available": both(N_("Tickets available")),
    "attendance": both(N_("Attendance")),
    "occupancy": both(N_("Occupancy rate (%)")),
    "revenue": both(N_("Box-office revenue ($)")),
    "average_revenue": both(N_("Average revenue per paying spectator ($)")),
}
"""The names of the six figures, in each language."""


@dataclass(frozen=True)
class YearlyRow:
    """The six figures of a year or a season, of a discipline or all."""

    period: str
    discipline: str
    figures: SixFigures

    @property
    def is_season(self) -> bool:
        return "-" in self.period

    @property
    def discipline_name(self) -> Texts:
        code = self.discipline or TOTAL
        return scheme("discipline").label(scheme("discipline").codes[code])

    @property
    def values(self) -> dict[str, float | None]:
        """Return the six figures by name; a ratio that is not known is None."""
        figures = self.figures
        occupancy, average = figures.occupancy, figures.average_revenue
        return {
            "performances": figures.performances,
            "tickets_available": figures.available or None,
            "attendance": figures.attendance,
            "occupancy": None if occupancy is None else round(occupancy, 4),
            "revenue": round(figures.revenue, 2) if figures.paying else None,
            "average_revenue": None if average is None else round(average, 2),
        }

    def to_json(self) -> dict[str, Any]:
        return {"period": self.period, "discipline": self.discipline or TOTAL, **self.values}


def read_yearly_figures(host: PoolService, reader: Reader, slug: str) -> list[YearlyRow]:
    """Return the yearly figures of a partner, for it and the steward; raise as `require_own`."""
    party = require_own(host, reader, slug)
    totals, _ = list_past_totals(host, reader, party)
    return [YearlyRow(*key, figures) for key, figures in add_up(totals).items()]


def require_own(host: PoolService, reader: Reader, slug: str) -> str:
    """Return the IRI of a partner, to it and the steward.

    Raises `UnknownThing` for anyone else, as for a partner that does not exist.
    """
    party = host.iris.partner(slug)
    if not host.has_party(party) or not (reader.iri == party or reader.host):
        raise UnknownThing(NO_PARTNER, slug=slug)
    return party


def list_past_totals(
    host: PoolService, reader: Reader, party: str
) -> tuple[list[PerformanceTotals], list[Sales]]:
    """Return what took place until today, of all datasets of a partner, and its sales by day.

    It is what programs sent, and what files say of other performances, as far as a reader may read
    them.
    """
    box_office, today = BoxOffice(host.settings.data), clock.now().astimezone(clock.QUEBEC).date()
    slug = party.removeprefix(host.iris.partner(""))
    sent: dict[str, PerformanceTotals] = {}
    sales = []
    for dataset in _own_datasets(host.settings, slug):
        curves = box_office.curves(dataset)
        for report in box_office.last(dataset):
            totals = _read_totals(report)
            sent[host.iris.thing("event", f"{slug}/{report.performance}")] = totals
            days = curves.get(report.performance, {}).items()
            sold = {day: int(f["ticketsSold"]) for day, f in days if "ticketsSold" in f}
            sales.append(Sales(totals.day, sold))
    of_files, sales_of_files = read_file_totals(host, reader, party, sent)
    past = [performance for performance in (*sent.values(), *of_files) if performance.day <= today]
    return past, [curve for curve in (*sales, *sales_of_files) if curve.day <= today]


def _own_datasets(settings: Settings, slug: str) -> list[str]:
    prefix = f"{settings.base}id/dataset/{slug}/"
    names = BoxOffice(settings.data).datasets()
    return sorted(name for name in names if name.startswith(prefix))


def _read_totals(report: PerformanceReport) -> PerformanceTotals:
    whole = report.figures.get((TOTAL, TOTAL), {})
    counts = (whole.get(name) for name in ("ticketsAvailable", "ticketsSold", "complimentary"))
    available, sold, complimentary = (None if n is None else int(n) for n in counts)
    return PerformanceTotals(
        # The day in the time zone that its figures came with.
        datetime.fromisoformat(report.facts["start"]).date(),
        report.facts.get("discipline", ALL),
        available,
        sold,
        complimentary,
        float(whole["revenue"]) if "revenue" in whole else None,
        report.facts.get("show", ""),
        report.facts.get("venue", ""),
    )


PER_PAGE = 50
"""Performances on a page."""


@dataclass(frozen=True)
class PerformancePage:
    """Some of a partner's performances, the latest one first, with their figures of each day.

    `datasets` are the names of those that they are of.
    """

    datasets: list[str]
    curves: list[SalesCurve]
    page: int
    pages: int
    count: int

    @property
    def performances(self) -> list[dict[str, Any]]:
        """Return each performance in the form in which it is sent, and its days."""
        return [_curve_to_json(curve) for curve in self.curves]

    def to_json(self) -> dict[str, Any]:
        numbers = {"count": self.count, "page": self.page, "pages": self.pages}
        return {**numbers, "performances": self.performances}

    def list_rows(self) -> Iterator[list[str]]:
        """Yield headings, then a row for each performance and day: a table that can be given."""
        days = (
            replace(curve.last, day=day, figures={(TOTAL, TOTAL): figures})
            for curve in self.curves
            for day, figures in curve.days.items()
        )
        return list_rows(days)


def list_performances(
    host: PoolService, reader: Reader, slug: str, page: int, name: str | None = None
) -> PerformancePage:
    """Return a page of a partner's performances with figures, for it and the steward.

    `name` is that of one of its datasets. Raises `UnknownThing` as `read_yearly_figures`, and for a
    dataset that the partner does not have.
    """
    require_own(host, reader, slug)
    if name is None:
        datasets = _own_datasets(host.settings, slug)
    else:
        datasets = [host.iris.dataset(find_own(host.settings, slug, name))]
    box_office = BoxOffice(host.settings.data)
    count = box_office.count(datasets)
    pages = max(1, ceil(count / PER_PAGE))
    page = min(page, pages)
    curves = box_office.list_curves(datasets, (page - 1) * PER_PAGE, PER_PAGE)
    names = [dataset.rpartition("/")[2] for dataset in datasets]
    return PerformancePage(names, curves, page, pages, count)


def _curve_to_json(curve: SalesCurve) -> dict[str, Any]:
    last = curve.last
    prices = [
        {"priceType": price, "channel": channel, **_figures_to_json(figures)}
        for (price, channel), figures in sorted(last.figures.items())
        if (price, channel) != (TOTAL, TOTAL)
    ]
    return {
        "performance": last.performance,
        **last.facts,
        "asOf": last.day.isoformat(),
        **_figures_to_json(last.figures.get((TOTAL, TOTAL), {})),
        "prices": prices,
        "days": [
            {"asOf": day.isoformat(), **_figures_to_json(figures)}
            for day, figures in curve.days.items()
        ],
    }


def _figures_to_json(figures: Mapping[str, str]) -> dict[str, int | str]:
    return {
        measure: f"{Decimal(text):.2f}" if measure == "revenue" else int(text)
        for measure, text in figures.items()
    }


def list_missing(host: PoolService, reader: Reader, dataset: str) -> list[dict[str, Any]]:
    """List the recent performances of a party that have no figures, or none of their own day.

    The performances are those of all that it publishes; `dataset` holds its figures.
    """
    today = clock.machine_time().date()
    reports = BoxOffice(host.settings.data).last(dataset)
    reported = {report.performance: report.day for report in reports}
    party = str(reader.iri).removeprefix(f"{host.settings.base}id/partner/")
    own = f"{host.settings.base}id/event/{party}/"
    missing = []
    for row in host.rows(reader, PROGRAMME, own=own):
        day, name = date.fromisoformat(row["start"][:10]), row["event"].removeprefix(own)
        last_day = reported.get(name)
        is_recent = today - timedelta(days=DAYS) <= day < today
        if is_recent and (last_day is None or last_day < day):
            fields = {"performance": name, "name": row["name"], "start": row["start"]}
            missing.append({**fields, "asOf": last_day and last_day.isoformat()})
    return missing
