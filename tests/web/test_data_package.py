"""A Data Package describes each table of the zipped files, and its tools validate it."""

import csv
import io
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from parvis.i18n import LANGUAGES

PACKAGE = "/dataset/theatre-b/spectacles/datapackage.json"
BASE = "http://pool.test/"
PATIENCE = 120
NAME = re.compile(r"[a-z0-9-]+")


def read_package(client: FlaskClient, lang: str = "en") -> dict[str, Any]:
    package: dict[str, Any] = json.loads(client.get(f"/{lang}{PACKAGE}").get_data())
    return package


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_table_is_a_resource_with_its_schema(client: FlaskClient, lang: str) -> None:
    """Its fields are the columns of the file within the archive, whose digest it has."""
    resources = read_package(client, lang)["resources"]
    tables = [resource for resource in resources if "schema" in resource]
    assert len(tables) > 2
    assert len({resource["name"] for resource in resources}) == len(resources)
    assert all(NAME.fullmatch(resource["name"]) for resource in resources)
    body = client.get(tables[0]["path"].replace(BASE, "/")).get_data()
    archive = ZipFile(io.BytesIO(body))
    assert {table["innerpath"] for table in tables} == {
        name for name in archive.namelist() if name.endswith(".csv")
    }
    for table in tables:
        assert (table["format"], table["compression"]) == ("csv", "zip")
        assert table["hash"] == f"sha256:{sha256(body).hexdigest()}"
        header = next(csv.reader(io.StringIO(archive.read(table["innerpath"]).decode())))
        assert [field["name"] for field in table["schema"]["fields"]] == header
        assert table["schema"]["primaryKey"] == ["id"]


def test_a_size_is_told_where_frictionless_can_count_it(client: FlaskClient) -> None:
    """Of packed files on the Web it counts none, and then finds the one that is told wrong."""
    resources = read_package(client)["resources"]
    assert {resource["format"] for resource in resources if "bytes" in resource} == {
        "ttl",
        "jsonld",
    }
    assert all("hash" in resource for resource in resources)


def test_fields_have_the_types_of_their_values(client: FlaskClient) -> None:
    resources = read_package(client)["resources"]
    types = {
        field["name"]: field["type"]
        for resource in resources
        for field in resource.get("schema", {}).get("fields", ())
    }
    assert types["startDate"] == "datetime"
    assert types["id"] == types["name_fr"] == "string"


def test_a_dataset_that_few_may_read_tells_no_table(client: FlaskClient) -> None:
    """Its package has the record alone."""
    text = client.get("/dataset/theatre-b/billets/datapackage.json").get_data(as_text=True)
    assert [resource["name"] for resource in json.loads(text)["resources"]] == ["record"]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the pool on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()


def test_frictionless_finds_the_package_valid(
    client: FlaskClient, address: str, tmp_path: Path
) -> None:
    """The real program, with every size, digest and value: ``pip install frictionless[excel]``."""
    program = shutil.which("frictionless")
    if program is None:
        pytest.skip("frictionless is not installed: it takes an environment of its own")
    text = json.dumps(read_package(client)).replace(BASE, address)
    (tmp_path / "datapackage.json").write_text(text, encoding="utf-8")
    result = subprocess.run(  # noqa: S603 - the program that people use
        [program, "validate", "--json", "datapackage.json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=tmp_path,
        check=False,
    )
    report = json.loads(result.stdout)
    assert report["valid"], result.stdout
    assert len(report["tasks"]) == text.count('"path": "http://127')
