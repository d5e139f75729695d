"""A withdrawn dataset answers as withdrawn in every format."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, Graph, URIRef

from parvis.cli import main
from parvis.config import Settings
from parvis.rdf.formats import GRAPH_TYPES
from parvis.vocab.streams import AS
from parvis.web import create_app

DATASET = "http://pool.test/id/dataset/theatre-b/spectacles"


@pytest.fixture(scope="module")
def withdrawn_client(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    """Return a client of a pool whose datasets were all withdrawn, the hidden one too."""
    data = tmp_path_factory.mktemp("withdrawn") / "data"
    shutil.copytree(settings.data, data)
    arguments = ["withdraw", "theatre-b", "--data", str(data), "--catalog", str(settings.catalog)]
    with pytest.raises(SystemExit) as exit_info:
        main([*arguments, "--reason", "Fin de l’entente", "--lang", "fr", "--json"])
    assert exit_info.value.code == 0
    app = create_app(replace(settings, data=data))
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


@pytest.mark.parametrize("ending", GRAPH_TYPES)
def test_a_withdrawn_dataset_answers_410_with_a_tombstone(
    withdrawn_client: FlaskClient, ending: str
) -> None:
    """As RDF that no harvester takes for a dataset."""
    response = withdrawn_client.get(f"/dataset/theatre-b/spectacles.{ending}")
    assert response.status_code == 410
    graph = Graph().parse(data=response.get_data(), format=GRAPH_TYPES[ending])
    assert set(graph.objects(URIRef(DATASET), RDF.type)) == {AS.Tombstone}
    assert response.headers["Cache-Control"] == "no-store"


def test_the_page_of_a_withdrawn_dataset_gives_the_reason(withdrawn_client: FlaskClient) -> None:
    """In both languages."""
    for lang in ("fr", "en"):
        response = withdrawn_client.get(
            f"/{lang}/dataset/theatre-b/spectacles", headers={"Accept": "text/html"}
        )
        assert response.status_code == 410
        assert "Fin de l’entente" in response.get_data(as_text=True)


def test_a_withdrawn_dataset_is_in_no_catalogue_and_has_no_file(
    withdrawn_client: FlaskClient,
) -> None:
    """Its files answer 410 too; a hidden dataset stays unknown."""
    assert "dataset/theatre-b" not in withdrawn_client.get("/catalog.nt").get_data(as_text=True)
    assert "dataset/theatre-b" not in withdrawn_client.get("/sitemap.xml").get_data(as_text=True)
    assert withdrawn_client.get("/dumps/theatre-b/spectacles.ttl").status_code == 410
    assert withdrawn_client.get("/dataset/theatre-b/reserve").status_code == 404
