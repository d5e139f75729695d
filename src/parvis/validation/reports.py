"""Results of both engines as one `sh:ValidationReport`, with what names their nodes."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node as AnyNode

from parvis.i18n import LANGUAGES, N_, say
from parvis.rdf.terms import Node
from parvis.report import MOST
from parvis.validation.compile.terms import iri, iris
from parvis.validation.data import View
from parvis.validation.engine import Result
from parvis.validation.wording import DEEPEST, NAMING

# Results of both engines as one ``sh:ValidationReport`` (SHACL §3.6).

CUT = N_("The first {most} results found of each constraint are here; there are {more} more.")


def report_of(results: Iterable[Result], shapes: Graph) -> Graph:
    """Write the results of the compiled engine as a report."""
    graph = Graph()
    report = BNode()
    graph.add((report, RDF.type, SH.ValidationReport))
    paths: set[AnyNode] = set()
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


def _said(result: Result) -> Iterable[tuple[AnyNode, AnyNode]]:
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


def _concluded(graph: Graph, report: AnyNode) -> Graph:
    """Say whether the data conform: no result at all (SHACL §3.6.1.1)."""
    conforms = (report, SH.result, None) not in graph
    return graph.add((report, SH.conforms, Literal(conforms)))


# What a view knows of the nodes of results: enough to name them to people.

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
