"""Records joined into one document: the same graph in every format, blank nodes separate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from parvis.errors import SheetError, SourceError
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPH_TYPES
from parvis.rdf.joining import (
    bodies,
    document,
    join_graphs,
    prefix_blank_nodes,
    require_portable,
    serialise_dataset,
)

SUBJECT, PREDICATE = URIRef("http://pool.test/id/1"), URIRef("http://pool.test/name")


def lines_of(*objects: Literal | URIRef | BNode) -> bytes:
    graph = Graph()
    for value in objects:
        graph.add((SUBJECT, PREDICATE, value))
    return serialise(graph, "nt")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]))))
def test_every_format_holds_the_union_without_duplicates(texts: list[str]) -> None:
    records = [lines_of(Literal(text, lang="fr")) for text in texts]
    union = Graph().parse(data=b"".join(records), format="nt")
    for ending, kind in GRAPH_TYPES.items():
        body = join_graphs([*records, *records], ending)
        assert isomorphic(Graph().parse(data=body, format=kind), union), ending


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]))))
def test_separately_written_bodies_make_one_document(texts: list[str]) -> None:
    """With no body, with empty ones, and with texts that resemble the head or end of a document."""
    odd = ["\n@prefix a: <b> .\n", "</rdf:RDF>", "]", "<rdf:RDF>"]
    parts = [b"", *(lines_of(Literal(text), URIRef("u:b")) for text in [*texts, *odd]), b""]
    union = Graph().parse(data=b"".join(parts), format="nt")
    for ending, kind in GRAPH_TYPES.items():
        written = [bodies(part, (ending,), {"x": "http://x/"})[ending] for part in parts]
        body = document(written, ending, {"x": "http://x/"})
        assert isomorphic(Graph().parse(data=body, format=kind), union), ending
        assert not len(Graph().parse(data=document([], ending), format=kind))


def test_blank_nodes_of_two_records_stay_distinct() -> None:
    record = b'<u:a> <u:p> _:b0 .\n_:b0 <u:q> "x" .\n'
    joined = join_graphs(
        [
            prefix_blank_nodes(record, "r1"),
            prefix_blank_nodes(record.replace(b"u:a", b"u:b"), "r2"),
        ],
        "nt",
    )
    assert len(set(Graph().parse(data=joined, format="nt").objects(None, URIRef("u:p")))) == 2
    assert prefix_blank_nodes(b"<u:a> <u:p> <u:b> .\n", "r1") == b"<u:a> <u:p> <u:b> .\n"


@pytest.mark.parametrize(
    "lines", [b'<u:a> <http://x/p> "a\\u000Bb" .\n', b'<u:a> <http://x/1> "a" .\n']
)
def test_statements_that_rdf_xml_cannot_express_are_refused(lines: bytes) -> None:
    """The whole document would be unreadable."""
    with pytest.raises(SourceError):
        require_portable(lines)
    require_portable(b'<u:a> <http://x/p> "a\\tb\\n" .\n')


def test_a_dataset_with_triple_terms_is_refused_in_json_ld_alone() -> None:
    lines = b'<x:s> <x:p> <<( <x:a> <x:b> "c" )>> .\n'
    for ending in ("trig", "nq"):
        assert b"<<( " in serialise_dataset(b"", {"x:g": lines}, ending, {})
    with pytest.raises(SheetError, match="TriG or N-Quads"):
        serialise_dataset(b"", {"x:g": lines}, "jsonld", {})
