"""A box office that gives files with mappings of its own gets the same results as by a program."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parvis.config import Settings, knowledge
from parvis.config.clock import QUEBEC
from parvis.governance import Reader
from parvis.ledger import BoxOffice, PerformanceReport
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.access import find_reader
from parvis.pooling.serving.figures.box_office import read_yearly_figures
from parvis.pooling.serving.figures.results import read_results
from parvis.pooling.serving.service import PoolService
from parvis.vocab.iris import DatasetKey

DEMO = knowledge("catalog") / "demo"
THEATRE, HOUSE = "theatre-lanterne", "centre-grand-large"
TODAY = f"{datetime.now(QUEBEC):%Y-%m-%d}"
MEASURES = {
    "Représentations": "performances",
    "Billets disponibles": "tickets_available",
    "Recettes": "revenue",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish a theatre's performances and programme, and a house's monthly reports."""
    folder = tmp_path_factory.mktemp("files")
    settings = Settings.load(folder / "data", Path(shutil.copytree(DEMO, folder / "catalog")))
    with Pool.open(settings) as pool:
        for name in ("programmation", "representations"):
            assert submit(pool, DatasetKey(THEATRE, name)).accepted
        assert submit(pool, DatasetKey(HOUSE, "bilans")).accepted
        publish(pool)
    return settings


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[PoolService]:
    with closing(PoolService(settings)) as service:
        yield service


def find(settings: Settings, slug: str) -> Reader:
    with Pool.open(settings) as pool:
        return find_reader(pool, slug)


def read_yearly(service: PoolService, reader: Reader, slug: str) -> dict[tuple[str, str], Any]:
    """Read the six figures by year or season and discipline, all disciplines by none."""
    rows = {}
    for row in read_yearly_figures(service, reader, slug):
        document = row.to_json()
        discipline = document.pop("discipline").removeprefix("total")
        rows[document.pop("period"), discipline] = document
    return rows


def read_performances() -> pd.DataFrame:
    """Read the raw file of performances until today, of all prices."""
    file = DEMO / THEATRE / "representations" / "representations.csv"
    table = pd.read_csv(file, sep=";", encoding="cp1252", decimal=",")
    table = table[(table["Type de prix"] == "Tous les prix") & (table["Date"] <= TODAY)]
    return table.assign(Représentations=1)


def read_months() -> pd.DataFrame:
    """Read the raw monthly reports, of the months that are over."""
    table = pd.read_csv(DEMO / HOUSE / "bilans" / "bilans.csv")
    return table[table["Mois"] < TODAY[:7]]


def add_up(rows: pd.DataFrame) -> dict[str, Any]:
    """Add the six figures up as they are returned; the ratios follow."""
    sums = {name: round(float(rows[column].sum()), 2) for column, name in MEASURES.items()}
    sold = rows["Billets vendus"].sum()
    sums["attendance"] = sold + rows["Billets de faveur"].sum()
    sums["occupancy"] = round(sums["attendance"] / sums["tickets_available"], 4)
    sums["average_revenue"] = round(sums["revenue"] / sold, 2)
    return sums


def test_the_figures_of_performances_are_those_of_the_file(
    settings: Settings, service: PoolService
) -> None:
    """By year and by discipline; the steward reads the same."""
    reader = find(settings, THEATRE)
    rows = read_yearly(service, reader, THEATRE)
    raw = read_performances()
    for year, performances in raw.groupby(raw["Date"].str[:4]):
        for discipline in ("", "theatre"):
            assert rows[str(year), discipline] == add_up(performances)
    with Pool.open(settings) as pool:
        steward = Reader(pool.catalog.third_party.iri, host=True)
    assert read_yearly(service, steward, THEATRE) == rows


def test_the_days_of_performances_are_those_of_the_programme(
    settings: Settings, service: PoolService
) -> None:
    """Best days and openings need a day and a show, which another dataset of the partner says."""
    tables = {t.name: t for t in read_results(service, find(settings, THEATRE), THEATRE)}
    raw = read_performances()
    days = pd.to_datetime(raw["Date"]).dt.day_name().str.lower().value_counts().to_dict()
    weekdays = tables["weekdays"].to_json()
    assert {row["weekday"]["code"]: row["performances"] for row in weekdays} == days
    openings = tables["openings"].to_json()
    assert sum(row["performances"] for row in openings) == len(raw)
    months = {row["month"]: row["performances"] for row in tables["trend"].to_json()}
    assert months == raw["Date"].str[:7].value_counts().to_dict()


