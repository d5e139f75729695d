"""Read a ``sh:ValidationReport`` into findings (SHACL §3.6)."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Collection as AnyCollection
from functools import cache, partial

from rdflib import BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.report import Finding, Place, Severity
from parvis.validation.shapes import nearest_named_shape, targeted_shapes
from parvis.validation.wording import Wording, local_name

PlaceOf = Callable[[str, str | None], Place | None]
"""Return where a subject (and its property) stands in the partner's file, if that is known."""

Locate = Callable[[AnyCollection[str]], PlaceOf]
"""Search many subjects at once; the result returns the place of each."""


def no_place(_subject: str, _path: str | None) -> Place | None:
    """Return no place."""
    return None


_SEVERITIES: dict[Node, Severity] = {SH.Info: Severity.INFO, SH.Warning: Severity.WARNING}


def severity_of(severity: Node) -> Severity:
    """Return a finding's severity; one that is not SHACL's own is a violation (SHACL §2.1.4)."""
    return _SEVERITIES.get(severity, Severity.VIOLATION)


def steps(path: Node | None, shapes: Graph) -> list[URIRef]:
    """Return the properties of a path: one, or those of an alternative; else none."""
    if isinstance(path, URIRef):
        return [path]
    alternatives = shapes.value(path, SH.alternativePath) if path else None
    members = Collection(shapes, alternatives) if alternatives else ()
    return [member for member in members if isinstance(member, URIRef)]


def read_findings(
    report: Graph,
    data: Graph,
    shapes: Graph,
    locate: Locate,
    excluded: AnyCollection[Node] = frozenset(),
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


def rule_of(shape: Node, shapes: Graph) -> str:
    """Return a rule's name: of its shape, or of the nearest shape around it that has an IRI."""
    shape = nearest_named_shape(shape, shapes)
    return "shape" if isinstance(shape, BNode) else local_name(shape)


def targeted_shape_of(shape: Node, shapes: Graph, on_top: frozenset[Node]) -> str | None:
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

    def read(self, result: Mapping[Node, Node]) -> Finding:
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
            text=self.wording.text(terms),
            place=next((place for place in places if place.column), next(iter(places), None)),
            value=None if value is None else self.wording.address(value),
            focus=self.wording.address(focus),
            path=path_text,
            shape=self.shape_of(terms[SH.sourceShape]),
        )
