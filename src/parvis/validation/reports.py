"""Results of both engines as one ``sh:ValidationReport`` (SHACL §3.6)."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node as AnyNode

from parvis.i18n import LANGUAGES, N_, say
from parvis.rdf.terms import Node
from parvis.report import MOST
from parvis.validation.compile.terms import iri, iris
from parvis.validation.data import DataView
from parvis.validation.engine import Result
from parvis.validation.wording import DEEPEST, NAMING

CUT = N_("The first {most} results found of each constraint are here; there are {more} more.")


def report_of(results: Iterable[Result], shapes: Graph) -> Graph:
    """Return the results of the compiled engine as a report."""
    graph = Graph()
    report = BNode()
    graph.add((report, RDF.type, SH.ValidationReport))
    paths: set[AnyNode] = set()
    for result in results:
        node, shape, source = BNode(), result.query.shape, result.query.source
        graph.add((report, SH.result, node))
        graph.add((node, RDF.type, SH.ValidationResult))
        terms: dict[URIRef, AnyNode | None] = {
            SH.focusNode: result.focus,
            SH.resultSeverity: shape.severity,
            SH.sourceShape: shape.node,
            SH.sourceConstraintComponent: result.query.component,
            SH.value: result.value,
            SH.resultPath: result.path,
            SH.sourceConstraint: source,
        }
        for term, value in terms.items():
            if value is not None:
                graph.add((node, term, value))
        # The messages are those of the shape and of the constraint.
        for owner in (shape.node, source):
            if owner is not None:
                for text in shape.graph.objects(owner, SH.message):
                    graph.add((node, SH.resultMessage, text))
        if isinstance(result.path, BNode):
            paths.add(result.path)
    for path in paths:
        graph += shapes.cbd(path)
    return _add_conforms(graph, report)


def merge_reports(reports: Iterable[Graph]) -> Graph:
    """Merge several reports into one."""
    union = Graph()
    report = BNode()
    union.add((report, RDF.type, SH.ValidationReport))
    for part in reports:
        part_node = part.value(None, RDF.type, SH.ValidationReport)
        for triple in part:
            if triple[0] != part_node:
                union.add(triple)
        for result in part.objects(part_node, SH.result):
            union.add((report, SH.result, result))
    return _add_conforms(union, report)


def note_omitted_results(report: Graph, more: int) -> Graph:
    """Add a comment to a report that lacks some results."""
    for node in report.subjects(RDF.type, SH.ValidationReport):
        for lang in LANGUAGES if more else ():
            text = say(lang, CUT, most=MOST, more=more)
            report.add((node, RDFS.comment, Literal(text, lang=lang)))
    return report


def _add_conforms(graph: Graph, report: AnyNode) -> Graph:
    # Data conform if there is no result at all (SHACL §3.6.1.1).
    conforms = (report, SH.result, None) not in graph
    return graph.add((report, SH.conforms, Literal(conforms)))


# The triples of the data by which the nodes of results are named to people.

_BATCH = 200
"""Nodes in one query; with more blank nodes than this, all of the view are read."""
_NAMES = f"?node ?term ?value FILTER(?term IN ({iris([*NAMING, RDF.type])}))"
_SELECT_NAMES = f"SELECT ?node ?term ?value {{ {_NAMES} }}"
_SELECT_PARENTS = "SELECT ?node ?term ?value { ?node ?term ?value }"
_BLANK_NAMES = f"SELECT ?node ?term ?value {{ {_NAMES} FILTER(isBlank(?node)) }}"
_BLANK_PARENTS = "SELECT ?node ?term ?value { ?node ?term ?value FILTER(isBlank(?value)) }"


def extract_names(view: DataView, nodes: Collection[AnyNode]) -> Graph:
    """Return the names of nodes, and for blank ones the way to them from the nearest IRIs."""
    graph = Graph()
    iris_to_name = sorted({node for node in nodes if isinstance(node, URIRef)})
    for start in range(0, len(iris_to_name), _BATCH):
        batch = " ".join(map(iri, iris_to_name[start : start + _BATCH]))
        query = f"SELECT ?node ?term ?value {{ VALUES ?node {{ {batch} }} {_NAMES} }}"
        for row in view.select(query):
            graph.add((row["node"], row["term"], row["value"]))
    blank_nodes = {node for node in nodes if isinstance(node, BNode)}
    for _ in range(DEEPEST if blank_nodes else 0):
        parents = set()
        for row in _select_around(view, blank_nodes):
            graph.add((row["node"], row["term"], row["value"]))
            if row["value"] in blank_nodes and isinstance(row["node"], BNode):
                parents.add(row["node"])
        blank_nodes = parents
    return graph


def _select_around(view: DataView, nodes: set[BNode]) -> Iterator[Mapping[str, Node]]:
    """Return the names of blank nodes, and the triples that lead to them."""
    if len(nodes) > _BATCH:
        yield from (row for row in view.select(_BLANK_NAMES) if row["node"] in nodes)
        yield from (row for row in view.select(_BLANK_PARENTS) if row["value"] in nodes)
        return
    for node in nodes:
        yield from view.select(_SELECT_NAMES, node=node)
        yield from view.select(_SELECT_PARENTS, value=node)
