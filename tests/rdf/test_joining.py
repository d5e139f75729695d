"""Records joined into one document: the same graph in every format, blank nodes kept apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from parvis.errors import SourceError
from parvis.rdf.files import serialise
from parvis.rdf.joining import bodies, document, join_graphs, prefix_blank_nodes, require_portable
from parvis.vocab import media

THIS, STEP = URIRef("http://pool.test/id/1"), URIRef("http://pool.test/name")


def lines_of(*objects: Literal | URIRef | BNode) -> bytes:
    """Write a graph of one subject."""
    graph = Graph()
    for one in objects:
        graph.add((THIS, STEP, one))
    return serialise(graph, "nt")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]))))
def test_every_format_holds_the_union(texts: list[str]) -> None:
    """What is said twice is written once."""
    parts = [lines_of(Literal(text, lang="fr")) for text in texts]
    union = Graph().parse(data=b"".join(parts), format="nt")
    for ending, kind in media.RDF.items():
        body = join_graphs([*parts, *parts], ending)
        assert isomorphic(Graph().parse(data=body, format=kind), union), ending


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]))))
def test_bodies_written_apart_make_one_document(texts: list[str]) -> None:
    """Also none, also empty ones, also texts that look like the head or the end of a document."""
    odd = ["\n@prefix a: <b> .\n", "</rdf:RDF>", "]", "<rdf:RDF>"]
    parts = [b"", *(lines_of(Literal(text), URIRef("u:b")) for text in [*texts, *odd]), b""]
    union = Graph().parse(data=b"".join(parts), format="nt")
    for ending, kind in media.RDF.items():
        written = [bodies(one, (ending,), {"x": "http://x/"})[ending] for one in parts]
        body = document(written, ending, {"x": "http://x/"})
        assert isomorphic(Graph().parse(data=body, format=kind), union), ending
        assert not len(Graph().parse(data=document([], ending), format=kind))


def test_blank_nodes_of_two_records_stay_two() -> None:
    """Records name theirs alike."""
    record = b'<u:a> <u:p> _:b0 .\n_:b0 <u:q> "x" .\n'
    both = join_graphs(
        [
            prefix_blank_nodes(record, "r1"),
            prefix_blank_nodes(record.replace(b"u:a", b"u:b"), "r2"),
        ],
        "nt",
    )
    assert len(set(Graph().parse(data=both, format="nt").objects(None, URIRef("u:p")))) == 2
    assert prefix_blank_nodes(b"<u:a> <u:p> <u:b> .\n", "r1") == b"<u:a> <u:p> <u:b> .\n"


@pytest.mark.parametrize(
    "lines", [b'<u:a> <http://x/p> "a\\u000Bb" .\n', b'<u:a> <http://x/1> "a" .\n']
)
def test_what_rdf_xml_cannot_hold_is_refused(lines: bytes) -> None:
    """Its document would be unreadable as a whole."""
    with pytest.raises(SourceError):
        require_portable(lines)
    require_portable(b'<u:a> <http://x/p> "a\\tb\\n" .\n')
