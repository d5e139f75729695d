"""The catalogue as harvesters take it: pages of one state, validators, links, what is gone."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, RDF, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.vocab import media
from parvis.vocab.namespaces import HYDRA
from parvis.web import create_app

BASE = "http://pool.test/"
SHOWS = "theatre-b/spectacles"


def graph_of(client: FlaskClient, path: str) -> Graph:
    """Read a document in Turtle."""
    response = client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)
    return Graph().parse(data=response.get_data(), format="turtle")


def datasets(graph: Graph) -> list[str]:
    """List what a harvester would take for datasets."""
    return [str(one) for one in graph.subjects(RDF.type, DCAT.Dataset)]


def next_of(graph: Graph) -> str | None:
    """Find the next page as ckanext-dcat does."""
    for view in graph.subjects(RDF.type, HYDRA.PagedCollection):
        for found in graph.objects(view, HYDRA.next):
            return str(found)
    return None


def change_title(settings: Settings, dataset: str = SHOWS) -> None:
    """Change a record, and publish it."""
    file = settings.catalog / dataset / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("(invented)", "(newly invented)"), encoding="utf-8")
    publish(Pool.open(settings))


def test_the_pages_hold_every_dataset_once_and_whole(client: FlaskClient) -> None:
    """Each page is followed by its address, made of the base; no stub becomes a ghost."""
    found: list[str] = []
    address: str | None = f"{BASE}catalog.ttl?per_page=1"
    while address:
        assert address.startswith(BASE)
        graph = graph_of(client, address.removeprefix(BASE.rstrip("/")))
        for one in datasets(graph):
            found.append(one)
            whole = graph_of(client, f"/dataset/{one.removeprefix(f'{BASE}id/dataset/')}.ttl")
            assert all(triple in graph for triple in whole)
        address = next_of(graph)
    assert found == [f"{BASE}id/dataset/theatre-b/{one}" for one in ("billets", "spectacles")]


def test_a_page_tells_its_neighbours_in_the_graph_and_in_links(client: FlaskClient) -> None:
    """Both spellings of Hydra, and RFC 8288."""
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
    assert any("/catalog.ttl?page=2&per_page=1" in one and "alternate" in one for one in links)


def test_all_forms_of_the_catalogue_say_the_same(client: FlaskClient) -> None:
    """Also of a document with the full catalogue."""
    for path in ("/catalog", f"/dataset/{SHOWS}"):
        bodies = {kind: client.get(f"{path}.{one}?full=1") for one, kind in media.RDF.items()}
        graphs = [Graph().parse(data=b.get_data(), format=kind) for kind, b in bodies.items()]
        assert all(isomorphic(graphs[0], other) for other in graphs[1:])


def test_a_generation_that_an_older_version_wrote_is_harvested_too(
    own: Settings, theirs: FlaskClient
) -> None:
    """There each record is a file of N-Triples, and nothing else stands ready."""
    paths = [f"/catalog.{ending}" for ending in media.RDF]
    before = {path: theirs.get(path).get_data() for path in paths}
    published = theirs.application.extensions["parvis"].published()
    lines = {key: published.lines(key, ()) for key in (one.key for one in published.cards.values())}
    folder = published.generation.site / "records"
    shutil.rmtree(folder)
    for key, record in lines.items():
        file = folder / f"{key}.nt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(record)
    app = create_app(own)
    with closing(app.extensions["parvis"]):
        assert {path: app.test_client().get(path).get_data() for path in paths} == before
        assert app.test_client().get(f"/dataset/{SHOWS}").status_code == 200


def test_the_full_catalogue_has_no_pages(client: FlaskClient) -> None:
    """One document for who wants all at once."""
    graph = graph_of(client, "/catalog.ttl?full=1&per_page=1")
    assert len(datasets(graph)) == 2
    assert next_of(graph) is None


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
def test_what_means_nothing_is_refused_and_never_an_empty_page(
    client: FlaskClient, query: str, status: int
) -> None:
    """An empty page would make a harvester delete what it has."""
    response = client.get(f"/catalog.ttl?{query}")
    assert response.status_code == status
    assert response.mimetype == media.PROBLEM


def test_a_harvest_stays_in_its_state_while_it_is_kept(own: Settings, theirs: FlaskClient) -> None:
    """A change between two pages neither repeats nor drops a dataset; later it is gone."""
    address = str(next_of(graph_of(theirs, "/catalog.ttl?per_page=1")))
    path = address.removeprefix(BASE.rstrip("/"))
    before = theirs.get(path).get_data()
    change_title(own)
    assert theirs.get(path).get_data() == before
    assert str(next_of(graph_of(theirs, "/catalog.ttl?per_page=1"))) != address
    publish(Pool.open(own))
    assert theirs.get(path).status_code == 410


def test_a_harvest_never_shows_what_became_hidden_meanwhile(
    own: Settings, theirs: FlaskClient
) -> None:
    """Its place stays empty, so that no other slips to a page that was read."""
    address = str(next_of(graph_of(theirs, "/catalog.ttl?per_page=1")))
    (own.catalog / "theatre-b" / "agreement.ttl").unlink()
    publish(Pool.open(own))
    graph = graph_of(theirs, address.removeprefix(BASE.rstrip("/")))
    assert datasets(graph) == []


def test_modified_since_gives_what_changed_since(own: Settings, theirs: FlaskClient) -> None:
    """By the record, not by the data alone."""
    before = datetime.now(UTC).isoformat().replace("+", "%2B")
    assert datasets(graph_of(theirs, f"/catalog.ttl?modified_since={before}")) == []
    change_title(own)
    found = datasets(graph_of(theirs, f"/catalog.ttl?modified_since={before}"))
    assert found == [f"{BASE}id/dataset/{SHOWS}"]


def test_either_validator_gives_a_304_until_something_changes(
    own: Settings, theirs: FlaskClient
) -> None:
    """A publication that changes nothing leaves both as they are."""
    first = theirs.get("/catalog.ttl?per_page=1")
    assert first.last_modified is not None
    tag = {"If-None-Match": first.headers["ETag"]}
    date = {"If-Modified-Since": first.headers["Last-Modified"]}
    publish(Pool.open(own))
    for _ in range(2):  # from the application, then from what is kept
        assert theirs.get("/catalog.ttl?per_page=1", headers=tag).status_code == 304
        assert theirs.get("/catalog.ttl?per_page=1", headers=date).status_code == 304
    old = {"If-Modified-Since": format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)}
    assert theirs.get("/catalog.ttl?per_page=1", headers=old).status_code == 200
    change_title(own)
    assert theirs.get("/catalog.ttl?per_page=1", headers=tag).status_code == 200


def test_a_record_that_some_format_cannot_hold_is_left_out_and_told(
    own: Settings, theirs: FlaskClient
) -> None:
    """One bad record is not an error for all."""
    file = own.catalog / SHOWS / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("for tests", "for \\u000Btests"), encoding="utf-8")
    told = publish(Pool.open(own))["left_out"]
    assert [one["dataset"] for one in told] == [SHOWS]
    assert "U+000B" in told[0]["reason"]["fr"]
    assert datasets(graph_of(theirs, "/catalog.ttl")) == [f"{BASE}id/dataset/theatre-b/billets"]
    assert theirs.get(f"/dataset/{SHOWS}.rdf").status_code == 404


def test_what_cannot_be_given_names_what_can(client: FlaskClient) -> None:
    """406 with the endings."""
    response = client.get("/catalog", headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "jsonld" in response.get_data(as_text=True)


def test_what_depends_on_a_token_has_no_validator(
    browser: FlaskClient, token_of: Callable[[str], str]
) -> None:
    """Nobody keeps it."""
    token = token_of("https://pool.test/id/party/chercheuse")
    response = browser.get("/catalog.ttl", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    assert not {"ETag", "Last-Modified"} & set(response.headers.keys())
    assert "Last-Modified" in browser.get("/catalog.ttl").headers


@pytest.mark.parametrize("text", ["0" * 19 + "1" + "9" * 5_000, "1" * 5_000, "-1", "1.0", "²", ""])
def test_a_number_that_is_none_is_refused(client: FlaskClient, text: str) -> None:
    """However long it is."""
    assert client.get("/catalog.ttl", query_string={"page": text}).status_code == 400
