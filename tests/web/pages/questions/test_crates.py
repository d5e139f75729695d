"""A query, its published version and its answer as an archive for research."""

import io
import json
from hashlib import sha256
from typing import Any
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

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
