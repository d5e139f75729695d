"""A dataset's page as search engines, other tools and partners read it."""

import html
import json
import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from rdflib import Graph
from rdflib.namespace import DCAT

from parvis.catalog.ontology import load_words
from parvis.pooling.serving.samples import read_sample
from parvis.vocab import media
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

OPEN, CLOSED = "/dataset/theatre-b/spectacles", "/dataset/theatre-b/billets"
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def told(page: str) -> dict[str, Any]:
    """Give the one block of JSON-LD of a page."""
    (block,) = BLOCK.findall(page)
    found: dict[str, Any] = json.loads(block)
    return found


@pytest.mark.parametrize(("lang", "name"), [("fr", "Spectacles (inventés)"), ("en", "Shows")])
def test_a_page_carries_one_block_for_search_engines(
    client: FlaskClient, lang: str, name: str
) -> None:
    """In the page's language, under the dataset's own address."""
    page = client.get(f"/{lang}{OPEN}").get_data(as_text=True)
    found = told(page)
    assert found["@type"] == "Dataset"
    assert found["name"].startswith(name)
    assert found["url"] == f"http://pool.test{OPEN}"
    assert f'<link rel="canonical" href="http://pool.test/{lang}{OPEN}">' in page


def test_the_block_cannot_be_left_by_what_it_holds(client: FlaskClient) -> None:
    """No tag of a text ends the block; the policy needs no exception, since it runs nothing."""
    response = client.get(OPEN)
    (block,) = BLOCK.findall(response.get_data(as_text=True))
    assert not set("<>&") & set(block)
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert html.unescape(block) == block


def test_a_page_says_which_points_are_missing(client: FlaskClient) -> None:
    """In both languages, with what each is worth."""
    english = client.get(f"/en{OPEN}").get_data(as_text=True)
    assert "of 405" in english
    assert "the place it is about" in english
    french = client.get(f"/fr{OPEN}").get_data(as_text=True)
    assert "le lieu dont il parle" in french


def test_a_page_tells_what_it_covers(client: FlaskClient) -> None:
    """The strata of its own content, in words; of a dataset that may not be read nothing."""
    page = client.get(f"/fr{OPEN}").get_data(as_text=True)
    told = page.partition('id="strata"')[2].partition("<h2")[0]
    assert ">Théâtre</a>" in told
    assert 'id="strata"' not in client.get(f"/fr{CLOSED}").get_data(as_text=True)


def test_a_page_says_what_others_know_too(client: FlaskClient) -> None:
    """Of a dataset that everyone may read, in both languages; of another one nothing."""
    english = client.get(f"/en{OPEN}").get_data(as_text=True)
    assert re.search(r"Of the \d+ things that it tells .* other datasets know \d+ too", english)
    assert "d’autres jeux de données en connaissent" in client.get(f"/fr{OPEN}").get_data(
        as_text=True
    )
    assert "other datasets know" not in client.get(f"/en{CLOSED}").get_data(as_text=True)


def test_a_data_package_is_given_where_the_page_says(client: FlaskClient) -> None:
    """Its texts in the reader's language; of a hidden dataset nothing."""
    page = client.get(f"/en{OPEN}").get_data(as_text=True)
    assert f'href="/en{OPEN}/datapackage.json"' in page
    response = client.get(f"/en{OPEN}/datapackage.json")
    assert response.mimetype == "application/json"
    found = json.loads(response.get_data())
    assert found["name"] == "theatre-b-spectacles"
    assert found["title"] == "Shows (invented)"
    assert client.get("/dataset/theatre-b/reserve/datapackage.json").status_code == 404


def test_the_pools_own_addresses_answer(client: FlaskClient) -> None:
    """So that the points for addresses that answer are deserved, whatever the dataset."""
    graph = Graph().parse(data=client.get("/catalog.nt").get_data(), format="nt")
    steps = (DCAT.accessURL, DCAT.downloadURL)
    urls = {str(one) for step in steps for one in graph.objects(None, step)}
    assert urls
    for url in urls:
        assert client.get(url.removeprefix("http://pool.test")).status_code == 200, url


@pytest.mark.parametrize("path", [OPEN, CLOSED, "/catalog"])
def test_every_form_of_a_document_says_the_same(client: FlaskClient, path: str) -> None:
    """They are written once, on publishing."""
    graphs = [
        set(Graph().parse(data=client.get(f"{path}.{ending}").get_data(), format=kind))
        for ending, kind in media.RDF.items()
    ]
    assert all(one == graphs[0] for one in graphs)


@pytest.mark.parametrize(("lang", "venue"), [("fr", "lieu"), ("en", "place")])
def test_a_page_shows_the_first_rows_and_what_each_column_means(
    client: FlaskClient, lang: str, venue: str
) -> None:
    """By labels, concepts too, in the page's language; markup of a partner's stays text."""
    page = client.get(f"/{lang}{OPEN}").text
    rows = page.partition('id="rows"')[2].partition('id="dictionary"')[0]
    assert "Les &lt;b&gt;Sœurs&lt;/b&gt; du large" in rows
    assert {"fr": "théâtre", "en": "theatre"}[lang] in rows.lower()
    assert venue in rows.lower()
    assert "<code>startDate</code>" in page.partition('id="dictionary"')[2]


def test_things_of_the_first_rows_are_called_by_their_names(client: FlaskClient) -> None:
    """A venue as the file itself does; a status in words."""
    page = client.get(f"/fr{OPEN}").text
    rows = page.partition('id="rows"')[2].partition('id="dictionary"')[0]
    assert ">Salle d’été</a>" in rows
    assert load_words().of_term(str(SCHEMA.EventScheduled))["fr"] == "maintenu"


def test_an_identifier_is_a_number_of_enterprise_for_organisations_alone() -> None:
    """Their shape calls it so; an event's is an identifier."""
    told = load_words().of_property(str(SCHEMA.identifier), [str(SCHEMA.Event)])
    assert told == {"fr": "identifiant", "en": "identifier"}
    assert (
        load_words().of_property(str(SCHEMA.identifier), [str(SCHEMA.Organization)])["fr"] == "NEQ"
    )


def test_who_may_not_read_a_dataset_sees_none_of_its_rows(client: FlaskClient) -> None:
    """Nor what its columns are, its kind or its disciplines."""
    page = client.get(f"/en{CLOSED}").text
    assert "Tickets (invented)" in page
    for told in ("First rows", "What each column means", "What it holds"):
        assert told not in page


def test_several_things_of_one_cell_are_named_each_and_lead_nowhere(tmp_path: Path) -> None:
    """They were one address, of all of them, which is nobody's."""
    column = {"propertyUrl": str(PARVIS.discipline), "datatype": "anyURI", "separator": "|"}
    schema = {"columns": [{"name": "id", "datatype": "anyURI"}, {"name": "discipline"} | column]}
    theatre, dance = (f"{CONCEPT}discipline/{code}" for code in ("theatre", "dance"))
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        told = {"tables": [{"url": "a.csv", "tableSchema": schema}]}
        archive.writestr("csv-metadata.json", json.dumps(told))
        archive.writestr("a.csv", f"id,about\nurn:x:1,{theatre}|{dance}\nurn:x:2,{dance}\n")
    (table,) = read_sample(tmp_path / "a.zip", "of this test")
    both, one = (row[1] for row in table.rows)
    assert (both.text, both.iri) == ({"fr": "Théâtre, Danse", "en": "Theatre, Dance"}, None)
    assert (one.text["fr"], one.iri) == ("Danse", dance)
