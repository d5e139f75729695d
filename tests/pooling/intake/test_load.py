"""Quads that are RDF already come into the record as they are, or not at all."""

import gzip
from contextlib import closing
from pathlib import Path

import pytest
from rdflib import Graph, Literal
from rdflib.namespace import VOID

from parvis.errors import ClosedGraph, InputError, SourceError, UsageError
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.load import load
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import generations, refuse_reopening, verify
from parvis.store.generation.generation import current

A, B = "http://elsewhere.example/a", "http://elsewhere.example/b"
GRAPHS = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s <http://x/p> ?o } } ORDER BY ?g"


def quads(folder: Path, *names: str, name: str = "a.nq") -> Path:
    """Write a quad for each graph."""
    path = folder / name
    lines = "".join(f'<http://x/s> <http://x/p> "{name}" <{name}> .\n' for name in names)
    path.write_bytes(gzip.compress(lines.encode()) if name.endswith(".gz") else lines.encode())
    return path


def served(pool: Pool, reader: Reader = ANONYMOUS) -> list[str]:
    """Give the graphs of loaded quads that a reader finds in what is published."""
    host = PoolService(pool.settings)
    try:
        answer = b"".join(host.ask(reader, QueryRequest(GRAPHS, results_format="csv")).chunks)
    finally:
        host.close()
    return answer.decode().split()[1:]


def test_graph_names_are_kept_and_open_to_all(pool: Pool, tmp_path: Path) -> None:
    """An anonymous reader finds each graph under its own name."""
    found = load(pool, quads(tmp_path, A, B))
    assert (found.graphs, found.triples, found.access) == (2, 2, "open")
    publish(pool)
    assert served(pool) == [A, B]


def test_members_alone_read_what_is_loaded_for_them(pool: Pool, tmp_path: Path) -> None:
    """Access is by the host's agreement; the open store holds none of it."""
    load(pool, quads(tmp_path, A))
    load(pool, quads(tmp_path, B, name="b.nq.gz"), access="members")
    publish(pool)
    assert served(pool) == [A]
    member = Reader(pool.catalog.partners["theatre-b"].iri)
    assert served(pool, member) == [A, B]
    assert served(pool, Reader("https://stranger.example/")) == [A]


def test_a_loaded_graph_is_named_with_its_size_to_who_may_read_it(
    pool: Pool, tmp_path: Path
) -> None:
    """In the dataset of the Service Description, in VoID, and to the steward; else nowhere."""
    load(pool, quads(tmp_path, A))
    load(pool, quads(tmp_path, B, name="b.nq"), access="members")
    publish(pool)
    with closing(PoolService(pool.settings)) as host:
        for reader, names in {
            ANONYMOUS: [A],
            Reader(pool.catalog.partners["theatre-b"].iri): [A, B],
        }.items():
            sizes = host.graphs(reader)
            assert {name: sizes.get(name) for name in (A, B)} == {
                name: 1 if name in names else None for name in (A, B)
            }
            told = Graph().parse(data=host.statistics(reader, "nt"), format="nt")
            assert sorted(str(one) for one in told.subjects(VOID.triples, Literal(1))) == names
            query = "SELECT ?d { GRAPH ?g { ?d void:triples 1 } }"
            answer = host.ask(reader, QueryRequest(query, results_format="csv"))
            assert b"".join(answer.chunks).decode().split()[1:] == [A]
    (listed,) = generations(pool.settings)
    assert (listed["graphs"][A], listed["graphs"][B]) == (1, 1)
    assert verify(pool.settings)["loaded"] == {A: "open", B: "members"}


def test_an_earlier_generation_does_not_tell_the_size_of_what_is_closed_today(
    pool: Pool, tmp_path: Path
) -> None:
    """Its statistics are one graph: it is left out when it counts what may not be read."""
    query = QueryRequest("ASK { ?d void:triples ?n }", generation=1)
    load(pool, quads(tmp_path, A))
    publish(pool)
    with closing(PoolService(pool.settings)) as host:
        assert b"true" in b"".join(host.ask(ANONYMOUS, query).chunks)
        load(pool, quads(tmp_path, B, name="b.nq"))
        publish(pool)
        assert b"true" in b"".join(host.ask(ANONYMOUS, query).chunks)
        load(pool, quads(tmp_path, A), access="members")
        publish(pool)
        assert b"false" in b"".join(host.ask(ANONYMOUS, query).chunks)


