"""A dataset's page for search engines, other tools and partners."""

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
from parvis.pooling.serving.samples import read_sample, select_columns
from parvis.rdf.formats import GRAPH_TYPES
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

OPEN, CLOSED = "/dataset/theatre-b/spectacles", "/dataset/theatre-b/billets"
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def read_json_ld(page: str) -> dict[str, Any]:
    """Return the only JSON-LD block of a page."""
    (block,) = BLOCK.findall(page)
    content: dict[str, Any] = json.loads(block)
    return content


@pytest.mark.parametrize(("lang", "name"), [("fr", "Spectacles (inventés)"), ("en", "Shows")])
def test_a_page_carries_one_block_for_search_engines(
    client: FlaskClient, lang: str, name: str
) -> None:
    """In the page's language, with the dataset's own address."""
    page = client.get(f"/{lang}{OPEN}").get_data(as_text=True)
    block = read_json_ld(page)
    assert block["@type"] == "Dataset"
    assert block["name"].startswith(name)
    assert block["url"] == f"http://pool.test{OPEN}"
    assert f'<link rel="canonical" href="http://pool.test/{lang}{OPEN}">' in page


def test_no_text_can_close_the_block_for_search_engines(client: FlaskClient) -> None:
    """It runs nothing, so the content security policy needs no exception."""
    response = client.get(OPEN)
    (block,) = BLOCK.findall(response.get_data(as_text=True))
    assert not set("<>&") & set(block)
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert html.unescape(block) == block


def test_a_page_lists_the_missing_quality_points(client: FlaskClient) -> None:
    """In both languages, with the worth of each."""
    english = client.get(f"/en{OPEN}").get_data(as_text=True)
    assert "of 405" in english
    assert "the place it is about" in english
    french = client.get(f"/fr{OPEN}").get_data(as_text=True)
    assert "le lieu dont il parle" in french


def test_a_page_lists_the_strata_of_its_dataset(client: FlaskClient) -> None:
    """None for a dataset that the reader may not read."""
    page = client.get(f"/fr{OPEN}").get_data(as_text=True)
    strata = page.partition('id="strata"')[2].partition("<h2")[0]
    assert ">Théâtre</a>" in strata
    assert 'id="strata"' not in client.get(f"/fr{CLOSED}").get_data(as_text=True)


def test_a_page_counts_what_other_datasets_also_describe(client: FlaskClient) -> None:
    """Only for a dataset that everyone may read."""
    english = client.get(f"/en{OPEN}").get_data(as_text=True)
    assert re.search(
        r"Of the \d+ entities that it describes .* other datasets describe \d+ too", english
    )
    assert "sont aussi décrits dans d’autres jeux de données" in client.get(f"/fr{OPEN}").get_data(
        as_text=True
    )
    assert "other datasets know" not in client.get(f"/en{CLOSED}").get_data(as_text=True)


def test_a_page_links_to_its_data_package(client: FlaskClient) -> None:
    """Its texts are in the reader's language; a hidden dataset has none."""
    page = client.get(f"/en{OPEN}").get_data(as_text=True)
    assert f'href="/en{OPEN}/datapackage.json"' in page
    response = client.get(f"/en{OPEN}/datapackage.json")
    assert response.mimetype == "application/json"
    package = json.loads(response.get_data())
    assert package["name"] == "theatre-b-spectacles"
    assert package["title"] == "Shows (invented)"
    assert client.get("/dataset/theatre-b/reserve/datapackage.json").status_code == 404


def test_all_addresses_in_the_catalogue_answer(client: FlaskClient) -> None:
    """Quality points for working addresses are earned."""
    graph = Graph().parse(data=client.get("/catalog.nt").get_data(), format="nt")
    steps = (DCAT.accessURL, DCAT.downloadURL)
    urls = {str(url) for step in steps for url in graph.objects(None, step)}
    assert urls
    for url in urls:
        assert client.get(url.removeprefix("http://pool.test")).status_code == 200, url


