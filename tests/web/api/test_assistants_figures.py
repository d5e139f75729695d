"""Assistants read the pooled figures that were released, and never a suppressed one."""

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.web import create_app
from tests.parquet import read_columns
from tests.web.api.test_assistants import read, refusal

RELEASE = Path(__file__).parents[2] / "cases" / "publics" / "tiers" / "portrait" / "portrait.csv"
LAYERS = ("discipline", "area", "age", "language", "channel")
EACH = dict.fromkeys(LAYERS, "each")
SUPPRESSED = (
    "SELECT ?f ?value { ?f parvis:confStatus"
    " <https://w3id.org/parvis/concept/confidentiality/suppressed> ;"
    " qb:measureType ?measure OPTIONAL { ?f ?measure ?value } }"
)
"""The suppressed cells, each with its value if there were one."""


@pytest.fixture(scope="module")
def app(publics_pool: Settings) -> Iterator[Flask]:
    """Make the application of a pool with a release."""
    app = create_app(publics_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client without cookies."""
    return app.test_client()


def test_all_pages_together_are_the_release(client: FlaskClient) -> None:
    """Each cell once, with its status, contributors and coverage; suppressed ones without value."""
    with RELEASE.open(encoding="utf-8") as file:
        expected = sorted(
            (
                row["measure"],
                row["period"],
                *(row[name] for name in LAYERS),
                row["value"],
                {"free": "published"}.get(row["status"], row["status"]),
                row["contributors"],
                row["coverage"],
            )
            for row in csv.DictReader(file)
        )
    figures, offset = [], 0
    while offset is not None:
        data = read(client, "figures", **EACH, offset=offset)
        figures += data["figures"]
        offset = data["next_offset"]
    assert len({figure["iri"] for figure in figures}) == len(figures) == len(expected)
    assert expected == sorted(
        (
            figure["measure"],
            figure["period"],
            *(figure.get(name, "total") for name in LAYERS),
            *("" if figure["value"] is None else str(figure["value"]) for _ in "v"),
            figure["status"],
            figure["contributors"] or "",
            "" if figure["coverage"] is None else str(figure["coverage"]),
        )
        for figure in figures
    )
    suppressed = [figure for figure in figures if figure["status"] == "suppressed"]
    assert suppressed
    assert {figure["value"] for figure in suppressed} == {None}
    assert {figure["contributors"] for figure in suppressed} == {None}


def test_totals_are_told_by_default_and_a_part_by_its_code_or_name(client: FlaskClient) -> None:
    data = read(client, "figures")
    assert data["release"]["dataset"] == "tiers/portrait"
    assert data["source"]["datasets"] == ["tiers/portrait"]
    assert {figure["measure"] for figure in data["figures"]} <= set(data["measures"])
    assert not any(name in figure for figure in data["figures"] for name in LAYERS)
    selection = {"discipline": "théâtre", "measure": "attendance", "period": "2025"}
    (figure,) = read(client, "figures", **selection)["figures"]
    assert (figure["value"], figure["discipline"]) == (8000, "theatre")
    assert figure["labels"] == {"discipline": "Theatre"}
    assert "the nearest: theatre" in refusal(client, "figures", discipline="theater play")
    assert "“x” is none of these" in refusal(client, "figures", measure="x")
    assert "«\u00a0x\u00a0»" in refusal(client, "figures", release="x", lang="fr")


def test_a_suppressed_cell_is_so_for_sparql_alike(client: FlaskClient) -> None:
    rows = read(client, "query", query=SUPPRESSED)["rows"]
    assert rows
    assert {value for _, value in rows} == {None}
    described = read(client, "describe", iri=rows[0][0])
    assert "parvis:attendance" not in {row.get("property") for row in described["statements"]}


def test_a_suppressed_cell_is_so_in_files_for_research_alike(client: FlaskClient) -> None:
    """In Parquet, of an answer and of the dataset, and in the archive of a query (RO-Crate)."""
    created = client.post("/q", data={"query": SUPPRESSED})
    link = urlsplit((created.json or {})["address"]).path
    with ZipFile(BytesIO(client.get(f"{link}/crate.zip").data)) as archive:
        table = read_columns(archive.read("answer.parquet"))
        rows = list(csv.DictReader(StringIO(archive.read("answer.csv").decode())))
    assert rows
    assert {row["value"] for row in rows} == {""}
    address = {"query": SUPPRESSED, "format": "parquet"}
    for answer in (table, read_columns(client.get("/sparql", query_string=address).data)):
        assert len(answer["f"]) == len(rows)
        assert set(answer["value"]) == {None}
    dataset = read_columns(client.get("/dumps/tiers/portrait/Observation.parquet").data)
    values = dict(zip(dataset["id"], dataset["attendance"], strict=True))
    assert {values[row["f"]] for row in rows} == {None}
    assert set(values.values()) != {None}
