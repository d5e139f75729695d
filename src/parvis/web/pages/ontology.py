"""The shared ontology and its shapes, as pages and as RDF, read from their files."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from flask import Blueprint, Response, jsonify
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, Node, URIRef
from rdflib.namespace import DCTERMS, ODRL2, PROF, QB

from parvis.config import knowledge
from parvis.i18n import N_
from parvis.rdf.files import bind_prefixes, canonicalise, serialise_canonical, to_graph
from parvis.rdf.formats import GRAPH_TYPES
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, DQV, PARVIS, PREFIXES
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    GRAPHS,
    HTML,
    alternate_forms,
    compute_once,
    document_response,
    page_response,
    require_ending,
)

# The SHACL shapes as rules for people.

SHAPES = "https://w3id.org/parvis/shapes#"
SEVERITIES = {SH.Warning: N_("to review"), SH.Info: N_("good to know")}
"""The severities of rules; any other is a violation (SHACL §2.1.4)."""
VIOLATION = N_("to correct")


@dataclass(frozen=True)
class ShapeRule:
    """A rule: its anchor, its subject, its requirement, and its message in a report."""

    anchor: str
    name: dict[str, str]
    requirement: dict[str, str]
    message: dict[str, str]
    severity: str
    required: bool


@dataclass(frozen=True)
class RuleGroup:
    """The rules for a class; for no class where `iri` is empty."""

    anchor: str
    iri: str
    label: dict[str, str]
    rules: tuple[ShapeRule, ...]


@compute_once
def group_rules(graph: Graph) -> tuple[RuleGroup, ...]:
    """Return all rules of a graph of shapes, each once, under the first class that it targets.

    Rules without a class are at the end.
    """
    seen: set[Node] = set()
    by_class: dict[str, RuleGroup] = {}
    without_class: list[ShapeRule] = []
    shapes = {shape for shape in graph.subjects(SH.targetClass) if isinstance(shape, URIRef)}
    # The anchor of a class's additional shape has a hyphen: it comes after the class's own.
    for shape in sorted(shapes, key=lambda shape: ("-" in _anchor(shape), _anchor(shape))):
        subject = _read_subject(graph, shape, seen, by_class)
        if subject.iri in by_class:
            former = by_class[subject.iri]
            by_class[subject.iri] = replace(former, rules=(*former.rules, *subject.rules))
        elif subject.label:
            by_class[subject.iri] = subject
        else:
            without_class += subject.rules
    named_shapes = [
        shape
        for kind in (SH.NodeShape, SH.PropertyShape)
        for shape in graph.subjects(RDF.type, kind)
        if str(shape).startswith(SHAPES)
    ]
    without_class += (
        _read_rule(graph, shape) for shape in sorted(named_shapes, key=str) if shape not in seen
    )
    last = [RuleGroup("others", "", {}, tuple(without_class))] if without_class else []
    return (*(subject for subject in by_class.values() if subject.rules), *last)


def _read_subject(
    graph: Graph, shape: Node, seen: set[Node], known_classes: Collection[str]
) -> RuleGroup:
    """Read a shape's class and the rules not in `seen`, which are added to it."""
    parts = sorted(
        graph.objects(shape, SH.property),
        key=lambda part: int(str(graph.value(part, SH.order) or 0)),
    )
    nodes = [node for node in (shape, *parts) if isinstance(node, URIRef) and node not in seen]
    seen.update(nodes)
    classes = sorted(map(str, graph.objects(shape, SH.targetClass)))
    # An additional shape goes under a class that is listed already, another under a new one.
    additional = "-" in _anchor(shape)
    iri = next((c for c in classes if (c in known_classes) is additional), classes[0])
    label = _step_texts(graph, shape, RDFS.label)
    return RuleGroup(_anchor(shape), iri, label, tuple(_read_rule(graph, node) for node in nodes))


def _read_rule(graph: Graph, shape: Node) -> ShapeRule:
    severity = graph.value(shape, SH.severity)
    return ShapeRule(
        anchor=_anchor(shape),
        name=_step_texts(graph, shape, SH.name) or _step_texts(graph, shape, RDFS.label),
        requirement=_step_texts(graph, shape, SH.description),
        message={
            lang: without_fields(text)
            for lang, text in _step_texts(graph, shape, SH.message).items()
        },
        severity=SEVERITIES.get(URIRef(str(severity)), VIOLATION),
        required=int(str(graph.value(shape, SH.minCount) or 0)) > 0,
    )


