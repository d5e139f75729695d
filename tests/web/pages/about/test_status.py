"""The state of the site, for people."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.governance import ANONYMOUS
from parvis.pooling.serving.sizes import count_things
from tests.web.pages.about.test_texts import BROWSER


@pytest.mark.parametrize(
    ("lang", "text"), [("fr", "Tout fonctionne."), ("en", "Everything works.")]
)
def test_the_status_is_said_in_words(client: FlaskClient, lang: str, text: str) -> None:
    response = client.get(f"/{lang}/status", headers=BROWSER)
    page = response.get_data(as_text=True)
    assert text in page
    assert response.cache_control.no_store
    assert re.search(r'href="/(fr/|en/)?health"', page)


def test_before_the_first_publication_the_status_says_so(empty_client: FlaskClient) -> None:
    response = empty_client.get("/fr/status", headers=BROWSER)
    assert response.status_code == 200
    assert "Rien n’est encore publié." in response.get_data(as_text=True)


def test_the_third_party_is_not_counted_among_the_partners(client: FlaskClient) -> None:
    """As on the home page."""
    page = client.get("/fr/status", headers=BROWSER).get_data(as_text=True)
    assert re.search(r"<dt>partenaire</dt><dd>1</dd>", page)


def test_sizes_count_what_everyone_may_read(app: Flask) -> None:
    """As the published statistics have it."""
    sizes = {
        texts["en"]: count for texts, count in count_things(app.extensions["parvis"], ANONYMOUS)
    }
    rows = app.extensions["parvis"].rows(
        ANONYMOUS,
        "SELECT (COUNT(DISTINCT ?e) AS ?n) { ?e a ?class"
        ' FILTER(REGEX(STR(?class), "(Event|Festival)$")) }',
    )
    assert sizes["activities and performances"] == int(rows[0]["n"])


def test_the_status_is_the_same_for_every_reader(client: FlaskClient) -> None:
    """It names no reader's own datasets, and no folder of the machine."""
    page = client.get("/fr/status", headers=BROWSER).get_data(as_text=True)
    assert "/tmp/" not in page  # noqa: S108 - no file is opened
    assert "reserve" not in page
