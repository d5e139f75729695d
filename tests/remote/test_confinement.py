"""Random queries of random readers give the same on remote servers as on a fresh server.

``python tests/bench/confinement.py --engine all`` runs many more queries.
"""

from pathlib import Path

import pytest
from confinement import run

from parvis.errors import FetchError, QueryError
from parvis.store.query.confinement import Engine
from parvis.store.remote.proof import evaluates_hidden
from parvis.store.remote.remote_process import open_engine
from tests.remote.conftest import HIDDEN, OPEN, OTHER, ship, write_content
from tests.remote.engines import ENGINES, repositories
from tests.remote.test_contract import run_query


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_reader_gets_the_answer_of_a_server_with_only_its_graphs(engine: str) -> None:
    """Six graphs, three readers: no answer shows anything of a hidden graph."""
    tally = run(engine, 40 if engine == "jena" else 120, seed=5)
    assert not tally.disagreements, "\n".join(tally.disagreements)
    assert tally.counts["equal, not empty"] > tally.counts["queries"] / 8


EQUALS = {
    graph: [f'<http://x/{place}> <http://x/p> "{text}" .' for place in (text, "s")]
    for graph, text in ((OPEN, "open"), (OTHER, "other"), (HIDDEN, "hidden"))
}
FAILING = """SELECT ?s { %s FILTER(IF(STR(?o) = "%s", STRBEFORE(1, "a"), "x") = "x") }"""
PATTERNS = ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }")


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_an_engine_whose_errors_reveal_a_hidden_graph_is_recognised(
    tmp_path: Path, name: str
) -> None:
    """An expression fails for a single text: in Virtuoso it fails also for a hidden one."""
    with repositories(name, tmp_path / "engine", {"members": 1}) as remote:
        generation = ship(tmp_path / "data", write_content(tmp_path, EQUALS), remote)
        engine = open_engine(remote, generation.members_store)
        answered = {
            text: [_is_answered(engine, FAILING % (pattern, text)) for pattern in PATTERNS]
            for text in ("hidden", "nowhere")
        }
        assert answered["nowhere"] == [True, True]
        assert evaluates_hidden(engine) == (not all(answered["hidden"]))


def _is_answered(engine: Engine, query: str) -> bool:
    try:
        run_query(engine, query)
    except (FetchError, QueryError):
        return False
    return True
