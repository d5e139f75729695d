"""Random queries of random readers over other servers: as a fresh server of the same kind answers.

``python tests/bench/confinement.py --engine all`` asks many more.
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
from tests.remote.conftest import BASE, ENGINES, HIDDEN, OPEN, OTHER, content, shipped
from tests.remote.engines import oxigraph
from tests.remote.test_contract import told


@pytest.mark.parametrize("engine", ["oxigraph", "virtuoso"])
def test_every_reader_gets_what_a_server_of_its_own_graphs_gives(engine: str) -> None:
    """One world of six graphs, three readers; nothing of a hidden graph in any answer."""
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
def test_an_engine_whose_errors_tell_of_a_hidden_graph_is_recognised(
    tmp_path: Path, name: str
) -> None:
    """An expression that fails for one text alone: in Virtuoso, it fails for a hidden one too."""
    with ENGINES[name](tmp_path) as remote:
        shipped(tmp_path / "data", content(tmp_path, EQUALS), remote)
        with closing(Endpoint(remote, remote.secret())) as endpoint:
            engine = RemoteEngine(endpoint, tuple(EQUALS))
            answered = {
                text: [_is_answered(engine, FAILING % (pattern, text)) for pattern in PATTERNS]
                for text in ("hidden", "nowhere")
            }
            assert answered["nowhere"] == [True, True]
            assert evaluates_hidden(endpoint, BASE, [OPEN, OTHER]) == (not all(answered["hidden"]))


def test_a_store_for_open_graphs_alone_is_sent_and_asked_nothing_else(tmp_path: Path) -> None:
    """A publication with a restricted graph fails whole; what is closed later stops answers."""
    folder = tmp_path / "engine"
    folder.mkdir()
    with oxigraph(folder) as remote, closing(Endpoint(remote, remote.secret())) as endpoint:
        maker = RemotePublisher(endpoint, BASE, 400_000, open_only=True)
        graphs = content(tmp_path, EQUALS)
        with pytest.raises(StoreError, match="not everyone may read"):
            build(tmp_path / "data", graphs, maker=maker)
        build(tmp_path / "data", replace(graphs, members={}), maker=maker)
        engine = RemoteEngine(endpoint, (OPEN, OTHER), open_only=True)
        query = "SELECT ?o { ?s ?p ?o }"
        assert len(told(engine, query, allowed=QueryDataset.of([OPEN, OTHER]))) == 4
        with pytest.raises(StoreError, match="closed in part"):
            told(engine, query, allowed=QueryDataset.of([OPEN]))


def _is_answered(engine: Engine, query: str) -> bool:
    try:
        told(engine, query)
    except (FetchError, QueryError):
        return False
    return True
