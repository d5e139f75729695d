"""The catalogue for harvesters: pages of one state, validators, links, deletions."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, RDF, XSD, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.rdf.formats import GRAPH_TYPES
from parvis.vocab.namespaces import SPDX
from parvis.vocab.streams import HYDRA
from parvis.web import create_app
from parvis.web.http.errors import PROBLEM

BASE = "http://pool.test/"
SHOWS = "theatre-b/spectacles"


def read_graph(client: FlaskClient, path: str) -> Graph:
    """Read a document in Turtle."""
    response = client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)
    return Graph().parse(data=response.get_data(), format="turtle")


def list_datasets(graph: Graph) -> list[str]:
    """List what a harvester would take for datasets."""
    return [str(iri) for iri in graph.subjects(RDF.type, DCAT.Dataset)]


def find_next_page(graph: Graph) -> str | None:
    """Find the next page as ckanext-dcat does."""
    for view in graph.subjects(RDF.type, HYDRA.PagedCollection):
        for page in graph.objects(view, HYDRA.next):
            return str(page)
    return None


def change_title(settings: Settings, dataset: str = SHOWS) -> None:
    """Change a record and publish it."""
    file = settings.catalog / dataset / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("(invented)", "(newly invented)"), encoding="utf-8")
    publish(Pool.open(settings))


def test_a_service_apart_from_files_is_on_the_first_page_alone(client: FlaskClient) -> None:
    """A harvester that reads page by page would take it for several; files' own are on each."""
    pages = [read_graph(client, f"/catalog.ttl?per_page=1&page={page}") for page in (1, 2)]
    services = [set(page.subjects(RDF.type, DCAT.DataService)) for page in pages]
    assert {str(iri).rpartition("/")[2] for iri in services[0] - services[1]} == {"entities"}
    assert set(pages[1].objects(None, DCAT.service)) <= services[1]
    assert set(pages[1].objects(None, DCAT.accessService)) <= services[1]


@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf", "jsonld"])
def test_digests_are_plain_texts_on_demand(client: FlaskClient, ending: str) -> None:
    """For udata, which refuses bytes; all else is the same, also on the next page."""
    graphs = [
        Graph().parse(data=client.get(path).get_data(), format=GRAPH_TYPES[ending])
        for path in (f"/catalog.{ending}", f"/catalog.{ending}?text_digests=1")
    ]
    typed, plain = (set(graph.objects(None, SPDX.checksumValue)) for graph in graphs)
    assert {value.datatype for value in typed if isinstance(value, Literal)} == {XSD.hexBinary}
    assert plain == {Literal(str(value)) for value in typed}
    for graph in graphs:
        graph.remove((None, SPDX.checksumValue, None))
    assert isomorphic(*graphs)
    page = client.get(f"/catalog.{ending}?text_digests=1&per_page=1")
    assert "text_digests=1" in page.headers["Link"]


def test_the_pages_hold_every_dataset_once_and_complete(client: FlaskClient) -> None:
    """Each page links to the next below the base; no partial record looks like a dataset."""
    iris: list[str] = []
    address: str | None = f"{BASE}catalog.ttl?per_page=1"
    while address:
        assert address.startswith(BASE)
        graph = read_graph(client, address.removeprefix(BASE.rstrip("/")))
        for iri in list_datasets(graph):
            iris.append(iri)
            record = read_graph(client, f"/dataset/{iri.removeprefix(f'{BASE}id/dataset/')}.ttl")
            assert all(triple in graph for triple in record)
        address = find_next_page(graph)
    assert iris == [f"{BASE}id/dataset/theatre-b/{name}" for name in ("billets", "spectacles")]


def test_a_page_links_to_its_neighbours_in_the_graph_and_in_headers(client: FlaskClient) -> None:
    """In both spellings of Hydra, and by RFC 8288."""
    response = client.get("/catalog.jsonld?page=2&per_page=1")
    graph = Graph().parse(data=response.get_data(), format="json-ld")
    (view,) = graph.objects(URIRef(f"{BASE}catalog"), HYDRA.view)
    assert graph.value(view, HYDRA.totalItems) == Literal(2)
    first = graph.value(view, HYDRA.first)
    assert first == graph.value(view, HYDRA.previousPage) == graph.value(view, HYDRA.firstPage)
    assert (view, HYDRA.next, None) not in graph
    links = response.headers.getlist("Link")
    assert f'<{first}>; rel="prev"' in links
    assert f'<{view}>; rel="canonical"' in links
    assert any("/catalog.ttl?page=2&per_page=1" in link and "alternate" in link for link in links)


def test_all_formats_of_the_catalogue_hold_the_same_graph(client: FlaskClient) -> None:
    """Also for a single dataset."""
    for path in ("/catalog", f"/dataset/{SHOWS}"):
        bodies = {
            kind: client.get(f"{path}.{ending}?full=1") for ending, kind in GRAPH_TYPES.items()
        }
        graphs = [Graph().parse(data=body.get_data(), format=kind) for kind, body in bodies.items()]
        assert all(isomorphic(graphs[0], other) for other in graphs[1:])


