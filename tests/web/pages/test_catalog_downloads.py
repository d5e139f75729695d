"""Whole datasets as files at permanent addresses, for readers who may read them at that instant."""

import hashlib
import io
import json
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, RDF, Graph

from parvis.pooling.serving.samples import SampleTable
from parvis.rdf.formats import DUMP_TYPES, PARQUET
from parvis.web.pages.catalog import title_tables
from tests.parquet import read_columns

ABSENT = "/dumps/theatre-b/abcdefg"
OPEN, KNOWN, HIDDEN = (f"/dumps/theatre-b/{name}" for name in ("spectacles", "billets", "reserve"))


@pytest.mark.parametrize("ending", DUMP_TYPES)
def test_an_open_dataset_is_downloaded_in_every_format(client: FlaskClient, ending: str) -> None:
    """Its length is declared; its entity tag is strong and the digest of its bytes."""
    response = client.get(f"{OPEN}.{ending}", headers={"Accept-Encoding": "gzip"})
    body = response.get_data()
    assert response.status_code == 200
    assert response.mimetype == DUMP_TYPES[ending]
    assert int(response.headers["Content-Length"]) == len(body) > 0
    assert response.get_etag() == (hashlib.sha256(body).hexdigest(), False)
    assert response.headers["Cache-Control"] == "public, no-cache"
    head = client.head(f"{OPEN}.{ending}")
    assert (head.headers["Content-Length"], head.get_data()) == (str(len(body)), b"")


def test_a_table_of_an_open_dataset_is_downloaded_in_parquet(client: FlaskClient) -> None:
    """A program reads the end of the file first, then the columns that it needs."""
    response = client.get(f"{OPEN}/Place.parquet")
    assert (response.status_code, response.mimetype) == (200, PARQUET)
    assert "theatre-b-spectacles-Place.parquet" in response.headers["Content-Disposition"]
    end = client.get(f"{OPEN}/Place.parquet", headers={"Range": "bytes=-4"})
    assert (end.status_code, end.get_data()) == (206, b"PAR1")
    page = client.get("/fr/dataset/theatre-b/spectacles").text
    assert f'href="/fr{OPEN}/Place.parquet">lieu</a>' in page
    assert client.get(f"{OPEN}/Nothing.parquet").status_code == 404
    hidden, absent = (client.get(f"{name}/Place.parquet") for name in (HIDDEN, ABSENT))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("reserve", "abcdefg") == absent.text
    assert client.get(f"{KNOWN}/Place.parquet").status_code == 403


def test_range_and_conditional_requests_are_answered(client: FlaskClient) -> None:
    """A broken transfer goes on where it stopped."""
    whole = client.get(f"{OPEN}.ttl")
    etag = whole.headers["ETag"]
    part = client.get(f"{OPEN}.ttl", headers={"Range": "bytes=10-19", "If-Range": etag})
    assert part.status_code == 206
    assert part.get_data() == whole.get_data()[10:20]
    assert client.get(f"{OPEN}.ttl", headers={"If-None-Match": etag}).status_code == 304


def test_the_checksums_match_the_files(client: FlaskClient) -> None:
    """As ``sha256sum --check`` reads them, under the names of the downloads."""
    lines = client.get(f"{OPEN}.sha256").get_data(as_text=True).splitlines()
    digests = {name: digest for digest, name in (line.split("  ") for line in lines)}
    for ending in DUMP_TYPES:
        response = client.get(f"{OPEN}.{ending}")
        name = f"theatre-b-spectacles.{ending}"
        assert name in response.headers["Content-Disposition"]
        assert digests[name] == hashlib.sha256(response.get_data()).hexdigest()
    table = client.get(f"{OPEN}/Place.parquet").get_data()
    assert digests["theatre-b-spectacles-Place.parquet"] == hashlib.sha256(table).hexdigest()


