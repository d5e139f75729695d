"""A file that was refused because it identifies persons comes back clean; nothing of it is kept."""

import io
import zipfile
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from tests.web.pages.giving.test_check import BROWSER, read_files, send

EXPORT = (Path(__file__).parents[3] / "cases" / "cleaning" / "billetterie.csv").read_bytes()


def clean(client: FlaskClient, body: bytes, name: str = "ventes.csv") -> TestResponse:
    data = {"file": (io.BytesIO(body), name), "sheet": "", "lang": "fr"}
    return client.post("/check/clean", data=data, headers={"Accept-Language": "fr"})


def test_the_report_on_a_refused_file_offers_to_clean_it(client: FlaskClient) -> None:
    """And no other report does."""
    page = send(client, EXPORT, path="/check", accept=BROWSER["Accept"]).get_data(as_text=True)
    assert 'action="/check/clean"' in page
    assert "Tremblay" not in page
    other = send(client, b"Titre,Date\nRives,2026-10-01\n", path="/check", accept="text/html")
    assert "/check/clean" not in other.get_data(as_text=True)


def test_a_clean_file_comes_back_with_its_note_and_nothing_is_kept(
    client: FlaskClient, settings: Settings
) -> None:
    before = read_files(settings.data)
    response = clean(client, EXPORT)
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == "attachment; filename=ventes-clean.zip"
    assert "no-store" in response.headers["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.namelist() == ["ventes-clean.csv", "ventes-clean.txt"]
        table, note = (archive.read(name).decode("utf-8-sig") for name in archive.namelist())
    assert "Tremblay" not in table + note
    assert "2081.00" in table
    assert "laissées de côté\u00a0: 1." in note
    assert read_files(settings.data) == before


def test_a_file_that_needs_no_cleaning_or_cannot_have_it_is_refused_in_words(
    client: FlaskClient,
) -> None:
    response = clean(client, b"Titre,Date\nRives,2026-10-01\n", "programme.csv")
    assert response.status_code == 400
    assert "programme.csv" in response.get_data(as_text=True)
    assert clean(client, b"%PDF-1.7", "ventes.pdf").status_code == 400
    assert client.post("/check/clean").status_code == 400
