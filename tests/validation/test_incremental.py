"""After a change, looking again where it matters finds what looking everywhere does."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from rdflib import BNode, Graph
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from parvis.errors import ShapesError
from parvis.pooling.staging_view import as_data, stage_files
from parvis.validation import PreviousValidation, SubmissionContext, Validation, validate
from tests.validation.cases import EX, graphs, results, shapes, written

pytestmark = pytest.mark.once

CASES = int(os.environ.get("PARVIS_CASES", "150"))


def named(graph: Graph) -> Graph:
    """Give every blank node of a graph a name, as those of a pool have."""

    def name(term: Node) -> Node:
        return EX[f"blank-{term}"] if isinstance(term, BNode) else term

    whole = Graph()
    for subject, predicate, value in graph:
        whole.add((name(subject), predicate, name(value)))
    return whole


def called(rules: Graph) -> Graph:
    """Give every shape a name, so that its results can be kept."""
    shapes = {*rules.subjects(RDF.type, SH.NodeShape), *rules.subjects(RDF.type, SH.PropertyShape)}
    shapes |= {*rules.subjects(SH.path, None), *rules.objects(None, SH.property)}
    names: dict[Node, Node] = {n: EX[f"shape-{n}"] for n in shapes if isinstance(n, BNode)}
    whole = Graph()
    for subject, predicate, value in rules:
        whole.add((names.get(subject, subject), predicate, names.get(value, value)))
    return whole


@st.composite
def changed(draw: st.DrawFn, graph: Graph) -> Graph:
    """Draw another version of a graph: some triples gone, some of another graph come."""
    other = named(draw(graphs(odd=False)))
    mine, theirs = sorted(graph), sorted(other)
    gone = draw(st.lists(st.sampled_from(mine), min_size=1, max_size=3)) if mine else []
    come = draw(st.lists(st.sampled_from(theirs), min_size=1, max_size=3)) if theirs else []
    whole = Graph()
    for triple in {*graph, *come} - {*gone}:
        whole.add(triple)
    return whole


def validated(
    data: Graph, rules: Graph, before: PreviousValidation | None = None
) -> Validation | None:
    """Validate a graph through a file; None for shapes that cannot be used."""
    with TemporaryDirectory() as folder:
        files = [written(data, Path(folder) / "data.nt")]
        with stage_files(files) as view:
            try:
                return validate(
                    as_data(view, files), rules, submitted=SubmissionContext(before=before)
                )
            except ShapesError:
                return None


def known(first: Validation, old: Graph, new: Graph) -> PreviousValidation | None:
    """Say what is known from the first validation, as plain data that was stored in between."""
    return PreviousValidation.of(json.loads(json.dumps(first.kept)), {*old} ^ {*new})


def in_order(found: Validation) -> object:
    """Give what is kept and what is told, in an order that does not change."""
    kept = {shape: sorted(map(repr, rows)) for shape, rows in found.kept.items()}
    return kept, sorted(map(repr, found.findings))


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), old=graphs(odd=False).map(named), rules=shapes().map(called))
def test_looking_again_finds_what_looking_everywhere_does(
    data: st.DataObject, old: Graph, rules: Graph
) -> None:
    """The same results as a multiset, the same focus nodes looked at, the same verdict."""
    new = data.draw(changed(old))
    first = validated(old, rules)
    if first is None:
        return
    before = known(first, old, new)
    whole, again = validated(new, rules), validated(new, rules, before)
    assert whole
    assert again
    event(f"kept {any(first.kept.values())}, changed {bool(before and before.changed)}")
    for graph in (old, new, rules):
        note(graph.serialize(format="turtle"))
    assert results(again.graph) == results(whole.graph)
    assert again.checked == whole.checked
    assert again.conforms == whole.conforms
    assert in_order(again) == in_order(whole)


def test_what_was_found_beyond_a_target_goes_when_the_target_goes() -> None:
    """The result names the class; the thing by which it was reached is no target any more."""
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
    first = validated(old, rules)
    assert first
    assert not first.conforms
    again = validated(Graph(), rules, known(first, old, Graph()))
    assert again
    assert again.conforms
