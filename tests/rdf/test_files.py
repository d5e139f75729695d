"""RDF files are recognised by their extension and written deterministically."""

import gc
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import XSD

from parvis.errors import SourceError, UsageError
from parvis.i18n import explain
from parvis.rdf.files import (
    FORMATS,
    canonical_lines,
    canonicalise,
    format_of,
    graph_of,
    read_quads,
    serialise,
    serialise_canonical,
    to_graph,
)
from parvis.rdf.lines import Lines
from parvis.vocab.namespaces import SCHEMA

THING = URIRef("http://pool.example/id/thing")
TEXTS = {
    "ttl": '<id/thing> <http://schema.org/name> "Thé"@fr .',
    "nt": '<http://pool.example/id/thing> <http://schema.org/name> "Thé"@fr .',
    "nq": '<http://pool.example/id/thing> <http://schema.org/name> "Thé"@fr <http://g> .',
    "trig": '<g> { <id/thing> <http://schema.org/name> "Thé"@fr }',
    "jsonld": '{"@id": "id/thing", "http://schema.org/name": {"@value": "Thé", "@language": "fr"}}',
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:s="http://schema.org/">'
    '<rdf:Description rdf:about="id/thing"><s:name xml:lang="fr">Thé</s:name>'
    "</rdf:Description></rdf:RDF>",
}


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("packed", [False, True])
def test_every_format_is_recognised_by_its_extension(
    tmp_path: Path, ending: str, *, packed: bool
) -> None:
    """Compressed or not, with IRIs relative to the base."""
    body = TEXTS[ending].encode()
    path = tmp_path / (f"a.{ending}.gz" if packed else f"a.{ending}")
    path.write_bytes(gzip.compress(body) if packed else body)
    graph = to_graph(path, "http://pool.example/")
    assert list(graph) == [(THING, SCHEMA.name, Literal("Thé", lang="fr"))]


def test_quads_keep_their_graph_names(tmp_path: Path) -> None:
    path = tmp_path / "a.nq"
    path.write_text(TEXTS["nq"], encoding="utf-8")
    assert [str(quad.graph_name) for quad in read_quads(path)] == ["<http://g>"]


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("a.ttl", b"<a:b> a <c:d> .\n<a:b> nonsense .", r"a\.ttl, line 2: "),
        ("a.jsonld", b'{"@context": "http://127.0.0.1:1/", "@id": "x:y"}', r"a\.jsonld: .*context"),
        ("a.nt.gz", b"no gzip", r"a\.nt\.gz cannot be read"),
        ("a.nt.gz", gzip.compress(b"<a:b> <a:b> <a:b> .")[:-9], r"a\.nt\.gz cannot be read"),
        ("a.csv", b"", r"a\.csv has no ending of an RDF file: \.ttl"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, name: str, body: bytes, message: str) -> None:
    """The error names the file, where possible the line, and the mistake."""
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(SourceError, match=message):
        list(read_quads(path))


def nest(count: int, between: str = " ") -> str:
    begun = f"<<({between}<a:s>{between}<a:p>{between}"
    return f"<a:s> <a:p> {begun * count}<a:o>{' )>>' * count} .\n"


def nest_elements(count: int) -> str:
    begun = '<rdf:Description rdf:about="a:s"><a:p rdf:parseType="Triple">'
    inner = '<rdf:Description rdf:about="a:s"><a:p>o</a:p></rdf:Description>'
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="a:"'
        f' rdf:version="1.2">{begun * count}{inner}{"</a:p></rdf:Description>" * count}</rdf:RDF>'
    )


@pytest.mark.parametrize(
    ("ending", "body"),
    [
        *((ending, nest(20_000)) for ending in ("nt", "nq", "ttl", "trig")),
        ("ttl", nest(200, " #)>>\n")),
        ("ttl", nest(100, f"#{'x' * 1_000}\n")),
        ("nt", nest(16)),
        ("rdf", nest_elements(150)),
    ],
)
def test_statements_too_deep_within_one_another_are_refused(
    tmp_path: Path, ending: str, body: str
) -> None:
    """The parser would end the process."""
    path = tmp_path / f"a.{ending}"
    path.write_text(body if ending == "rdf" else f"<a:s> <a:p> <a:o> .\n{body}", encoding="utf-8")
    for read in (read_quads(path), Lines(path)):
        with pytest.raises(SourceError, match="stand within one another") as caught:
            list(read)
        assert caught.value.fields["line"] == (1 if ending == "rdf" else 2)
        assert "imbriqués" in explain(caught.value, "fr")


def test_statements_within_few_others_are_read(tmp_path: Path) -> None:
    """Also in a text, and any number beside one another."""
    path = tmp_path / "a.ttl"
    text = nest(12).replace("\n", " ")
    path.write_text(f'{nest(15)}<a:s> <a:p> """{text}""" .\n' + nest(1) * 3_000, encoding="utf-8")
    assert sum(1 for _ in read_quads(path)) == 3_002


def test_a_missing_file_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        to_graph(tmp_path / "none.ttl")


