"""The feed as who keeps a copy of the catalogue reads it."""

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, Dataset, Graph, URIRef
from rdflib.namespace import DCAT

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import rollback
from parvis.vocab.namespaces import AS, LDES, TREE

BASE = "http://pool.test/"
SHOWS = URIRef(f"{BASE}id/dataset/theatre-b/spectacles")


def read(client: FlaskClient, address: str, ending: str = "trig") -> Dataset:
    """Read a document with its named graphs."""
    kinds = {"trig": "application/trig", "nq": "application/n-quads"}
    response = client.get(address.removeprefix(BASE.rstrip("/")), headers={"Accept": kinds[ending]})
    assert response.status_code == 200
    assert response.mimetype == kinds[ending]
    found = Dataset()
    found.parse(data=response.get_data(), format={"nq": "nquads"}.get(ending, ending))
    return found


def followed(client: FlaskClient) -> list[tuple[str, URIRef, Graph]]:
    """Follow the feed from its view to every member: kind, object, description, in order."""
    root = read(client, f"{BASE}feed").default_graph
    view = root.value(URIRef(f"{BASE}feed#stream"), TREE.view)
    relations = list(root.objects(view, TREE.relation))
    pages = sorted({str(root.value(one, TREE.node)) for one in relations})
    found = []
    for page in pages:
        document = read(client, page)
        graph = document.default_graph
        for member in graph.objects(URIRef(f"{BASE}feed#stream"), TREE.member):
            kind = str(graph.value(member, RDF.type)).rpartition("#")[2]
            about = graph.value(member, AS.object)
            published = graph.value(member, AS.published)
            assert isinstance(about, URIRef)
            found.append((str(published), kind, about, document.graph(member)))
    return [one[1:] for one in sorted(found, key=lambda one: one[0])]


def test_what_is_created_changed_and_deleted_is_told(own: Settings, theirs: FlaskClient) -> None:
    """Each with the record as it was; what is gone, or hidden, is not described."""
    first = followed(theirs)
    assert [kind for kind, *_ in first] == ["Create", "Create"]
    assert all((about, RDF.type, DCAT.Dataset) in graph for _, about, graph in first)
    assert "reserve" not in theirs.get("/feed.trig?page=1").get_data(as_text=True)

    file = own.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("(invented)", "(new)"), encoding="utf-8")
    publish(Pool.open(own))
    assert [one[:2] for one in followed(theirs)[2:]] == [("Update", SHOWS)]
    assert '"Shows (new)"' in theirs.get("/feed.nq?page=1").get_data(as_text=True)

    rollback(Pool.open(own), 1)
    law = own.catalog / "theatre-b" / "agreement.ttl"
    law.write_text(law.read_text(encoding="utf-8").replace("b/spectacles>", "b/reserve>"))
    publish(Pool.open(own))
    log = followed(theirs)
    assert [kind for kind, *_ in log][:4].count("Update") == 1
    assert ("Delete", SHOWS) in [one[:2] for one in log]
    assert not [1 for _, about, graph in log if about == SHOWS and len(graph)]


def test_the_view_tells_how_it_is_read(client: FlaskClient) -> None:
    """The path of time, that of the thing, and how much is kept."""
    root = read(client, f"{BASE}feed", "nq").default_graph
    stream = URIRef(f"{BASE}feed#stream")
    assert root.value(stream, LDES.timestampPath) == AS.published
    assert root.value(stream, LDES.versionOfPath) == AS.object
    assert list(root.subjects(RDF.type, LDES.LatestVersionSubset))
    relation = next(root.subjects(RDF.type, TREE.GreaterThanOrEqualToRelation))
    assert root.value(relation, TREE.path) == AS.published


@pytest.mark.parametrize(("path", "status"), [("/feed?page=9", 404), ("/feed?page=x", 400)])
def test_a_page_that_is_not_there_is_refused(client: FlaskClient, path: str, status: int) -> None:
    """Never as an empty one."""
    assert client.get(path).status_code == status


def test_who_has_read_a_page_gets_a_304(client: FlaskClient) -> None:
    """By tag or by date."""
    first = client.get("/feed?page=1")
    for name, held in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        assert client.get("/feed?page=1", headers={name: first.headers[held]}).status_code == 304
