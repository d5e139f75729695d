"""The questions of parvis's own catalogue answer what pandas computes from the real files."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parvis.catalog.queries import load_queries
from parvis.config import Settings, knowledge
from parvis.governance import ANONYMOUS
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.vocab.iris import DatasetKey

CATALOG = knowledge("catalog")
FILES = {
    "statcan/odcaf": "ODCAF_v1.0.csv",
    "bibliotheques-montreal/prets": "bibliomtl_prets_public.json",
    "bibliotheques-montreal/frequentation": "bibliomtl_frequentation.json",
    "ville-de-laval/calendrier": "laval_calendrier-activites.json",
}
MONTHS = ["JA", "FE", "MR", "AL", "MI", "JN", "JL", "AU", "SE", "OC", "NO", "DE"]
MOST = 20
Answer = Callable[[str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def answer(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answer]:
    """Serve a pool of the real files; return a function that answers a question."""
    settings = Settings(data=tmp_path_factory.mktemp("real"), catalog=CATALOG)
    with Pool.open(settings) as pool:
        for name, file in FILES.items():
            key = DatasetKey(*name.split("/"))
            assert submit(pool, key, shared / "data" / file).accepted, name
        publish(pool)
    queries = load_queries(CATALOG)
    with closing(PoolService(settings)) as service:

        def ask(slug: str) -> list[dict[str, str]]:
            request = QueryRequest(queries[slug].text, results_format="csv")
            body = b"".join(service.ask(ANONYMOUS, request).chunks).decode()
            return list(csv.DictReader(io.StringIO(body)))

        yield ask


@pytest.fixture(scope="module")
def facilities(shared: Path) -> pd.DataFrame:
    """Read the facilities of Québec, by the code of the province."""
    file = shared / "data" / FILES["statcan/odcaf"]
    rows = pd.read_csv(file, encoding="cp1252", dtype=str)
    return rows[rows["PRUID"] == "24"]


def read_years(shared: Path, name: str) -> pd.DataFrame:
    """Read a table of libraries by year, with a row for each number."""
    document = json.loads((shared / "data" / FILES[name]).read_text("utf-8-sig"))
    rows = [row | {"year": year} for year, table in document.items() for row in table]
    table = pd.DataFrame(rows).rename(
        columns={"BIBLIOTHÈQUE": "library", "Bibliotheque": "library"}
    )
    table = table.melt(["library", "year"], var_name="column", value_name="n")
    table["n"] = pd.to_numeric(
        table["n"].astype(str).str.replace(r"[\s,]", "", regex=True), "coerce"
    )
    table["library"] = table["library"].str.strip()
    of_all = table["library"].str.contains("TOTAL|RÉSEAU", case=False, na=True)
    return table[~of_all].dropna(subset=["n"])


def read_activities(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "data" / FILES["ville-de-laval/calendrier"]).read_text("utf-8-sig")
    return list(json.loads(text))


def test_places_are_counted_by_kind(answer: Answer, facilities: pd.DataFrame) -> None:
    """Those without coordinates too."""
    counts = sorted(facilities["ODCAF_Facility_Type"].value_counts(), reverse=True)
    assert [int(row["places"]) for row in answer("lieux-par-type")] == counts


def test_libraries_are_counted_by_city(answer: Answer, facilities: pd.DataFrame) -> None:
    libraries = facilities[facilities["ODCAF_Facility_Type"] == "library or archives"]
    city = libraries["CSD_Name"].where(libraries["CSD_Name"] != "..", libraries["City"].str.title())
    counts = Counter(city)
    rows = answer("bibliotheques-par-ville")
    assert len(rows) == MOST
    assert [int(row["libraries"]) for row in rows] == sorted(counts.values(), reverse=True)[:MOST]
    for row in rows:
        assert int(row["libraries"]) == counts[row["city"]]


def test_loans_are_added_up_by_year_and_age(answer: Answer, shared: Path) -> None:
    loans = read_years(shared, "bibliotheques-montreal/prets")
    loans = loans[loans["column"].isin(["Adultes", "Jeunes", "Aînés"])]
    expected = Counter(int(n) for n in loans.groupby(["year", "column"])["n"].sum())
    assert Counter(int(float(row["loans"])) for row in answer("prets-par-public")) == expected


def test_visits_are_added_up_by_month(answer: Answer, shared: Path) -> None:
    visits = read_years(shared, "bibliotheques-montreal/frequentation")
    visits = visits[visits["column"].isin(MONTHS)]
    sums = visits.groupby("column")["n"].sum()
    expected = {f"{MONTHS.index(name) + 1:02}": round(n) for name, n in sums.items()}
    assert {
        row["month"]: round(float(row["visits"])) for row in answer("visites-par-mois")
    } == expected


def test_the_most_visited_libraries_come_first(answer: Answer, shared: Path) -> None:
    visits = read_years(shared, "bibliotheques-montreal/frequentation")
    visits = visits[visits["column"].isin(MONTHS)].groupby("library")["n"].sum()
    rows = answer("bibliotheques-les-plus-frequentees")
    expected = sorted((round(n) for n in visits), reverse=True)[: len(rows)]
    assert len(rows) == MOST
    assert [round(float(row["visits"])) for row in rows] == expected
    loans = read_years(shared, "bibliotheques-montreal/prets")
    loans = loans[loans["column"] == "TOTAL"].groupby("library")["n"].sum()
    # One library has a misspelt name in the file of visits, and so no loans.
    lent = [int(float(row["loans"])) for row in rows if row["loans"]]
    assert len(lent) == MOST - 1
    assert set(lent) <= {int(n) for n in loans}


def test_cancelled_activities_are_those_whose_title_says_so(answer: Answer, shared: Path) -> None:
    titles = [activity["Title"] for activity in read_activities(shared)]
    cancelled = [title for title in titles if re.match(r"\s*ANNULÉ", title)]
    names = {re.sub(r"^\s*ANNULÉE?\s*[-–—:]\s*", "", title).strip() for title in cancelled}
    assert {row["name"] for row in answer("activites-annulees")} == names


def test_activities_are_counted_by_public(answer: Answer, shared: Path) -> None:
    """An activity of several dates is several; one that stands twice in the file is one."""
    labels = {"Familles", "Adolescents", "Aînés"}
    expected = {
        label: len(
            {
                (activity["PageUrl"], activity["EventDate"])
                for activity in read_activities(shared)
                if label in {public["Label"] for public in activity["Clienteles"]}
            }
        )
        for label in labels
    }
    rows = {row["public"]: int(row["activities"]) for row in answer("activites-par-public")}
    assert {label: rows[label] for label in labels} == expected


def test_every_place_on_the_map_has_its_coordinates(
    answer: Answer, facilities: pd.DataFrame
) -> None:
    located = facilities[facilities["Latitude"] != ".."]
    rows = answer("lieux-sur-la-carte")
    assert len(rows) == len(located)
    points = Counter((float(row["latitude"]), float(row["longitude"])) for row in rows)
    assert points == Counter(
        zip(located["Latitude"].astype(float), located["Longitude"].astype(float), strict=True)
    )
