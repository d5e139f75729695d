"""The six figures of OCCQ in the demonstration are those that pandas computes from its raw files.

They are the figures of the yearly survey of Québec's observatory of culture: performances, tickets
available, attendance, revenue, occupancy and average revenue per paying spectator.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from parvis.catalog.codelists import read_areas
from parvis.config import Settings, knowledge
from parvis.pooling.agreements import with_agreements
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.editions import list_editions, list_inputs, read_rows
from parvis.pooling.publics.release import portray
from parvis.pooling.publics.strata import PERIODS, read_strata
from parvis.statistics.aggregation import aggregate
from parvis.statistics.figures import ReleaseFigure
from parvis.statistics.rolling_up import Observations
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS

DEMO = knowledge("catalog") / "demo"
THEATRE = "theatre-lanterne/representations"
FILES = sorted(DEMO.glob("*/bilans/bilans.csv"))
MEASURES = {
    "Représentations": "performances",
    "Billets disponibles": "ticketsAvailable",
    "Billets vendus": "ticketsSold",
    "Billets de faveur": "complimentary",
    "Recettes": "revenue",
}
CODES = {"Théâtre": "theatre", "Humour": "comedy"}
SIX = ("performances", "available", "attendance", "revenue", "occupancy", "average")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Open a pool with the demonstration's box office."""
    settings = Settings.load(tmp_path_factory.mktemp("occq"), DEMO)
    with Pool.open(settings) as opened:
        for name in (THEATRE, *(f"{file.parts[-3]}/bilans" for file in FILES)):
            assert submit(opened, DatasetKey(*name.split("/"))).accepted
        yield with_agreements(opened)


@pytest.fixture(scope="module")
def pooled(pool: Pool) -> pd.DataFrame:
    """Add the box office up as a release does, before disclosure control."""
    strata = read_strata(pool.settings.disclosure.ages, read_areas(pool.settings.catalog))
    now = datetime.now(UTC)
    of_all, *_ = list_editions(pool, strata, now)
    inputs = list_inputs(pool, of_all, now, frozenset())
    assert len(inputs) == 1 + len(FILES)
    rows = (row for source in inputs for row in read_rows(pool, source))
    figures = aggregate(Observations.of(rows), strata)
    table = pd.DataFrame(figures.keys).assign(value=np.sum(figures.values, axis=1))
    table = table[(table["area"] == f"{CONCEPT}area/total") & (table["layer"] == "")]
    table = table[table["measure"].isin([str(PARVIS[name]) for name in MEASURES.values()])]
    names = ["measure", "period", "discipline"]
    table[names] = table[names].map(lambda iri: iri.rpartition("#")[2].rpartition("/")[2])
    return derive_six(table.pivot_table("value", ["period", "discipline"], "measure"))


def derive_six(sums: pd.DataFrame) -> pd.DataFrame:
    """Return the six figures as OCCQ defines them."""
    attendance = sums["ticketsSold"] + sums["complimentary"]
    columns = [
        sums["performances"],
        sums["ticketsAvailable"],
        attendance,
        sums["revenue"],
        attendance / sums["ticketsAvailable"],
        sums["revenue"] / sums["ticketsSold"],
    ]
    return pd.concat(columns, axis=1, keys=SIX)


def read_months() -> pd.DataFrame:
    """Read the raw files: a row for each month, discipline and partner."""
    halls = [pd.read_csv(file) for file in FILES]
    file = DEMO / THEATRE / "representations.csv"
    theatre = pd.read_csv(file, sep=";", encoding="cp1252", decimal=",")
    theatre = theatre[theatre["Type de prix"] == "Tous les prix"]
    theatre = theatre.assign(Mois=theatre["Date"].str[:7], Discipline="Théâtre", Représentations=1)
    return pd.concat([*halls, theatre])[["Mois", "Discipline", *MEASURES]].rename(columns=MEASURES)


def compute_six(months: pd.DataFrame) -> pd.DataFrame:
    """Compute the six figures by period and discipline, of the periods that are complete."""
    year, month = (months["Mois"].str[part].astype(int) for part in (slice(4), slice(5, 7)))
    first = year - (month < 9)
    seasons = months.assign(period=first.astype(str) + "-" + (first + 1).astype(str))
    years = months.assign(period=months["Mois"].str[:4])
    wholes = [rows for _, rows in pd.concat([seasons, years]).groupby("period")]
    complete = [rows for rows in wholes if rows["Mois"].nunique() == 12]
    rows = pd.concat([*complete, months.assign(period=months["Mois"])])
    rows = pd.concat([rows.replace({"Discipline": CODES}), rows.assign(Discipline="total")])
    sums = rows.groupby(["period", "Discipline"])[[*MEASURES.values()]].sum()
    return derive_six(sums[sums["performances"] > 0])


def test_the_six_figures_are_those_of_pandas(pooled: pd.DataFrame) -> None:
    """By season, year and month, by discipline and in all, to the cent."""
    expected = compute_six(read_months())
    periods = {str(period) for period, _ in expected.index}
    assert {"2024-2025", "2025-2026", "2025", "2024-09", "2026-11"} <= periods
    calculated = pooled.loc[[key for key in pooled.index if key[0] in periods]]
    assert set(calculated.index) == set(expected.index)
    calculated = calculated.loc[expected.index]
    for name in SIX:
        assert np.allclose(calculated[name], expected[name], rtol=0, atol=0.005), name


def test_a_release_has_periods_of_all_lengths_areas_of_the_event_and_sizes(pool: Pool) -> None:
    """Of tickets and revenue, which are both published or neither; some months are suppressed."""
    released = portray(pool, dry=True).figures
    figures = [figure for figure in released if not figure.key.code]
    sold, revenue = (
        {figure.key._replace(measure="") for figure in figures if is_of(figure, name)}
        for name in ("ticketsSold", "revenue")
    )
    assert sold == revenue
    lengths = [
        name
        for key in sold
        for name, code in PERIODS.items()
        if code.fullmatch(last_part(key.period))
    ]
    assert set(lengths) == set(PERIODS)
    by_layer = {
        (figure.key.layer, last_part(figure.key.code))
        for figure in released
        if is_of(figure, "ticketsSold")
    }
    assert {("event", "03"), ("event", "06"), ("event", "16"), ("size", "medium")} <= by_layer
    months = [f for f in figures if f.value is None and len(last_part(f.key.period)) == 7]
    assert 5 < len(months) < len(lengths)


def is_of(figure: ReleaseFigure, measure: str) -> bool:
    """Return whether a figure is published and of a measure."""
    return figure.value is not None and figure.key.measure == str(PARVIS[measure])


def last_part(iri: str) -> str:
    return iri.rpartition("/")[2]
