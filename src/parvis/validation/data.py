"""Data for validation, with literals as they were written."""

import logging
import operator
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
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
from parvis.vocab.namespaces import canonical_iri

# Literals as they were written: by default rdflib rewrites and misorders some.

_SWITCHES_LOCK = threading.RLock()
_RDFLIB_LOG = logging.getLogger("rdflib.term")


@contextmanager
def keep_lexical_forms() -> Iterator[None]:
    """Keep the lexical form of every literal made inside, such as ``007`` or ``…00.000Z``.

    Literals of different datatypes are not compared either.
    """
    # rdflib only has switches for the whole process: one such block runs at a time.
    with _SWITCHES_LOCK:
        normalize, collation = rdflib.NORMALIZE_LITERALS, rdflib.DAWG_LITERAL_COLLATION
        log_disabled = _RDFLIB_LOG.disabled
        rdflib.NORMALIZE_LITERALS, rdflib.DAWG_LITERAL_COLLATION = False, True
        # Its warnings about ill-typed literals are superfluous: these become findings.
        _RDFLIB_LOG.disabled = True
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Parsing weird boolean")
                yield
        finally:
            rdflib.NORMALIZE_LITERALS, rdflib.DAWG_LITERAL_COLLATION = normalize, collation
            _RDFLIB_LOG.disabled = log_disabled


class ComparableLiteral(Literal):
    """A literal that is before or after another only if SPARQL says so (SPARQL 1.1 §17.3).

    rdflib orders a date and an instant by their datatypes, and instants with and without a time
    zone by whether they have one; it raises `TypeError` where an ill-typed literal is compared.
    SHACL requires a result instead (§4.5.4: a comparison that does not return true is a result).
    Equal to the literal it replaces.
    """

    def __lt__(self, other: Any) -> bool:  # noqa: ANN401 - the operators' own signature
        return self._compare(operator.lt, other)

    def __le__(self, other: Any) -> bool:  # noqa: ANN401
        return self._compare(operator.le, other)

    def __gt__(self, other: Any) -> bool:  # noqa: ANN401
        return self._compare(operator.gt, other)

    def __ge__(self, other: Any) -> bool:  # noqa: ANN401
        return self._compare(operator.ge, other)

    __eq__ = Literal.__eq__
    __hash__ = Literal.__hash__

    def _compare(self, relation: Callable[[Any, Any], bool], other: object) -> bool:
        if not isinstance(other, Literal):
            return False
        kind = _comparison_kind(self)
        return (
            kind is not None
            and kind == _comparison_kind(other)
            and relation(self.value, other.value)
        )


def _comparison_kind(literal: Literal) -> object:
    """Return what a literal can be compared with, None if its text does not fit its datatype."""
    if literal.ill_typed or literal.value is None:
        return None
    if isinstance(literal.value, (int, float, Decimal)) and literal.datatype != XSD.boolean:
        return "number"
    return literal.datatype, getattr(literal.value, "tzinfo", None) is None


def make_comparable(graph: Graph, *, ordered: bool = False) -> Graph:
    """Return the graph with literals that are safe to compare.

    Ill-typed literals are always replaced; with `ordered`, all that are not text. The graph itself
    is returned when there are none, which is the usual case.
    """
    unsafe = [
        (subject, predicate, value)
        for subject, predicate, value in graph
        if isinstance(value, Literal) and (value.ill_typed or (ordered and value.datatype))
    ]
    if not unsafe:
        return graph
    safe = Graph()
    safe += graph
    for subject, predicate, literal in unsafe:
        safe.remove((subject, predicate, literal))
        twin = ComparableLiteral(str(literal), datatype=literal.datatype, normalize=False)
        safe.add((subject, predicate, twin))
    return safe


def load_data(paths: Iterable[Path]) -> Graph:
    """Read RDF files into one graph; the names of graphs are not kept.

    Blank nodes of two files stay apart, and schema.org's ``https`` address becomes the canonical
    ``http`` one. Nothing is fetched. Raises `SourceError`, naming file and line where it can.
    """
    union = Graph()
    with keep_lexical_forms():
        for path in paths:
            blank_nodes: defaultdict[AnyNode, BNode] = defaultdict(BNode)
            for triple in to_graph(path, path.resolve().as_uri()):
                subject, predicate, value = (_canonical(term, blank_nodes) for term in triple)
                union.add((subject, predicate, value))
    return union


def _canonical(term: AnyNode, blank_nodes: defaultdict[AnyNode, BNode]) -> AnyNode:
    if isinstance(term, BNode):
        return blank_nodes[term]
    return URIRef(canonical_iri(term)) if isinstance(term, URIRef) else term


# The data of a validation: as a graph, and as a view that answers SELECTs.


class DataView(Protocol):
    """A view that answers SELECT queries over the data alone."""

    def select(self, query: str, /, **values: Node) -> Iterator[Mapping[str, Node]]:
        """Return the solutions of a SELECT; `values` are bound to projected variables.

        An unbound variable is absent from its solution.
        """
        ...


@dataclass(frozen=True)
class Data:
    """Data in the two forms that engines need.

    `graph` reads them whole, as they were written; it is called only if an engine needs it.
    `altered` are the predicates of the literals that the view may not hold as they were written
    (`parvis.rdf.literals`): shapes that read those are judged on the graph. `predicates` are those
    of all triples, if they were counted.
    """

    graph: Callable[[], Graph]
    view: DataView | None = None
    altered: frozenset[str] = frozenset()
    predicates: frozenset[str] | None = None

    @property
    def store(self) -> DataView:
        """Return the view of data that have one."""
        if self.view is None:
            raise TypeError("data that cannot be queried")
        return self.view

    def select(self, predicates: Collection[str] | None) -> "AbstractContextManager[Data]":
        """Return data that hold the triples of these predicates at least; of all for None."""
        del predicates
        return nullcontext(self)


class PartedData(Protocol):
    """Data too large for one store: sorted, in parts of whole entities.

    All triples of a subject are in the same part; `predicates` are those of all parts.
    """

    predicates: frozenset[str]

    def parts(self) -> Iterator[Data]:
        """Yield one part after the other; each ends with the next."""
        ...

    def select(self, predicates: Collection[str] | None) -> AbstractContextManager[Data]:
        """Return one store with the triples of some predicates, and types; of all for None."""
        ...
