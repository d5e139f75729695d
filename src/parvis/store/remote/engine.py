"""Another server's SPARQL 1.1 store as an engine: read here, evaluated there, written here.

A query is sent as parsed here, and read by a second parser before (see `sending`); nothing of it is
evaluated in this process, which has the network. The other store's answer is parsed and written
anew: whatever its own formats are like, readers get the standard's.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Self, cast

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from parvis.config.documents import Document
from parvis.errors import FetchError, QueryError, StoreError
from parvis.fetch.endpoint import BAD_QUERY, Body, Endpoint
from parvis.i18n import N_
from parvis.rdf.sparql.algebra import require_confined
from parvis.rdf.sparql.parser import IRIS
from parvis.rdf.sparql.scanner import Token
from parvis.store.generation.manifest import LISTED
from parvis.store.query.confinement import Found, narrowed
from parvis.store.query.request import Dataset
from parvis.store.query.search_pattern import HITS
from parvis.store.query.text import QueryText, iri_of

# A query as it is sent to another server's store: as parsed, without what could widen its view.
#
# Engines differ in what wins over the protocol's dataset parameters: Virtuoso 7.2 adds what FROM
# names to them, takes GRAPH with the name of a graph outside them for true, and reads all graphs
# where a list is empty. So FROM, which has been narrowed into the parameters, is left out, a list
# is never empty, and the pattern of a graph that is not among them has no solution (SPARQL 1.1
# §18.6). Another parser then reads what is to be sent, before the store does.

NOTHING = "urn:parvis:none"
"""A graph that never exists: the only one in a list that would be empty, and so left out."""

ORDERS = (
    "bif:",
    "sql:",
    "tag:stardog:",
    "http://www.openlinksw.com/",
    "http://www.ontotext.com/",
    "http://www.bigdata.com/",
    "http://franz.com/ns/",
    "http://aws.amazon.com/neptune/",
    "http://jena.apache.org/",
    "http://jena.hpl.hp.com/",
    "http://qlever.cs.uni-freiburg.de/",
    "http://www.openrdf.org/",
    "http://rdf4j.org/",
    "http://spinrdf.org/",
    "http://marklogic.com/",
    "http://xmlns.oracle.com/",
    "http://oxfordsemantic.tech/",
    "java:",
)
"""How IRIs begin by which engines are given orders, or call functions of their own."""


def sent(query: QueryText, named: Collection[str], values: Mapping[str, NamedNode]) -> str:
    """Write a query for a store that is told by parameters which graphs it may name.

    `values` stand in for the variables they name, which stay projected. Raises `QueryError` for an
    IRI that means an order to some engine, and for a query that a second parser reads otherwise.
    """
    tokens = [*_confine(query.parsed.tokens, frozenset(named), values)]
    # Hits are IRIs and scores of our own, too many of them for a parser of that kind.
    brief = (t._replace(text="{ }") if t.terminal == HITS else t for t in tokens)
    require_confined(query.parsed.write(brief), frozenset(named))
    return query.parsed.write(tokens)


def _confine(
    tokens: Sequence[Token], named: Collection[str], values: Mapping[str, NamedNode]
) -> Iterator[Token]:
    """Leave FROM out, empty the patterns of graphs that are not `named`, and put values in."""
    at, is_inside = 0, False
    while at < len(tokens):
        token = tokens[at]
        is_inside = is_inside or token.terminal == "{"
        if token.terminal == "FROM":
            at += 3 if tokens[at + 1].terminal == "NAMED" else 2
        elif token.terminal == "GRAPH" and not _has_graph(tokens[at + 1], named):
            end = _closing_brace(tokens, at)
            yield _no_solution(tokens[at:end])
            at = end + 1
        else:
            yield _term(token, values, is_inside=is_inside)
            at += 1


def _has_graph(term: Token, named: Collection[str]) -> bool:
    """Say whether a graph's name, or a variable, may stand for any graph."""
    return iri_of(term) in named if term.terminal in IRIS else bool(named)


