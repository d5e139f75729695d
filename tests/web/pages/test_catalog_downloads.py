"""Whole datasets as files: at addresses that stay, for who may read them at that instant."""

import hashlib
import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, RDF, Graph

from parvis.vocab import media

ABSENT = "/dumps/theatre-b/abcdefg"
OPEN, KNOWN, HIDDEN = (f"/dumps/theatre-b/{name}" for name in ("spectacles", "billets", "reserve"))


@pytest.mark.parametrize("ending", media.DUMPS)
def test_an_open_dataset_is_taken_away_in_every_form(client: FlaskClient, ending: str) -> None:
    """Its length is said, its tag is strong and the digest of its bytes."""
    response = client.get(f"{OPEN}.{ending}", headers={"Accept-Encoding": "gzip"})
    body = response.get_data()
    assert response.status_code == 200
    assert response.mimetype == media.DUMPS[ending]
    assert int(response.headers["Content-Length"]) == len(body) > 0
    assert response.get_etag() == (hashlib.sha256(body).hexdigest(), False)
    assert response.headers["Cache-Control"] == "public, no-cache"
    head = client.head(f"{OPEN}.{ending}")
    assert (head.headers["Content-Length"], head.get_data()) == (str(len(body)), b"")


def test_a_part_or_nothing_is_given_to_who_asks_so(client: FlaskClient) -> None:
    """A broken transfer goes on where it broke; who holds the file gets a 304."""
    whole = client.get(f"{OPEN}.ttl")
    tag = whole.headers["ETag"]
    part = client.get(f"{OPEN}.ttl", headers={"Range": "bytes=10-19", "If-Range": tag})
    assert part.status_code == 206
    assert part.get_data() == whole.get_data()[10:20]
    assert client.get(f"{OPEN}.ttl", headers={"If-None-Match": tag}).status_code == 304


def test_checksums_are_those_of_the_files(client: FlaskClient) -> None:
    """As ``sha256sum --check`` reads them, under the names the files are saved by."""
    lines = client.get(f"{OPEN}.sha256").get_data(as_text=True).splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}
    for ending in media.DUMPS:
        response = client.get(f"{OPEN}.{ending}")
        name = f"theatre-b-spectacles.{ending}"
        assert name in response.headers["Content-Disposition"]
        assert told[name] == hashlib.sha256(response.get_data()).hexdigest()


@pytest.mark.parametrize("ending", [*media.DUMPS, "sha256"])
def test_a_hidden_dataset_has_no_file(client: FlaskClient, ending: str) -> None:
    """It answers like one that does not exist; one that may be known says that it is closed."""
    hidden, absent = (
        client.get(f"{name}.{ending}") for name in (HIDDEN, "/dumps/theatre-b/abcdefg")
    )
    assert hidden.status_code == absent.status_code == 404
    assert hidden.get_data(as_text=True).replace("reserve", "abcdefg") == absent.get_data(
        as_text=True
    )
    assert client.get(f"{KNOWN}.{ending}").status_code == 403


def test_a_reader_with_a_token_takes_what_agreements_allow(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """No cache may keep it."""
    given = {"Authorization": f"Bearer {token_of('chercheuse')}"}
    assert browser.get(f"{KNOWN}.xlsx").status_code == 403
    response = browser.get(f"{KNOWN}.xlsx", headers=given)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    assert browser.get(f"{HIDDEN}.xlsx", headers=given).status_code == 404


def test_a_page_lists_the_files_the_workbook_first(client: FlaskClient) -> None:
    """A page of a dataset that is closed to its reader lists none."""
    page = client.get("/en/dataset/theatre-b/spectacles").get_data(as_text=True)
    assert 0 < page.index("spectacles.xlsx") < page.index("spectacles.csv.zip")
    assert "/dumps/" not in client.get("/dataset/theatre-b/billets").get_data(as_text=True)


def test_a_page_cites_its_version(client: FlaskClient) -> None:
    """In words and for BibTeX."""
    page = client.get("/fr/dataset/theatre-b/spectacles").get_data(as_text=True)
    assert "[jeu de données]" in page
    assert "@misc{theatre-b-spectacles-20" in page


def test_the_archive_holds_a_table_per_class(client: FlaskClient) -> None:
    """With their description beside them."""
    with ZipFile(io.BytesIO(client.get(f"{OPEN}.csv.zip").get_data())) as archive:
        assert {"csv-metadata.json", "Place.csv"} <= set(archive.namelist())


def test_each_address_of_a_record_answers(client: FlaskClient) -> None:
    """Size and digest in the catalogue are those of what comes."""
    graph = Graph().parse(data=client.get("/catalog.ttl").get_data())
    found = {
        one: graph.value(one, DCAT.downloadURL)
        for one in graph.subjects(RDF.type, DCAT.Distribution)
    }
    addresses = {one: str(url) for one, url in found.items() if url}
    assert len(addresses) == len(media.DUMPS)
    for one, url in addresses.items():
        body = client.get(url.removeprefix("http://pool.test")).get_data()
        assert int(str(graph.value(one, DCAT.byteSize))) == len(body)
