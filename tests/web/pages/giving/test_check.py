"""A check before a submission: the report names rows and columns, nothing is stored."""

import csv
import io
import json
import re
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
from parvis.pooling.intake import checks as checking_turns
from parvis.pooling.intake.templates import FORMS
from parvis.web import create_app
from parvis.web.pages.giving.check import CLASSES

BROWSER = {"Accept": "text/html"}
SITE = "https://pool.test/"
POOL = Path(__file__).parents[3] / "cases" / "pool"
SPECTACLES = POOL / "theatre-b" / "spectacles" / "spectacles.csv"
WRONG = "31/02/2025"


def read_wrong_sample() -> bytes:
    """Return the sample with an impossible date in its second row."""
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


def read_files(folder: Path) -> dict[Path, bytes]:
    """Read all files of a data folder except the ledger, which records readers."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("ledger")
    }


@pytest.fixture(scope="module")
def impatient_client(settings: Settings) -> Iterator[FlaskClient]:
    """Return a client of a site with tight limits on files."""
    limits = replace(settings.limits, upload_bytes=10_000, check_seconds=0.05)
    app = create_app(replace(settings, limits=limits))
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


def test_a_report_names_row_column_and_value_and_nothing_is_stored(
    client: FlaskClient, settings: Settings
) -> None:
    """Programs get it in both languages."""
    send(client, read_wrong_sample(), "theatre-b/spectacles")  # agreements are validated once
    before = read_files(settings.data)
    response = send(client, read_wrong_sample(), "theatre-b/spectacles")
    assert response.cache_control.no_store
    report = json.loads(response.text)
    assert report["accepted"] is False
    findings = [
        finding for finding in report["report"]["findings"] if finding.get("value") == WRONG
    ]
    assert [finding["place"] for finding in findings] == [
        {"file": "été.csv", "row": 2, "column": "Date"}
    ]
    assert WRONG in findings[0]["message"]["fr"]
    assert read_files(settings.data) == before
    assert str(settings.data) not in response.text


def test_a_page_offers_the_report_in_three_formats(client: FlaskClient) -> None:
    """The page itself holds the downloads, because the site stores nothing."""
    page = send(client, read_wrong_sample(), "theatre-b/spectacles", "/fr/check", "text/html").text
    assert "été.csv, ligne 2, colonne «\u00a0Date\u00a0»" in page
    assert page.count('download="rapport.') == 3
    assert 'href="data:text/csv;base64,' in page
    assert '<option value="theatre-b/spectacles" selected>' in page


def test_a_mapping_is_proposed_for_an_unknown_file(client: FlaskClient) -> None:
    """It is applied at once, and returned with the report."""
    report = json.loads(send(client, SPECTACLES.read_bytes()).text)
    assert "mappings:" in report["mapping"]
    assert report["report"]["triples"] > 0
    assert report["dataset"] is None


def test_a_check_reveals_nothing_of_the_submitted_content(client: FlaskClient) -> None:
    """Neither changes since the last submission, nor whether the file is the same."""
    body = (POOL / "theatre-b" / "billets" / "billets.csv").read_bytes()
    report = json.loads(send(client, body, "theatre-b/billets").text)
    assert not {"changes", "since", "unchanged"} & report.keys()


@pytest.mark.parametrize("dataset", ["theatre-b/reserve", "theatre-b/nothing", "x", "a/b/c"])
def test_a_hidden_dataset_answers_as_an_absent_one(client: FlaskClient, dataset: str) -> None:
    """Nor is its mapping offered."""
    response = send(client, b"a\n1\n", dataset)
    assert response.status_code == 404
    assert "reserve" not in client.get("/check", headers=BROWSER).text


def test_a_reader_may_use_the_mapping_of_a_discoverable_dataset(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """A partner finds its own hidden dataset in the list."""
    headers = {"Authorization": f"Bearer {issue_token('theatre-b')}", **BROWSER}
    page = browser.get("/en/check", base_url=SITE, headers=headers).text
    assert '<option value="theatre-b/reserve">' in page


def test_a_missing_large_or_slow_file_is_explained(impatient_client: FlaskClient) -> None:
    empty = impatient_client.post("/check.json", data={"dataset": ""})
    assert (empty.status_code, "Choose a file" in empty.text) == (400, True)
    large = send(impatient_client, b"a\n" * 10_000)
    assert (large.status_code, "10000 bytes" in large.text) == (413, True)
    timed_out = send(impatient_client, SPECTACLES.read_bytes())
    assert (timed_out.status_code, "more than 0.05 seconds" in timed_out.text) == (503, True)


def test_a_file_that_is_no_table_is_reported_without_server_paths(
    client: FlaskClient, settings: Settings
) -> None:
    response = send(client, b"\x00\xff\x00" * 50, "theatre-b/spectacles")
    assert response.status_code in {200, 400}
    assert str(settings.data) not in response.text
    assert str(settings.catalog) not in response.text


def test_the_number_of_simultaneous_checks_is_limited(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further files get 503 with Retry-After."""
    monkeypatch.setattr(checking_turns, "PATIENCE", 0.01)
    with app.extensions["parvis.checks"].turns.check("anonymous"):
        began = time.monotonic()
        response = send(client, b"a\n1\n")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "20"
    assert time.monotonic() - began < 1