def without_fields(text: str) -> str:
    """Return a message as it reads where nothing fills its fields.

    >>> without_fields("The lowest price ({value}) exceeds “{value}”.")
    'The lowest price exceeds “…”.'
    """
    return re.sub(r"\{\w+\}", "…", re.sub(r" \(\{\w+\}\)", "", text))


def _anchor(shape: Node) -> str:
    return str(shape).removeprefix(SHAPES)


def _step_texts(graph: Graph, subject: Node, step: URIRef) -> dict[str, str]:
    texts = read_texts(graph, subject, step)
    return {lang: " ".join(text.split()) for lang, text in texts.items()}


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
"""The media types of the shapes: clients without preference get the graph."""


@dataclass(frozen=True)
class OntologyTerm:
    """A term: its IRI and name, its label and definition by language, its concepts."""

    iri: str
    name: str
    label: dict[str, str]
    definition: dict[str, str]
    narrower: tuple["OntologyTerm", ...] = ()


@ontology.get("/ontology")
@ontology.get(f"/ontology.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def vocabulary(ending: str | None = None) -> Response:
    """Return the ontology: its terms on a page, or all of its files as one graph."""
    ending = ending or require_ending(DOCUMENT)
    alternates = alternate_forms("ontology.vocabulary")
    if ending != HTML:
        return document_response(serialise_knowledge("ontology", ending), ending, alternates)
    graph = read_knowledge("ontology")
    sections = [(title, list_terms(graph, kinds)) for title, kinds in SECTIONS]
    return page_response(alternates, "reference/ontology.html", sections=sections)


@ontology.get("/shapes")
@ontology.get(f"/shapes.<{ENDINGS}:ending>")
@reads(offers=RULES)
def shapes(ending: str | None = None) -> Response:
    """Return the shapes: as rules on a page, or as one graph."""
    ending = ending or require_ending(RULES)
    alternates = alternate_forms("ontology.shapes")
    if ending != HTML:
        return document_response(serialise_knowledge("shapes", ending), ending, alternates)
    return page_response(
        alternates, "reference/shapes.html", subjects=group_rules(read_knowledge("shapes"))
    )


@ontology.get("/context.jsonld")
def context() -> Response:
    """Return the published prefixes as a JSON-LD context (JSON-LD 1.1 §3.1)."""
    response = jsonify({"@context": PREFIXES})
    response.mimetype = GRAPH_TYPES["jsonld"]
    return response


@compute_once
def read_knowledge(name: str) -> Graph:
    """Read all files of a folder of knowledge, which do not change while the server runs."""
    graph = bind_prefixes(Graph())
    for file in sorted(knowledge(name).rglob("*.ttl")):
        graph += to_graph(file)
    return graph


@compute_once
def _stable_graph(name: str) -> Graph:
    # Naming blank nodes is done once for all formats.
    return canonicalise(read_knowledge(name), is_ours=True)


@compute_once
def serialise_knowledge(name: str, ending: str) -> bytes:
    """Serialise a folder of knowledge in a format."""
    return serialise_canonical(_stable_graph(name), ending)


@compute_once
def list_terms(graph: Graph, kinds: tuple[URIRef, ...]) -> list[OntologyTerm]:
    """List parvis' own terms of the kinds, by name."""
    iris = {iri for kind in kinds for iri in graph.subjects(RDF.type, kind)}
    own = (PARVIS._NS, CONCEPT)  # noqa: SLF001 - a closed namespace's own
    parsed = [_read_term(graph, iri) for iri in iris if str(iri).startswith(own)]
    return sorted(parsed, key=lambda term: term.name)


def _read_term(graph: Graph, iri: Node) -> OntologyTerm:
    """Read a term, and the concepts of a scheme."""
    concepts = graph.subjects(SKOS.inScheme, iri)
    name = str(iri).removeprefix(PARVIS._NS).replace(CONCEPT, "concept/")  # noqa: SLF001 - the same
    return OntologyTerm(
        iri=str(iri),
        name=name.rstrip("/"),
        label=read_texts(graph, iri, RDFS.label, SKOS.prefLabel, DCTERMS.title),
        definition=read_texts(graph, iri, RDFS.comment, SKOS.definition, SKOS.scopeNote),
        narrower=tuple(
            sorted((_read_term(graph, concept) for concept in concepts), key=lambda t: t.name)
        ),
    )
