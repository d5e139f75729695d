"""Pooled surveys are read at an address, in each format, and the questionnaire is taken there."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from parvis.config import knowledge
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.surveys import pool_surveys
from parvis.web import create_app
from tests.surveys import HEADINGS, draw_answers, key_of, write_answers, write_catalog

NAMES = ("alpha", "beta", "gamma", "delta")
QUERY = "enquetes-mutualisees"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Return a client of a pool of four surveys."""
    folder = tmp_path_factory.mktemp("surveys")
    settings = write_catalog(folder / "catalog", NAMES)
    queries = settings.catalog / "queries"
    queries.mkdir()
    for name in (f"{QUERY}.rq", "columns.toml"):
        shutil.copy(knowledge("catalog") / "queries" / name, queries)
    with Pool.open(settings) as pool:
        for number, name in enumerate(NAMES):
            file = write_answers(folder / f"{name}.csv", draw_answers(number))
            assert submit(pool, key_of(name), file).stored
        pool_surveys(pool)
        publish(pool)
    app = create_app(settings)
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


def test_pooled_estimates_are_read_in_each_format(client: FlaskClient) -> None:
    """In the labels of the reader's language."""
    table = client.get(f"/queries/{QUERY}.csv").text.splitlines()
    assert len(table) == 10
    assert table[1].startswith("2025,Groupe d’âge,18 à 24 ans,38")
    answer = json.loads(client.get(f"/en/queries/{QUERY}.json").text)
    row = answer["results"]["bindings"][0]
    assert (row["question"]["value"], row["answer"]["value"]) == ("Age group", "18 to 24 years")
    assert 0 < float(row["margin"]["value"]) < 10
    workbook = io.BytesIO(client.get(f"/queries/{QUERY}.xlsx").data)
    book = CalamineWorkbook.from_filelike(workbook)
    assert len(book.get_sheet_by_index(0).to_python()) == 10
    page = client.get(f"/queries/{QUERY}").text
    assert "marge d’erreur (points)" in page


def test_the_questionnaire_is_taken_at_an_address(client: FlaskClient) -> None:
    assert "/templates/questionnaire.xlsx" in client.get("/check").text
    text = client.get("/templates/questionnaire.csv").data.decode("utf-8-sig")
    assert set(HEADINGS) <= set(text.strip().split(","))
    workbook = io.BytesIO(client.get("/en/templates/questionnaire.xlsx").data)
    assert CalamineWorkbook.from_filelike(workbook).sheet_names == ["Answers", "What to write"]


def test_answers_are_checked_on_the_site(client: FlaskClient, tmp_path: Path) -> None:
    """What is wrong is told by row and column."""
    rows = draw_answers(3, 30)
    good = write_answers(tmp_path / "reponses.csv", rows)
    answer = client.post("/check.json", data={"file": (good.open("rb"), good.name)})
    assert json.loads(answer.text)["accepted"]
    rows[4][1] = "-1"
    bad = write_answers(tmp_path / "reponses.csv", rows)
    answer = client.post("/check.json", data={"file": (bad.open("rb"), bad.name)})
    assert answer.status_code == 400
    assert "ligne 6, colonne «\u00a0Poids\u00a0»" in json.loads(answer.text)["detail"]
