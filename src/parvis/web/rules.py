"""The rules that data are checked by, told from the shapes for people."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from rdflib import RDF, RDFS, SH, Graph, Literal, Node, URIRef

from parvis.i18n import N_
from parvis.web.documents import computed_once

SHAPES = "https://w3id.org/parvis/shapes#"
SEVERITIES = {SH.Warning: N_("warning"), SH.Info: N_("notice")}
"""How grave it is to break a rule; any other is a violation (SHACL §2.1.4)."""
VIOLATION = N_("violation")


@dataclass(frozen=True)
class Rule:
    """One rule: its anchor, what it is about, what is asked, what a report says if it is broken."""

    anchor: str
    name: dict[str, str]
    asked: dict[str, str]
    message: dict[str, str]
    severity: str
    required: bool


@dataclass(frozen=True)
class Subject:
    """The rules on things of a class; on others, where `iri` is empty."""

    anchor: str
    iri: str
    label: dict[str, str]
    rules: tuple[Rule, ...]


@computed_once
def subjects(graph: Graph) -> tuple[Subject, ...]:
    """Give all rules of a graph of shapes, each once, under the class that it is first about.

    Further rules on a class stand with its own; what has no class that is told stands at the end.
    """
    seen: set[Node] = set()
    found: dict[str, Subject] = {}
    rest: list[Rule] = []
    for shape in _targeted(graph):
        one = _subject(graph, shape, seen, found)
        if one.iri in found:
            found[one.iri] = replace(found[one.iri], rules=(*found[one.iri].rules, *one.rules))
        elif one.label:
            found[one.iri] = one
        else:
            rest += one.rules
    rest += (_rule(graph, one) for one in sorted(_named(graph), key=str) if one not in seen)
    others = Subject("others", "", {}, tuple(rest))
    return (*(one for one in found.values() if one.rules), *([others] if rest else ()))


def _targeted(graph: Graph) -> list[Node]:
    """Give the shapes of classes, those of the classes themselves before further rules."""
    shapes = {one for one in graph.subjects(SH.targetClass) if isinstance(one, URIRef)}
    return sorted(shapes, key=lambda one: ("-" in _anchor(one), _anchor(one)))


def _named(graph: Graph) -> Iterator[Node]:
    """Give every shape that has a name of its own."""
    for kind in (SH.NodeShape, SH.PropertyShape):
        for one in graph.subjects(RDF.type, kind):
            if str(one).startswith(SHAPES):
                yield one


def _subject(graph: Graph, shape: Node, seen: set[Node], known: Collection[str]) -> Subject:
    """Tell a shape of its class, of one that is told already if there is one."""
    parts = sorted(
        graph.objects(shape, SH.property), key=lambda one: int(str(graph.value(one, SH.order) or 0))
    )
    mine = [one for one in (shape, *parts) if isinstance(one, URIRef) and one not in seen]
    seen.update(mine)
    told = _texts(graph, shape, RDFS.label)
    classes = sorted(map(str, graph.objects(shape, SH.targetClass)))
    further = "-" in _anchor(shape)
    iri = next((one for one in classes if (one in known) is further), classes[0])
    return Subject(_anchor(shape), iri, told, tuple(_rule(graph, one) for one in mine))


def _rule(graph: Graph, shape: Node) -> Rule:
    severity = graph.value(shape, SH.severity)
    return Rule(
        anchor=_anchor(shape),
        name=_texts(graph, shape, SH.name) or _texts(graph, shape, RDFS.label),
        asked=_texts(graph, shape, SH.description),
        message=_texts(graph, shape, SH.message),
        severity=SEVERITIES.get(URIRef(str(severity)), VIOLATION),
        required=int(str(graph.value(shape, SH.minCount) or 0)) > 0,
    )


def _anchor(shape: Node) -> str:
    return str(shape).removeprefix(SHAPES)


def _texts(graph: Graph, subject: Node, step: URIRef) -> dict[str, str]:
    return {
        str(one.language): " ".join(str(one).split())
        for one in graph.objects(subject, step)
        if isinstance(one, Literal) and one.language
    }
