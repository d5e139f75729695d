"""Another server's SPARQL 1.1 store as an engine: read here, evaluated there, written here.

A query is sent as parsed here, and read by a second parser before (see `sending`); nothing of it is
evaluated in this process, which has the network. The other store's answer is parsed and written
anew: whatever its own formats are like, readers get the standard's.
"""

from collections.abc import Iterator, Mapping
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

from parvis.documents import Document
from parvis.errors import FetchError, QueryError, StoreError
from parvis.fetch.endpoint import BAD_QUERY, Body, Endpoint
from parvis.i18n import N_
from parvis.store.confine import narrowed
from parvis.store.dataset import Dataset
from parvis.store.engine import Found
from parvis.store.manifest import LISTED
from parvis.store.query_text import QueryText
from parvis.store.sending import NOTHING, sent

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
