"""The shared ontology and its shapes, told from the files that define them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from flask import Blueprint, Response, jsonify, make_response, render_template
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, Literal, Node, URIRef
from rdflib.namespace import DCTERMS, ODRL2, PROF, QB

from parvis.config import knowledge
from parvis.i18n import N_
from parvis.rdf.files import bound, serialise_steady, steady, to_graph
from parvis.vocab import media
from parvis.vocab.namespaces import CONCEPT, DQV, PARVIS, PREFIXES
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    GRAPHS,
    HTML,
    among,
    computed_once,
    forms,
    require,
    written,
)

# The rules that data are checked by, told from the shapes for people.

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
    told = _step_texts(graph, shape, RDFS.label)
    classes = sorted(map(str, graph.objects(shape, SH.targetClass)))
    further = "-" in _anchor(shape)
    iri = next((one for one in classes if (one in known) is further), classes[0])
    return Subject(_anchor(shape), iri, told, tuple(_rule(graph, one) for one in mine))


def _rule(graph: Graph, shape: Node) -> Rule:
    severity = graph.value(shape, SH.severity)
    return Rule(
        anchor=_anchor(shape),
        name=_step_texts(graph, shape, SH.name) or _step_texts(graph, shape, RDFS.label),
        asked=_step_texts(graph, shape, SH.description),
        message=_step_texts(graph, shape, SH.message),
        severity=SEVERITIES.get(URIRef(str(severity)), VIOLATION),
        required=int(str(graph.value(shape, SH.minCount) or 0)) > 0,
    )


def _anchor(shape: Node) -> str:
    return str(shape).removeprefix(SHAPES)


def _step_texts(graph: Graph, subject: Node, step: URIRef) -> dict[str, str]:
    return {
        str(one.language): " ".join(str(one).split())
        for one in graph.objects(subject, step)
        if isinstance(one, Literal) and one.language
    }


ontology = Blueprint("ontology", __name__)

CLASSES = (OWL.Class, RDFS.Class)
PROPERTIES = (OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property, QB.MeasureProperty)
OTHERS = (
    *(QB.DataStructureDefinition, DQV.Metric, PROF.Profile, ODRL2.Action, ODRL2.LeftOperand),
    *(ODRL2.Party, ODRL2.PartyCollection, ODRL2.RightOperand),
)
SECTIONS = (
    (N_("Classes"), CLASSES),
    (N_("Properties"), PROPERTIES),
    (N_("Terms of agreements and measures"), OTHERS),
    (N_("Concept schemes"), (SKOS.ConceptScheme,)),
)


RULES = GRAPHS | {"text/html": HTML}
"""What the shapes may be seen as: programs, which prefer nothing, always got the graph."""


@dataclass(frozen=True)
class Term:
    """A term as people read it: its anchor, name, label and definition in each language."""

    iri: str
    name: str
    label: dict[str, str]
    definition: dict[str, str]
    narrower: tuple["Term", ...] = ()


@ontology.get("/ontology")
@ontology.get(f"/ontology.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def vocabulary(ending: str | None = None) -> Response:
    """Give the ontology: its terms on a page, or all of its files as one graph."""
    ending = ending or require(DOCUMENT)
    others = forms("ontology.vocabulary")
    if ending != HTML:
        return among(others, ending, written(told_as("ontology", ending), ending))
    page = render_template("ontology.html", sections=_sections(), forms=others)
    return among(others, ending, make_response(page))


@ontology.get("/shapes")
@ontology.get(f"/shapes.<{ENDINGS}:ending>")
@reads(offers=RULES)
def shapes(ending: str | None = None) -> Response:
    """Give the shapes that data must conform to: as rules on a page, or as one graph.

    Who prefers nothing gets the graph, as programs always did.
    """
    ending = ending or require(RULES)
    others = forms("ontology.shapes")
    if ending != HTML:
        return among(others, ending, written(told_as("shapes", ending), ending))
    page = render_template("shapes.html", subjects=subjects(told("shapes")), forms=others)
    return among(others, ending, make_response(page))


@ontology.get("/context.jsonld")
def context() -> Response:
    """Give the published prefixes as a JSON-LD context (JSON-LD 1.1 §3.1): any program reads it."""
    response = jsonify({"@context": PREFIXES})
    response.mimetype = media.RDF["jsonld"]
    return response


@computed_once
def told(name: str) -> Graph:
    """Read all that stands in one folder of knowledge: it does not change while we serve."""
    graph = bound(Graph())
    for file in sorted(knowledge(name).rglob("*.ttl")):
        graph += to_graph(file)
    return graph


@computed_once
def _steady(name: str) -> Graph:
    """Name its blank nodes steadily, once for all formats: it takes a second."""
    return steady(told(name))


@computed_once
def told_as(name: str, ending: str) -> bytes:
    """Write it in one format, once."""
    return serialise_steady(_steady(name), ending)


@computed_once
def _sections() -> list[tuple[str, list[Term]]]:
    """List the ontology's terms by section, once."""
    return [(title, terms(told("ontology"), kinds)) for title, kinds in SECTIONS]


def terms(graph: Graph, kinds: tuple[URIRef, ...]) -> list[Term]:
    """List parvis' own terms of some kinds, by name."""
    found = {subject for kind in kinds for subject in graph.subjects(RDF.type, kind)}
    return sorted((_term(graph, iri) for iri in found if _is_ours(iri)), key=lambda t: t.name)


def _is_ours(iri: Node) -> bool:
    return str(iri).startswith((PARVIS._NS, CONCEPT))  # noqa: SLF001 - a closed namespace's own


def _term(graph: Graph, iri: Node) -> Term:
    """Read one term, and below a scheme its concepts."""
    concepts = graph.subjects(SKOS.inScheme, iri)
    name = str(iri).removeprefix(PARVIS._NS).replace(CONCEPT, "concept/")  # noqa: SLF001 - the same
    return Term(
        iri=str(iri),
        name=name.rstrip("/"),
        label=_texts(graph, iri, RDFS.label, SKOS.prefLabel, DCTERMS.title),
        definition=_texts(graph, iri, RDFS.comment, SKOS.definition, SKOS.scopeNote),
        narrower=tuple(sorted((_term(graph, one) for one in concepts), key=lambda t: t.name)),
    )


def _texts(graph: Graph, subject: Node, *properties: URIRef) -> dict[str, str]:
    """Gather a text in each of its languages, the first property that has it winning."""
    return {
        value.language: str(value)
        for wanted in reversed(properties)
        for value in graph.objects(subject, wanted)
        if isinstance(value, Literal) and value.language
    }
