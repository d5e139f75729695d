"""The reference engine: pyshacl on an rdflib graph, for up to some tens of thousands of triples."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyshacl import Shape, Validator
from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from rdflib import Graph, Literal
from rdflib.namespace import OWL, SH, XSD
from rdflib.term import Node

from parvis.errors import ShapesError
from parvis.i18n import N_
from parvis.validation.lexical import as_written, comparable
from parvis.validation.shapes import targeted

NAME = "pyshacl"
UNUSABLE = N_("the shapes cannot be used: {reason}")

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
_OPTIONS = {"inplace": True, "advanced": False, "inference": "none", "logger": _LOG}


@dataclass(frozen=True)
class Judged:
    """What an engine found: the ``sh:ValidationReport``, and its focus nodes per shape."""

    conforms: bool
    report: Graph
    checked: dict[Node, int]


def judge(data: Graph, shapes: Graph, only: set[Node] | None = None) -> Judged:
    """Check data against shapes, all of SHACL Core and SHACL-SPARQL (SHACL §3.4).

    Neither graph is enriched: no inference, no ontology mixed in, so subclasses are those that
    the data themselves declare. With `only`, those top-level shapes alone are judged. Raises
    `ShapesError` for shapes that pyshacl refuses.
    """
    with as_written(), _explained():
        graph = DataGraph.from_rdflib(comparable(data, ordered=_compare(shapes)))
        validator = Validator(graph, shacl_graph=standard(shapes), options=dict(_OPTIONS))
        judging = [
            shape for shape in validator.shacl_graph.shapes if only is None or shape.node in only
        ]
        found = _results(validator, graph, judging)
        report, _ = validator.create_validation_report(validator.shacl_graph, not found, found)
        checked = _checked(judging, graph, targeted(shapes))
    return Judged(not found, report, checked)


def _compare(shapes: Graph) -> bool:
    """Say whether shapes compare values with one another."""
    return any((None, term, None) in shapes for term in (SH.lessThan, SH.lessThanOrEquals))


def standard(shapes: Graph) -> Graph:
    """Give shapes as pyshacl must read them to keep to the standard; usually themselves.

    It takes any true value of ``sh:uniqueLang``, where only ``true`` counts (SHACL §4.4.5), and
    does not follow ``owl:imports`` to the prefixes of queries (SHACL §5.2.1).
    """
    loose = {
        (shape, SH.uniqueLang, value)
        for shape, value in shapes.subject_objects(SH.uniqueLang)
        if value != Literal("true", datatype=XSD.boolean)
    }
    missing = {
        (owner, SH.declare, prefix)
        for owner in shapes.subjects(OWL.imports)
        for imported in shapes.transitive_objects(owner, OWL.imports)
        for prefix in shapes.objects(imported, SH.declare)
    } - set(shapes.triples((None, SH.declare, None)))
    if not loose and not missing:
        return shapes
    whole = Graph()
    for triple in {*shapes, *missing} - loose:
        whole.add(triple)
    return whole


def refuse_broken(shapes: Graph) -> None:
    """Raise `ShapesError` for shapes that pyshacl cannot even read."""
    with as_written(), _explained():
        _LOG.debug("%s shapes", len(ShapesGraph(standard(shapes), logger=_LOG).shapes))


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what pyshacl raises into a `ShapesError`."""
    try:
        yield
    except (ReportableRuntimeError, NotImplementedError) as error:
        raise ShapesError(UNUSABLE, reason=_reason(error)) from error


def _results(validator: Validator, graph: DataGraph, judging: list[Shape]) -> list[Any]:
    """Let pyshacl judge each shape."""
    executor = validator.make_executor()
    return [result for shape in judging for result in shape.validate(executor, graph)[1]]


def _checked(judging: list[Shape], graph: DataGraph, shapes: set[Node]) -> dict[Node, int]:
    """Count the focus nodes of each shape that has targets, as the engine found them."""
    return {
        shape.node: len(shape.focus_nodes(graph))  # type: ignore[no-untyped-call] # pyshacl's own
        for shape in judging
        if shape.node in shapes and not shape.deactivated
    }


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", error)).partition("\n")[0]
