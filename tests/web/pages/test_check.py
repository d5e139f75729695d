"""A file checked before it is given: told in rows and columns, kept nowhere."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.governance import Reader
from parvis.pooling.intake import check_process as checking_turns
from parvis.pooling.intake.templates import FORMS
from parvis.web import create_app
from parvis.web.pages.check import CLASSES

BROWSER = {"Accept": "text/html"}
SITE = "https://pool.test/"
POOL = Path(__file__).parents[2] / "cases" / "pool"
SPECTACLES = POOL / "theatre-b" / "spectacles" / "spectacles.csv"
WRONG = "31/02/2025"


def wrong() -> bytes:
    """Give the sample with a date that there never was, in its second row."""
    rows = list(csv.DictReader(SPECTACLES.read_text("utf-8").splitlines()))
    rows[0]["Date"] = WRONG
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def send(
    client: FlaskClient,
    body: bytes,
    dataset: str = "",
    path: str = "/check.json",
    accept: str = "*/*",
) -> TestResponse:
    """Send a file as the form does."""
    data = {"file": (io.BytesIO(body), "été.csv"), "dataset": dataset}
    return client.post(path, data=data, headers={"Accept": accept})


def files(folder: Path) -> dict[Path, bytes]:
    """Read all that stands in a data folder, but the ledger, which notes who asks."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("ledger")
    }


@pytest.fixture(scope="module")
def slow(settings: Settings) -> Iterator[FlaskClient]:
    """Give a client of a site that takes small files and has no patience with them."""
    limits = replace(settings.limits, upload_bytes=10_000, check_seconds=0.05)
    app = create_app(replace(settings, limits=limits))
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


def test_a_report_names_row_column_and_value_and_nothing_is_kept(
    client: FlaskClient, settings: Settings
) -> None:
    """In both languages at once for a program."""
    before = files(settings.data)
    response = send(client, wrong(), "theatre-b/spectacles")
    assert response.cache_control.no_store
    found = json.loads(response.text)
    assert found["accepted"] is False
    told = [one for one in found["report"]["findings"] if one.get("value") == WRONG]
    assert [one["place"] for one in told] == [{"file": "été.csv", "row": 2, "column": "Date"}]
    assert WRONG in told[0]["message"]["fr"]
    assert files(settings.data) == before
    assert str(settings.data) not in response.text


def test_a_page_holds_the_report_in_three_forms(client: FlaskClient) -> None:
    """Its reader keeps them from the page itself, for the site has nothing to give twice."""
    page = send(client, wrong(), "theatre-b/spectacles", "/fr/check", "text/html").text
    assert "été.csv, ligne 2, colonne «\u00a0Date\u00a0»" in page
    assert page.count('download="rapport.') == 3
    assert 'href="data:text/csv;base64,' in page
    assert '<option value="theatre-b/spectacles" selected>' in page


def test_a_mapping_is_proposed_for_a_file_that_nobody_mapped(client: FlaskClient) -> None:
    """It is tried at once, and given with the report."""
    found = json.loads(send(client, SPECTACLES.read_bytes()).text)
    assert "mappings:" in found["mapping"]
    assert found["report"]["triples"] > 0
    assert found["dataset"] is None


def test_a_check_tells_nothing_of_what_a_dataset_holds(client: FlaskClient) -> None:
    """Neither what changes since its last submission, nor whether the file is the very same."""
    body = (POOL / "theatre-b" / "billets" / "billets.csv").read_bytes()
    found = json.loads(send(client, body, "theatre-b/billets").text)
    assert not {"changes", "since", "unchanged"} & found.keys()


@pytest.mark.parametrize("dataset", ["theatre-b/reserve", "theatre-b/nothing", "x", "a/b/c"])
def test_a_hidden_dataset_is_like_none(client: FlaskClient, dataset: str) -> None:
    """Its mapping is offered to nobody who may not know of it."""
    response = send(client, b"a\n1\n", dataset)
    assert response.status_code == 404
    assert "reserve" not in client.get("/check", headers=BROWSER).text


