"""Quads that are RDF already are loaded into the record unchanged, or not at all."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import RDF, Graph, Literal
from rdflib.namespace import VOID

from parvis.config import Settings
from parvis.errors import ClosedGraph, InputError, SheetError, SourceError, UsageError
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.load import load
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import generations, refuse_reopening, verify
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPHS as GRAPHS_BY_ENDING
from parvis.store.generation.generation import current

POOL = Path(__file__).parents[2] / "cases" / "pool"
A, B = "http://elsewhere.example/a", "http://elsewhere.example/b"
GRAPHS = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s <http://x/p> ?o } } ORDER BY ?g"


def write_quads(folder: Path, *names: str, name: str = "a.nq") -> Path:
    """Write a quad for each graph."""
    path = folder / name
    lines = "".join(f'<http://x/s> <http://x/p> "{name}" <{name}> .\n' for name in names)
    path.write_bytes(gzip.compress(lines.encode()) if name.endswith(".gz") else lines.encode())
    return path


def list_graphs(pool: Pool, reader: Reader = ANONYMOUS) -> list[str]:
    """Return the published graphs of loaded quads that a reader may read."""
    service = PoolService(pool.settings)
    try:
        answer = b"".join(service.ask(reader, QueryRequest(GRAPHS, results_format="csv")).chunks)
    finally:
        service.close()
    return answer.decode().split()[1:]


def test_loaded_graphs_keep_their_names_and_are_open_by_default(pool: Pool, tmp_path: Path) -> None:
    result = load(pool, write_quads(tmp_path, A, B))
    assert (result.graphs, result.triples, result.access) == (2, 2, "open")
    publish(pool)
    assert list_graphs(pool) == [A, B]


def test_graphs_loaded_for_members_are_readable_by_members_only(pool: Pool, tmp_path: Path) -> None:
    """By an agreement of the third party; the open store holds none of them."""
    load(pool, write_quads(tmp_path, A))
    load(pool, write_quads(tmp_path, B, name="b.nq.gz"), access="members")
    publish(pool)
    assert list_graphs(pool) == [A]
    member = Reader(pool.catalog.partners["theatre-b"].iri)
    assert list_graphs(pool, member) == [A, B]
    assert list_graphs(pool, Reader("https://stranger.example/")) == [A]


def test_the_sizes_of_loaded_graphs_are_published_to_their_readers(
    pool: Pool, tmp_path: Path
) -> None:
    """In the Service Description, in VoID, and to the steward; nowhere else."""
    load(pool, write_quads(tmp_path, A))
    load(pool, write_quads(tmp_path, B, name="b.nq"), access="members")
    publish(pool)
    with closing(PoolService(pool.settings)) as service:
        for reader, names in {
            ANONYMOUS: [A],
            Reader(pool.catalog.partners["theatre-b"].iri): [A, B],
        }.items():
            sizes = service.graphs(reader)
            assert {name: sizes.get(name) for name in (A, B)} == {
                name: 1 if name in names else None for name in (A, B)
            }
            statistics = Graph().parse(data=service.statistics(reader, "nt"), format="nt")
            assert (
                sorted(str(subject) for subject in statistics.subjects(VOID.triples, Literal(1)))
                == names
            )
            query = "SELECT ?d { GRAPH ?g { ?d void:triples 1 } }"
            answer = service.ask(reader, QueryRequest(query, results_format="csv"))
            assert b"".join(answer.chunks).decode().split()[1:] == [A]
    (generation,) = generations(pool.settings)
    assert (generation["graphs"][A], generation["graphs"][B]) == (1, 1)
    assert verify(pool.settings)["loaded"] == {A: "open", B: "members"}


def test_an_earlier_generation_reveals_no_size_of_a_graph_closed_since(
    pool: Pool, tmp_path: Path
) -> None:
    """Its statistics are a single graph: it is left out if it counts a closed graph."""
    query = QueryRequest("ASK { ?d void:triples ?n }", generation=1)
    load(pool, write_quads(tmp_path, A))
    publish(pool)
    with closing(PoolService(pool.settings)) as service:
        assert b"true" in b"".join(service.ask(ANONYMOUS, query).chunks)
        load(pool, write_quads(tmp_path, B, name="b.nq"))
        publish(pool)
        assert b"true" in b"".join(service.ask(ANONYMOUS, query).chunks)
        load(pool, write_quads(tmp_path, A), access="members")
        publish(pool)
        assert b"false" in b"".join(service.ask(ANONYMOUS, query).chunks)


def test_a_loaded_graph_is_replaced_and_others_stay(pool: Pool, tmp_path: Path) -> None:
    """Unless the file is the whole content of the record."""
    load(pool, write_quads(tmp_path, A, B))
    load(pool, write_quads(tmp_path, B))
    assert set(pool.record.versions()) == {A, B}
    assert load(pool, write_quads(tmp_path, B), whole=True).removed == 1
    assert set(pool.record.versions()) == {B}


def test_triples_are_loaded_into_the_given_graph(pool: Pool, tmp_path: Path) -> None:
    """Turtle and N-Triples need one; TriG may."""
    for name, text in {
        "a.ttl": "<http://x/s> <http://x/p> 1 .",
        "a.trig": f"<http://x/s> <http://x/p> 1 . <{A}> {{ <http://x/s> <http://x/p> 2 }}",
    }.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(SourceError, match="--graph"):
            load(pool, tmp_path / name)
        load(pool, tmp_path / name, B)
    assert set(pool.record.versions()) == {A, B}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.nq", f"<x:s> <x:p> <x:o> <{A}> .\n<x:s> nonsense", r"a\.nq, line 2"),
        ("a.csv", "a,b", "no ending of an RDF file"),
        ("a.nq.gz", "no gzip", "cannot be read"),
        ("a.nq", "<x:s> <x:p> <x:o> <http://pool.test/graph/parvis/catalog> .", "parvis writes"),
        (
            "a.nq",
            "<x:s> <x:p> <x:o> <http://pool.test/graph/theatre-b/billets> .",
            "parvis submit theatre-b/billets",
        ),
    ],
)
def test_an_invalid_file_changes_nothing(
    pool: Pool, tmp_path: Path, name: str, text: str, message: str
) -> None:
    """Even if it was to replace all."""
    load(pool, write_quads(tmp_path, A))
    before = pool.record.versions()
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        load(pool, tmp_path / name, whole=True)
    assert pool.record.versions() == before
    assert not list((pool.settings.data / "staging").iterdir())


@pytest.mark.parametrize(
    ("name", "text"),
    [("e.nq", ""), ("e.nt", "\n"), ("e.ttl", "# none\n"), ("e.trig", ""), ("e.nq.gz", "")],
)
def test_an_empty_file_empties_the_record_if_it_replaces_all(
    pool: Pool, tmp_path: Path, name: str, text: str
) -> None:
    """The published pool is then empty; otherwise an empty file is a mistake."""
    load(pool, write_quads(tmp_path, A, B))
    publish(pool)
    assert list_graphs(pool) == [A, B]
    body = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    with pytest.raises(SourceError, match="--replace-all"):
        load(pool, tmp_path / name, A)
    result = load(pool, tmp_path / name, A, whole=True)
    assert (result.graphs, result.triples, result.removed) == (0, 0, 2)
    assert pool.record.versions() == {}
    publish(pool)
    assert list_graphs(pool) == []
    assert load(pool, write_quads(tmp_path, B)).graphs == 1
    publish(pool)
    assert list_graphs(pool) == [B]


def test_a_graph_name_is_an_absolute_iri(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no absolute IRI"):
        load(pool, write_quads(tmp_path, A), "graph a")
    with pytest.raises(SourceError, match="cannot be read"):
        load(pool, tmp_path / "none.nq")


def test_blank_nodes_are_shared_within_a_file_and_distinct_between_files(
    pool: Pool, tmp_path: Path
) -> None:
    """A file's ``_:x`` is the same in all of its graphs."""
    (tmp_path / "a.trig").write_text(
        f"<{A}> {{ _:x <http://x/p> 1 }} <{B}> {{ _:x <http://x/q> 2 }}"
    )
    (tmp_path / "b.ttl").write_text("_:x <http://x/r> 3 .")
    load(pool, tmp_path / "a.trig")
    load(pool, tmp_path / "b.ttl", "http://elsewhere.example/c")
    publish(pool)
    service = PoolService(pool.settings)
    try:
        for query, expected in (
            ("?s <http://x/p> 1 ; <http://x/q> 2", b"true"),
            ("?s <http://x/p> 1 ; <http://x/r> 3", b"false"),
        ):
            answer = b"".join(service.ask(ANONYMOUS, QueryRequest(f"ASK {{ {query} }}")).chunks)
            assert expected in answer
    finally:
        service.close()


