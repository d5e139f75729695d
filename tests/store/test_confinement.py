"""Random queries of random readers: each gets what a store of that reader's graphs would give."""

from pathlib import Path
from random import Random

import pytest
from confinement import run
from pyoxigraph import QuerySolutions, Store
from random_agreements import WORDS
from sparql_grammar import Grammar
from sparql_tricks import mutate
from sparql_words import Comparison

from parvis.store.generation.builder_worker import build
from parvis.store.query.confinement import EmbeddedEngine
from parvis.store.query.request import QueryDataset
from parvis.store.query.text import QueryText

A, NONE = "http://pool.example/graph/a", "http://pool.example/graph/none"
LISTED = "SELECT ?g { GRAPH ?g { } }"


def test_every_reader_gets_what_a_store_of_its_own_graphs_gives() -> None:
    """2,000 queries over eight worlds; ``python tests/bench/confinement.py`` asks 50,000."""
    tally = run("embedded", 2_000, seed=1)
    assert not tally.disagreements, "\n".join(tally.disagreements)
    assert tally.counts["equal, not empty"] > 400
    assert tally.counts["queries"] >= 2_000


def test_a_store_that_would_leak_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool that lets every reader read every graph does not pass the comparison."""
    monkeypatch.setattr("parvis.pooling.serving.snapshot.Snapshot.dataset", lambda *_: None)
    tally = run("embedded", 150, seed=2)
    assert any("LEAK" in text for text in tally.disagreements)


def test_the_grammar_draws_valid_queries_of_every_form() -> None:
    """Nearly all are taken by the engine, and the same source draws the same ones."""
    queries = [Grammar(Random(number), WORDS).query() for number in range(300)]  # noqa: S311
    assert queries[7] == Grammar(Random(7), WORDS).query()  # noqa: S311
    assert {query.form for query in queries} == {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
    assert {query.comparison for query in queries} == {*Comparison}
    taken = sum(_is_taken(query.text) for query in queries)
    assert taken > 0.9 * len(queries)
    assert mutate(queries[0].text, Random(1)) != queries[0].text  # noqa: S311


def test_a_graph_that_is_named_twice_is_matched_once() -> None:
    """A merge of graphs holds a triple once, however often the protocol names its graph."""
    store = _store(A)
    query = "SELECT ?o FROM <a> FROM <a> { ?s ?p ?o }"
    for allowed, asked in (
        (None, None),
        (QueryDataset.of([A]), None),
        (None, QueryDataset((A, A))),
    ):
        assert _rows(store, query, allowed, asked) == 1


def test_a_graph_that_does_not_exist_is_listed_for_nobody() -> None:
    """Who is not confined and names it learns as little as who is."""
    store = _store(A)
    for allowed in (None, QueryDataset.of([A])):
        assert _rows(store, LISTED, allowed, QueryDataset((), (A, NONE))) == 1
        assert _rows(store, "SELECT ?g FROM NAMED <none> { GRAPH ?g { } }", allowed) == 0


def test_a_graph_that_holds_nothing_is_listed_for_all_its_readers(tmp_path: Path) -> None:
    """Confined or not."""
    (tmp_path / "empty.nt").touch()
    folder, own = str(tmp_path / "store"), [[A, str(tmp_path / "empty.nt")]]
    job = {"store": folder, "base": None, "merged": False, "empty": [], "record": [], "own": own}
    assert build(job) == {"graphs": {}}
    store = Store.read_only(folder)
    for allowed in (None, QueryDataset.of([A])):
        assert _rows(store, LISTED, allowed) == 1


def _store(graph: str) -> Store:
    store = Store()
    store.update(f"INSERT DATA {{ GRAPH <{graph}> {{ <http://x/s> <http://x/p> 1 }} }}")
    return store


def _rows(
    store: Store, query: str, allowed: QueryDataset | None, asked: QueryDataset | None = None
) -> int:
    """Count the rows of an answer."""
    text = QueryText.read(query, "http://pool.example/graph/")
    answer = EmbeddedEngine(store).run(text, allowed=allowed, asked=asked, values={})
    assert isinstance(answer, QuerySolutions)
    return len(list(answer))


def _is_taken(query: str) -> bool:
    try:
        Store().query(query, base_iri=WORDS.base, prefixes={"schema": "http://schema.org/"})
    except SyntaxError:
        return False
    except RuntimeError:
        return True
    return True
