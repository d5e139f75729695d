"""A member sees its class's release on the portrait, and nobody else does."""

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
"""Totals of the houses open to all in two regions, and totals of all houses."""


@pytest.fixture(scope="module")
def app(classes_pool: Settings) -> Iterator[Flask]:
    """Make the application of a pool with a release for all and one for a class."""
    app = create_app(classes_pool)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


@pytest.fixture(scope="module")
def bearer(classes_pool: Settings) -> dict[str, dict[str, str]]:
    """Return the header of each kind of reader; "" is anonymous."""
    headers = {
        name: {"Authorization": f"Bearer {create_token(classes_pool, name).text}"}
        for name in (OPEN[0], RESERVED[0], MUSEUM)
    }
    return {"": {}, **headers}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client without cookies."""
    return app.test_client(use_cookies=False)


def read_page(client: FlaskClient, headers: dict[str, str], lang: str = "en") -> str:
    """Read the page as text on one line."""
    answer = client.get(f"/{lang}/portrait{QUERY}", headers=headers)
    assert answer.status_code == 200
    text = html.document_fromstring(answer.get_data(as_text=True)).xpath("string(//main)")
    return " ".join(str(text).split())


def read_csv(client: FlaskClient, query: str, headers: dict[str, str]) -> list[dict[str, str]]:
    text = client.get(f"/en/portrait.csv{query}", headers=headers).get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("member", [OPEN[0], RESERVED[0]])
def test_a_member_of_the_class_sees_its_figures_next_to_those_of_all(
    client: FlaskClient, bearer: dict[str, dict[str, str]], member: str
) -> None:
    """In the table, in the files, and in a sentence that counts them."""
    rows = {row["area"]: row for row in read_csv(client, f"{QUERY}&age=total", bearer[member])}
    for area, (to_all, to_class) in TOTALS.items():
        assert abs(int(rows[area]["value"]) - to_all) < 5
        assert int(rows[area]["class"]) == to_class
    assert {row["class_contributors"] for row in rows.values()} == {"10+"}
    assert {row["contributors"] for row in rows.values()} == {"5+"}
    text = read_page(client, bearer[member])
    assert "12 figures are published for your class" in text
    assert "5,350 from at least 10" in text
    text = read_page(client, bearer[member], "fr")
    assert "Réservé aux contributeurs" in text
    figures = client.get(f"/portrait.json{QUERY}&age=total", headers=bearer[member]).get_json()
    assert {figure["class"]["value"] for figure in figures["figures"]} == {5350, 2950, 8300}


def test_a_release_of_a_class_has_its_own_page(
    client: FlaskClient, bearer: dict[str, dict[str, str]]
) -> None:
    """The page says who it is for."""
    rows = read_csv(client, f"?release={CLASS}", bearer[OPEN[0]])
    assert len(rows) == 12
    assert "class" not in rows[0]
    answer = client.get(f"/en/portrait?release={CLASS}", headers=bearer[OPEN[0]])
    page = answer.get_data(as_text=True)
    assert "This release is for a reciprocity class" in page
    # No frame shows what is not for all.
    assert "iframe" not in page
    assert "Cite" in page


def test_a_member_without_contribution_learns_why_it_receives_nothing(
    client: FlaskClient, bearer: dict[str, dict[str, str]]
) -> None:
    """The museum knows that the release exists, and reads that its own contribution is missing."""
    text = read_page(client, bearer[MUSEUM])
    assert "no such contribution is recorded" in text
    assert "from at least 10" not in text


@pytest.mark.parametrize("reader", ["", MUSEUM])
def test_nobody_else_sees_a_figure_of_the_class(
    client: FlaskClient, bearer: dict[str, dict[str, str]], reader: str
) -> None:
    """In no format of the portrait, of the dataset or of the endpoint."""
    headers = bearer[reader]
    addresses = [f"/en/portrait{QUERY}", *(f"/portrait.{form}" for form in ("csv", "json", "ttl"))]
    addresses += [f"/dataset/{CLASS}{ending}" for ending in ("", ".ttl", ".jsonld")]
    addresses += [
        f"/dumps/{CLASS}.csv.zip",
        f"/dumps/{CLASS}.ttl",
        f"/portrait.csv?release={CLASS}",
    ]
    addresses.append("/sparql?format=csv&query=SELECT+*+{+GRAPH+?g+{+?o+parvis:attendance+?n+}+}")
    for address in addresses:
        body = client.get(address, headers=headers).get_data(as_text=True)
        assert not re.search(r"5[,\s]?350|2[,\s]?950|(?<![\d:])10\+", body), (
            address
        )  # not part of a time
    assert client.get(f"/dumps/{CLASS}.ttl", headers=headers).status_code == 403
    assert client.get(f"/dumps/{CLASS}.ttl", headers=bearer[OPEN[0]]).status_code == 200


def test_a_portrait_without_class_release_says_so(
    publics_pool: Settings,
) -> None:
    app = create_app(publics_pool)
    app.testing = True
    text = create_token(publics_pool, "troupe-a", label="essai").text
    answer = app.test_client().get("/en/portrait", headers={"Authorization": f"Bearer {text}"})
    assert "no release for a reciprocity class" in answer.get_data(as_text=True)
    app.extensions["parvis"].close()
