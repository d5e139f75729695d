"""A query as it is sent to another server's store: as parsed, without what could widen its view.

Engines differ in what wins over the protocol's dataset parameters: Virtuoso 7.2 adds what FROM
names to them, and takes GRAPH with the name of a graph outside them for true. So FROM, which has
been narrowed into the parameters, is left out, and a graph that is not among them gets the name of
one that never exists. Another parser then reads what is to be sent, before the store does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from pyoxigraph import NamedNode

from parvis.errors import QueryError
from parvis.rdf.sparql.algebra import require_confined
from parvis.rdf.sparql.parser import IRIS
from parvis.rdf.sparql.scanner import Token
from parvis.store.query_text import QueryText, iri_of
from parvis.store.search_pattern import HITS

NOTHING = "urn:parvis:none"
"""A graph that never exists: with it neither list of a dataset is ever empty, or left out."""

ORDERS = (
    "bif:",
    "sql:",
    "tag:stardog:",
    "http://www.openlinksw.com/",
    "http://www.ontotext.com/",
    "http://www.bigdata.com/",
    "http://franz.com/ns/",
    "http://aws.amazon.com/neptune/",
    "http://jena.apache.org/arq/",
    "http://jena.hpl.hp.com/",
    "http://qlever.cs.uni-freiburg.de/",
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
    written = query.parsed.write(token for token in tokens if token.terminal != HITS)
    require_confined(written, frozenset({*named, NOTHING}))
    return query.parsed.write(tokens)


def _confine(
    tokens: Sequence[Token], named: Collection[str], values: Mapping[str, NamedNode]
) -> Iterator[Token]:
    """Leave FROM out, hide the names of graphs that may not be named, and put values in."""
    is_inside, skipped, before = False, 0, ""
    for at, token in enumerate(tokens):
        is_inside = is_inside or token.terminal == "{"
        if token.terminal in IRIS and iri_of(token).lower().startswith(ORDERS):
            raise QueryError("{iri} is refused: it is an order to some engines", iri=iri_of(token))
        if token.terminal == "FROM":
            skipped = 3 if tokens[at + 1].terminal == "NAMED" else 2
        if skipped:
            skipped -= 1
        elif before == "GRAPH" and token.terminal in IRIS and iri_of(token) not in named:
            yield token._replace(text=f"<{NOTHING}>")
        elif token.terminal == "VAR" and (value := values.get(token.text[1:])):
            text = str(value) if is_inside else f"({value} AS {token.text})"
            yield token._replace(text=text)
        else:
            yield token
        before = token.terminal
