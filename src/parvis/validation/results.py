"""Results of a validation: as a ``sh:ValidationReport``, and read as findings (SHACL §3.6)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Collection as AnyCollection
from functools import cache, partial

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node as AnyNode

from parvis.i18n import LANGUAGES, N_, say
from parvis.rdf.terms import Node
from parvis.report import MOST, Finding, Place, Severity
from parvis.validation.compile.terms import BATCH, iri, iris, split_batches
from parvis.validation.data import DataView
from parvis.validation.engine import Result
from parvis.validation.names import local_name
from parvis.validation.shape_words import steps
from parvis.validation.shapes import nearest_named_shape, targeted_shapes
from parvis.validation.wording import DEEPEST, NAMING, Wording

CUT = N_("The first {most} results found of each constraint are here; there are {more} more.")


def report_of(results: Iterable[Result], shapes: Graph) -> Graph:
    """Return the results of the compiled engine as a report."""
    graph, report = _create_report()
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
    union, report = _create_report()
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


def _create_report() -> tuple[Graph, BNode]:
    # The default store of rdflib also indexes graphs: adding to it takes twice as long.
    graph, report = Graph(store="SimpleMemory"), BNode()
    return graph.add((report, RDF.type, SH.ValidationReport)), report


def _add_conforms(graph: Graph, report: AnyNode) -> Graph:
    # Data conform if there is no result at all (SHACL §3.6.1.1).
    conforms = (report, SH.result, None) not in graph
    return graph.add((report, SH.conforms, Literal(conforms)))


# The triples of the data by which the nodes of results are named to people.

_NAMES = f"?node ?term ?value FILTER(?term IN ({iris([*NAMING, RDF.type])}))"
_SELECT_NAMES = f"SELECT ?node ?term ?value {{ {_NAMES} }}"
_SELECT_PARENTS = "SELECT ?node ?term ?value { ?node ?term ?value }"
_BLANK_NAMES = f"SELECT ?node ?term ?value {{ {_NAMES} FILTER(isBlank(?node)) }}"
_BLANK_PARENTS = "SELECT ?node ?term ?value { ?node ?term ?value FILTER(isBlank(?value)) }"


def extract_names(view: DataView, nodes: AnyCollection[AnyNode]) -> Graph:
    """Return the names of nodes, and for blank ones the way to them from the nearest IRIs."""
    graph = Graph(store="SimpleMemory")
    named_nodes = {node for node in nodes if isinstance(node, URIRef)}
    blank_nodes = {node for node in nodes if isinstance(node, BNode)}
    for _ in range(DEEPEST if blank_nodes else 0):
        parents: set[BNode] = set()
        for row in _select_around(view, blank_nodes):
            graph.add((row["node"], row["term"], row["value"]))
            if row["value"] in blank_nodes:
                parent = row["node"]
                if isinstance(parent, BNode):
                    parents.add(parent)
                elif isinstance(parent, URIRef):
                    named_nodes.add(parent)
        blank_nodes = parents
    for batch in split_batches(named_nodes):
        listing = " ".join(map(iri, batch))
        query = f"SELECT ?node ?term ?value {{ VALUES ?node {{ {listing} }} {_NAMES} }}"
        for row in view.select(query):
            graph.add((row["node"], row["term"], row["value"]))
    return graph


def _select_around(view: DataView, nodes: set[BNode]) -> Iterator[Mapping[str, Node]]:
    """Return the names of blank nodes, and the triples that lead to them."""
    if len(nodes) > BATCH:  # all blank nodes of the view are read
        yield from (row for row in view.select(_BLANK_NAMES) if row["node"] in nodes)
        yield from (row for row in view.select(_BLANK_PARENTS) if row["value"] in nodes)
        return
    for node in nodes:
        yield from view.select(_SELECT_NAMES, node=node)
        yield from view.select(_SELECT_PARENTS, value=node)


# Results as findings that a partner can act on.

PlaceOf = Callable[[str, str | None], Place | None]
"""Return where a subject (and its property) stands in the partner's file, if that is known."""

Locate = Callable[[AnyCollection[str]], PlaceOf]
"""Search many subjects at once; the result returns the place of each."""


