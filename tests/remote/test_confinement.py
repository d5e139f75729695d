"""Random queries of random readers over other servers: as a fresh server of the same kind answers.

``python tests/bench/confinement.py --engine all`` asks many more.
"""

import pytest
from confinement import run

pytestmark = pytest.mark.once


AWAITED = pytest.mark.xfail(
    reason="GRAPH with a hidden name is sent as GRAPH with another name, which the list holds"
)


@pytest.mark.parametrize("engine", [pytest.param("oxigraph", marks=AWAITED), "virtuoso"])
def test_every_reader_gets_what_a_server_of_its_own_graphs_gives(engine: str) -> None:
    """One world of six graphs, three readers; nothing of a hidden graph in any answer."""
    tally = run(engine, 120, seed=5)
    assert not tally.disagreements, "\n".join(tally.disagreements)
    assert tally.counts["equal, not empty"] > 15
