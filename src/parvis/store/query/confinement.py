"""The only place where a store is queried: it confines each reader to the graphs passed to it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol, cast

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
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.parser import ParsedQuery
from parvis.store.query.estimates import Estimates
from parvis.store.query.request import QueryDataset, QueryText, locate_syntax_error, write_with_gaps
from parvis.store.query.rewriting import rewrite_query

DATASETS = 100
"""Datasets whose estimates a worker stores at most."""
STAR = re.compile(r"(?i)\bselect(?:\s+(?:distinct|reduced))?\s*\*")
"""A query that may be a SELECT *: only such a one is parsed, which others need not wait for."""

Results = QuerySolutions | QueryBoolean | QueryTriples
Values = Mapping[Variable, NamedNode | BlankNode | Literal | Triple]


def run(
    store: Store,
    query: QueryText,
    *,
    allowed: QueryDataset | None,
    requested: QueryDataset | None = None,
    substitutions: Values | None = None,
) -> Results:
    """Begin to evaluate a query over the allowed dataset, narrowed to the requested one.

    `allowed` is the reader's dataset; None when nothing confines, as in an open store: then the
    default graph is the union of all. `requested` are the protocol's parameters; they override the
    query's FROM clauses (SPARQL 1.1 Protocol §2.1.4), which narrow when there are none.
    """
    lists = narrow_dataset(query, allowed, requested)

    def begin(text: str, base: str | None, prefixes: Mapping[str, str]) -> Results:
        # The engine confines every form of query if *both* lists are given, and reads other graphs
        # if one is missing: so both are always given, or neither.
        return store.query(
            text,
            base_iri=base,
            prefixes=dict(prefixes),
            use_default_graph_as_union=lists is None,
            default_graph=None if lists is None else [*_to_nodes(lists.default)],
            named_graphs=None if lists is None else [*_to_nodes(lists.named)],
            substitutions=dict(substitutions or {}),
        )

    results = _begin(query, begin)
    if isinstance(results, QuerySolutions) and _may_be_star(query.text):
        names = [variable.value for variable in results.variables]
        if (ordered := name_columns(query.parsed_query, names)) is not None:
            # The engine sorts the columns of SELECT * by name; it has not evaluated anything yet.
            return begin(query.parsed_query.write(ordered), None, {})
    return results


def _may_be_star(text: str) -> bool:
    return "*" in text and STAR.search(text) is not None


def _begin(
    query: QueryText, begin: Callable[[str, str | None, Mapping[str, str]], Results]
) -> Results:
    """Begin to evaluate a query as it is written, or else as it was parsed."""
    if query.is_plain:
        # The engine refuses a gap after some words, where SPARQL allows one; it then gets the parse
        # instead.
        with suppress(SyntaxError):
            # The engine parses the namespace of each prefix that it is given.
            prefixes = {n: iri for n, iri in query.prefixes.items() if f"{n}:" in query.text}
            return begin(query.text, query.base, prefixes)
    try:
        return begin(query.parsed_query.write(), None, {})
    except SyntaxError as error:
        raise _locate_syntax_error(query, str(error)) from error


def name_columns(query: ParsedQuery, names: Iterable[str]) -> list[QueryToken] | None:
    """Return a SELECT * with its columns named, in the order in which the query writes them.

    None for a query that names its columns itself.
    """
    tokens = [*query.tokens]
    star = next((at for at, token in enumerate(tokens[1:3], 1) if token.terminal == "*"), None)
    if query.form != "SELECT" or star is None:
        return None
    first = {token.text[1:]: token for token in reversed(tokens) if token.terminal == "VAR"}
    columns = sorted((first[name] for name in names if name in first), key=lambda t: t.start)
    if len(columns) < len([*names]) or not columns:
        return None
    return tokens[:star] + columns + tokens[star + 1 :]


def _locate_syntax_error(query: QueryText, message: str) -> QueryError:
    # The engine parses again only what our grammar allows.
    wide, offsets = write_with_gaps(query)
    try:
        Store().query(wide, default_graph=[], named_graphs=[])
    except SyntaxError as located:
        message = str(located)
    return locate_syntax_error(query, wide, offsets, message)


def require_valid(query: QueryText) -> None:
    """Refuse a text that the engine does not accept as a query, without querying any data.

    Raises `QueryError` with the line and the column.
    """
    try:
        run(Store(), query, allowed=None)
    except RuntimeError as error:  # an unknown function
        raise QueryError("the query cannot be evaluated: {reason}", reason=error) from error


def narrow_dataset(
    query: QueryText, allowed: QueryDataset | None, requested: QueryDataset | None
) -> QueryDataset | None:
    """Return the allowed part of the requested dataset; None is everything.

    By default, the query's own dataset is requested.
    """
    dataset = query.dataset() if requested is None else requested
    if dataset is None:
        return allowed
    return dataset if allowed is None else dataset.within(allowed)


def _to_nodes(graphs: Iterable[str]) -> list[NamedNode]:
    try:
        return [NamedNode(graph) for graph in graphs]
    except ValueError as error:
        raise QueryError("a graph's name is not an IRI: {reason}", reason=error) from error


# Engines: the embedded store, or another server's; a worker uses both alike.

QueryResults = QuerySolutions | QueryBoolean | QueryTriples | Iterator[Triple]
"""The results of a query as they come; triples for a graph."""


class Engine(Protocol):
    """A store that holds named graphs and evaluates queries over some of them."""

    def run(
        self,
        query: QueryText,
        *,
        allowed: QueryDataset | None,
        requested: QueryDataset | None = None,
        values: Mapping[str, NamedNode],
        seconds: float = 0,
    ) -> QueryResults:
        """Begin to evaluate a query over the allowed dataset, narrowed to the requested one.

        `allowed` None is all that the store holds of a generation; `values` stand in for the
        variables they name. An engine that nobody can kill is told to stop after some `seconds`,
        unless 0. Raises `QueryError`, or `MachineError` where the store fails.
        """
        ...


class EmbeddedEngine:
    """The store of this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # The store never changes. The key is what a query is confined to: estimates of one dataset
        # are never used for another.
        self._estimates: dict[QueryDataset | None, Estimates] = {}

    def run(
        self,
        query: QueryText,
        *,
        allowed: QueryDataset | None,
        requested: QueryDataset | None = None,
        values: Mapping[str, NamedNode],
        seconds: float = 0,
    ) -> QueryResults:
        del seconds  # its process is killed
        substitutions = {Variable(name): iri for name, iri in values.items()}
        if allowed is None and (dataset := narrow_dataset(query, None, requested)) is not None:
            # The engine lists a graph that is requested but absent: GRAPH ?g {} would match it for
            # readers who are not confined, and for no others.
            allowed = QueryDataset.of(filter(self._has_graph, {*dataset.default, *dataset.named}))
        # The columns of SELECT * have the order of the text.
        if not values and not _may_be_star(query.text):
            query = rewrite_query(
                query, self.estimates_of(narrow_dataset(query, allowed, requested))
            )
        return run(
            self._store, query, allowed=allowed, requested=requested, substitutions=substitutions
        )

    def estimates_of(self, lists: QueryDataset | None) -> Estimates:
        """Return estimates that count what a query confined to these graphs would match."""

        def evaluate(query: QueryText) -> QuerySolutions:
            rows = run(self._store, query, allowed=lists, requested=lists)
            return cast("QuerySolutions", rows)

        if lists not in self._estimates:
            if len(self._estimates) >= DATASETS:
                self._estimates.clear()
            self._estimates[lists] = Estimates(evaluate)
        return self._estimates[lists]

    def _has_graph(self, graph: str) -> bool:
        try:
            return self._store.contains_named_graph(NamedNode(graph))
        except ValueError:
            return True  # no IRI: `run` refuses it