def test_loaded_quads_are_published_with_partners_datasets(published: Pool, tmp_path: Path) -> None:
    """A generation can be reopened until its loaded graphs are deleted."""
    load(published, write_quads(tmp_path, A))
    publish(published)
    assert list_graphs(published) == [A]
    refuse_reopening(published, current(published.settings.data))
    published.record.remove(A)
    with pytest.raises(ClosedGraph, match=A):
        refuse_reopening(published, current(published.settings.data))


CLAIMS = """
PREFIX schema: <http://schema.org/>
GRAPH <http://elsewhere.example/a> {
  <http://x/nuit> schema:name "Nuit"@fr ; schema:location <http://x/salle> ~ <http://x/claim>
    {| schema:validFrom "2026-05-01" ;
       schema:author [ schema:name "\u0644\u064a\u0644"@ar--rtl ] |} .
  <http://x/deep> <http://x/p> <<( _:a <http://x/q> <<( <http://x/s> <http://x/q> _:a )>> )>> .
  _:a <http://x/p> "a" .
}
"""
"""Statements about statements, and a text with its direction (RDF 1.2)."""
REIFIES = f"{RDF}reifies"
REIFIED = """
SELECT ?claim ?place ?since ?name WHERE {
  ?claim rdf:reifies <<( ?event schema:location ?place )>> ; schema:validFrom ?since .
  << ?event schema:location ?place >> schema:author/schema:name ?name .
}
"""


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoolService]:
    """Serve a pool with statements about statements, which nobody changes."""
    folder = tmp_path_factory.mktemp("claims")
    file = folder / "claims.trig"
    file.write_text(CLAIMS, encoding="utf-8")
    settings = Settings.load(data=folder / "data", catalog=POOL)
    with Pool.open(settings) as pool:
        assert load(pool, file).triples == 8
        publish(pool)
    verify(settings)
    with closing(PoolService(settings)) as service:
        yield service


