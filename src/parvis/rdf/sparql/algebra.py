"""Read a query with a second, independent parser before it leaves this machine.

rdflib's parser shares nothing with ours, nor with any engine's. Its syntax tree must hold only
what our own parse allowed; a text that it cannot read is not sent.
"""

import sys
import threading
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
"""Bytes of stack (only those in use take memory) and recursion depth of a parsing thread."""


@lru_cache(maxsize=512)
def require_confined(text: str, graphs: frozenset[str]) -> None:
    """Refuse a query whose syntax tree could reach beyond its dataset.

    Raises `QueryError` if it calls another endpoint, describes a dataset, names a graph other than
    `graphs`, calls a function that is not the standard's, or is not SPARQL 1.1.
    """
    # The tree is traversed without recursion: it is as deep as its query.
    stack: list[object] = [parse_tree(text)]
    while stack:
        node = stack.pop()
        if not isinstance(node, CompValue):
            stack.extend(node if isinstance(node, ParseResults | list | tuple) else ())
            continue
        stack.extend(node.values())
        # Everything that is not listed is harmless: it reads the query's dataset only.
        match node.name:
            case "ServiceGraphPattern" | "DatasetClause":
                raise QueryError(READ_OTHERWISE)
            case "GraphGraphPattern" if isinstance(node.term, URIRef):
                if str(node.term) not in graphs:
                    raise QueryError(READ_OTHERWISE)
            case "Function" if not str(node.iri).startswith(str(XSD)):
                raise QueryError(
                    "the function {function} is not among those of SPARQL", function=node.iri
                )


def parse_tree(text: str) -> ParseResults:
    """Return the syntax tree of a query; raises `QueryError` for what this parser cannot read."""
    trees: list[ParseResults] = []

    def parse() -> None:
        with suppress(ParseBaseException, RecursionError):
            trees.append(parseQuery(text))

    # It recurses some ten frames for each triple in a row, so a hundred triples are not deep.
    limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
    try:
        sys.setrecursionlimit(max(limit, RECURSION))
        # pyparsing leaves cycles of frames behind. In a thread of its own these do not hold the
        # frames of the caller, whose results might then be freed in another thread.
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
