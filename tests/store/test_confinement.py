"""Random queries of random readers give the same as a store of the reader's graphs only."""

from pathlib import Path
from random import Random

import pytest
from confinement import run
from pyoxigraph import QuerySolutions, Store
from random_agreements import WORDS
from sparql_grammar import Grammar
from sparql_tricks import mutate
from sparql_words import Comparison

from parvis.store.generation.builder_process import build
from parvis.store.query.confinement import EmbeddedEngine
from parvis.store.query.request import QueryDataset, QueryText

A, NONE = "http://pool.example/graph/a", "http://pool.example/graph/none"
LISTED = "SELECT ?g { GRAPH ?g { } }"


def test_every_reader_gets_the_answer_of_a_store_with_only_its_graphs() -> None:
    """2,000 queries over eight pools; ``python tests/bench/confinement.py`` runs 50,000."""
    tally = run("embedded", 2_000, seed=1)
    assert not tally.disagreements, "\n".join(tally.disagreements)
    assert tally.counts["equal, not empty"] > 400
    assert tally.counts["queries"] >= 2_000


def test_a_store_that_leaks_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison fails for a pool in which every reader reads every graph."""
    monkeypatch.setattr("parvis.pooling.serving.snapshot.Snapshot.dataset", lambda *_: None)
    tally = run("embedded", 150, seed=2)
    assert any("LEAK" in text for text in tally.disagreements)


def test_the_grammar_generates_valid_queries_of_every_form() -> None:
    """The engine accepts nearly all, and the same seed generates the same queries."""
    queries = [Grammar(Random(number), WORDS).query() for number in range(300)]  # noqa: S311
    assert queries[7] == Grammar(Random(7), WORDS).query()  # noqa: S311
    assert {query.form for query in queries} == {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
    assert {query.comparison for query in queries} == {*Comparison}
    accepted = sum(_is_accepted(query.text) for query in queries)
    assert accepted > 0.9 * len(queries)
    assert mutate(queries[0].text, Random(1)) != queries[0].text  # noqa: S311


def test_a_graph_named_twice_is_matched_once() -> None:
    """A merge of graphs holds a triple once, however often the protocol names its graph."""
    store = _build_store(A)
    query = "SELECT ?o FROM <a> FROM <a> { ?s ?p ?o }"
    for allowed, requested in (
        (None, None),
        (QueryDataset.of([A]), None),
        (None, QueryDataset((A, A))),
    ):
        assert _count_rows(store, query, allowed, requested) == 1


def test_a_nonexistent_graph_is_listed_for_nobody() -> None:
    """Unconfined readers who name it learn as little as confined ones."""
    store = _build_store(A)
    for allowed in (None, QueryDataset.of([A])):
        assert _count_rows(store, LISTED, allowed, QueryDataset((), (A, NONE))) == 1
        assert _count_rows(store, "SELECT ?g FROM NAMED <none> { GRAPH ?g { } }", allowed) == 0


def test_an_empty_graph_is_listed_for_all_its_readers(tmp_path: Path) -> None:
    """Confined or not."""
    (tmp_path / "empty.nt").touch()
    folder, own_graphs = str(tmp_path / "store"), [[A, str(tmp_path / "empty.nt")]]
    job = {
        "store": folder,
        "base": None,
        "merged": False,
        "empty": [],
        "record": [],
        "own": own_graphs,
    }
    assert build(job) == {"graphs": {}}
    store = Store.read_only(folder)
    for allowed in (None, QueryDataset.of([A])):
        assert _count_rows(store, LISTED, allowed) == 1


def _build_store(graph: str) -> Store:
    store = Store()
    store.update(f"INSERT DATA {{ GRAPH <{graph}> {{ <http://x/s> <http://x/p> 1 }} }}")
    return store


def _count_rows(
    store: Store, query: str, allowed: QueryDataset | None, requested: QueryDataset | None = None
) -> int:
    text = QueryText.read(query, "http://pool.example/graph/")
    answer = EmbeddedEngine(store).run(text, allowed=allowed, requested=requested, values={})
    assert isinstance(answer, QuerySolutions)
    return len(list(answer))


def _is_accepted(query: str) -> bool:
    try:
        Store().query(query, base_iri=WORDS.base, prefixes={"schema": "http://schema.org/"})
    except SyntaxError:
        return False
    except RuntimeError:
        return True
    return True
