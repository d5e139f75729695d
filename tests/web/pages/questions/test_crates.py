"""A query, its published version and its answer as an archive for research."""

import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.ledger import Act, Audit
from parvis.pooling.serving.site.crate import AnsweredQuery, AnswerFile, write_crate
from parvis.report.citations import AnswerCitation
from parvis.vocab.iris import Iris
from tests.parquet import read_columns
from tests.web.api.test_short_links import SHOWS, make_link


def open_crate(client: FlaskClient, **form: str) -> tuple[ZipFile, dict[str, dict[str, Any]]]:
    """Return the crate of a query: its archive, and its entities by their ids."""
    path = make_link(client, keep="citation", published="1", **form)
    response = client.get(f"/en{path}/crate.zip")
    assert (response.status_code, response.mimetype) == (200, "application/zip")
    assert "no-store" in response.headers["Cache-Control"]
    archive = ZipFile(io.BytesIO(response.data))
    graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    return archive, {entity["@id"]: entity for entity in graph}


def test_a_crate_holds_query_version_and_answer(client: FlaskClient) -> None:
    """Each file with its size and checksum; of datasets, those that the reader may read."""
    archive, entities = open_crate(client)
    root = entities["./"]
    files = [part["@id"] for part in root["hasPart"]]
    assert files == ["query.rq", "citation.bib", "answer.csv", "answer.parquet"]
    for name in files:
        body = archive.read(name)
        assert entities[name]["sha256"] == sha256(body).hexdigest()
        assert entities[name]["contentSize"] == str(len(body))
    assert archive.read("query.rq").decode() == f"{SHOWS}\n"
    lines = archive.read("answer.csv").decode().splitlines()
    assert read_columns(archive.read("answer.parquet")) == {lines[0]: lines[1:]}
    assert entities["#version-1"]["name"] == "Published version 1"
    sources = [source["@id"] for source in root["isBasedOn"]]
    assert sources == ["#version-1", "http://pool.test/id/dataset/theatre-b/spectacles"]
    assert "billets" not in json.dumps(entities)  # not open to this reader
    references = {
        value["@id"]
        for entity in entities.values()
        for values in entity.values()
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, dict)
    }
    assert references - entities.keys() == {"https://w3id.org/ro/crate/1.3"}


@pytest.mark.parametrize(
    ("query", "name"), [("ASK {}", "answer.json"), ("DESCRIBE <x:y>", "answer.ttl")]
)
def test_an_answer_that_is_no_table_has_one_file(
    client: FlaskClient, query: str, name: str
) -> None:
    archive, entities = open_crate(client, query=query)
    assert name in archive.namelist()
    assert entities["#run"]["result"] == {"@id": name}


def test_a_query_that_fails_has_no_crate(client: FlaskClient) -> None:
    """The error is that of the query, or of the version that is gone."""
    path = make_link(client, keep="citation", published="77")
    assert client.get(f"{path}/crate.zip").status_code in {404, 410}
    assert client.get("/q/0123456789abcdef/crate.zip").status_code == 404


def test_an_answer_need_not_fit_the_memory(tmp_path: Path) -> None:
    answer, size = tmp_path / "answer.csv", 30_000_000
    with answer.open("wb") as file:
        file.truncate(size)
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    files = [AnswerFile(answer.name, "text/csv", answer)]
    answered = AnsweredQuery("ASK {}", "https://pool.test/sparql", 1, moment, moment, files)
    address = "https://pool.test/q/a"
    citation = AnswerCitation("q-a", (), "Answer", "1", moment.date(), "Pool", address, "en")
    tracemalloc.start()
    try:
        with (tmp_path / "crate.zip").open("w+b") as archive:
            write_crate(archive, answered, citation, [], Iris("https://pool.test/"))
        assert tracemalloc.get_traced_memory()[1] < size / 4
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("path", "act", "endpoint"),
    [
        ("{link}/crate.zip", Act.QUERY, "crates.crate"),
        ("/mappings.sssom.tsv", Act.DESCRIBE, "mappings.listing"),
        (
            "/dataset/theatre-b/spectacles/datascene.json",
            Act.DOWNLOAD,
            "resources.datascene",
        ),
        ("/relays.json?public=everyone", Act.QUERY, "relays.listing"),
        ("/offerings.json", Act.QUERY, "offerings.listing"),
        ("/sitemap.xml", Act.SEARCH, "crawlers.sitemap"),
        ("/events/embed", Act.SEARCH, "agenda.embed"),
        (
            "/dumps/theatre-b/spectacles/Place.parquet",
            Act.DOWNLOAD,
            "downloads.parquet_table",
        ),
        ("/dataset/theatre-b/billets/citation.bib", Act.RECORD, "citations.dataset"),
    ],
)
def test_what_is_taken_away_with_a_token_is_in_the_trail(  # noqa: PLR0913, PLR0917 - fixtures
    research_app: Flask,
    research_settings: Settings,
    browser: FlaskClient,
    issue_token: Callable[[str], str],
    path: str,
    act: Act,
    endpoint: str,
) -> None:
    """Whose data it is made of reads it in what became of them."""
    headers = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
    address = path.format(link=make_link(browser, keep="citation", published="1"))
    assert browser.get(address, headers=headers).status_code == 200
    research_app.extensions["parvis.trail"][0].close()
    (record,) = Audit(research_settings.data).latest([act], 1)
    assert record.entry["endpoint"] == endpoint
