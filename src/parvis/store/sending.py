"""A query as it is sent to another server's store: as written, without what could widen its view.

Engines differ in what wins over the protocol's dataset parameters: Virtuoso 7.2 adds what FROM
names to them, and takes GRAPH with the name of a graph outside them for true. So FROM, which has
been narrowed into the parameters, is left out, and a graph that is not among them gets the name of
one that never exists. Comments go too: some engines take orders from them.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from pyoxigraph import NamedNode

from parvis.errors import QueryError
from parvis.store.query_text import Names, QueryText, Token, places

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

WORDS = ("from", "graph")
"""The words that change what a query sees."""

_END = Token("end", "")


def sent(query: QueryText, named: Collection[str], values: Mapping[str, NamedNode]) -> str:
    """Write a query for a store that is told by parameters which graphs it may name.

    `values` stand in for the variables they name, which stay projected. Raises `QueryError` for
    an IRI that means an order to some engine.
    """
    return _prologue(query) + "".join(_written(query, named, values))


def _prologue(query: QueryText) -> str:
    """Declare what the query uses undeclared: a store need not know our prefixes."""
    found = query.tokens
    own = {two.value for one, two in pairwise(found) if one.keyword == "PREFIX"}
    used = {f"{one.value.partition(':')[0]}:" for one in found if one.kind == "name"}
    lines = [
        f"PREFIX {name}: {NamedNode(iri)}\n"
        for name, iri in query.prefixes.items()
        if f"{name}:" in used - own
    ]
    based = query.base and not any(one.keyword == "BASE" for one in found)
    return "".join([f"BASE {NamedNode(query.base)}\n" if based and query.base else "", *lines])


def _written(
    query: QueryText, named: Collection[str], values: Mapping[str, NamedNode]
) -> Iterator[str]:
    """Write token after token, a space where there was a gap."""
    names, inside, skipped, end = Names(query.base or "", dict(query.prefixes)), False, 0, 0
    found = [*places(query.text), (len(query.text), _END), (len(query.text), _END)]
    for (at, token), (_, second), (_, third) in zip(found, found[1:], found[2:], strict=False):
        _refuse_hiding(token)
        names.read(token, second, third)
        gap, end = " " * (at > end), at + len(token.value)
        inside = inside or token.value == "{"
        if skipped:
            skipped -= 1
            continue
        if token.keyword == "FROM":
            skipped = 2 if second.keyword == "NAMED" else 1
            continue
        if token.kind in {"iri", "name"}:
            _refuse_orders(names.iri(token))
        if token.keyword == "GRAPH" and _hidden(second, names, named):
            skipped = 1
            yield f"{gap}GRAPH {NamedNode(NOTHING)} "
        else:
            yield gap + _valued(token, values, inside=inside)


def _hidden(token: Token, names: Names, named: Collection[str]) -> bool:
    """Say whether a token names a graph that may not be named."""
    return token.kind in {"iri", "name"} and names.iri(token) not in named


def _valued(token: Token, values: Mapping[str, NamedNode], *, inside: bool) -> str:
    """Write a token, or the value of the variable that it is."""
    value = values.get(token.value[1:]) if token.kind == "variable" else None
    if value is None:
        return token.value
    return str(value) if inside else f"({value} AS {token.value})"


def _refuse_hiding(token: Token) -> None:
    """Refuse a token that another lexer might cut in pieces, one of which is FROM or GRAPH."""
    text = token.value.lower()
    match token.kind:
        case "iri":
            doubtful = text.partition(")")[2]
        case "name":
            doubtful = text.partition(":")[0]
        case "word":
            doubtful = "" if text in WORDS else text
        case _:
            doubtful = ""
    if any(word in doubtful for word in WORDS):
        raise QueryError("“{text}” is refused: write FROM and GRAPH apart", text=token.value)


def _refuse_orders(iri: str) -> None:
    """Refuse an IRI that some engine takes for an order."""
    if iri.lower().startswith(ORDERS):
        raise QueryError("{iri} is refused: it is an order to some engines", iri=iri)
