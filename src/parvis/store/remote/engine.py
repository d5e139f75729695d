"""A repository of a SPARQL engine: queries are parsed here and evaluated there.

A query is sent as parsed here, after a second parser has read it; nothing of it is evaluated in
this process, which has the network. The other store's answer is parsed and written anew, so that
readers get the standard formats whatever the store's own are.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, cast

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    RdfFormat,
    parse,
    parse_query_results,
)

from parvis.errors import FetchError, QueryError
from parvis.fetch.endpoint import BAD_QUERY, Endpoint, ResponseBody
from parvis.rdf.sparql.algebra import require_confined
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.parser import IRIS
from parvis.store.query.confinement import QueryResults, narrow_dataset
from parvis.store.query.request import QueryDataset, QueryText, iri_of
from parvis.store.query.search_pattern import HITS

# A query as it is sent to another server's store: as parsed, without what could widen its dataset.
#
# Engines differ in what overrides the protocol's dataset parameters: Virtuoso 7.2 adds the graphs
# of FROM to them, evaluates GRAPH with the name of a graph outside them as true, and reads all
# graphs where a list is empty. So FROM, which is already narrowed into the parameters, is left out,
# a list is never empty, and the pattern of a graph outside them has no solution (SPARQL 1.1 §18.6).
# A second parser reads the result before it is sent.

NOTHING = "urn:parvis:none"
"""A graph that never exists, for a list that would be empty, and so left out."""

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
"""The beginnings of IRIs that are commands to engines, or functions of their own."""


def write_remote_query(
    query: QueryText, graphs: Collection[str], values: Mapping[str, NamedNode]
) -> str:
    """Write a query for an engine that reads only the graphs it may name.

    `values` stand in for the variables they name, which stay projected. Raises `QueryError` for an
    IRI that is a command to some engine, and for a query that a second parser reads otherwise.
    """
    tokens = [*_confine(query.parsed_query.tokens, frozenset(graphs), values)]
    # Hits are IRIs and scores of our own, too many for a parser of that kind.
    without_hits = (t._replace(text="{ }") if t.terminal == HITS else t for t in tokens)
    require_confined(query.parsed_query.write(without_hits), frozenset(graphs))
    return query.parsed_query.write(tokens)


def _confine(
    tokens: Sequence[QueryToken], graphs: Collection[str], values: Mapping[str, NamedNode]
) -> Iterator[QueryToken]:
    """Remove FROM, empty the patterns of graphs not in `graphs`, and insert values.

    Raises `QueryError` for an IRI that is a command to some engine.
    """
    at, is_inside, separators = 0, False, set[int]()
    while at < len(tokens):
        token = tokens[at]
        is_inside = is_inside or token.terminal == "{"
        if token.terminal == "FROM":
            at += 3 if tokens[at + 1].terminal == "NAMED" else 2
            continue
        if token.terminal == "GRAPH":
            term = tokens[at + 1]
            # A variable may stand for any of the graphs.
            if not (iri_of(term) in graphs if term.terminal in IRIS else graphs):
                end = _find_closing(tokens, at, "{", "}")
                # In its place, a group with the same variables and no solution.
                pattern = tokens[at:end]
                variables = dict.fromkeys(t.text for t in pattern if t.terminal == "VAR")
                values_text = " ".join(["{ VALUES (", *variables, ") { } }"])
                yield token._replace(text=values_text if variables else "{ FILTER ( false ) }")
                at = end + 1
                continue
        if token.text == "GROUP_CONCAT":
            end = _find_closing(tokens, at, "(", ")")
            if not any(t.terminal == "SEPARATOR" for t in tokens[at:end]):
                # Virtuoso 7.2 has no default separator (SPARQL 1.1 §18.5.1.7: a space).
                separators.add(end)
        if at in separators:
            token = token._replace(text='; SEPARATOR = " " )')
        if token.terminal in IRIS and iri_of(token).lower().startswith(ORDERS):
            raise QueryError("{iri} is refused: it is an order to some engines", iri=iri_of(token))
        if token.terminal == "VAR" and (value := values.get(token.text[1:])):
            text = str(value) if is_inside else f"({value} AS {token.text})"
            token = token._replace(text=text)
        yield token
        at += 1


def _find_closing(tokens: Sequence[QueryToken], at: int, opening: str, closing: str) -> int:
    """Return the offset of the bracket that ends the first group after an offset."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].terminal == opening) - (tokens[place].terminal == closing)
        if not depth and tokens[place].terminal == closing:
            return place
    raise AssertionError  # the grammar closes every group


BINDINGS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
GRAPH = "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.5"


GraphLists = tuple[list[str], list[str]]
"""The graphs of the default graph, and those that GRAPH may name."""


class RemoteEngine:
    """A repository queried by the SPARQL 1.1 Protocol.

    A query over a part of it has both lists of graphs; one over all of it names no graph, however
    many there are.
    """

    def __init__(self, endpoint: Endpoint, graphs: Sequence[str]) -> None:
        """Query an endpoint; `graphs` are all that a reader of it may name."""
        self._endpoint, self.graphs = endpoint, tuple(graphs)
        self._whole, self._names = QueryDataset.of(graphs), frozenset(graphs)

    @property
    def address(self) -> str:
        return self._endpoint.address

    @property
    def list_limit(self) -> int:
        return self._endpoint.profile.list_limit

    def run(
        self,
        query: QueryText,
        *,
        allowed: QueryDataset | None,
        requested: QueryDataset | None = None,
        values: Mapping[str, NamedNode],
        seconds: float = 0,
    ) -> QueryResults:
        lists = narrow_dataset(query, self._whole if allowed is None else allowed, requested)
        # A query over all of the repository, without a dataset of its own, names no graph.
        is_whole = lists is None or lists is self._whole
        names = self._names if is_whole or lists is None else frozenset(lists.named)
        text = write_remote_query(query, names, values)
        dataset: GraphLists | None = None
        if lists is not None and not is_whole:
            dataset = [*lists.default] or [NOTHING], [*lists.named] or [NOTHING]
        form = query.parsed_query.form
        if form == "DESCRIBE":
            text = f"{self._endpoint.profile.describe}\n{text}".lstrip()
        if form in {"CONSTRUCT", "DESCRIBE"}:
            body = self._send(text, dataset, GRAPH, seconds)
            rdf_format = RdfFormat.from_media_type(body.media_type) or RdfFormat.N_TRIPLES
            return (quad.triple for quad in parse(cast("IO[bytes]", body), rdf_format))
        body = self._send(text, dataset, BINDINGS, seconds)
        format_ = QueryResultsFormat.from_media_type(body.media_type) or QueryResultsFormat.JSON
        results = parse_query_results(cast("IO[bytes]", body), format_)
        if form != "ASK" or isinstance(results, QueryBoolean):
            return results
        # Virtuoso 7.2 returns a boolean as one binding, an integer.
        first = next((row[0] for row in results), None)
        value = "true" if isinstance(first, Literal) and first.value in {"1", "true"} else "false"
        answer = f'{{"head": {{}}, "boolean": {value}}}'.encode()
        return cast("QueryBoolean", parse_query_results(answer, QueryResultsFormat.JSON))

    def _send(
        self, text: str, dataset: GraphLists | None, accept: str, seconds: float
    ) -> ResponseBody:
        """Send a query. Raises `QueryError` when the engine refuses it."""
        try:
            return self._endpoint.query(text, dataset, accept, seconds)
        except FetchError as error:
            if error.fields.get("status") != BAD_QUERY:
                raise
            reason = error.fields["reason"]
            raise QueryError("the query cannot be evaluated: {reason}", reason=reason) from error
