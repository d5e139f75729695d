"""Random queries of random readers give the same on remote servers as on a fresh server.

``python tests/bench/confinement.py --engine all`` runs many more queries.
"""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from confinement import run

from parvis.errors import FetchError, QueryError, StoreError
from parvis.fetch.endpoint import Endpoint
from parvis.store.generation.generation import build
from parvis.store.query.confinement import Engine
from parvis.store.query.request import QueryDataset
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.shipping import RemotePublisher, evaluates_hidden
from tests.remote.conftest import BASE, ENGINES, HIDDEN, OPEN, OTHER, ship, write_content
from tests.remote.engines import oxigraph
from tests.remote.test_contract import run_query


@pytest.mark.parametrize("engine", ["oxigraph", "virtuoso"])
def test_every_reader_gets_the_answer_of_a_server_with_only_its_graphs(engine: str) -> None:
    """Six graphs, three readers: no answer shows anything of a hidden graph."""
    tally = run(engine, 120, seed=5)
    assert not tally.disagreements, "\n".join(tally.disagreements)
    assert tally.counts["equal, not empty"] > 15


EQUALS = {
    graph: [f'<http://x/{place}> <http://x/p> "{text}" .' for place in (text, "s")]
    for graph, text in ((OPEN, "open"), (OTHER, "other"), (HIDDEN, "hidden"))
}
FAILING = """SELECT ?s { %s FILTER(IF(STR(?o) = "%s", STRBEFORE(1, "a"), "x") = "x") }"""
PATTERNS = ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }")


@pytest.mark.parametrize("name", ["oxigraph", "virtuoso"])
def test_an_engine_whose_errors_reveal_a_hidden_graph_is_recognised(
    tmp_path: Path, name: str
) -> None:
    """An expression fails for a single text: in Virtuoso it fails also for a hidden one."""
    with ENGINES[name](tmp_path) as remote:
        ship(tmp_path / "data", write_content(tmp_path, EQUALS), remote)
        with closing(Endpoint(remote, remote.secret())) as endpoint:
            engine = RemoteEngine(endpoint, tuple(EQUALS))
            answered = {
                text: [_is_answered(engine, FAILING % (pattern, text)) for pattern in PATTERNS]
                for text in ("hidden", "nowhere")
            }
            assert answered["nowhere"] == [True, True]
            assert evaluates_hidden(endpoint, BASE, [OPEN, OTHER]) == (not all(answered["hidden"]))


def test_a_store_for_open_graphs_receives_open_graphs_and_queries_only(tmp_path: Path) -> None:
    """Publishing a restricted graph fails; when a graph is closed later, queries are refused."""
    folder = tmp_path / "engine"
    folder.mkdir()
    with oxigraph(folder) as remote, closing(Endpoint(remote, remote.secret())) as endpoint:
        maker = RemotePublisher(endpoint, BASE, 400_000, open_only=True)
        graphs = write_content(tmp_path, EQUALS)
        with pytest.raises(StoreError, match="not everyone may read"):
            build(tmp_path / "data", graphs, maker=maker)
        build(tmp_path / "data", replace(graphs, members={}), maker=maker)
        engine = RemoteEngine(endpoint, (OPEN, OTHER), open_only=True)
        query = "SELECT ?o { ?s ?p ?o }"
        assert len(run_query(engine, query, allowed=QueryDataset.of([OPEN, OTHER]))) == 4
        with pytest.raises(StoreError, match="closed in part"):
            run_query(engine, query, allowed=QueryDataset.of([OPEN]))


def _is_answered(engine: Engine, query: str) -> bool:
    try:
        run_query(engine, query)
    except (FetchError, QueryError):
        return False
    return True