def test_monthly_reports_are_added_up_too(settings: Settings, service: PoolService) -> None:
    """By year, season and month, by discipline; of no day."""
    reader, raw = find(settings, HOUSE), read_months()
    rows = read_yearly(service, reader, HOUSE)
    season = raw[raw["Mois"].between("2024-09", "2025-08")]
    assert rows["2024-2025", ""] == add_up(season)
    assert rows["2024-2025", "comedy"] == add_up(season[season["Discipline"] == "Humour"])
    assert rows["2025", ""] == add_up(raw[raw["Mois"].str[:4] == "2025"])
    tables = {table.name: table for table in read_results(service, reader, HOUSE)}
    assert (tables["weekdays"].rows, tables["openings"].rows) == ([], [])
    (month,) = [r for r in tables["trend"].to_json() if r["month"] == "2025-10"]
    before, after = (add_up(raw[raw["Mois"] == month]) for month in ("2024-10", "2025-10"))
    assert month["index"] == round(100 * after["attendance"] / before["attendance"], 1)


def test_what_a_program_sent_counts_once(settings: Settings, service: PoolService) -> None:
    """Its figures precede those of a file, and a month of performances its monthly report."""
    sent = {"ticketsSold": "100", "complimentary": "0", "ticketsAvailable": "200"}
    place = {"start": "2025-10-04T20:00:00-04:00", "show": "Rire", "venue": "Scène"}
    report = PerformanceReport("rire-1", place, date(2025, 10, 5), {("total", "total"): sent})
    box_office, now = BoxOffice(settings.data), datetime.now(UTC)
    iri = f"{settings.base}id/dataset/{HOUSE}/billets"
    raw = read_performances()
    number, day = str(raw["No"].iloc[0]), str(raw["Date"].iloc[0])
    facts = place | {"start": f"{day}T20:00:00-04:00"}
    again = PerformanceReport(number, facts, date(2026, 11, 20), {("total", "total"): sent})
    own = f"{settings.base}id/dataset/{THEATRE}/billets"
    try:
        assert box_office.put(iri, [report], "", now) == {"rire-1": None}
        assert box_office.put(own, [again], "", now) == {number: None}
        of_house = read_yearly_figures(service, find(settings, HOUSE), HOUSE)
        of_theatre = read_yearly_figures(service, find(settings, THEATRE), THEATRE)
    finally:
        box_office.forget([iri, own])
    year = next(row for row in of_house if (row.period, row.discipline) == ("2025", ""))
    months = read_months()
    others = months[(months["Mois"].str[:4] == "2025") & (months["Mois"] != "2025-10")]
    assert year.figures.performances == others["Représentations"].sum() + 1
    assert year.figures.available == others["Billets disponibles"].sum() + 200
    (year,) = [r for r in of_theatre if (r.period, r.discipline) == (day[:4], "")]
    others = raw[(raw["Date"].str[:4] == day[:4]) & (raw["No"] != raw["No"].iloc[0])]
    assert year.figures.performances == len(others) + 1
    assert year.figures.available == others["Billets disponibles"].sum() + 200


@pytest.mark.parametrize("kind", ["years", "seasons", "quarters"])
def test_figures_of_longer_periods_alone_are_those_of_their_years_or_seasons(
    kind: str, tmp_path: Path
) -> None:
    """Nothing is known of their months: they have no trend, and no season from years."""
    settings = Settings.load(tmp_path / "data", Path(shutil.copytree(DEMO, tmp_path / "catalog")))
    file = settings.catalog / HOUSE / "bilans" / "bilans.csv"
    raw = read_months()
    year, month = raw["Mois"].str[:4], raw["Mois"].str[5:].astype(int)
    autumn = (month >= 9).astype(int) + year.astype(int)
    periods = {
        "years": year,
        "seasons": (autumn - 1).astype(str) + "-" + autumn.astype(str),
        "quarters": year + "-Q" + ((month + 2) // 3).astype(str),
    }
    by = [periods[kind].rename("Mois"), "Discipline", "Région"]
    raw.groupby(by).sum(numeric_only=True).reset_index().to_csv(file, index=False)
    with Pool.open(settings) as pool:
        assert submit(pool, DatasetKey(HOUSE, "bilans")).accepted
        publish(pool)
    with closing(PoolService(settings)) as service:
        reader = find(settings, HOUSE)
        rows = read_yearly(service, reader, HOUSE)
        tables = {table.name: table for table in read_results(service, reader, HOUSE)}
    name, chosen = ("2024-2025", autumn == 2025) if kind == "seasons" else ("2025", year == "2025")
    assert rows[name, ""] == add_up(raw[chosen])
    assert rows[name, "comedy"] == add_up(raw[chosen & (raw["Discipline"] == "Humour")])
    assert all(("-" in period) == (kind == "seasons") for period, _ in rows)
    assert tables["trend"].rows == []