@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf"])
def test_a_small_graph_holds_statements_about_statements(tmp_path: Path, ending: str) -> None:
    """With their blank nodes and literals (RDF 1.2 §3.1)."""
    path = tmp_path / "a.ttl"
    path.write_text(
        '<a:b> <a:c> <<( <a:d> <a:e> <<( <a:f> <a:g> "\\"7\\n"@fr )>> )>> ; <a:c> 1 .',
        encoding="utf-8",
    )
    graph = to_graph(path)
    again = tmp_path / f"b.{ending}"
    again.write_bytes(serialise(graph, ending))
    assert set(to_graph(again)) == set(graph)


def sample() -> Graph:
    """Make a graph with blank nodes and a malformed date."""
    graph = Graph()
    for number in range(5):
        node = BNode()
        graph.add((THING, SCHEMA.offers, node))
        graph.add((node, SCHEMA.price, Literal(f"{number}.50", datatype=XSD.decimal)))
    graph.add((THING, SCHEMA.startDate, Literal("2026-02-30", datatype=XSD.date)))
    graph.add((THING, SCHEMA.name, Literal('"L’été"\n', lang="fr")))
    return graph


@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf", "jsonld"])
def test_writing_is_deterministic_and_lossless(tmp_path: Path, ending: str) -> None:
    """Equal graphs give equal bytes, and reading them restores the graph."""
    body = serialise(sample(), ending)
    assert body == serialise(sample(), ending)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(body)
    assert isomorphic(to_graph(path), sample())


@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf", "jsonld"])
def test_our_own_graphs_are_named_by_the_engine(ending: str) -> None:
    """By their content alone, as other graphs are."""
    first, second = (
        serialise_canonical(canonicalise(sample(), is_ours=True), ending) for _ in range(2)
    )
    assert first == second
    assert isomorphic(canonicalise(sample(), is_ours=True), sample())


WRITER = """
import sys
from rdflib import Graph
from parvis.rdf.files import serialise
graph = Graph().parse(data=sys.argv[1], format="turtle")
for ending in ("ttl", "nt", "rdf", "jsonld"):
    sys.stdout.buffer.write(serialise(graph, ending))
"""
ORDERS = """@prefix : <http://x.example/> .
:a :p [ :q 1, 2 ; :r [ :s "x" ] ], (3 1 2), "b"@fr, "a"@en, 4 .
:b :p :a, :c, :d ; :j "{\\"k\\": [2, 1]}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .
"""


def test_another_process_writes_the_same_bytes() -> None:
    """Unordered content is sorted; lists keep their order."""
    command = [sys.executable, "-c", WRITER, ORDERS]
    outputs = {
        subprocess.run(  # noqa: S603 - our own words
            command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
    assert isomorphic(_read_back(ORDERS), Graph().parse(data=ORDERS, format="turtle"))


def _read_back(turtle: str) -> Graph:
    """Write a graph as JSON-LD and read it again."""
    graph = Graph().parse(data=turtle, format="turtle")
    return Graph().parse(data=serialise(graph, "jsonld"), format="json-ld")


def test_turtle_is_readable() -> None:
    """Only the prefixes in use are bound; blank nodes are nested."""
    text = serialise(sample(), "ttl").decode()
    assert "@prefix schema: <http://schema.org/> ." in text
    assert "schema:offers [ schema:price" in text
    assert "dcat" not in text


def test_json_ld_is_compact() -> None:
    assert b'"schema:name"' in serialise(sample(), "jsonld")


def test_a_graph_leaves_nothing_to_the_garbage_collector() -> None:
    """A server reads graphs at each publication, and seldom has a moment to collect."""
    lines = "".join(f'<http://x/{n}> <http://x/says> "{n}" .\n' for n in range(1_000)).encode()
    serialise(graph_of(lines), "jsonld")  # what is loaded once is loaded now
    gc.collect()
    gc.disable()
    try:
        read = graph_of(lines)
        assert len(serialise(read, "jsonld")) > len(lines)
        del read
        assert gc.collect() < 1_000
    finally:
        gc.enable()


def test_another_format_is_refused() -> None:
    with pytest.raises(UsageError, match="xlsx"):
        serialise(Graph(), "xlsx")


def test_the_extension_is_recognised_in_upper_case() -> None:
    """File names of partners are not always in lower case."""
    assert format_of(Path("DATA.TTL.GZ")).name == "Turtle"


def test_canonical_lines_depend_on_the_content_only(tmp_path: Path) -> None:
    """Neither on names of blank nodes nor on the order or the graphs of the input."""
    first, second = tmp_path / "one.nq", tmp_path / "other.nq"
    first.write_text('_:a <http://p> _:b <http://g> .\n_:b <http://p> "x" <http://h> .\n')
    second.write_text('_:b <http://p> "x" .\n_:z <http://p> _:b .\n_:z <http://p> _:b .\n')
    assert canonical_lines(read_quads(first)) == canonical_lines(read_quads(second))
    assert canonical_lines(read_quads(first)).count(b"\n") == 2
