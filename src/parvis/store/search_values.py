"""The hits of a query's searches, written into it as VALUES before the engine sees it.

The engine's own functions can only filter. What is written are IRIs of the index, scores and the
query's own variables, nothing that a reader or a partner could have made a piece of SPARQL.
"""

from collections.abc import Callable, Sequence

from pyoxigraph import Literal, NamedNode

from parvis.errors import QueryError
from parvis.store.dataset import Dataset
from parvis.store.query_text import QueryText
from parvis.store.search import Hit, TextIndex
from parvis.store.search_pattern import HITS, Search, searches
from parvis.store.words import MOST_WORDS, too_long

MOST = 10_000
"""Hits that one search may stand for."""

_DECIMAL = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")


def expanded(query: QueryText, scope: Dataset | None, index: Callable[[], TextIndex]) -> QueryText:
    """Give the query with its hits, over the graphs of `scope` (None: over all there are).

    Within GRAPH, a hit is what that one graph tells. `index` is called if the query searches.
    Raises `QueryError` for a search that is not well written or has more hits than may be.
    """
    tokens, wanted = searches(query)
    if not wanted:
        return query
    found = index()
    values = [_values(search, _hits(search, _graphs(search, scope), found)) for search in wanted]
    return query.expand(
        token._replace(text=values[int(token.text)]) if token.terminal == HITS else token
        for token in tokens
    )


def _graphs(search: Search, scope: Dataset | None) -> Sequence[str] | None:
    """Give the graphs in which to search; None is all."""
    if search.graph is None:
        return None if scope is None else scope.default
    named = None if scope is None else scope.named
    if _is_variable(search.graph):
        return named
    return [search.graph] if named is None or search.graph in named else []


def _hits(search: Search, graphs: Sequence[str] | None, index: TextIndex) -> list[Hit]:
    """Ask the index. Raises `QueryError` when there would be more hits than may be."""
    if too_long(search.words):
        raise QueryError("a search has more than {most} words", most=MOST_WORDS)
    if search.limit is not None and not 0 < search.limit <= MOST:
        raise QueryError("the greatest number of hits of a search is from 1 to {most}", most=MOST)
    if search.limit is None and index.count(search.words, graphs, MOST) > MOST:
        raise QueryError(
            "more than {most} things answer “{words}”: add words, or say how many of the best are"
            " wanted, as in (“{words}” 100)",
            most=MOST,
            words=search.words,
        )
    apart = search.graph is not None
    return index.find(search.words, graphs, search.limit or MOST, apart=apart)


def _values(search: Search, hits: Sequence[Hit]) -> str:
    """Write the hits as a table of the variables that a search names."""
    columns = [search.subject if _is_variable(search.subject) else None, search.score]
    columns.append(search.graph if search.graph and _is_variable(search.graph) else None)
    kept = [at for at, name in enumerate(columns) if name]
    rows = [
        [_row(hit)[at] for at in kept] for hit in hits if columns[0] or hit.iri == search.subject
    ]
    head = " ".join(name for name in columns if name)
    body = " ".join(f"({' '.join(row)})" for row in rows)
    return f"VALUES ({head}) {{ {body} }}"


def _row(hit: Hit) -> tuple[str, str, str]:
    """Write a hit's thing, score and graph as terms."""
    score = Literal(f"{hit.score:.4f}", datatype=_DECIMAL)
    return str(NamedNode(hit.iri)), str(score), str(NamedNode(hit.graph))


def _is_variable(written: str) -> bool:
    """Tell a variable from an IRI."""
    return written.startswith("?")
