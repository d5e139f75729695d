"""A ``sh:ValidationReport`` read into findings (SHACL §3.6)."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Collection as Some
from functools import cache, partial

from rdflib import BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.report import Finding, Place, Severity
from parvis.validation.shapes import named, targeted
from parvis.validation.wording import Wording, local_name

PlaceOf = Callable[[str, str | None], Place | None]
"""Says where a subject (and its property) stands in the partner's file, if that is known."""

Locate = Callable[[Some[str]], PlaceOf]
"""Looks for many subjects at once, and then says the place of each."""


def nowhere(_subject: str, _path: str | None) -> Place | None:
    """Know no place."""
    return None


_SEVERITIES: dict[Node, Severity] = {SH.Info: Severity.INFO, SH.Warning: Severity.WARNING}


def graded(severity: Node) -> Severity:
    """Grade a severity; one of other people's own is a violation (SHACL §2.1.4)."""
    return _SEVERITIES.get(severity, Severity.VIOLATION)


def steps(path: Node | None, shapes: Graph) -> list[URIRef]:
    """Give the properties that a path is: one, or those of an alternative; else none."""
    if isinstance(path, URIRef):
        return [path]
    several = shapes.value(path, SH.alternativePath) if path else None
    members = Collection(shapes, several) if several else ()
    return [one for one in members if isinstance(one, URIRef)]


def findings(
    report: Graph,
    data: Graph,
    shapes: Graph,
    locate: Locate,
    told: Some[Node] = frozenset(),
) -> list[Finding]:
    """Read a report's results, but for those `told` otherwise.

    `data` need hold no more than what names their nodes.
    """
    due = (one for one in report.objects(None, SH.result) if one not in told)
    results = [dict(report.predicate_objects(one)) for one in due]
    places = locate(_subjects(results)) if results else nowhere
    reading = _Reading(data, shapes, places)
    return [reading.finding(result) for result in results]


def _subjects(results: list[dict[Node, Node]]) -> set[str]:
    """Give the focus nodes and values that may have a place."""
    nodes = (result.get(term) for result in results for term in (SH.focusNode, SH.value))
    return {str(node) for node in nodes if isinstance(node, URIRef)}


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """Put the gravest first, and those of one rule together, always in the same order."""

    def key(one: Finding) -> tuple[int, str, int, str, str, str]:
        told = (one.focus or "", one.path or "", one.value or "")
        return (-one.severity, one.rule, _row(one), *told)

    return sorted(found, key=key)


def rule_of(shape: Node, shapes: Graph) -> str:
    """Name a rule after its shape, or after the nearest shape around it that has an IRI."""
    shape = named(shape, shapes)
    return "shape" if isinstance(shape, BNode) else local_name(shape)


def targeted_shape_of(shape: Node, shapes: Graph, on_top: frozenset[Node]) -> str | None:
    """Name the nearest targeted shape that leads to a shape, itself included, in the same way."""
    level, seen = {shape}, {shape}
    while level:
        if found := level & on_top:
            return rule_of(min(found, key=str), shapes)
        above = {node for one in level for node in shapes.subjects(None, one)}
        level, seen = above - seen, seen | above
    return None


def _row(finding: Finding) -> int:
    return (finding.place.row or 0) if finding.place else 0


class _Reading:
    """One report being read over its data and shapes."""

    def __init__(self, data: Graph, shapes: Graph, place_of: PlaceOf) -> None:
        self.wording, self.shapes, self.place_of = Wording(data, shapes), shapes, place_of
        self.shape_of = cache(
            partial(targeted_shape_of, shapes=shapes, on_top=frozenset(targeted(shapes)))
        )

    def finding(self, result: Mapping[Node, Node]) -> Finding:
        """Read one result."""
        terms = {key: node for key, node in result.items() if isinstance(key, URIRef)}
        value = terms.get(SH.value)
        return Finding(
            severity=graded(terms[SH.resultSeverity]),
            rule=rule_of(terms[SH.sourceShape], self.shapes),
            text=self.wording.text(terms),
            place=self._place(terms),
            value=None if value is None else self.wording.address(value),
            focus=self.wording.address(terms[SH.focusNode]),
            path=self._path(terms.get(SH.resultPath)),
            shape=self.shape_of(terms[SH.sourceShape]),
        )

    def _place(self, result: Mapping[URIRef, Node]) -> Place | None:
        """Find the place of the focus node, else that of a value which is a thing of its own.

        A rule on a whole thing that names another as its value speaks of the place of that one.
        """
        focus, value, path = (result.get(key) for key in (SH.focusNode, SH.value, SH.resultPath))
        properties = [str(one) for one in steps(path, self.wording.shapes)]
        asked: list[tuple[str, str | None]] = [(str(focus), one) for one in (*properties, None)]
        if isinstance(value, URIRef):
            asked.insert(len(asked) if path else 0, (str(value), None))
        places = [found for one in asked if (found := self.place_of(*one))]
        return next((one for one in places if one.column), next(iter(places), None))

    def _path(self, path: Node | None) -> str | None:
        """Write a path as an IRI, or as SPARQL does when it has several steps."""
        if path is None or isinstance(path, URIRef):
            return path and str(path)
        from parvis.validation.reference import written  # noqa: PLC0415 - it is slow to load

        return written(path, self.shapes)
