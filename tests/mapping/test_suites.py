"""The public RML suites: valid cases give the expected dataset, invalid ones are refused."""

import csv
import io
from pathlib import Path

import pytest
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from parvis.errors import InputError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.pooling.intake.without_pool import convert_file

SUITES = Path(__file__).parents[2].parent / "shared" / "suites"
LEGACY, CORE = SUITES / "rml-legacy", SUITES / "rml-core"
BASE = "http://localhost:8000/"

EXPECTED_TO_MISS = {
    "rml-core-RMLTC0027b-JSON": "an IRI with a space: the expected file is no N-Quads",
}
"""Failing cases, each with the reason stated in the guide."""

REFUSED_UNLISTED = frozenset({"RMLTC0002g-JSON"})
"""An invalid JSONPath iterator, listed as an error by RML-Core but not by the legacy suite."""

STRING = "^^<http://www.w3.org/2001/XMLSchema#string>"


def read_refused(metadata: Path, name: str, flag: str) -> frozenset[str]:
    """Read which cases must be refused."""
    if not metadata.is_file():
        return frozenset()
    with metadata.open(encoding="utf-8", newline="") as lines:
        return frozenset(row[name] for row in csv.DictReader(lines) if row[flag] == "true")


REFUSED = {
    LEGACY: read_refused(LEGACY / "metadata.csv", "RML id", "error expected?"),
    CORE: read_refused(CORE / "test-cases" / "metadata.csv", "ID", "error"),
}
CASES = [
    pytest.param(
        case, case.name in REFUSED[suite] | REFUSED_UNLISTED, id=f"{suite.name}-{case.name}"
    )
    for suite in (LEGACY, CORE)
    for case in sorted((suite / "test-cases").glob("RMLTC*"))
]


def convert_case(case: Path, concepts: Concepts) -> str:
    """Convert a case; if every row fails, raise an error like the command."""
    out = io.BytesIO()
    report = convert(load(Path("mapping.ttl")), Path(), Sinks(out), base=BASE, concepts=concepts)
    if report.row_errors and not out.getvalue():
        raise InputError("nothing can be made of any row of {case}", case=case.name)
    return out.getvalue().decode()


def graphs(text: str) -> dict[str, Graph]:
    """Read N-Quads into one graph per name."""
    dataset = Dataset()
    dataset.parse(data=text.replace(STRING, ""), format="nquads")
    result = {}
    for graph in dataset.graphs():
        if len(graph):
            name = "" if graph.identifier == DATASET_DEFAULT_GRAPH_ID else str(graph.identifier)
            result[name] = Graph() + graph
    return result


def is_same_dataset(actual: str, expected: str) -> bool:
    """Compare two datasets graph by graph."""
    left, right = graphs(actual), graphs(expected)
    return left.keys() == right.keys() and all(isomorphic(left[name], right[name]) for name in left)


@pytest.mark.skipif(not SUITES.is_dir(), reason="the public suites are not here")
@pytest.mark.parametrize(("case", "invalid"), CASES)
def test_a_case_gives_the_expected_result(
    case: Path,
    invalid: bool,  # noqa: FBT001 - a parameter of the case
    concepts: Concepts,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """The dataset is the expected one, or the case is refused with an input error."""
    name = f"{case.parents[1].name}-{case.name}"
    if name in EXPECTED_TO_MISS:
        request.applymarker(pytest.mark.xfail(reason=EXPECTED_TO_MISS[name], strict=True))
    monkeypatch.chdir(case)
    if invalid:
        with pytest.raises(InputError):
            convert_case(case, concepts)
        return
    assert is_same_dataset(
        convert_case(case, concepts), (case / "output.nq").read_text(encoding="utf-8")
    )


@pytest.mark.skipif(not SUITES.is_dir(), reason="the public suites are not here")
@pytest.mark.parametrize(
    "case",
    [
        LEGACY / "test-cases" / "RMLTC0009b-CSV",
        LEGACY / "test-cases" / "RMLTC0009b-XML",
        CORE / "test-cases" / "RMLTC0009b-JSON",
    ],
    ids=lambda case: case.name,
)
def test_the_command_writes_the_expected_quads(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``parvis convert mapping.ttl -o out.nq``."""
    monkeypatch.chdir(case)
    convert_file(Path("mapping.ttl"), None, tmp_path / "out.nq")
    output = (tmp_path / "out.nq").read_text(encoding="utf-8")
    assert is_same_dataset(output, (case / "output.nq").read_text(encoding="utf-8"))


@pytest.mark.skipif(not SUITES.is_dir(), reason="the public suites are not here")
def test_the_command_refuses_a_file_without_usable_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only row gives no IRI: an error, and no output."""
    monkeypatch.chdir(CORE / "test-cases" / "RMLTC0019b-JSON")
    with pytest.raises(InputError, match="Juan Daniel"):
        convert_file(Path("mapping.ttl"), None, tmp_path / "out.nq")
    assert not (tmp_path / "out.nq").exists()
