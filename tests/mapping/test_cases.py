"""Every case folder: a source, its mapping, and the dataset expected of them."""

import io
from pathlib import Path

import pytest
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.load import load

BASE = "https://pool.example/"
CASES = Path(__file__).parents[1] / "cases" / "mapping"
TEXTS = {".csv", ".json", ".jsonl", ".ics", ".rss", ".atom", ".jsonld"}
KINDS = TEXTS | {".xlsx", ".sqlite", ".gz", ".zip"}


def _source(case: Path) -> Path:
    """Find a case's file; what describes it stands beside it."""
    return next(file for file in case.glob("source.*") if "-metadata" not in file.name)


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_a_case_gives_the_expected_dataset(case: Path, concepts: Concepts) -> None:
    """Each graph is the one expected, whole, and there is no other."""
    out = io.StringIO()
    given = case if case.joinpath("mapping.ttl").exists() else _source(case)
    convert(load(next(case.glob("mapping.*"))), given, Sinks(out), base=BASE, concepts=concepts)
    found = graphs(Dataset().parse(data=out.getvalue(), format="nquads"))
    file = next(case.glob("expected.*"))
    expected = graphs(Dataset().parse(file, format="trig", publicID=BASE))
    assert found.keys() == expected.keys()
    for name, graph in found.items():
        assert isomorphic(graph, expected[name]), graph.serialize(format="turtle")


def graphs(dataset: Dataset) -> dict[str, Graph]:
    """Give the graphs that are not empty, by name."""
    return {str(one.identifier): Graph() + one for one in dataset.graphs() if len(one)}


def test_there_is_a_case_for_each_kind_of_source() -> None:
    """A new kind of source brings its case."""
    endings = {_source(case).suffix for case in CASES.iterdir()}
    assert endings >= KINDS
