"""A partner's profile next to invented releases, and rates per 1,000 inhabitants."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from parvis.config import Settings
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.access import find_reader
from parvis.pooling.serving.figures.portrait import PortraitRequest
from parvis.pooling.serving.figures.rates import read_rates
from parvis.pooling.serving.figures.results import read_results
from parvis.pooling.serving.service import PoolService
from parvis.report import Report, Severity
from parvis.vocab.iris import DatasetKey

CASE = Path(__file__).parents[3] / "cases" / "publics"
KEY = DatasetKey("tiers", "population")
HEAD = "area,age,language,year,population,source\n"
ROWS = (
    "Montréal (région),,,2021,2000000,Recensement inventé\n"
    "Montréal (région),,français,2021,1000000,Recensement inventé\n"
)
MEDIUM = """\
101,attendance,2025,total,total,total,total,total,4000,free,4+,0.4,medium
102,attendance,2025,theatre,total,total,total,total,1000,free,4+,0.4,medium
103,attendance,2025,total,06,total,total,total,3000,free,3+,0.4,medium
104,attendance,2025,theatre,total,total,total,total,9999,free,9+,0.4,large
"""
POPULATION = """
<id/agreement/tiers> odrl:permission [ odrl:target <id/dataset/tiers/population> ;
  odrl:assignee parvis:everyone ; odrl:action odrl:read , parvis:discover ] .
"""


def write_catalog(folder: Path) -> Settings:
    """Write a pool whose release has size classes, and whose third party has a population."""
    catalog = Path(shutil.copytree(CASE, folder / "catalog"))
    release = catalog / "tiers" / "portrait"
    table, mapping = release / "portrait.csv", release / "mapping.yml"
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    of_all = "".join(f"{row},total\n" for row in rows)
    table.write_text(f"{head},size\n{of_all}{MEDIUM}", encoding="utf-8")
    text = mapping.read_text(encoding="utf-8").replace(
        "      - [parvis:coverage,",
        "      - [parvis:organizationSize, concept:organization-size/$(size)~iri]\n"
        "      - [parvis:coverage,",
    )
    mapping.write_text(
        text.replace("id/cube/tiers/portrait~iri", "id/cube/tiers/portrait-$(size)~iri"),
        encoding="utf-8",
    )
    with (catalog / "troupe-a" / "partner.ttl").open("a", encoding="utf-8") as file:
        file.write(
            "<id/partner/troupe-a> parvis:organizationSize"
            " <https://w3id.org/parvis/concept/organization-size/medium> .\n"
        )
    with (catalog / "tiers" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(POPULATION)
    (catalog / "tiers" / "population").mkdir()
    record = (release / "dataset.ttl").read_text(encoding="utf-8").partition("<id/anonymisation")[0]
    (catalog / "tiers" / "population" / "dataset.ttl").write_text(
        record.replace("tiers/portrait", "tiers/population"), encoding="utf-8"
    )
    (catalog / "tiers" / "population" / "population.csv").write_text(HEAD + ROWS, encoding="utf-8")
    return Settings.load(data=folder / "data", catalog=catalog)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a published pool with size classes and a population."""
    settings = write_catalog(tmp_path_factory.mktemp("sizes"))
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            outcome = submit(pool, key)
            assert outcome.accepted, list(outcome.report.in_words("en"))
        publish(pool)
    return settings


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[PoolService]:
    with closing(PoolService(settings)) as service:
        yield service


@pytest.fixture(scope="module")
def troupe(settings: Settings) -> Reader:
    """Return the partner with figures of its own."""
    with Pool.open(settings) as pool:
        return find_reader(pool, "troupe-a")


