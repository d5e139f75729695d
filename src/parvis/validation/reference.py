"""The reference engine: pyshacl on an rdflib graph, for up to some tens of thousands of triples."""

import logging
from dataclasses import dataclass

from pyshacl import Validator
from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph
from rdflib import Graph
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


def judge(data: Graph, shapes: Graph) -> Judged:
    """Check data against shapes, all of SHACL Core and SHACL-SPARQL (SHACL §3.4).

    Neither graph is enriched: no inference, no ontology mixed in, so subclasses are those that
    the data themselves declare. Raises `ShapesError` for shapes that pyshacl refuses.
    """
    with as_written():
        graph = DataGraph.from_rdflib(comparable(data))
        validator = Validator(graph, shacl_graph=shapes, options=dict(_OPTIONS))
        try:
            conforms, report, _ = validator.run()  # type: ignore[no-untyped-call] # pyshacl's own
            checked = _checked(validator, graph, targeted(shapes))
        except (ReportableRuntimeError, NotImplementedError) as error:
            raise ShapesError(UNUSABLE, reason=_reason(error)) from error
    return Judged(bool(conforms), report, checked)


def _checked(validator: Validator, graph: DataGraph, shapes: set[Node]) -> dict[Node, int]:
    """Count the focus nodes of each shape that has targets, as the engine found them."""
    return {
        shape.node: len(shape.focus_nodes(graph))
        for shape in validator.shacl_graph.shapes
        if shape.node in shapes and not shape.deactivated
    }


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", error)).partition("\n")[0]