def test_a_graph_is_replaced_and_the_others_stay(pool: Pool, tmp_path: Path) -> None:
    """Unless the file is to be the record's whole content."""
    load(pool, quads(tmp_path, A, B))
    load(pool, quads(tmp_path, B))
    assert set(pool.record.versions()) == {A, B}
    assert load(pool, quads(tmp_path, B), whole=True).removed == 1
    assert set(pool.record.versions()) == {B}


def test_triples_go_to_the_graph_that_is_named(pool: Pool, tmp_path: Path) -> None:
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
    ("name", "text", "said"),
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
def test_a_bad_file_changes_nothing(
    pool: Pool, tmp_path: Path, name: str, text: str, said: str
) -> None:
    """One sentence, and the record as it was, even where all was to be replaced."""
    load(pool, quads(tmp_path, A))
    before = pool.record.versions()
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said):
        load(pool, tmp_path / name, whole=True)
    assert pool.record.versions() == before
    assert not list((pool.settings.data / "staging").iterdir())


@pytest.mark.parametrize(
    ("name", "text"),
    [("e.nq", ""), ("e.nt", "\n"), ("e.ttl", "# none\n"), ("e.trig", ""), ("e.nq.gz", "")],
)
def test_an_empty_file_empties_the_record_where_all_is_replaced(
    pool: Pool, tmp_path: Path, name: str, text: str
) -> None:
    """What is published then is empty, and is asked as before; else it is a mistake."""
    load(pool, quads(tmp_path, A, B))
    publish(pool)
    assert served(pool) == [A, B]
    body = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    with pytest.raises(SourceError, match="--replace-all"):
        load(pool, tmp_path / name, A)
    found = load(pool, tmp_path / name, A, whole=True)
    assert (found.graphs, found.triples, found.removed) == (0, 0, 2)
    assert pool.record.versions() == {}
    publish(pool)
    assert served(pool) == []
    assert load(pool, quads(tmp_path, B)).graphs == 1
    publish(pool)
    assert served(pool) == [B]


def test_a_graph_must_be_a_whole_iri(pool: Pool, tmp_path: Path) -> None:
    """A relative one names nothing."""
    with pytest.raises(UsageError, match="no absolute IRI"):
        load(pool, quads(tmp_path, A), "graph a")
    with pytest.raises(SourceError, match="cannot be read"):
        load(pool, tmp_path / "none.nq")


def test_blank_nodes_keep_together_in_a_document_and_apart_from_another(
    pool: Pool, tmp_path: Path
) -> None:
    """One file's ``_:x`` is one thing in all of its graphs, and not that of another file."""
    (tmp_path / "a.trig").write_text(
        f"<{A}> {{ _:x <http://x/p> 1 }} <{B}> {{ _:x <http://x/q> 2 }}"
    )
    (tmp_path / "b.ttl").write_text("_:x <http://x/r> 3 .")
    load(pool, tmp_path / "a.trig")
    load(pool, tmp_path / "b.ttl", "http://elsewhere.example/c")
    publish(pool)
    host = PoolService(pool.settings)
    try:
        for query, said in (
            ("?s <http://x/p> 1 ; <http://x/q> 2", b"true"),
            ("?s <http://x/p> 1 ; <http://x/r> 3", b"false"),
        ):
            answer = b"".join(host.ask(ANONYMOUS, QueryRequest(f"ASK {{ {query} }}")).chunks)
            assert said in answer
    finally:
        host.close()


def test_loaded_quads_stand_beside_what_partners_give(published: Pool, tmp_path: Path) -> None:
    """A generation of both can be gone back to, until what was loaded is gone."""
    load(published, quads(tmp_path, A))
    publish(published)
    assert served(published) == [A]
    refuse_reopening(published, current(published.settings.data))
    published.record.remove(A)
    with pytest.raises(ClosedGraph, match=A):
        refuse_reopening(published, current(published.settings.data))