def test_who_may_know_of_a_dataset_may_try_its_mapping(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """A partner finds its own, hidden from others, in the list."""
    headers = {"Authorization": f"Bearer {token_of('theatre-b')}", **BROWSER}
    page = browser.get("/en/check", base_url=SITE, headers=headers).text
    assert '<option value="theatre-b/reserve">' in page


def test_what_is_no_file_is_told(slow: FlaskClient) -> None:
    """None chosen, one too large, one that takes too long, each in words."""
    empty = slow.post("/check.json", data={"dataset": ""})
    assert (empty.status_code, "Choose a file" in empty.text) == (400, True)
    large = send(slow, b"a\n" * 10_000)
    assert (large.status_code, "10000 bytes" in large.text) == (413, True)
    late = send(slow, SPECTACLES.read_bytes())
    assert (late.status_code, "more than 0.05 seconds" in late.text) == (503, True)


def test_a_file_that_is_no_table_is_told_by_its_name(
    client: FlaskClient, settings: Settings
) -> None:
    """Never by its place on the machine."""
    response = send(client, b"\x00\xff\x00" * 50, "theatre-b/spectacles")
    assert response.status_code in {200, 400}
    assert str(settings.data) not in response.text
    assert str(settings.catalog) not in response.text


def test_few_files_are_checked_at_a_time(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes when all places are taken is told when to come again."""
    monkeypatch.setattr(checking_turns, "PATIENCE", 0.01)
    with app.extensions["parvis.checks"].turns.check("anonymous"):
        began = time.monotonic()
        response = send(client, b"a\n1\n")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "20"
    assert time.monotonic() - began < 1


class Unread(io.BytesIO):
    """A body that nobody may read."""

    def read(self, *_: object) -> bytes:
        """Say that somebody did."""
        pytest.fail("a file was read before its turn")

    readinto = read  # type: ignore[assignment] # it fails as well


@pytest.mark.parametrize("length", [200, 10**9])
def test_a_file_that_has_no_place_is_refused_unread(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """Whether the reader has another in hand, or it is too large."""
    monkeypatch.setattr(checking_turns, "PATIENCE", 0.01)
    reader = Reader(address="127.0.0.1")
    with app.extensions["parvis.checks"].receiving(reader, 10):
        response = client.post(
            "/check.json",
            input_stream=Unread(),
            environ_overrides={"CONTENT_LENGTH": str(length)},
            content_type="multipart/form-data; boundary=x",
        )
    assert response.status_code == (429 if length == 200 else 413)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("name", [*CLASSES, *FORMS])
def test_empty_tables_are_given_in_the_language_of_the_page(
    client: FlaskClient, name: str, ending: str
) -> None:
    """Their headings are what the shapes call the columns; of a form, those of its example."""
    tables = [client.get(f"/{lang}/templates/{name}.{ending}").get_data() for lang in ("fr", "en")]
    assert tables[0] != tables[1]
    assert tables[0].startswith(b"PK" if ending == "xlsx" else b"\xef\xbb\xbf")


AGES = "Saison,Région,0-12 ans,13-17 ans,Total\n2024-2025,Laval (région),110,55,165\n"


def test_figures_of_a_usual_form_need_only_what_no_heading_says(client: FlaskClient) -> None:
    """What they count, and how they were made, are asked beside the file."""
    given = {"measure": "attendance", "method": "ticketing"}
    data = {"file": (io.BytesIO(AGES.encode()), "ages.csv"), **given}
    found = json.loads(client.post("/check.json", data=data).text)
    assert found["accepted"]
    assert found["report"]["findings"] == []
    answers = {one["en"] for one in found["answers"]["answerable"]}
    assert "How old is the public of each region?" in answers


def test_a_measure_that_there_is_not_is_refused(client: FlaskClient) -> None:
    """In a sentence."""
    data = {"file": (io.BytesIO(AGES.encode()), "ages.csv"), "measure": "heads"}
    response = client.post("/check.json", data=data)
    assert response.status_code == 400
    assert "heads" in response.text