@pytest.mark.parametrize("ending", [*DUMP_TYPES, "sha256"])
def test_a_hidden_dataset_has_no_file(client: FlaskClient, ending: str) -> None:
    """It answers as an absent one; a listed dataset answers that it is closed."""
    hidden, absent = (
        client.get(f"{name}.{ending}") for name in (HIDDEN, "/dumps/theatre-b/abcdefg")
    )
    assert hidden.status_code == absent.status_code == 404
    assert hidden.get_data(as_text=True).replace("reserve", "abcdefg") == absent.get_data(
        as_text=True
    )
    assert client.get(f"{KNOWN}.{ending}").status_code == 403


def test_a_reader_with_a_token_downloads_what_agreements_allow(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """No cache may store it."""
    headers = {"Authorization": f"Bearer {issue_token('chercheuse')}"}
    assert browser.get(f"{KNOWN}.xlsx").status_code == 403
    response = browser.get(f"{KNOWN}.xlsx", headers=headers)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    assert browser.get(f"{HIDDEN}.xlsx", headers=headers).status_code == 404


def test_a_page_lists_the_files_the_workbook_first(client: FlaskClient) -> None:
    """A page of a closed dataset lists none."""
    page = client.get("/en/dataset/theatre-b/spectacles").get_data(as_text=True)
    assert 0 < page.index("spectacles.xlsx") < page.index("spectacles.csv.zip")
    assert "/dumps/" not in client.get("/dataset/theatre-b/billets").get_data(as_text=True)


def test_a_page_shows_how_to_cite_its_version(client: FlaskClient) -> None:
    """In words; the forms for programs are links."""
    page = client.get("/fr/dataset/theatre-b/spectacles").get_data(as_text=True)
    assert "[jeu de données]" in page


def test_the_archive_holds_a_table_per_class(client: FlaskClient) -> None:
    """With their description."""
    with ZipFile(io.BytesIO(client.get(f"{OPEN}.csv.zip").get_data())) as archive:
        assert {"csv-metadata.json", "Place.csv"} <= set(archive.namelist())


def test_each_download_address_of_the_catalogue_answers(client: FlaskClient) -> None:
    """Size and digest in the catalogue match the file."""
    graph = Graph().parse(data=client.get("/catalog.ttl").get_data())
    urls = {
        node: graph.value(node, DCAT.downloadURL)
        for node in graph.subjects(RDF.type, DCAT.Distribution)
    }
    addresses = {node: str(url) for node, url in urls.items() if url}
    tables = [url for url in addresses.values() if url.endswith(".parquet")]
    assert len(addresses) == len(DUMP_TYPES) + len(tables)
    assert tables
    for node, url in addresses.items():
        body = client.get(url.removeprefix("http://pool.test")).get_data()
        assert int(str(graph.value(node, DCAT.byteSize))) == len(body)


def test_croissant_describes_the_columns_of_each_table(client: FlaskClient) -> None:
    """Of a dataset that is closed to the reader, neither files nor columns."""
    content = json.loads(
        client.get(f"/en/dataset/{OPEN.removeprefix('/dumps/')}/croissant.json").data
    )
    assert content["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    files = {file["@id"]: file for file in content["distribution"]}
    assert files["Place.parquet"]["contentUrl"] == f"http://pool.test{OPEN}/Place.parquet"
    tables = {table["@id"]: table for table in content["recordSet"]}
    assert {f"{name}.parquet" for name in tables} <= files.keys()
    columns = read_columns(client.get(f"{OPEN}/Place.parquet").get_data())
    assert [field["source"]["extract"]["column"] for field in tables["Place"]["field"]] == [
        *columns
    ]
    closed = json.loads(client.get("/dataset/theatre-b/billets/croissant.json").data)
    assert not {"distribution", "recordSet"} & closed.keys()
    assert client.get("/dataset/theatre-b/reserve/croissant.json").status_code == 404


def test_tables_of_one_name_are_told_apart() -> None:
    """By the class that each is of."""
    kinds = [f"http://schema.org/{name}" for name in ("Place", "Event", "TheaterEvent")]
    titles = title_tables(SampleTable({}, (), (), kind) for kind in kinds)
    assert titles.keys() == {"Place", "Event", "TheaterEvent"}
    assert len(set(titles.values())) == len(titles)
