"""Results that may stand again for data that have changed little, as plain data."""

from collections.abc import Iterable, Mapping, Sequence

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from parvis.validation.compiled import Result
from parvis.validation.query import Query
from parvis.validation.shape import Shape

Term = Sequence[str | None]
"""An IRI alone, or a literal's text, datatype and language."""
Row = tuple[str, str, Term, Term | None, str | None]
"""Source shape, component, focus node, value, and path where it is not the shape's."""

MOST = 10_000
"""How many results of a shape are kept; of one that has more, none are."""


def keep(found: Mapping[Node, Sequence[Result]]) -> dict[str, list[Row]]:
    """Write results by top-level shape, of those shapes whose results can all be told again.

    Blank nodes, in shapes or data, are others the next time.
    """
    return {
        str(shape): [_row(one) for one in results]
        for shape, results in found.items()
        if isinstance(shape, URIRef) and len(results) <= MOST and _are_lasting(results)
    }


def tell(rows: Iterable[Row], shapes: Graph) -> list[Result]:
    """Read results back, for the same shapes."""
    return [
        Result(
            Query(Shape(URIRef(shape), shapes), URIRef(component), "", ""),
            _term(focus),
            None if value is None else _term(value),
            Shape(URIRef(shape), shapes).path_node if path is None else URIRef(path),
        )
        for shape, component, focus, value, path in rows
    ]


def _are_lasting(results: Iterable[Result]) -> bool:
    return all(
        isinstance(one.query.shape.node, URIRef)
        and one.query.source is None
        and not isinstance(one.focus, BNode)
        and not isinstance(one.value, BNode)
        for one in results
    )


def _row(one: Result) -> Row:
    own = None if one.path == one.query.shape.path_node else str(one.path)
    value = None if one.value is None else _written(one.value)
    shape, component = str(one.query.shape.node), str(one.query.component)
    return shape, component, _written(one.focus), value, own


def _written(node: Node) -> Term:
    if isinstance(node, Literal):
        return [str(node), node.datatype and str(node.datatype), node.language]
    return [str(node)]


def _term(said: Term) -> Node:
    text, *more = said
    if not more:
        return URIRef(str(text))
    datatype, language = more
    return Literal(text, datatype=datatype and URIRef(datatype), lang=language, normalize=False)
