"""A query as it is sent to another server's store: as parsed, without what could widen its view.

Engines differ in what wins over the protocol's dataset parameters: Virtuoso 7.2 adds what FROM
names to them, takes GRAPH with the name of a graph outside them for true, and reads all graphs
where a list is empty. So FROM, which has been narrowed into the parameters, is left out, a list is
never empty, and the pattern of a graph that is not among them has no solution (SPARQL 1.1 §18.6).
Another parser then reads what is to be sent, before the store does.
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
