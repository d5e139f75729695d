"""Data read for validation, as they were written."""

import logging
import operator
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import rdflib
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node as AnyNode

from parvis.rdf.files import to_graph
from parvis.rdf.terms import Node
from parvis.vocab.namespaces import PREFIXES

# Literals as they were written: rdflib rewrites and misorders some unless it is told not to.

_ONE_AT_A_TIME = threading.RLock()
_GRUMBLES = logging.getLogger("rdflib.term")


@contextmanager
def as_written() -> Iterator[None]:
    """Keep the lexical form of every literal made inside, such as ``007`` or ``…00.000Z``.

    Literals of different datatypes are not compared either. rdflib only has switches for the
    whole process, so one such block runs at a time and they are put back. Its grumbling about
    ill-typed literals is silenced: they become findings.
    """
    with _ONE_AT_A_TIME:
        before, loose = rdflib.NORMALIZE_LITERALS, rdflib.DAWG_LITERAL_COLLATION
        quiet = _GRUMBLES.disabled
        rdflib.NORMALIZE_LITERALS, rdflib.DAWG_LITERAL_COLLATION = False, True
        _GRUMBLES.disabled = True
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Parsing weird boolean")
                yield
        finally:
            rdflib.NORMALIZE_LITERALS, rdflib.DAWG_LITERAL_COLLATION = before, loose
            _GRUMBLES.disabled = quiet


class Ordered(Literal):
    """A literal that is before or after another only if SPARQL says so (SPARQL 1.1 §17.3).

    rdflib orders a date and an instant by their datatypes, and instants with and without a time
    zone by whether they have one; it raises `TypeError` where an ill-typed literal is compared.
    SHACL asks for a result instead (§4.5.4: a comparison that does not return true is a result).
    Equal to the literal it stands for.
    """

    def __lt__(self, other: Any) -> bool:  # noqa: ANN401 - the operators' own signature
        """Say whether it is before another."""
        return self._are(operator.lt, other)

    def __le__(self, other: Any) -> bool:  # noqa: ANN401
        """Say whether it is not after another."""
        return self._are(operator.le, other)

    def __gt__(self, other: Any) -> bool:  # noqa: ANN401
        """Say whether it is after another."""
        return self._are(operator.gt, other)

    def __ge__(self, other: Any) -> bool:  # noqa: ANN401
        """Say whether it is not before another."""
        return self._are(operator.ge, other)

    __eq__ = Literal.__eq__
    __hash__ = Literal.__hash__

    def _are(self, related: Callable[[Any, Any], bool], other: object) -> bool:
        """Compare values of one kind."""
        if not isinstance(other, Literal) or _kind(self) is None or _kind(self) != _kind(other):
            return False
        return related(self.value, other.value)


def _kind(literal: Literal) -> object:
    """Say with what a literal can be compared; nothing if its text does not fit its datatype."""
    if literal.ill_typed or literal.value is None:
        return None
    if isinstance(literal.value, (int, float, Decimal)) and literal.datatype != XSD.boolean:
        return "number"
    return literal.datatype, getattr(literal.value, "tzinfo", None) is None


def comparable(graph: Graph, *, ordered: bool = False) -> Graph:
    """Give the graph with literals that are safe to compare.

    Ill-typed literals always are replaced; with `ordered`, all that are not text. The graph
    itself is given when there are none, which is the usual case.
    """
    found = [
        (subject, predicate, value)
        for subject, predicate, value in graph
        if isinstance(value, Literal) and (value.ill_typed or (ordered and value.datatype))
    ]
    if not found:
        return graph
    safe = Graph()
    safe += graph
    for subject, predicate, literal in found:
        safe.remove((subject, predicate, literal))
        twin = Ordered(str(literal), datatype=literal.datatype, normalize=False)
        safe.add((subject, predicate, twin))
    return safe


_OTHER_ADDRESS = "https://schema.org/"


def load_data(paths: Iterable[Path]) -> Graph:
    """Read RDF files into one graph; the names of graphs are not kept.

    Blank nodes of two files stay apart, and schema.org's ``https`` address becomes the canonical
    ``http`` one. Nothing is fetched. Raises `SourceError`, naming file and line where it can.
    """
    whole = Graph()
    with as_written():
        for path in paths:
            for triple in _apart(to_graph(path, path.resolve().as_uri())):
                whole.add(triple)
    return whole


def _apart(graph: Graph) -> Iterable[tuple[AnyNode, AnyNode, AnyNode]]:
    """Give a file's triples with blank nodes of their own, in the canonical vocabulary."""
    fresh: defaultdict[AnyNode, BNode] = defaultdict(BNode)

    def known(term: AnyNode) -> AnyNode:
        if isinstance(term, BNode):
            return fresh[term]
        if isinstance(term, URIRef) and term.startswith(_OTHER_ADDRESS):
            return URIRef(PREFIXES["schema"] + term.removeprefix(_OTHER_ADDRESS))
        return term

    for subject, predicate, value in graph:
        yield known(subject), known(predicate), known(value)


# What validation is handed: data as a graph, and as a view that answers SELECTs.


class View(Protocol):
    """Something that answers SELECT queries over the data alone."""

    def select(self, query: str, /, **values: Node) -> Iterator[Mapping[str, Node]]:
        """Give the solutions of a SELECT; `values` stand in for projected variables.

        An unbound variable is absent from its solution.
        """
        ...


@dataclass(frozen=True)
class Data:
    """Data in the two forms that engines ask for.

    `graph` reads them whole, as they were written; it is called only if an engine needs it.
    `altered` are the predicates of the literals that the view may not hold as they were written
    (`parvis.rdf.plain`): shapes that look at those are judged on the graph.
    """

    graph: Callable[[], Graph]
    view: View | None = None
    altered: frozenset[str] = frozenset()