@pytest.mark.parametrize("path", [OPEN, CLOSED, "/catalog"])
def test_every_format_of_a_document_holds_the_same_graph(client: FlaskClient, path: str) -> None:
    graphs = [
        set(Graph().parse(data=client.get(f"{path}.{ending}").get_data(), format=kind))
        for ending, kind in GRAPH_TYPES.items()
    ]
    assert all(other == graphs[0] for other in graphs)


@pytest.mark.parametrize(("lang", "venue"), [("fr", "lieu"), ("en", "place")])
def test_a_page_shows_the_first_rows_and_explains_each_column(
    client: FlaskClient, lang: str, venue: str
) -> None:
    """With labels in the page's language; a partner's markup stays text."""
    page = client.get(f"/{lang}{OPEN}").text
    rows = page.partition('id="rows"')[2].partition('id="dictionary"')[0]
    assert "Les &lt;b&gt;Sœurs&lt;/b&gt; du large" in rows
    assert {"fr": "théâtre", "en": "theatre"}[lang] in rows.lower()
    assert venue in rows.lower()
    assert "<code>startDate</code>" in page.partition('id="dictionary"')[2]


def test_entities_in_the_first_rows_have_their_labels(client: FlaskClient) -> None:
    """A venue has its name in the file, a status its label."""
    page = client.get(f"/fr{OPEN}").text
    rows = page.partition('id="rows"')[2].partition('id="dictionary"')[0]
    assert ">Salle d’été</a>" in rows
    assert load_words().of_term(str(SCHEMA.EventScheduled))["fr"] == "maintenu"


def test_only_an_organisations_identifier_is_labelled_neq() -> None:
    label = load_words().of_property(str(SCHEMA.identifier), [str(SCHEMA.Event)])
    assert label == {"fr": "identifiant", "en": "identifier"}
    assert (
        load_words().of_property(str(SCHEMA.identifier), [str(SCHEMA.Organization)])["fr"] == "NEQ"
    )


def test_a_reader_without_permission_sees_no_rows(client: FlaskClient) -> None:
    """Nor columns, classes or disciplines."""
    page = client.get(f"/en{CLOSED}").text
    assert "Tickets (invented)" in page
    for heading in ("Excerpt", "What each column means", "What it holds"):
        assert heading not in page


def test_a_cell_of_several_entities_lists_their_labels_without_link(tmp_path: Path) -> None:
    """Together they would be one address, of no entity."""
    column = {"propertyUrl": str(PARVIS.discipline), "datatype": "anyURI", "separator": "|"}
    schema = {"columns": [{"name": "id", "datatype": "anyURI"}, {"name": "discipline"} | column]}
    theatre, dance = (f"{CONCEPT}discipline/{code}" for code in ("theatre", "dance"))
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        metadata = {"tables": [{"url": "a.csv", "tableSchema": schema}]}
        archive.writestr("csv-metadata.json", json.dumps(metadata))
        archive.writestr("a.csv", f"id,about\nurn:x:1,{theatre}|{dance}\nurn:x:2,{dance}\n")
    (table,) = read_sample(tmp_path / "a.zip", "of this test")
    both, single = (row[1] for row in table.rows)
    assert (both.text, both.iri) == ({"fr": "Théâtre, Danse", "en": "Theatre, Dance"}, None)
    assert (single.text["fr"], single.iri) == ("Danse", dance)


