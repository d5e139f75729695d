"""The only place where a store is queried: no reader sees more than the graphs given here."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
    Variable,
)

from parvis.errors import QueryError
from parvis.store.query.request import Dataset
from parvis.store.query.text import QueryText, malformed, spread

Results = QuerySolutions | QueryBoolean | QueryTriples
Values = Mapping[Variable, NamedNode | BlankNode | Literal | Triple]


def run(
    store: Store,
    query: QueryText,
    *,
    allowed: Dataset | None,
    asked: Dataset | None = None,
    substitutions: Values | None = None,
) -> Results:
    """Begin to evaluate a query over what is allowed, narrowed to what is asked for.

    `allowed` is the reader's dataset; None when nothing confines, as in an open store: then the
    default graph is the union of all. `asked` are the protocol's parameters; they win over the
    query's FROM clauses (SPARQL 1.1 Protocol §2.1.4), which narrow when there are none.

    The engine confines every form of query if *both* lists are given, and reads other graphs if
    one is missing: so both are always given, or neither.
    """
    lists = narrowed(query, allowed, asked)

    def begin(text: str, base: str | None, prefixes: Mapping[str, str]) -> Results:
        return store.query(
            text,
            base_iri=base,
            prefixes=dict(prefixes),
            use_default_graph_as_union=lists is None,
            default_graph=None if lists is None else [*_nodes(lists.default)],
            named_graphs=None if lists is None else [*_nodes(lists.named)],
            substitutions=dict(substitutions or {}),
        )

    if query.is_plain:
        # The engine wants no gap after some words, where SPARQL allows one: then it gets the parse.
        with suppress(SyntaxError):
            return begin(query.text, query.base, _used(query.prefixes, query.text))
    try:
        return begin(query.parsed.write(), None, {})
    except SyntaxError as error:
        raise _malformed(query, str(error)) from error


def _malformed(query: QueryText, message: str) -> QueryError:
    """Say where a query is wrong; the engine is asked again only for what our grammar allows."""
    wide, offsets = spread(query)
    try:
        Store().query(wide, default_graph=[], named_graphs=[])
    except SyntaxError as error:
        message = str(error)
    return malformed(query, wide, offsets, message)


def require_valid(query: QueryText) -> None:
    """Refuse what the engine does not take for a query; nothing is asked of any data.

    Raises `QueryError` with the line and the column.
    """
    try:
        run(Store(), query, allowed=None)
    except RuntimeError as error:  # a function that it does not know
        raise QueryError("the query cannot be evaluated: {reason}", reason=error) from error


def _used(prefixes: Mapping[str, str], text: str) -> dict[str, str]:
    """Give the prefixes that a text may use: the engine parses the namespace of each it is given.

    >>> _used({"dct": "http://purl.org/dc/terms/", "odrl": "x"}, "SELECT * { ?s dct:title ?o }")
    {'dct': 'http://purl.org/dc/terms/'}
    """
    return {prefix: namespace for prefix, namespace in prefixes.items() if f"{prefix}:" in text}


def narrowed(query: QueryText, allowed: Dataset | None, asked: Dataset | None) -> Dataset | None:
    """Give what is both wanted by the query or the protocol and allowed; None is everything."""
    wanted = query.dataset() if asked is None else asked
    if wanted is None:
        return allowed
    return wanted if allowed is None else wanted.within(allowed)


def _nodes(graphs: Iterable[str]) -> list[NamedNode]:
    """Give the engine's names of graphs. Raises `QueryError` for what is not an IRI."""
    try:
        return [NamedNode(graph) for graph in graphs]
    except ValueError as error:
        raise QueryError("a graph's name is not an IRI: {reason}", reason=error) from error


# What answers queries: the embedded store, or another server's; a worker knows no difference.

Found = QuerySolutions | QueryBoolean | QueryTriples | Iterator[Triple]
"""What a query gives, as it comes; an answer that is a graph gives triples."""


class Engine(Protocol):
    """A store that holds named graphs and answers queries over some of them."""

    def run(
        self,
        query: QueryText,
        *,
        allowed: Dataset | None,
        asked: Dataset | None = None,
        values: Mapping[str, NamedNode],
    ) -> Found:
        """Begin to evaluate a query over what is allowed, narrowed to what is asked for.

        `allowed` None is all that the store holds of a generation; `values` stand in for the
        variables they name. Raises `QueryError`, or `MachineError` where the store fails.
        """
        ...


class Embedded:
    """The store of this very process."""

    def __init__(self, store: Store) -> None:
        """Query a store that is open."""
        self._store = store

    def run(
        self,
        query: QueryText,
        *,
        allowed: Dataset | None,
        asked: Dataset | None = None,
        values: Mapping[str, NamedNode],
    ) -> Found:
        """Begin to evaluate a query."""
        substitutions = {Variable(name): iri for name, iri in values.items()}
        if allowed is None and (wanted := narrowed(query, None, asked)) is not None:
            # The engine lists a graph that it is told of and does not hold: GRAPH ?g {} would
            # match it for who is not confined, and for nobody else.
            allowed = Dataset.of(filter(self._holds, {*wanted.default, *wanted.named}))
        return run(self._store, query, allowed=allowed, asked=asked, substitutions=substitutions)

    def _holds(self, graph: str) -> bool:
        """Say whether the store has a graph; what is no IRI is left to be refused."""
        try:
            return self._store.contains_named_graph(NamedNode(graph))
        except ValueError:
            return True
