"""Every case folder: a source, its mapping, and the graph expected of them."""

import io
from pathlib import Path

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from parvis.mapping import Concepts, convert, load

BASE = "https://pool.example/"
CASES = Path(__file__).parents[1] / "cases" / "mapping"


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_a_case_gives_the_expected_graph(case: Path, concepts: Concepts) -> None:
    """The graph is the one expected, whole."""
    source = next(case.glob("source.*"))
    out = io.StringIO()
    convert(load(case / "mapping.yml"), source, out, base=BASE, concepts=concepts)
    found = Graph().parse(data=out.getvalue(), format="nt")
    expected = Graph().parse(case / "expected.ttl", publicID=BASE)
    assert isomorphic(found, expected), found.serialize(format="turtle")


def test_there_is_a_case_for_each_kind_of_source() -> None:
    """A new kind of source brings its case."""
    endings = {next(case.glob("source.*")).suffix for case in CASES.iterdir()}
    assert {".csv", ".json", ".ics", ".xlsx"} <= endings