def test_a_dataset_has_its_shows_for_datascene(client: FlaskClient) -> None:
    """By the reader's share; what is left out is counted in a header, and the page leads there."""
    response = client.get(f"{OPEN}/datascene.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.get_json() == []
    left_out = dict(part.split("=") for part in response.headers["Datascene-Left-Out"].split(", "))
    assert set(left_out) == {"performances", "performances-show"}
    assert "query-seconds" in response.headers["RateLimit-Policy"]
    tag = response.headers["ETag"]
    again = client.get(f"{OPEN}/datascene.json", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert f'href="/en{OPEN}/datascene.json"' in client.get(f"/en{OPEN}").get_data(as_text=True)


def test_the_shows_of_a_dataset_are_for_who_may_read_it(client: FlaskClient) -> None:
    """A hidden dataset answers as one that does not exist."""
    assert client.get(f"{CLOSED}/datascene.json").status_code == 403
    hidden, absent = (
        client.get(f"/dataset/theatre-b/{name}/datascene.json") for name in ("reserve", "abcdefg")
    )
    assert hidden.status_code == absent.status_code == 404
    assert hidden.get_data(as_text=True).replace("reserve", "abcdefg") == absent.get_data(
        as_text=True
    )


def test_a_column_with_one_value_is_named_once_above_the_rows(client: FlaskClient) -> None:
    """Dates come first, in words; a name is not repeated beside its entity."""
    page = client.get(f"/en{OPEN}").text
    rows = page.partition('id="rows-1"')[2].partition("</table>")[0]
    constants, _, table = rows.partition("<table>")
    assert "Theatre B (invented)" in constants
    assert "Same on every row that was read" in constants
    headings = re.findall(r'<th scope="col">([^<]*)</th>', table)
    assert headings[0] == "start"
    assert "organizer" not in headings
    assert "November 25, 2026, 7:30" in table
    assert table.count("L’hiver en trois temps") == 1


def test_a_table_of_one_row_is_shown_whole(tmp_path: Path) -> None:
    """Nothing differs there."""
    schema = {"columns": [{"name": "id", "datatype": "anyURI"}, {"name": "size"}]}
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        metadata = {"tables": [{"url": "a.csv", "tableSchema": schema}]}
        archive.writestr("csv-metadata.json", json.dumps(metadata))
        archive.writestr("a.csv", "id,size\nurn:x:1,3\n")
    (table,) = read_sample(tmp_path / "a.zip", "of a single row")
    assert [column.name for column in table.headings] == ["id", "size"]
    assert table.constants == ()


def test_an_excerpt_is_of_rows_far_from_one_another(tmp_path: Path) -> None:
    """Neighbours in a file are alike."""
    schema = {"columns": [{"name": "number"}, {"name": "day", "datatype": "date"}]}
    lines = "".join(f"{n},2026-01-{n:02}\n" for n in range(1, 26))
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        metadata = {"tables": [{"url": "a.csv", "tableSchema": schema}]}
        archive.writestr("csv-metadata.json", json.dumps(metadata))
        archive.writestr("a.csv", f"number,day\n{lines}")
    (table,) = read_sample(tmp_path / "a.zip", "of many rows")
    assert [row[0].text["fr"] for row in table.rows] == [
        f"2026-01-{n:02}" for n in (1, 6, 11, 16, 21)
    ]


def test_a_page_leads_to_a_query_that_answers(client: FlaskClient) -> None:
    """Of this dataset alone."""
    page = client.get(f"/en{OPEN}").text
    (address,) = re.findall(r'class="button" href="/en(/sparql[^"]*)">Query these data', page)
    rows = client.get(html.unescape(address).replace("format=html", "format=csv")).text
    assert "startDate" in rows.splitlines()[0]
    assert len(rows.splitlines()) == 3


def test_a_page_names_the_partners_columns_and_the_uses(client: FlaskClient) -> None:
    """By the mapping, the questions and the projects."""
    page = client.get(f"/en{OPEN}").text
    dictionary = page.partition('id="dictionary"')[2].partition("</table>")[0]
    assert re.search(r"<code>startDate</code>.*<td>Date</td></tr>", dictionary)
    assert re.search(r"<code>location</code>.*<td>Salle</td></tr>", dictionary)
    uses = page.partition('id="uses"')[2].partition('id="versions"')[0]
    assert 'href="/en/queries/spectacles"' in uses
    assert 'href="/en/project/saison"' in uses


def test_a_reader_without_permission_reads_how_to_ask(client: FlaskClient) -> None:
    """And nothing of the mapping or of the questions."""
    page = client.get(f"/en{CLOSED}").text
    access = page.partition('id="access"')[2].partition("</section>")[0]
    assert "Ask for access: say who you are" in access
    assert 'href="/en/requests/new?subject=' in access
    assert 'href="/en/login"' in access
    for text in ("In the partner’s file", "Questions that these data", "Query these data"):
        assert text not in page


def test_a_table_of_a_narrower_class_is_not_shown_again(tmp_path: Path) -> None:
    """An entity is in the table of each of its classes; the terms of all of them are known."""
    columns = {"columns": [{"name": "id", "datatype": "anyURI"}, {"name": "size"}]}
    rows = {"Event": "urn:x:1,3\nurn:x:2,4\n", "DanceEvent": "urn:x:2,4\n", "Place": "urn:x:3,5\n"}
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        tables = [
            {"url": f"{name}.csv", "dc:subject": {"@id": str(SCHEMA[name])}, "tableSchema": columns}
            for name in reversed(rows)
        ]
        archive.writestr("csv-metadata.json", json.dumps({"tables": tables}))
        for name, lines in rows.items():
            archive.writestr(f"{name}.csv", f"id,size\n{lines}")
    samples = read_sample(tmp_path / "a.zip", "of narrower classes")
    assert [table.kinds for table in samples] == [
        (str(SCHEMA.Event), str(SCHEMA.DanceEvent)),
        (str(SCHEMA.Place),),
    ]


def test_an_excerpt_leaves_out_identifiers_without_a_name_and_the_emptiest_columns(
    tmp_path: Path,
) -> None:
    """A figure has no name, a page has a width, and its reader one language."""
    columns = [
        {"name": "id", "datatype": "anyURI"},
        {"name": "about", "datatype": "anyURI", "propertyUrl": str(PARVIS.comparableWith)},
        {"name": "note_fr", "lang": "fr", "propertyUrl": str(SCHEMA.description)},
        {"name": "note_en", "lang": "en", "propertyUrl": str(SCHEMA.description)},
        *({"name": f"n{at}", "datatype": "integer"} for at in range(8)),
    ]
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        table = {"url": "a.csv", "tableSchema": {"columns": columns}}
        alone = {"url": "b.csv", "tableSchema": {"columns": columns[:1]}}
        archive.writestr("csv-metadata.json", json.dumps({"tables": [table, alone]}))
        lines = (
            f"urn:x:{row},urn:y:{row},un {row},a {row},{row},,{row},{row},{row},{row},{row},{row}"
            for row in (1, 2)
        )
        archive.writestr("a.csv", "\n".join(("h," * 11 + "h", *lines, "")))
        archive.writestr("b.csv", "id\nurn:z:1\n")
    tables = read_sample(tmp_path / "a.zip", "of many columns")
    shown, single = select_columns(tables, "en")
    names = [column.name for column in shown.headings]
    assert names == ["note_en", "n0", "n2", "n3", "n4", "n5"]
    assert [cell.text["en"] for cell in shown.rows[0]] == ["a 1", *"11111"]
    assert (shown.hidden, single.rows) == (5, ())


def test_the_dictionary_of_a_dataset_says_kinds_of_values_in_words(client: FlaskClient) -> None:
    """Not as XML Schema names them."""
    dictionary = client.get(f"/fr{OPEN}").text.partition('id="dictionary"')[2]
    dictionary = dictionary.partition("</table>")[0]
    for datatype in ("anyURI", "dateTime", "string (fr)", ">string<"):
        assert datatype not in dictionary
    for words in ("adresse Web", "date et heure", "texte en français"):
        assert words in dictionary