class UnreadableBody(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_: object) -> bytes:
        pytest.fail("a file was read before its turn")

    readinto = read  # type: ignore[assignment] # it fails as well


@pytest.mark.parametrize("length", [200, 10**9])
def test_an_upload_beyond_the_limits_is_refused_unread(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """When the reader already has an upload, or the file is too large."""
    monkeypatch.setattr(checking_turns, "PATIENCE", 0.01)
    reader = Reader(address="127.0.0.1")
    with app.extensions["parvis.checks"].reserve_room(reader, 10):
        response = client.post(
            "/check.json",
            input_stream=UnreadableBody(),
            environ_overrides={"CONTENT_LENGTH": str(length)},
            content_type="multipart/form-data; boundary=x",
        )
    assert response.status_code == (429 if length == 200 else 413)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("name", [*CLASSES, *FORMS])
def test_templates_are_in_the_language_of_the_page(
    client: FlaskClient, name: str, ending: str
) -> None:
    """Their headings are the labels of the shapes, or those of the example."""
    tables = [client.get(f"/{lang}/templates/{name}.{ending}").get_data() for lang in ("fr", "en")]
    assert tables[0] != tables[1]
    assert tables[0].startswith(b"PK" if ending == "xlsx" else b"\xef\xbb\xbf")


AGES = "Saison,Région,0-12 ans,13-17 ans,Total\n2024-2025,Laval (région),110,55,165\n"


def test_a_usual_table_of_figures_needs_only_measure_and_method(client: FlaskClient) -> None:
    """The form asks for them, because no heading holds them."""
    fields = {"measure": "attendance", "method": "ticketing"}
    data = {"file": (io.BytesIO(AGES.encode()), "ages.csv"), **fields}
    report = json.loads(client.post("/check.json", data=data).text)
    assert report["accepted"]
    assert report["report"]["findings"] == []
    answers = {question["en"] for question in report["answers"]["answerable"]}
    assert "How old is the public of each region?" in answers


def test_an_unknown_measure_is_refused(client: FlaskClient) -> None:
    data = {"file": (io.BytesIO(AGES.encode()), "ages.csv"), "measure": "heads"}
    response = client.post("/check.json", data=data)
    assert response.status_code == 400
    assert "heads" in response.text


def test_what_the_rows_of_a_new_file_are_and_their_language_may_be_said(
    client: FlaskClient,
) -> None:
    """As the options of `init-mapping` do; the page keeps what was said."""
    stated = {"class": "organization", "text_lang": "en", "dataset": ""}
    body = b"Nom,Ville\nLe Quai,Gasp\xc3\xa9\nLa Rive,Matane\n"
    answers = [
        client.post(path, data={**stated, "file": (io.BytesIO(body), "liste.csv")}, headers=BROWSER)
        for path in ("/check.json", "/check.html")
    ]
    mapping = json.loads(answers[0].text)["mapping"]
    assert "[a, schema:Organization]" in mapping
    assert "en~lang" in mapping
    assert '<option value="organization" selected>' in answers[1].text


def test_a_class_of_rows_that_there_is_not_is_refused(client: FlaskClient) -> None:
    data = {"class": "truc", "file": (io.BytesIO(b"Nom,Ville\nA,B\n"), "a.csv")}
    answer = client.post("/check.json", data=data)
    assert answer.status_code == 400
    assert "«\u00a0truc\u00a0»" in json.loads(answer.text)["detail"]


@pytest.mark.parametrize(
    ("lang", "other", "words"), [("fr", "en", "to correct"), ("en", "fr", "à corriger")]
)
def test_a_change_of_language_keeps_the_report(
    client: FlaskClient, lang: str, other: str, words: str
) -> None:
    """The file is gone: the page has the report in both languages, and its link leads to it."""
    report = send(
        client, read_wrong_sample(), "theatre-b/spectacles", f"/{lang}/check", "text/html"
    )
    page = report.get_data(as_text=True)
    assert f'<a href="#report-{other}" lang="{other}"' in page
    _, _, section = page.partition(f'id="report-{other}" lang="{other}"')
    section = section.partition('<h2 id="again">')[0]
    assert WRONG in section
    assert words in section.casefold()
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))


def test_the_form_alone_changes_its_language_by_its_address(client: FlaskClient) -> None:
    page = client.get("/fr/check", headers=BROWSER).get_data(as_text=True)
    assert 'href="/en/check" lang="en"' in page
    assert "in-other-language" not in page
