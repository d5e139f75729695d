"""Validating a change incrementally gives the same results as validating everything."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from rdflib import BNode, Graph
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from parvis.errors import ShapesError
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.validation import PreviousValidation, SubmissionContext, Validation, validate
from tests.validation.cases import EX, graphs, results, shapes, write_graph

CASES = int(os.environ.get("PARVIS_CASES", "150"))


def skolemize(graph: Graph) -> Graph:
    """Replace blank nodes by IRIs, as a pool does."""

    def name(term: Node) -> Node:
        return EX[f"blank-{term}"] if isinstance(term, BNode) else term

    renamed = Graph()
    for subject, predicate, value in graph:
        renamed.add((name(subject), predicate, name(value)))
    return renamed


def name_shapes(rules: Graph) -> Graph:
    """Give every shape an IRI, so that its results can be stored."""
    shapes = {*rules.subjects(RDF.type, SH.NodeShape), *rules.subjects(RDF.type, SH.PropertyShape)}
    shapes |= {*rules.subjects(SH.path, None), *rules.objects(None, SH.property)}
    names: dict[Node, Node] = {n: EX[f"shape-{n}"] for n in shapes if isinstance(n, BNode)}
    renamed = Graph()
    for subject, predicate, value in rules:
        renamed.add((names.get(subject, subject), predicate, names.get(value, value)))
    return renamed


@st.composite
def change_graph(draw: st.DrawFn, graph: Graph) -> Graph:
    """Draw another version of a graph with some triples removed and some added."""
    other = skolemize(draw(graphs(odd=False)))
    present, additional = sorted(graph), sorted(other)
    removed = draw(st.lists(st.sampled_from(present), min_size=1, max_size=3)) if present else []
    added = (
        draw(st.lists(st.sampled_from(additional), min_size=1, max_size=3)) if additional else []
    )
    result = Graph()
    for triple in {*graph, *added} - {*removed}:
        result.add(triple)
    return result


def validate_graph(
    data: Graph, rules: Graph, before: PreviousValidation | None = None
) -> Validation | None:
    """Validate a graph through a file; return None for unusable shapes."""
    with TemporaryDirectory() as folder:
        files = [write_graph(data, Path(folder) / "data.nt")]
        with stage_files(files) as view:
            try:
                return validate(
                    as_data(view, files), rules, submitted=SubmissionContext(previous=before)
                )
            except ShapesError:
                return None


def previous_validation(first: Validation, old: Graph, new: Graph) -> PreviousValidation | None:
    """Return the previous validation after storing it as JSON."""
    return PreviousValidation.of(json.loads(json.dumps(first.reusable_results)), {*old} ^ {*new})


def sort_results(validation: Validation) -> object:
    """Return stored results and findings in a stable order."""
    stored = {shape: sorted(map(repr, rows)) for shape, rows in validation.reusable_results.items()}
    return stored, sorted(map(repr, validation.findings))


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), old=graphs(odd=False).map(skolemize), rules=shapes().map(name_shapes))
def test_an_incremental_validation_equals_a_complete_one(
    data: st.DataObject, old: Graph, rules: Graph
) -> None:
    """The same results as a multiset, the same focus nodes, the same conformance."""
    new = data.draw(change_graph(old))
    first = validate_graph(old, rules)
    if first is None:
        return
    before = previous_validation(first, old, new)
    complete, incremental = validate_graph(new, rules), validate_graph(new, rules, before)
    assert complete
    assert incremental
    event(f"kept {any(first.reusable_results.values())}, changed {bool(before and before.changed)}")
    for graph in (old, new, rules):
        note(graph.serialize(format="turtle"))
    assert results(incremental.graph) == results(complete.graph)
    assert incremental.checked == complete.checked
    assert incremental.conforms == complete.conforms
    assert sort_results(incremental) == sort_results(complete)


def test_a_result_beyond_a_target_disappears_with_the_target() -> None:
    """The result names the class; its focus node is no longer a target."""
    rules = Graph().parse(
        data="""
        @prefix ex: <https://x.example/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
        ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property ex:kind .
        ex:kind sh:path rdf:type ; sh:property ex:deep .
        ex:deep sh:path ex:p ; sh:minCount 1 .""",
        format="turtle",
    )
    old = Graph().add((EX.a, RDF.type, EX.C))
    first = validate_graph(old, rules)
    assert first
    assert not first.conforms
    incremental = validate_graph(Graph(), rules, previous_validation(first, old, Graph()))
    assert incremental
    assert incremental.conforms
