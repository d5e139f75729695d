"""What a member sees of its class's release on the portrait, and what nobody else does."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app
from tests.classes import CLASS, MUSEUM, OPEN, RESERVED

QUERY = "?discipline=theatre&area=each"
TOTALS = {"06": (2822, 5350), "13": (1502, 2950)}
"""What the houses that give to all counted in two regions, and all of them."""


@pytest.fixture(scope="module")
def app(classes_pool: Settings) -> Iterator[Flask]:
    """Give the application of a pool with a release for all and one for a class."""
    app = create_app(classes_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture(scope="module")
def bearer(classes_pool: Settings) -> dict[str, dict[str, str]]:
    """Give the header of each kind of reader; the first is nobody."""
    found = {
        name: {"Authorization": f"Bearer {create_token(classes_pool, name).text}"}
        for name in (OPEN[0], RESERVED[0], MUSEUM)
    }
    return {"": {}, **found}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client without cookies."""
    return app.test_client(use_cookies=False)


def section(client: FlaskClient, headers: dict[str, str], lang: str = "en") -> str:
    """Read the page, as text on one line."""
    answer = client.get(f"/{lang}/portrait{QUERY}", headers=headers)
    assert answer.status_code == 200
    found = html.document_fromstring(answer.get_data(as_text=True)).xpath("string(//main)")
    return " ".join(str(found).split())


def table(client: FlaskClient, query: str, headers: dict[str, str]) -> list[dict[str, str]]:
    """Read the CSV."""
    text = client.get(f"/en/portrait.csv{query}", headers=headers).get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("member", [OPEN[0], RESERVED[0]])
def test_a_member_of_the_class_sees_its_figures_beside_those_of_all(
    client: FlaskClient, bearer: dict[str, dict[str, str]], member: str
) -> None:
    """In the table, in the files, and in a sentence that counts them."""
    rows = {one["area"]: one for one in table(client, f"{QUERY}&age=total", bearer[member])}
    for area, (to_all, to_class) in TOTALS.items():
        assert abs(int(rows[area]["value"]) - to_all) < 5
        assert int(rows[area]["class"]) == to_class
    assert {one["class_contributors"] for one in rows.values()} == {"10+"}
    assert {one["contributors"] for one in rows.values()} == {"5+"}
    said = section(client, bearer[member])
    assert "12 figures are told to your class" in said
    assert "5,350 from 10+" in said
    said = section(client, bearer[member], "fr")
    assert "Pour votre classe" in said
    figures = client.get(f"/portrait.json{QUERY}&age=total", headers=bearer[member]).get_json()
    assert {one["class"]["value"] for one in figures["figures"]} == {5350, 2950, 8300}


def test_a_class_s_release_is_shown_alone_too(
    client: FlaskClient, bearer: dict[str, dict[str, str]]
) -> None:
    """By its name; the page says for whom it is."""
    found = table(client, f"?release={CLASS}", bearer[OPEN[0]])
    assert len(found) == 12
    assert "class" not in found[0]
    answer = client.get(f"/en/portrait?release={CLASS}", headers=bearer[OPEN[0]])
    assert "This release is for a reciprocity class" in answer.get_data(as_text=True)


def test_who_gives_nothing_of_it_is_told_why_it_receives_nothing(
    client: FlaskClient, bearer: dict[str, dict[str, str]]
) -> None:
    """The museum knows that the release exists, and reads that others give the same figures."""
    said = section(client, bearer[MUSEUM])
    assert "no such contribution is recorded" in said
    assert "from 10+" not in said


@pytest.mark.parametrize("reader", ["", MUSEUM])
def test_nobody_else_sees_a_figure_of_the_class(
    client: FlaskClient, bearer: dict[str, dict[str, str]], reader: str
) -> None:
    """By no form of the portrait, of the dataset or of the endpoint."""
    headers = bearer[reader]
    asked = [f"/en/portrait{QUERY}", *(f"/portrait.{one}" for one in ("csv", "json", "ttl"))]
    asked += [f"/dataset/{CLASS}{one}" for one in ("", ".ttl", ".jsonld")]
    asked += [f"/dumps/{CLASS}.csv.zip", f"/dumps/{CLASS}.ttl", f"/portrait.csv?release={CLASS}"]
    asked.append("/sparql?format=csv&query=SELECT+*+{+GRAPH+?g+{+?o+parvis:attendance+?n+}+}")
    for address in asked:
        body = client.get(address, headers=headers).get_data(as_text=True)
        assert not re.search(r"5[,\s]?350|2[,\s]?950|(?<![\d:])10\+", body), address  # no instant
    assert client.get(f"/dumps/{CLASS}.ttl", headers=headers).status_code == 403
    assert client.get(f"/dumps/{CLASS}.ttl", headers=bearer[OPEN[0]]).status_code == 200


def test_where_there_is_no_class_it_is_said(
    publics_pool: Settings,
) -> None:
    """All receive the same."""
    app = create_app(publics_pool)
    app.testing = True
    text = create_token(publics_pool, "troupe-a", label="essai").text
    answer = app.test_client().get("/en/portrait", headers={"Authorization": f"Bearer {text}"})
    assert "no release for a reciprocity class" in answer.get_data(as_text=True)
    app.extensions["parvis"].close()
