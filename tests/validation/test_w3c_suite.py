"""The W3C data-shapes suite with each engine."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import BNode, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from parvis.errors import ShapesError
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.validation import ENGINES, validate
from parvis.validation.data import keep_lexical_forms

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
COMPARED = (
    SH.focusNode,
    SH.resultPath,
    SH.sourceConstraintComponent,
    SH.resultSeverity,
    SH.value,
)


def read(address: Node) -> Graph:
    """Read one file of the suite."""
    file = Path(str(address).removeprefix("file://"))
    with keep_lexical_forms():
        return Graph().parse(file, publicID=str(address), format="turtle")


def cases(address: URIRef) -> Iterator[tuple[Graph, Node]]:
    """List the cases of a manifest and of those that it includes."""
    manifest = read(address)
    for included in manifest.objects(None, MF.include):
        yield from cases(URIRef(str(included)))
    for entries in manifest.objects(None, MF.entries):
        yield from ((manifest, case) for case in Collection(manifest, entries))


def results(graph: Graph, report: Node | None) -> Counter[tuple[Node | None, ...]]:
    """Return the results of a report as a multiset, ignoring labels of blank nodes."""
    nodes = graph.objects(report, SH.result)
    rows = ([graph.value(result, term) for term in COMPARED] for result in nodes)
    return Counter(tuple(None if isinstance(v, BNode) else v for v in row) for row in rows)


def passes(manifest: Graph, case: Node, engine: str) -> bool:
    """Return whether a case gives the expected report or failure."""
    action, expected = manifest.value(case, MF.action), manifest.value(case, MF.result)
    data, shapes = (
        manifest.value(action, term) or case for term in (SHT.dataGraph, SHT.shapesGraph)
    )
    files = [Path(str(data).removeprefix("file://"))]
    try:
        with stage_files(files) as view:
            validation = validate(as_data(view, files), read(shapes), engine=engine)
    except ShapesError:
        return expected == SHT.Failure
    if expected == SHT.Failure:
        return False
    report = validation.graph.value(None, RDF.type, SH.ValidationReport)
    conforms = str(manifest.value(expected, SH.conforms)) == str(validation.conforms).lower()
    return conforms and results(validation.graph, report) == results(manifest, expected)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("part", "count"), [("core", 98), ("sparql", 22)])
def test_every_case_of_the_suite_passes(shared: Path, part: str, count: int, engine: str) -> None:
    manifest = shared / "suites" / "data-shapes" / "tests" / part / "manifest.ttl"
    outcomes = [
        (str(case), passes(graph, case, engine)) for graph, case in cases(URIRef(manifest.as_uri()))
    ]
    assert len(outcomes) == count
    assert not [case for case, passed in outcomes if not passed]
