"""The reference engine: pyshacl on an rdflib graph, for up to some tens of thousands of triples."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pyparsing import ParseException
from pyshacl import Validator, helper
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
from parvis.validation.compile.regex import as_xpath, is_catastrophic
from parvis.validation.data import keep_lexical_forms, make_comparable
from parvis.validation.shapes import shape_error, targeted_shapes
from parvis.validation.wellformed import patterns
from parvis.vocab.namespaces import PREFIXES

_SHAPES = URIRef("urn:x-parvis:shapes")
"""The name of the graph of shapes, in queries only."""
_SHAPES_VARIABLE = "shapesGraph"
_QUERY_CLASS = "SPARQLQueryHelperCls"
"""The name under which pyshacl keeps the class that reads queries, once it has loaded it."""


class _Query(SPARQLQueryHelper):
    """A query in which ``$shapesGraph`` is bound (SHACL §5.3.1); pyshacl refuses it."""

    bind_sg_regex = re.compile(r"(?!)")

    def pre_bind_variables(self, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], str]:  # noqa: ANN401 - pyshacl's own signature
        bindings, text = super().pre_bind_variables(*args, **kwargs)  # type: ignore[no-untyped-call] # pyshacl's own
        if _SHAPES_VARIABLE in text:
            bindings[_SHAPES_VARIABLE] = _SHAPES
        return bindings, text


@contextmanager
def _use_query_class() -> Iterator[None]:
    before = getattr(helper, _QUERY_CLASS)
    setattr(helper, _QUERY_CLASS, _Query)
    try:
        yield
    finally:
        setattr(helper, _QUERY_CLASS, before)


ENDLESS = N_(
    "{shape}: the pattern “{pattern}” may take for ever on a long text; "
    "write it without a repetition inside a repetition"
)
UNUSABLE = N_("the shapes cannot be used: {reason}")

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
_OPTIONS = {"inplace": True, "advanced": False, "inference": "none", "logger": _LOG}


def judge(
    data: Graph, shapes: Graph, only: set[Node] | None = None
) -> tuple[Graph, dict[Node, int]]:
    """Check data against shapes, all of SHACL Core and SHACL-SPARQL (SHACL §3.4).

    Return the ``sh:ValidationReport``, and the number of focus nodes of each shape. With `only`,
    those top-level shapes alone are judged. Raises `ShapesError` for shapes that pyshacl refuses.
    """
    refuse_endless(shapes, only)
    with keep_lexical_forms(), _translate_errors(), _use_query_class():
        compares = any((None, term, None) in shapes for term in (SH.lessThan, SH.lessThanOrEquals))
        focus_graph = make_comparable(data, ordered=compares)
        texts = (str(text) for term in (SH.select, SH.ask) for text in shapes.objects(None, term))
        if any(_SHAPES_VARIABLE in text for text in texts):
            # A query reads the shapes: they are in a named graph beside the data.
            dataset = Dataset()
            for triple in focus_graph:
                dataset.add(triple)
            for triple in shapes:
                dataset.graph(_SHAPES).add(triple)
            focus_graph = dataset
        elif not focus_graph.store.context_aware:  # pyshacl reads no other store
            focus_graph = Graph() + focus_graph
        # No inference, no ontology mixed in: subclasses are those that the data declare.
        graph = DataGraph.from_rdflib(focus_graph)
        standard = standardise_shapes(shapes, len(shapes))
        validator = Validator(graph, shacl_graph=standard, options=dict(_OPTIONS))
        judging = [
            shape for shape in validator.shacl_graph.shapes if only is None or shape.node in only
        ]
        executor = validator.make_executor()
        results = [result for shape in judging for result in shape.validate(executor, graph)[1]]
        report, _ = validator.create_validation_report(validator.shacl_graph, not results, results)
        with_targets = targeted_shapes(shapes)
        checked: dict[Node, int] = {
            shape.node: len(shape.focus_nodes(graph))
            for shape in judging
            if shape.node in with_targets and not shape.deactivated
        }
    return report, checked


def refuse_endless(shapes: Graph, only: set[Node] | None) -> None:
    """Raise `ShapesError` for a pattern on which Python's engine may take for ever."""
    # All nodes below the judged shapes: shapes inside them are among these.
    used = None
    if only is not None:
        used = {node for top in only for node in shapes.transitive_objects(top, None)}
    for shape, pattern in patterns(shapes):
        if is_catastrophic(pattern) and (used is None or shape in used):
            raise shape_error(ENDLESS, shape, shapes, pattern=pattern)


@lru_cache(maxsize=4)
def standardise_shapes(shapes: Graph, _size: int) -> Graph:
    """Return shapes that make pyshacl keep to the standard; usually the shapes themselves."""
    # Cached by the number of triples too, since a graph that grew is another set of shapes.
    # Any true value of ``sh:uniqueLang`` works in pyshacl; only ``true`` counts (SHACL §4.4.5).
    not_true = {
        (shape, SH.uniqueLang, value)
        for shape, value in shapes.subject_objects(SH.uniqueLang)
        if value != Literal("true", datatype=XSD.boolean)
    }
    # It does not follow ``owl:imports`` to the prefixes of queries (SHACL §5.2.1).
    missing = {
        (owner, SH.declare, prefix)
        for owner in shapes.subjects(OWL.imports)
        for ontology in shapes.transitive_objects(owner, OWL.imports)
        for prefix in shapes.objects(ontology, SH.declare)
    } - set(shapes.triples((None, SH.declare, None)))
    # Its patterns are Python's: ``$`` is also before a final line end, and no flag ``s`` exists.
    rewritten = {}
    for shape, pattern in shapes.subject_objects(SH.pattern):
        flags = "".join(map(str, shapes.objects(shape, SH.flags)))
        text = as_xpath(str(pattern), flags)
        if text != str(pattern):
            rewritten[shape, SH.pattern, pattern] = Literal(text)
    if not not_true and not missing and not rewritten:
        return shapes
    result = Graph()
    for triple in {*shapes, *missing} - not_true - rewritten.keys():
        result.add(triple)
    for (shape, term, _), pattern in rewritten.items():
        result.add((shape, term, pattern))
    return result


def path_to_sparql(path: Node, shapes: Graph) -> str:
    """Return a path of several steps as SPARQL (SHACL §2.3.1)."""
    return str(shacl_path_to_sparql_path(ShapesGraph(shapes), path, prefixes=PREFIXES))


@lru_cache(maxsize=4)
def refuse_broken(shapes: Graph, _size: int) -> None:
    """Raise `ShapesError` for shapes that pyshacl cannot even read."""
    with keep_lexical_forms(), _translate_errors():
        standard = ShapesGraph(standardise_shapes(shapes, len(shapes)), logger=_LOG)
        _LOG.debug("%s shapes", len(standard.shapes))


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Turn the errors of pyshacl into `ShapesError`."""
    try:
        yield
    except (ReportableRuntimeError, NotImplementedError, ParseException, RecursionError) as error:
        reason = str(getattr(error, "message", error)).partition("\n")[0]
        raise ShapesError(UNUSABLE, reason=reason) from error