def no_place(_subject: str, _path: str | None) -> Place | None:
    """Return no place."""
    return None


_SEVERITIES: dict[AnyNode, Severity] = {SH.Info: Severity.INFO, SH.Warning: Severity.WARNING}


def severity_of(severity: AnyNode) -> Severity:
    """Return a finding's severity; one that is not SHACL's own is a violation (SHACL §2.1.4)."""
    return _SEVERITIES.get(severity, Severity.VIOLATION)


def read_findings(
    report: Graph,
    data: Graph,
    shapes: Graph,
    locate: Locate,
    excluded: AnyCollection[AnyNode] = frozenset(),
) -> list[Finding]:
    """Read a report's results, without those `excluded`.

    `data` need hold no more than what names the nodes of results.
    """
    nodes = (node for node in report.objects(None, SH.result) if node not in excluded)
    results = [dict(report.predicate_objects(node)) for node in nodes]
    terms = (result.get(term) for result in results for term in (SH.focusNode, SH.value))
    subjects = {str(term) for term in terms if isinstance(term, URIRef)}
    places = locate(subjects) if results else no_place
    reader = _ResultReader(data, shapes, places)
    return [reader.read(result) for result in results]


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by severity, the worst first, then by rule and place, always in the same order."""

    def key(finding: Finding) -> tuple[int, str, int, str, str, str]:
        row = (finding.place.row or 0) if finding.place else 0
        texts = (finding.focus or "", finding.path or "", finding.value or "")
        return (-finding.severity, finding.rule, row, *texts)

    return sorted(findings, key=key)


def rule_of(shape: AnyNode, shapes: Graph) -> str:
    """Return a rule's name: of its shape, or of the nearest shape around it that has an IRI."""
    shape = nearest_named_shape(shape, shapes)
    return "shape" if isinstance(shape, BNode) else local_name(shape)


def targeted_shape_of(shape: AnyNode, shapes: Graph, on_top: frozenset[AnyNode]) -> str | None:
    """Return the name of the nearest targeted shape that leads to a shape, or is that shape."""
    level, visited = {shape}, {shape}
    while level:
        if nearest := level & on_top:
            return rule_of(min(nearest, key=str), shapes)
        parents = {parent for node in level for parent in shapes.subjects(None, node)}
        level, visited = parents - visited, visited | parents
    return None


class _ResultReader:
    """Reads the results of one report over its data and shapes."""

    def __init__(self, data: Graph, shapes: Graph, place_of: PlaceOf) -> None:
        self.wording, self.shapes, self.place_of = Wording(data, shapes), shapes, place_of
        self.shape_of = cache(
            partial(targeted_shape_of, shapes=shapes, on_top=frozenset(targeted_shapes(shapes)))
        )

    def read(self, result: Mapping[AnyNode, AnyNode]) -> Finding:
        terms = {key: node for key, node in result.items() if isinstance(key, URIRef)}
        focus, value, path = terms[SH.focusNode], terms.get(SH.value), terms.get(SH.resultPath)
        if path is not None and not isinstance(path, URIRef):
            from parvis.validation.reference import path_to_sparql  # noqa: PLC0415 - it is slow to load

            path_text: str | None = path_to_sparql(path, self.shapes)
        else:
            path_text = path and str(path)
        # The place is that of the focus node, else that of a value with an IRI.
        properties = [str(step) for step in steps(path, self.shapes)]
        keys: list[tuple[str, str | None]] = [(str(focus), name) for name in (*properties, None)]
        if isinstance(value, URIRef):
            # Without a path, the value is another node that the rule is about.
            keys.insert(len(keys) if path else 0, (str(value), None))
        places = [place for key in keys if (place := self.place_of(*key))]
        return Finding(
            severity=severity_of(terms[SH.resultSeverity]),
            rule=rule_of(terms[SH.sourceShape], self.shapes),
            text=self.wording.text(terms, is_placed=bool(places)),
            place=next((place for place in places if place.column), next(iter(places), None)),
            value=None if value is None else self.wording.address(value),
            focus=self.wording.address(focus),
            path=path_text,
            shape=self.shape_of(terms[SH.sourceShape]),
        )