def test_a_generation_of_an_older_version_can_be_harvested(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """There each record is a file of N-Triples, and nothing is prepared."""
    paths = [f"/catalog.{ending}" for ending in GRAPH_TYPES]
    before = {path: editable_client.get(path).get_data() for path in paths}
    published = editable_client.application.extensions["parvis"].snapshot()
    lines = {
        key: published.lines(key, ()) for key in (card.key for card in published.cards.values())
    }
    folder = published.generation.site / "records"
    shutil.rmtree(folder)
    for key, record in lines.items():
        file = folder / f"{key}.nt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(record)
    app = create_app(editable_settings)
    with closing(app.extensions["parvis"]):
        assert {path: app.test_client().get(path).get_data() for path in paths} == before
        assert app.test_client().get(f"/dataset/{SHOWS}").status_code == 200


def test_the_full_catalogue_has_no_pages(client: FlaskClient) -> None:
    graph = read_graph(client, "/catalog.ttl?full=1&per_page=1")
    assert len(list_datasets(graph)) == 2
    assert find_next_page(graph) is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=0", 400),
        ("page=x", 400),
        ("per_page=-1", 400),
        ("page=" + "9" * 5000, 400),
        ("modified_since=hier", 400),
        ("page=2", 404),
        ("state=0", 410),
    ],
)
def test_an_invalid_page_is_refused_and_never_empty(
    client: FlaskClient, query: str, status: int
) -> None:
    """An empty page would make a harvester delete its records."""
    response = client.get(f"/catalog.ttl?{query}")
    assert response.status_code == status
    assert response.mimetype == PROBLEM


def test_a_harvest_stays_in_its_state_while_that_is_available(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """A change between two pages neither repeats nor drops a dataset; later the page is 410."""
    address = str(find_next_page(read_graph(editable_client, "/catalog.ttl?per_page=1")))
    path = address.removeprefix(BASE.rstrip("/"))
    before = editable_client.get(path).get_data()
    change_title(editable_settings)
    assert editable_client.get(path).get_data() == before
    assert str(find_next_page(read_graph(editable_client, "/catalog.ttl?per_page=1"))) != address
    publish(Pool.open(editable_settings))
    assert editable_client.get(path).status_code == 410


def test_a_harvest_never_shows_a_dataset_hidden_meanwhile(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """Its place stays empty, so that no other dataset moves to a page already read."""
    address = str(find_next_page(read_graph(editable_client, "/catalog.ttl?per_page=1")))
    (editable_settings.catalog / "theatre-b" / "agreement.ttl").unlink()
    publish(Pool.open(editable_settings))
    graph = read_graph(editable_client, address.removeprefix(BASE.rstrip("/")))
    assert list_datasets(graph) == []


def test_modified_since_lists_changed_records(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """Changes of the record count too, not only those of the data."""
    before = datetime.now(UTC).isoformat().replace("+", "%2B")
    assert list_datasets(read_graph(editable_client, f"/catalog.ttl?modified_since={before}")) == []
    change_title(editable_settings)
    changed = list_datasets(read_graph(editable_client, f"/catalog.ttl?modified_since={before}"))
    assert changed == [f"{BASE}id/dataset/{SHOWS}"]


def test_either_validator_gives_a_304_until_something_changes(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """A publication without change leaves both validators."""
    first = editable_client.get("/catalog.ttl?per_page=1")
    assert first.last_modified is not None
    etag = {"If-None-Match": first.headers["ETag"]}
    modified = {"If-Modified-Since": first.headers["Last-Modified"]}
    publish(Pool.open(editable_settings))
    for _ in range(2):  # from the application, then from the cache
        assert editable_client.get("/catalog.ttl?per_page=1", headers=etag).status_code == 304
        assert editable_client.get("/catalog.ttl?per_page=1", headers=modified).status_code == 304
    earlier = {"If-Modified-Since": format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)}
    assert editable_client.get("/catalog.ttl?per_page=1", headers=earlier).status_code == 200
    change_title(editable_settings)
    assert editable_client.get("/catalog.ttl?per_page=1", headers=etag).status_code == 200


def test_a_record_that_a_format_cannot_hold_is_left_out_and_reported(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """One bad record is not an error for all."""
    file = editable_settings.catalog / SHOWS / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("for tests", "for \\u000Btests"), encoding="utf-8")
    left_out = publish(Pool.open(editable_settings))["left_out"]
    assert [entry["dataset"] for entry in left_out] == [SHOWS]
    assert "U+000B" in left_out[0]["reason"]["fr"]
    assert list_datasets(read_graph(editable_client, "/catalog.ttl")) == [
        f"{BASE}id/dataset/theatre-b/billets"
    ]
    assert editable_client.get(f"/dataset/{SHOWS}.rdf").status_code == 404


def test_an_unavailable_format_is_406_with_the_available_ones(client: FlaskClient) -> None:
    response = client.get("/catalog", headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "jsonld" in response.get_data(as_text=True)


def test_a_response_to_a_token_has_no_validator(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """No cache stores it."""
    token = issue_token("https://pool.test/id/party/chercheuse")
    response = browser.get("/catalog.ttl", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    assert not {"ETag", "Last-Modified"} & set(response.headers.keys())
    assert "Last-Modified" in browser.get("/catalog.ttl").headers


@pytest.mark.parametrize("text", ["0" * 19 + "1" + "9" * 5_000, "1" * 5_000, "-1", "1.0", "²", ""])
def test_an_invalid_page_number_is_refused(client: FlaskClient, text: str) -> None:
    """However long it is."""
    assert client.get("/catalog.ttl", query_string={"page": text}).status_code == 400
