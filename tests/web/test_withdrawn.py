"""A dataset that was withdrawn says so, in every form."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, Graph, URIRef

from parvis.cli import main
from parvis.config import Settings
from parvis.vocab import media
from parvis.vocab.namespaces import AS
from parvis.web import create_app

DATASET = "http://pool.test/id/dataset/theatre-b/spectacles"


@pytest.fixture(scope="module")
def withdrawn(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    """Give a client of a pool whose every dataset was withdrawn, the hidden one too."""
    data = tmp_path_factory.mktemp("withdrawn") / "data"
    shutil.copytree(settings.data, data)
    words = ["withdraw", "theatre-b", "--data", str(data), "--catalog", str(settings.catalog)]
    with pytest.raises(SystemExit) as end:
        main([*words, "--reason", "Fin de l’entente", "--lang", "fr", "--json"])
    assert end.value.code == 0
    app = create_app(replace(settings, data=data))
    app.testing = True
    yield app.test_client()
    app.extensions["parvis"].close()


@pytest.mark.parametrize("ending", media.RDF)
def test_its_address_answers_410_with_the_tombstone(withdrawn: FlaskClient, ending: str) -> None:
    """As RDF, which is no dataset to a harvester."""
    response = withdrawn.get(f"/dataset/theatre-b/spectacles.{ending}")
    assert response.status_code == 410
    graph = Graph().parse(data=response.get_data(), format=media.RDF[ending])
    assert set(graph.objects(URIRef(DATASET), RDF.type)) == {AS.Tombstone}
    assert response.headers["Cache-Control"] == "no-store"


def test_people_read_when_and_why(withdrawn: FlaskClient) -> None:
    """On a page, in both languages."""
    for lang in ("fr", "en"):
        response = withdrawn.get(
            f"/{lang}/dataset/theatre-b/spectacles", headers={"Accept": "text/html"}
        )
        assert response.status_code == 410
        assert "Fin de l’entente" in response.get_data(as_text=True)


def test_it_is_in_no_catalogue_and_has_no_file(withdrawn: FlaskClient) -> None:
    """Its files answer 410 too; what was hidden stays unknown."""
    assert "dataset/theatre-b" not in withdrawn.get("/catalog.nt").get_data(as_text=True)
    assert "dataset/theatre-b" not in withdrawn.get("/sitemap.xml").get_data(as_text=True)
    assert withdrawn.get("/dumps/theatre-b/spectacles.ttl").status_code == 410
    assert withdrawn.get("/dataset/theatre-b/reserve").status_code == 404
