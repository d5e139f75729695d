"""Data read for validation: every format, unchanged literals, nothing fetched."""

from pathlib import Path

import pytest
import rdflib
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, XSD

from parvis.errors import SourceError
from parvis.validation import load_data
from parvis.validation.data import ComparableLiteral, keep_lexical_forms, make_comparable
from parvis.vocab.namespaces import SCHEMA

EVENT = URIRef("https://pool.example/id/event/1")
S, P = URIRef("urn:s"), URIRef("urn:p")
FILES = {
    "a.ttl": f"<{EVENT}> a <{SCHEMA.Event}> .",
    "a.nt": f"<{EVENT}> <{RDF.type}> <{SCHEMA.Event}> .",
    "a.nq": f"<{EVENT}> <{RDF.type}> <{SCHEMA.Event}> <https://pool.example/graph/x> .",
    "a.trig": f"<https://pool.example/graph/x> {{ <{EVENT}> a <{SCHEMA.Event}> }}",
    "a.jsonld": '{"@context": {"@vocab": "http://schema.org/"},'
    f' "@id": "{EVENT}", "@type": "Event"}}',
    "a.rdf": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:s="http://schema.org/">'
    f'<s:Event rdf:about="{EVENT}"/></rdf:RDF>',
}
BROKEN = {
    "a.ttl": "<a> <b> ;; ?",
    "a.nt": "<a> <b>",
    "a.nq": '"a" <b> <c> .',
    "a.trig": "<g> { <a> ",
    "a.jsonld": '{"@id": ',
    "a.rdf": "<rdf:RDF",
}


def write_data(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", FILES)
def test_each_format_is_recognised_by_its_extension(tmp_path: Path, name: str) -> None:
    """Graph names are dropped: shapes look at triples."""
    graph = load_data([write_data(tmp_path, name, FILES[name])])
    assert set(graph) == {(EVENT, RDF.type, SCHEMA.Event)}


@pytest.mark.parametrize("name", BROKEN)
def test_the_error_names_an_unreadable_file(tmp_path: Path, name: str) -> None:
    """One error type for all parsers."""
    with pytest.raises(SourceError, match=name):
        load_data([write_data(tmp_path, name, BROKEN[name])])


def test_blank_nodes_of_two_files_stay_distinct(tmp_path: Path) -> None:
    """A label has its meaning within one file (RDF 1.1 Concepts §3.4)."""
    text = f"_:x <{SCHEMA.name}> {{}} ."
    first = write_data(tmp_path, "one.nt", text.format('"A"'))
    second = write_data(tmp_path, "two.nt", text.format('"B"'))
    assert len(set(load_data([first, second]).subjects())) == 2


def test_several_files_make_one_graph(tmp_path: Path) -> None:
    """A shape may refer from one file to another."""
    first = write_data(tmp_path, "one.nt", FILES["a.nt"])
    second = write_data(tmp_path, "two.nt", FILES["a.nt"].replace("event/1", "event/2"))
    assert len(load_data([first, second])) == 2


def test_a_missing_file_and_an_unknown_extension_are_refused(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(SourceError, match=r"absent\.ttl"):
        load_data([tmp_path / "absent.ttl"])
    with pytest.raises(SourceError, match=r"\.ttl"):
        load_data([write_data(tmp_path, "a.docx", "")])


@pytest.mark.parametrize(
    "context",
    [
        '"https://schema.org"',
        '["https://schema.org", {"x": "urn:x"}]',
        '{"@import": "https://schema.org"}',
    ],
)
def test_a_remote_context_is_refused(tmp_path: Path, context: str) -> None:
    """Reading data never makes a request, wherever the address is in the document."""
    text = f'{{"@graph": [{{"@context": {context}, "@type": "Event"}}]}}'
    with pytest.raises(SourceError, match=r"a\.jsonld"):
        load_data([write_data(tmp_path, "a.jsonld", text)])


def test_values_keep_their_lexical_form(tmp_path: Path) -> None:
    """A report quotes the value as the partner wrote it."""
    text = f'<{EVENT}> <{SCHEMA.price}> "007.50"^^<{XSD.decimal}> .'
    (value,) = load_data([write_data(tmp_path, "a.nt", text)]).objects()
    assert str(value) == "007.50"
    assert str(Literal("007.50", datatype=XSD.decimal)) == "7.50"


def test_https_iris_of_schema_org_are_replaced(tmp_path: Path) -> None:
    """Real files mix both."""
    text = FILES["a.nt"].replace("http://schema.org", "https://schema.org")
    assert set(load_data([write_data(tmp_path, "a.nt", text)])) == {(EVENT, RDF.type, SCHEMA.Event)}


# Literals with unchanged lexical forms.


def test_normalisation_is_restored_after_an_error() -> None:
    """Other code of the process relies on rdflib's default."""

    def broken() -> None:
        with keep_lexical_forms():
            assert str(Literal("007", datatype=XSD.integer)) == "007"
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert rdflib.NORMALIZE_LITERALS is True


def test_an_ill_typed_literal_equals_itself_and_compares_with_nothing() -> None:
    """Not by any operator, in either order."""
    with keep_lexical_forms():
        good = Literal("2025-01-01", datatype=XSD.date)
        bad = ComparableLiteral("soon", datatype=XSD.date, normalize=False)
        assert bad == Literal("soon", datatype=XSD.date)
    compared = (good <= bad, bad <= good, good < bad, bad < good, good > bad, bad > good)
    assert not any(compared)


def test_a_graph_without_ill_typed_literals_is_returned_unchanged() -> None:
    """The usual case costs one pass and no copy."""
    graph = Graph().add((S, P, Literal(3)))
    assert make_comparable(graph) is graph


def test_ill_typed_literals_are_replaced_in_a_copy() -> None:
    """The caller's graph keeps its own terms."""
    with keep_lexical_forms():
        graph = Graph().add((S, P, Literal("soon", datatype=XSD.date)))
    safe = make_comparable(graph)
    assert set(safe) == set(graph)
    assert [type(value) for value in safe.objects()] == [ComparableLiteral]
    assert [type(value) for value in graph.objects()] == [Literal]
