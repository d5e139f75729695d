"""Every case folder: a source, its mapping, and the expected dataset."""

import io
from pathlib import Path

import pytest
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load

BASE = "https://pool.example/"
CASES = Path(__file__).parents[1] / "cases" / "mapping"
TEXTS = {".csv", ".json", ".jsonl", ".ics", ".rss", ".atom", ".jsonld"}
KINDS = TEXTS | {".xlsx", ".sqlite", ".gz", ".zip"}


def _source(case: Path) -> Path:
    """Find the source file of a case, without its metadata file."""
    return next(file for file in case.glob("source.*") if "-metadata" not in file.name)


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_a_case_gives_the_expected_dataset(case: Path, concepts: Concepts) -> None:
    """Each graph equals the expected one, and there is no other."""
    out = io.BytesIO()
    input_path = case if case.joinpath("mapping.ttl").exists() else _source(case)
    convert(
        load(next(case.glob("mapping.*"))), input_path, Sinks(out), base=BASE, concepts=concepts
    )
    results = graphs(Dataset().parse(data=out.getvalue(), format="nquads"))
    file = next(case.glob("expected.*"))
    expected = graphs(Dataset().parse(file, format="trig", publicID=BASE))
    assert results.keys() == expected.keys()
    for name, graph in results.items():
        assert isomorphic(graph, expected[name]), graph.serialize(format="turtle")


def graphs(dataset: Dataset) -> dict[str, Graph]:
    """Return the non-empty graphs by name."""
    return {str(graph.identifier): Graph() + graph for graph in dataset.graphs() if len(graph)}


def test_every_kind_of_source_has_a_case() -> None:
    endings = {_source(case).suffix for case in CASES.iterdir()}
    assert endings >= KINDS