def read_profile(service: PoolService, reader: Reader) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return the shares of a profile by dimension and concept."""
    profile = read_results(service, reader, "troupe-a")[-1]
    return {
        (row["dimension"]["code"], row["concept"]["code"]): (
            *(row[name] for name in ("own_share", "pool_share", "peers_share")),
            row["peers"]["en"],
        )
        for row in profile.to_json()
    }


def test_a_partner_reads_its_shares_next_to_the_pool_s_and_its_peers(
    service: PoolService, troupe: Reader
) -> None:
    """Its own total is of all that it gives; three peers are not enough."""
    profile = read_profile(service, troupe)
    theatre, area = ("discipline", "theatre"), ("area", "06")
    assert profile[theatre] == (
        round(1_800 / 2_100, 4),
        round(8 / 12, 4),
        0.25,
        "Medium-sized organisation",
    )
    assert profile[area] == (1.0, 0.625, None, "not enough peers")
    assert ("discipline", "circus") not in profile


def test_a_release_without_size_classes_has_no_peers(publics_pool: Settings) -> None:
    """As releases were until now, and partners whose record says nothing of their size."""
    with Pool.open(publics_pool) as pool, closing(PoolService(publics_pool)) as service:
        profile = read_profile(service, find_reader(pool, "troupe-a"))
    assert profile["discipline", "theatre"][2:] == (None, "size class not declared")


def test_nobody_else_learns_of_a_partner_s_results(
    settings: Settings, service: PoolService
) -> None:
    with Pool.open(settings) as pool:
        other = find_reader(pool, "lieu-b")
    for reader in (other, ANONYMOUS):
        with pytest.raises(UnknownThing):
            read_results(service, reader, "troupe-a")


def test_rates_are_those_of_pandas(service: PoolService) -> None:
    """Of the population of the third party where it has some, else of the census."""
    document = read_rates(service, ANONYMOUS, PortraitRequest(measure="attendance")).to_json()
    rates = {
        (row["area"]["code"], row["age"]["code"], row["language"]["code"]): row
        for row in document["rates"]
    }
    release = pd.read_csv(CASE / "tiers" / "portrait" / "portrait.csv", dtype=str).fillna("")
    release = release.query(
        "measure == 'attendance' and period == '2025' and discipline == 'total'"
        " and channel == 'total' and area != 'total' and value != ''"
    )
    people = {"06": 2_000_000, "03": 729_997}
    expected = release.set_index(["area", "age", "language"])["value"].astype(float)
    assert {key: row["rate"] for key, row in rates.items()} == {
        key: round(1_000 * value / people[key[0]], 1) for key, value in expected.items()
    }
    montreal, capital = rates["06", "total", "total"], rates["03", "total", "total"]
    assert (montreal["year"], montreal["source"]) == ("2021", "Recensement inventé")
    assert (capital["year"], capital["source"]["en"]) == ("2016", "2016 Census, Statistics Canada")
    assert (montreal["coverage"], capital["coverage"]) == (0.5, 0.3)


def submit_rows(folder: Path, rows: str) -> tuple[bool, Report]:
    """Submit a table of population; return whether it is accepted, and its report."""
    settings = write_catalog(folder)
    file = settings.catalog / "tiers" / "population" / "population.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    with Pool.open(settings) as pool:
        outcome = submit(pool, KEY)
    return outcome.accepted, outcome.report


def test_a_population_that_cannot_be_is_refused_with_its_row_and_column(tmp_path: Path) -> None:
    """Negative, two values for one key, no number, no year, no source, no area."""
    rows = (
        "06,,,2021,-5,Roll",
        "03,,,2021,10,Roll",
        "03,,,2021,20,Roll",
        "01,,,2021,many,Roll",
        "02,,,2021-2022,10,Roll",
        "04,,,2021,10,",
        "Atlantide,,,2021,10,Roll",
        "05,,,2021,10,Roll",
        "Estrie,,,2021,30,Roll",
    )
    accepted, report = submit_rows(tmp_path, "\n".join(rows) + "\n")
    assert not accepted
    findings = [f for f in report.findings if f.place and f.severity is not Severity.INFO]
    columns = {(f.place.row, f.place.column) for f in findings if f.place and f.place.column}
    wrong = {(2, "population"), (5, "population"), (6, "year"), (7, "source"), (8, "area")}
    assert columns == wrong, list(report.in_words("en"))
    # Two values for one key: of one name of the area, and of two.
    (collision,) = (finding for finding in findings if finding.rule == "collision")
    assert "row 3 · population.csv, row 4" in collision.text["en"]
    (key,) = (finding for finding in findings if finding.rule == "DataSet-key")
    assert key.place is not None
    assert key.place.row in {9, 10}


def test_an_old_population_is_reported_with_its_row_and_column(tmp_path: Path) -> None:
    accepted, report = submit_rows(tmp_path, "06,,,2011,1886481,Census\n03,,,2021,9,Roll\n")
    assert accepted
    (old,) = [f for f in report.findings if f.severity is Severity.WARNING]
    assert old.place is not None
    assert (old.place.row, old.place.column) == (2, "year")
