"""The feed for readers who keep a copy of the catalogue."""

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, Dataset, Graph, URIRef
from rdflib.namespace import DCAT

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import rollback
from parvis.vocab.streams import AS, LDES, TREE

BASE = "http://pool.test/"
SHOWS = URIRef(f"{BASE}id/dataset/theatre-b/spectacles")


def read_document(client: FlaskClient, address: str, ending: str = "trig") -> Dataset:
    """Read a document with its named graphs."""
    kinds = {"trig": "application/trig", "nq": "application/n-quads"}
    response = client.get(address.removeprefix(BASE.rstrip("/")), headers={"Accept": kinds[ending]})
    assert response.status_code == 200
    assert response.mimetype == kinds[ending]
    dataset = Dataset()
    dataset.parse(data=response.get_data(), format={"nq": "nquads"}.get(ending, ending))
    return dataset


def follow_feed(client: FlaskClient) -> list[tuple[str, URIRef, Graph]]:
    """Follow the feed to every member, in order: kind, object, description."""
    root = read_document(client, f"{BASE}feed").default_graph
    view = root.value(URIRef(f"{BASE}feed#stream"), TREE.view)
    relations = list(root.objects(view, TREE.relation))
    pages = sorted({str(root.value(relation, TREE.node)) for relation in relations})
    members = []
    for page in pages:
        document = read_document(client, page)
        graph = document.default_graph
        for member in graph.objects(URIRef(f"{BASE}feed#stream"), TREE.member):
            kind = str(graph.value(member, RDF.type)).rpartition("#")[2]
            about = graph.value(member, AS.object)
            published = graph.value(member, AS.published)
            assert isinstance(about, URIRef)
            members.append((str(published), kind, about, document.graph(member)))
    return [member[1:] for member in sorted(members, key=lambda entry: entry[0])]


def test_the_feed_lists_creations_updates_and_deletions(
    editable_settings: Settings, editable_client: FlaskClient
) -> None:
    """Each with its record at the time; a deleted or hidden dataset is not described."""
    first = follow_feed(editable_client)
    assert [kind for kind, *_ in first] == ["Create", "Create"]
    assert all((about, RDF.type, DCAT.Dataset) in graph for _, about, graph in first)
    assert "reserve" not in editable_client.get("/feed.trig?page=1").get_data(as_text=True)

    file = editable_settings.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("(invented)", "(new)"), encoding="utf-8")
    publish(Pool.open(editable_settings))
    assert [member[:2] for member in follow_feed(editable_client)[2:]] == [("Update", SHOWS)]
    assert '"Shows (new)"' in editable_client.get("/feed.nq?page=1").get_data(as_text=True)

    rollback(Pool.open(editable_settings), 1)
    agreement = editable_settings.catalog / "theatre-b" / "agreement.ttl"
    agreement.write_text(
        agreement.read_text(encoding="utf-8").replace("b/spectacles>", "b/reserve>")
    )
    publish(Pool.open(editable_settings))
    log = follow_feed(editable_client)
    assert [kind for kind, *_ in log][:4].count("Update") == 1
    assert ("Delete", SHOWS) in [member[:2] for member in log]
    assert not [1 for _, about, graph in log if about == SHOWS and len(graph)]


def test_the_view_describes_how_to_read_the_feed(client: FlaskClient) -> None:
    """The paths of time and of version, and the retention."""
    root = read_document(client, f"{BASE}feed", "nq").default_graph
    stream = URIRef(f"{BASE}feed#stream")
    assert root.value(stream, LDES.timestampPath) == AS.published
    assert root.value(stream, LDES.versionOfPath) == AS.object
    assert list(root.subjects(RDF.type, LDES.LatestVersionSubset))
    relation = next(root.subjects(RDF.type, TREE.GreaterThanOrEqualToRelation))
    assert root.value(relation, TREE.path) == AS.published


@pytest.mark.parametrize(("path", "status"), [("/feed?page=9", 404), ("/feed?page=x", 400)])
def test_an_absent_page_of_the_feed_is_refused(client: FlaskClient, path: str, status: int) -> None:
    """Never as an empty page."""
    assert client.get(path).status_code == status


def test_an_unchanged_page_of_the_feed_is_answered_304(client: FlaskClient) -> None:
    """By entity tag or by date."""
    first = client.get("/feed?page=1")
    for name, validator in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        assert (
            client.get("/feed?page=1", headers={name: first.headers[validator]}).status_code == 304
        )
