"""The reference engine: pyshacl on an rdflib graph, for up to some tens of thousands of triples."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyparsing import ParseException
from pyshacl import Shape, Validator, helper
from pyshacl.errors import ReportableRuntimeError
from pyshacl.graph_abstraction import DataGraph
from pyshacl.helper.path_helper import shacl_path_to_sparql_path
from pyshacl.helper.sparql_query_helper import SPARQLQueryHelper
from pyshacl.shapes_graph import ShapesGraph
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.namespace import OWL, SH, XSD
from rdflib.term import Node

from parvis.errors import ShapesError
from parvis.i18n import N_
from parvis.validation.compile.regex import as_xpath, endless
from parvis.validation.data import as_written, comparable
from parvis.validation.shapes import named, targeted
from parvis.validation.wellformed import patterns
from parvis.vocab.namespaces import PREFIXES

# ``$shapesGraph`` for queries of the reference engine: pyshacl refuses it (SHACL §5.3.1).

SHAPES = URIRef("urn:x-parvis:shapes")
"""The name of the graph of shapes, in queries only."""
_ASKED = "shapesGraph"
_READER = "SPARQLQueryHelperCls"
"""Where pyshacl keeps the class that reads queries, once it has loaded it."""


class _Query(SPARQLQueryHelper):
    """A query that is told the name of the graph of shapes."""

    bind_sg_regex = re.compile(r"(?!)")

    def pre_bind_variables(self, *given: Any, **also: Any) -> tuple[dict[str, Any], str]:  # noqa: ANN401 - pyshacl's own signature
        """Bind what pyshacl binds, and the name of the graph of shapes."""
        bindings, text = super().pre_bind_variables(*given, **also)  # type: ignore[no-untyped-call] # pyshacl's own
        if _ASKED in text:
            bindings[_ASKED] = SHAPES
        return bindings, text


@contextmanager
def given_shapes() -> Iterator[None]:
    """Let pyshacl read queries so; it keeps the class that it is told to."""
    before = getattr(helper, _READER)
    setattr(helper, _READER, _Query)
    try:
        yield
    finally:
        setattr(helper, _READER, before)


def beside(data: Graph, shapes: Graph) -> Graph:
    """Give the data with the shapes in a named graph, if a query asks for them; else the data."""
    texts = (str(text) for term in (SH.select, SH.ask) for text in shapes.objects(None, term))
    if not any(_ASKED in text for text in texts):
        return data
    whole = Dataset()
    for triple in data:
        whole.add(triple)
    for triple in shapes:
        whole.graph(SHAPES).add(triple)
    return whole


ENDLESS = N_(
    "{shape}: the pattern “{pattern}” may take for ever on a long text; "
    "write it without a repetition inside a repetition"
)
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
    refuse_endless(shapes, only)
    with as_written(), _explained(), given_shapes():
        whole = beside(comparable(data, ordered=_compare(shapes)), shapes)
        graph = DataGraph.from_rdflib(whole)
        validator = Validator(graph, shacl_graph=standard(shapes), options=dict(_OPTIONS))
        judging = [
            shape for shape in validator.shacl_graph.shapes if only is None or shape.node in only
        ]
        found = _results(validator, graph, judging)
        report, _ = validator.create_validation_report(validator.shacl_graph, not found, found)
        checked = _checked(judging, graph, targeted(shapes))
    return Judged(not found, report, checked)


def refuse_endless(shapes: Graph, only: set[Node] | None) -> None:
    """Raise `ShapesError` for a pattern that Python's engine may never be done with."""
    used = None if only is None else _below(shapes, only)
    for shape, pattern in patterns(shapes):
        if endless(pattern) and (used is None or shape in used):
            raise ShapesError(ENDLESS, shape=named(shape, shapes), pattern=pattern)


def _below(shapes: Graph, tops: Iterable[Node]) -> set[Node]:
    """Give all nodes that can be reached from some, as shapes inside shapes are."""
    found = (shapes.transitive_objects(top, None) for top in tops)
    return {node for nodes in found for node in nodes if node is not None}


def _compare(shapes: Graph) -> bool:
    """Say whether shapes compare values with one another."""
    return any((None, term, None) in shapes for term in (SH.lessThan, SH.lessThanOrEquals))


def standard(shapes: Graph) -> Graph:
    """Give shapes as pyshacl must read them to keep to the standard; usually themselves.

    It takes any true value of ``sh:uniqueLang``, where only ``true`` counts (SHACL §4.4.5), and
    does not follow ``owl:imports`` to the prefixes of queries (SHACL §5.2.1). Its patterns are
    Python's, in which ``$`` is also before a line end that is last, and it knows no flag ``s``.
    """
    return _standard(shapes, len(shapes))


@lru_cache(maxsize=4)
def _standard(shapes: Graph, _size: int) -> Graph:
    """Give them, once for each set of shapes; one that grew is another."""
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
    forms = {
        (shape, SH.pattern, pattern): Literal(as_xpath(str(pattern), _flags(shapes, shape)))
        for shape, pattern in shapes.subject_objects(SH.pattern)
    }
    forms = {said: meant for said, meant in forms.items() if str(said[2]) != str(meant)}
    if not loose and not missing and not forms:
        return shapes
    whole = Graph()
    for triple in {*shapes, *missing} - loose - forms.keys():
        whole.add(triple)
    for (shape, term, _), meant in forms.items():
        whole.add((shape, term, meant))
    return whole


def _flags(shapes: Graph, shape: Node) -> str:
    return "".join(map(str, shapes.objects(shape, SH.flags)))


def written(path: Node, shapes: Graph) -> str:
    """Write a path of several steps as SPARQL does (SHACL §2.3.1)."""
    return str(shacl_path_to_sparql_path(ShapesGraph(shapes), path, prefixes=PREFIXES))


def refuse_broken(shapes: Graph) -> None:
    """Raise `ShapesError` for shapes that pyshacl cannot even read."""
    with as_written(), _explained():
        _LOG.debug("%s shapes", len(ShapesGraph(standard(shapes), logger=_LOG).shapes))


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what pyshacl raises into a `ShapesError`."""
    try:
        yield
    except (ReportableRuntimeError, NotImplementedError, ParseException, RecursionError) as error:
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
