"""A second reading of a query, by another parser than ours, before it leaves this machine.

rdflib's parser shares nothing with ours, nor with any engine's. What stands in the tree it makes
must be what our own parse allowed; a text that it cannot read is not sent.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from pyparsing import ParseBaseException, ParseResults
from rdflib import URIRef
from rdflib.namespace import XSD
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from parvis.errors import QueryError
from parvis.i18n import N_

READ_OTHERWISE = N_(
    "this query is refused: another parser reads in it a graph or an endpoint that it may not reach"
)

STACK, RECURSION = 256_000_000, 20_000
"""Bytes of stack, of which only what is used is taken, and frames of a thread that parses."""


@lru_cache(maxsize=512)
def require_confined(text: str, named: frozenset[str]) -> None:
    """Refuse a query whose syntax tree could reach further than its dataset.

    Raises `QueryError` if it calls another endpoint, describes a dataset, names a graph other than
    `named`, calls a function that is not the standard's, or is not SPARQL 1.1.
    """
    for node in _nodes(_parse(text)):
        match node.name:
            case "ServiceGraphPattern" | "DatasetClause":
                raise QueryError(READ_OTHERWISE)
            case "GraphGraphPattern" if isinstance(node.term, URIRef):
                if str(node.term) not in named:
                    raise QueryError(READ_OTHERWISE)
            case "Function" if not str(node.iri).startswith(str(XSD)):
                raise QueryError(
                    "the function {function} is not among those of SPARQL", function=node.iri
                )


def _parse(text: str) -> ParseResults:
    """Return the syntax tree. Raises `QueryError`.

    pyparsing leaves cycles of frames behind. In a thread of its own these do not hold the frames of
    whoever calls, whose results might then end in another thread than theirs.
    """
    trees: list[ParseResults] = []

    def parse() -> None:
        with suppress(ParseBaseException, RecursionError):
            trees.append(parseQuery(text))

    # Its recursion is some ten frames for each triple in a row: a query of a hundred is not deep.
    limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
    try:
        sys.setrecursionlimit(max(limit, RECURSION))
        thread = threading.Thread(target=parse, name="sparql-algebra")
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    if not trees:
        raise QueryError(
            "this query is refused by the store behind this site: it is not plain SPARQL 1.1, or"
            " nested too deep"
        )
    return trees[0]


def _nodes(tree: object) -> Iterator[CompValue]:
    """Go through a syntax tree without recursion: it is as deep as its query."""
    rest = [tree]
    while rest:
        node = rest.pop()
        if isinstance(node, CompValue):
            yield node
            rest.extend(node.values())
        elif isinstance(node, ParseResults | list | tuple):
            rest.extend(list(node))
