"""What a view knows of the nodes of results: enough to name them to people."""

from collections.abc import Collection, Iterator, Mapping

from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF
from rdflib.term import Node as AnyNode

from parvis.rdf.terms import Node
from parvis.validation.terms import iri, iris
from parvis.validation.view import View
from parvis.validation.wording import DEEPEST, NAMING

_AT_ONCE = 200
"""Nodes named in one query; blank nodes beyond which all of the view are looked through."""
_NAMES = f"?node ?term ?value FILTER(?term IN ({iris([*NAMING, RDF.type])}))"
_SELECT_NAMES = f"SELECT ?node ?term ?value {{ {_NAMES} }}"
_SELECT_ABOVE = "SELECT ?node ?term ?value { ?node ?term ?value }"
_BLANK_NAMES = f"SELECT ?node ?term ?value {{ {_NAMES} FILTER(isBlank(?node)) }}"
_BLANK_ABOVE = "SELECT ?node ?term ?value { ?node ?term ?value FILTER(isBlank(?value)) }"

Rows = Iterator[Mapping[str, Node]]


def excerpt(view: View, nodes: Collection[AnyNode]) -> Graph:
    """Give the names of nodes, and for blank ones the way to them from the nearest IRIs."""
    found = Graph()
    for row in _named(view, sorted({node for node in nodes if isinstance(node, URIRef)})):
        _keep(found, row)
    wanted = {node for node in nodes if isinstance(node, BNode)}
    for _ in range(DEEPEST if wanted else 0):
        above = set()
        for row in _around(view, wanted):
            _keep(found, row)
            if row["value"] in wanted and isinstance(row["node"], BNode):
                above.add(row["node"])
        wanted = above
    return found


def _keep(found: Graph, row: Mapping[str, Node]) -> None:
    found.add((row["node"], row["term"], row["value"]))


def _named(view: View, nodes: list[URIRef]) -> Rows:
    """Ask for the names of IRIs, some at a time."""
    for start in range(0, len(nodes), _AT_ONCE):
        some = " ".join(map(iri, nodes[start : start + _AT_ONCE]))
        yield from view.select(
            f"SELECT ?node ?term ?value {{ VALUES ?node {{ {some} }} {_NAMES} }}"
        )


def _around(view: View, nodes: set[BNode]) -> Rows:
    """Ask for the names of blank nodes and for what leads to them."""
    if len(nodes) > _AT_ONCE:
        yield from (row for row in view.select(_BLANK_NAMES) if row["node"] in nodes)
        yield from (row for row in view.select(_BLANK_ABOVE) if row["value"] in nodes)
        return
    for node in nodes:
        yield from view.select(_SELECT_NAMES, node=node)
        yield from view.select(_SELECT_ABOVE, value=node)
