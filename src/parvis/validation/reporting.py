"""Results of both engines as one ``sh:ValidationReport`` (SHACL §3.6)."""

from collections.abc import Iterable

from rdflib import BNode, Graph, Literal
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from parvis.i18n import LANGUAGES, N_, say
from parvis.report import MOST
from parvis.validation.compiled import Result

CUT = N_("The first {most} results found of each constraint are here; there are {more} more.")


def report_of(results: Iterable[Result], shapes: Graph) -> Graph:
    """Write the results of the compiled engine as a report."""
    graph = Graph()
    report = BNode()
    graph.add((report, RDF.type, SH.ValidationReport))
    paths: set[Node] = set()
    for result in results:
        node = BNode()
        graph.add((report, SH.result, node))
        for term, value in _said(result):
            graph.add((node, term, value))
        if isinstance(result.path, BNode):
            paths.add(result.path)
    for path in paths:
        graph += shapes.cbd(path)
    return _concluded(graph, report)


def _said(result: Result) -> Iterable[tuple[Node, Node]]:
    """Give what a result says of itself; the messages are those of shape and constraint."""
    shape, source = result.query.shape, result.query.source
    yield RDF.type, SH.ValidationResult
    yield SH.focusNode, result.focus
    yield SH.resultSeverity, shape.severity
    yield SH.sourceShape, shape.node
    yield SH.sourceConstraintComponent, result.query.component
    optional = (SH.value, result.value), (SH.resultPath, result.path), (SH.sourceConstraint, source)
    yield from ((term, value) for term, value in optional if value is not None)
    for owner in (shape.node, source):
        if owner is not None:
            yield from ((SH.resultMessage, text) for text in shape.graph.objects(owner, SH.message))


def joined(reports: Iterable[Graph]) -> Graph:
    """Make one report of several."""
    whole = Graph()
    report = BNode()
    whole.add((report, RDF.type, SH.ValidationReport))
    for part in reports:
        own = part.value(None, RDF.type, SH.ValidationReport)
        for triple in part:
            if triple[0] != own:
                whole.add(triple)
        for result in part.objects(own, SH.result):
            whole.add((report, SH.result, result))
    return _concluded(whole, report)


def cut(report: Graph, more: int) -> Graph:
    """Say in a report that some results are not in it, if so."""
    for whole in report.subjects(RDF.type, SH.ValidationReport):
        for lang in LANGUAGES if more else ():
            text = say(lang, CUT, most=MOST, more=more)
            report.add((whole, RDFS.comment, Literal(text, lang=lang)))
    return report


def _concluded(graph: Graph, report: Node) -> Graph:
    """Say whether the data conform: no result at all (SHACL §3.6.1.1)."""
    conforms = (report, SH.result, None) not in graph
    return graph.add((report, SH.conforms, Literal(conforms)))