def test_statements_about_statements_are_published_and_answered(claims: PoolService) -> None:
    """In each format that has a form for them, with the directions of texts."""

    def ask(query: str, **formats: str) -> str:
        return b"".join(claims.ask(ANONYMOUS, QueryRequest(query, **formats)).chunks).decode()  # type: ignore[arg-type] # formats

    (row,) = json.loads(ask(REIFIED))["results"]["bindings"]
    assert row["claim"]["value"] == "http://x/claim"
    assert row["name"] == {
        "type": "literal",
        "value": "\u0644\u064a\u0644",
        "xml:lang": "ar",
        "its:dir": "rtl",
    }
    joined = """
        SELECT ?v { ?s <http://x/p> <<( ?a <http://x/q> <<( ?b ?c ?a )>> )>> . ?a <http://x/p> ?v }
    """
    assert ask(joined, results_format="csv").split() == ["v", "a"]
    for form, text in (
        ("tsv", "<<( <http://x/nuit>"),
        ("xml", "<triple>"),
        ("csv", "http://x/nuit"),
    ):
        assert text in ask("SELECT ?t { ?s rdf:reifies ?t }", results_format=form)
    construct = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <http://elsewhere.example/a> { ?s ?p ?o } }"
    for form, name in (("ttl", "TURTLE"), ("nt", "N_TRIPLES"), ("rdf", "RDF_XML")):
        graph = ask(construct, graph_format=form)
        assert len(list(ox.parse(graph, getattr(ox.RdfFormat, name)))) == 8, form
    with pytest.raises(SheetError, match="take Turtle"):
        ask(construct, graph_format="jsonld")


def test_statements_about_statements_are_described(claims: PoolService) -> None:
    """The page says them in words, and the files hold them."""
    description = claims.describe(ANONYMOUS, "http://x/claim", "fr")
    group = next(group for group in description.groups if group.iri == REIFIES)
    assert [value.label for value in group.values] == ["nuit \u00b7 lieu \u00b7 salle"]
    for form in ("ttl", "nt", "rdf"):
        body = serialise(description.graph, form)
        rdf_format = GRAPHS_BY_ENDING[form]
        (triple,) = (q for q in ox.parse(body, rdf_format) if q.predicate.value == REIFIES)
        assert str(triple.object) == "<http://x/nuit> <http://schema.org/location> <http://x/salle>"
    with pytest.raises(SheetError, match="JSON-LD"):
        serialise(description.graph, "jsonld")


def test_statements_nested_without_end_are_refused(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "deep.nq"
    nested = "<<( <x:s> <x:p> " * 60 + "<x:o>" + " )>>" * 60
    file.write_text(f"<x:s> <x:p> {nested} <http://x/g> .\n", encoding="utf-8")
    with pytest.raises(SourceError, match="within one another"):
        load(pool, file)
    assert pool.record.versions() == {}
