"""The frame in which data are pooled: projects and the charter, as pages and as RDF."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template
from rdflib import SKOS, Graph, Literal, Node, URIRef
from rdflib.namespace import DCTERMS, OWL

from parvis.config import knowledge
from parvis.errors import NothingPublished
from parvis.pooling.serving import projects as pooled
from parvis.rdf.files import bound, serialise, to_graph
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    among,
    computed_once,
    document,
    forms,
    require,
    written,
)
from parvis.web.pages.ontology import told

frame = Blueprint("frame", __name__)

CHARTER = URIRef(f"{CONCEPT}charter")


@dataclass(frozen=True)
class Article:
    """One rule of the charter: its text by language, and the terms that express it."""

    number: int
    name: str
    title: dict[str, str]
    text: dict[str, str]
    terms: tuple[str, ...]


@frame.get("/project/<slug>")
@frame.get(f"/project/<slug>.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def project(slug: str, ending: str | None = None) -> Response:
    """Give one pooling project: its objective, members, needs, dates, and what came of it."""
    ending = ending or require(DOCUMENT)
    others = forms("frame.project", slug=slug)
    found = pooled.project(host(), slug)
    if ending != HTML:
        return among(others, ending, document(pooled.project_graph(host(), slug), ending))
    names = {one: host().names(one) for one in (found.carrier, *found.members)}
    page = render_template("project.html", project=found, names=names, forms=others)
    return among(others, ending, make_response(page))


@frame.get("/charter")
@frame.get(f"/charter.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def charter(ending: str | None = None) -> Response:
    """Give the charter: each rule with its text, or its RDF with the ODRL profile."""
    ending = ending or require(DOCUMENT)
    graph, others = _charter(), forms("frame.charter")
    if ending != HTML:
        return among(others, ending, written(_charter_as(ending), ending))
    page = render_template(
        "charter.html",
        articles=articles(graph),
        title=_texts(graph, CHARTER, DCTERMS.title),
        description=_texts(graph, CHARTER, DCTERMS.description),
        edition=str(graph.value(CHARTER, OWL.versionInfo)),
        projects=_projects(),
        forms=others,
    )
    return among(others, ending, make_response(page))


def articles(graph: Graph) -> list[Article]:
    """List the rules of the charter in their order."""
    found = (_article(graph, node) for node in graph.subjects(SKOS.inScheme, CHARTER))
    return sorted(found, key=lambda one: one.number)


def _projects() -> list[pooled.Project]:
    """List the projects, as soon as something is published: the charter is there before."""
    try:
        return pooled.projects(host())
    except NothingPublished:
        return []


@computed_once
def _charter_as(ending: str) -> bytes:
    """Write the charter's document in a format."""
    return serialise(_charter(), ending)


@computed_once
def _charter() -> Graph:
    """Give the charter's document, and what the ontology says of the profile."""
    graph = bound(Graph()) + to_graph(knowledge("ontology") / "charter.ttl")
    graph += told("ontology").triples((PARVIS["profile-1"], None, None))
    return graph


def _article(graph: Graph, node: Node) -> Article:
    named = graph.objects(node, DCTERMS.references)
    terms = (graph.namespace_manager.curie(str(one)) for one in named)
    return Article(
        number=int(str(graph.value(node, SCHEMA.position))),
        name=str(graph.value(node, SKOS.notation)),
        title=_texts(graph, node, SKOS.prefLabel),
        text=_texts(graph, node, SKOS.definition),
        terms=tuple(sorted(terms)),
    )


def _texts(graph: Graph, node: Node, step: URIRef) -> dict[str, str]:
    """Give a text by language."""
    return {
        one.language: str(one)
        for one in graph.objects(node, step)
        if isinstance(one, Literal) and one.language
    }