def _closing_brace(tokens: Sequence[Token], at: int) -> int:
    """Return the place of the brace that ends the first group after a place."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].terminal == "{") - (tokens[place].terminal == "}")
        if not depth and tokens[place].terminal == "}":
            return place
    raise AssertionError  # the grammar closes every group


def _no_solution(pattern: Sequence[Token]) -> Token:
    """Return a group that has the variables of a pattern, and no solution."""
    variables = dict.fromkeys(token.text for token in pattern if token.terminal == "VAR")
    values = " ".join(["{ VALUES (", *variables, ") { } }"])
    return pattern[0]._replace(text=values if variables else "{ FILTER ( false ) }")


def _term(token: Token, values: Mapping[str, NamedNode], *, is_inside: bool) -> Token:
    """Return a token, or the value of the variable that it is. Raises `QueryError`."""
    if token.terminal in IRIS and iri_of(token).lower().startswith(ORDERS):
        raise QueryError("{iri} is refused: it is an order to some engines", iri=iri_of(token))
    if token.terminal == "VAR" and (value := values.get(token.text[1:])):
        return token._replace(text=str(value) if is_inside else f"({value} AS {token.text})")
    return token


CLOSED = N_(
    "what this site serves has been closed in part since it was published: it answers again after"
    " “parvis publish”"
)
BINDINGS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
GRAPH = "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.5"


class RemoteEngine:
    """A store that is asked by the SPARQL 1.1 Protocol, both lists of graphs with every query."""

    def __init__(
        self, endpoint: Endpoint, graphs: tuple[str, ...] = (), *, open_only: bool = False
    ) -> None:
        """Ask an endpoint; `graphs` is all that may be asked of what it holds.

        With `open_only` it is asked nothing for a reader from whom any of them is hidden.
        """
        self._endpoint, self._open_only = endpoint, open_only
        self._all = Dataset.of(graphs)

    @classmethod
    def of(cls, endpoint: Endpoint, folder: Path, *, open_only: bool = False) -> Self:
        """Ask for what a generation's folder lists. Raises `StoreError`."""
        try:
            body = (folder / LISTED).read_bytes()
        except OSError as error:
            raise StoreError("{file} is damaged: {reason}", file=folder, reason=error) from error
        graphs = tuple(graph.text() for graph in Document.parse(body, LISTED).items())
        return cls(endpoint, graphs, open_only=open_only)

    def run(
        self,
        query: QueryText,
        *,
        allowed: Dataset | None,
        asked: Dataset | None = None,
        values: Mapping[str, NamedNode],
    ) -> Found:
        """Begin to evaluate a query over there."""
        if self._open_only and allowed and not {*self._all.named} <= {*allowed.named}:
            raise StoreError(CLOSED)
        lists = narrowed(query, self._all if allowed is None else allowed, asked) or self._all
        text = sent(query, lists.named, values)
        form = query.parsed.form
        is_graph = form in {"CONSTRUCT", "DESCRIBE"}
        body = self._ask(text, lists, GRAPH if is_graph else BINDINGS)
        if is_graph:
            return _triples(body)
        found = _results(body)
        return _truth(found) if form == "ASK" else found

    def _ask(self, text: str, lists: Dataset, accept: str) -> Body:
        """Send a query; a store that finds it wrong is believed."""
        default, named = ([*graphs] or [NOTHING] for graphs in (lists.default, lists.named))
        try:
            return self._endpoint.query(text, default, named, accept)
        except FetchError as error:
            if error.fields.get("status") != BAD_QUERY:
                raise
            reason = error.fields["reason"]
            raise QueryError("the query cannot be evaluated: {reason}", reason=reason) from error


def _results(body: Body) -> QuerySolutions | QueryBoolean:
    """Read bindings or a boolean as they come."""
    kind = QueryResultsFormat.from_media_type(body.media_type) or QueryResultsFormat.JSON
    return parse_query_results(cast("IO[bytes]", body), kind)


def _truth(found: QuerySolutions | QueryBoolean) -> QueryBoolean:
    """Read a boolean; Virtuoso 7.2 tells it as one binding, an integer."""
    if isinstance(found, QueryBoolean):
        return found
    first = next((row[0] for row in found), None)
    told = "true" if isinstance(first, Literal) and first.value in {"1", "true"} else "false"
    answer = f'{{"head": {{}}, "boolean": {told}}}'.encode()
    return cast("QueryBoolean", parse_query_results(answer, QueryResultsFormat.JSON))


def _triples(body: Body) -> Iterator[Triple]:
    """Read a graph as it comes."""
    kind = RdfFormat.from_media_type(body.media_type) or RdfFormat.N_TRIPLES
    for quad in parse(cast("IO[bytes]", body), kind):
        yield quad.triple
