"""The framework of pooling: projects and the charter, as pages and as RDF."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from rdflib import SKOS, Graph, URIRef
from rdflib.namespace import DCTERMS, OWL

from parvis.config import knowledge
from parvis.errors import NothingPublished
from parvis.mapping.concepts import fold_text
from parvis.rdf.files import bind_prefixes, serialise, to_graph
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    alternate_forms,
    compute_once,
    document_response,
    graph_response,
    page_response,
    require_ending,
)
from parvis.web.pages.ontology import read_knowledge

frame = Blueprint("frame", __name__)

CHARTER = URIRef(f"{CONCEPT}charter")


@dataclass(frozen=True)
class Article:
    """A rule of the charter: its text by language, and the terms that express it."""

    number: int
    name: str
    title: dict[str, str]
    text: dict[str, str]
    terms: tuple[str, ...]


@frame.get("/project")
def listing() -> str:
    """List the pooling projects, the latest to start first."""
    projects = host().list_projects()
    counts = {project.slug: host().count_partners(project.members) for project in projects}
    return render_template("catalog/projects.html", projects=projects, counts=counts)


@frame.get("/project/<slug>")
@frame.get(f"/project/<slug>.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def project(slug: str, ending: str | None = None) -> Response:
    """Return a pooling project: its objective, members, needs, dates and results."""
    ending = ending or require_ending(DOCUMENT)
    alternates = alternate_forms("frame.project", slug=slug)
    pooling = host().find_project(slug)
    if ending != HTML:
        return graph_response(host().snapshot().project_graph(slug), ending, alternates)
    names = {party: host().names(party) for party in (pooling.carrier, *pooling.members)}
    members = sorted(pooling.members, key=lambda party: fold_text(localise(names[party])))
    return page_response(
        alternates,
        "catalog/project.html",
        project=pooling,
        members=members,
        names=names,
        partners=host().count_partners(pooling.members),
    )


@frame.get("/charter")
@frame.get(f"/charter.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def charter(ending: str | None = None) -> Response:
    """Return the charter: each rule with its text, or its RDF with the ODRL profile."""
    ending = ending or require_ending(DOCUMENT)
    graph, alternates = _read_charter(), alternate_forms("frame.charter")
    if ending != HTML:
        return document_response(_serialise_charter(ending), ending, alternates)
    try:
        projects = host().list_projects()
    except NothingPublished:  # the charter exists before the first publication
        projects = []
    return page_response(
        alternates,
        "catalog/charter.html",
        articles=list_articles(graph),
        title=read_texts(graph, CHARTER, DCTERMS.title),
        description=read_texts(graph, CHARTER, DCTERMS.description),
        edition=str(graph.value(CHARTER, OWL.versionInfo)),
        projects=projects,
    )


def list_articles(graph: Graph) -> list[Article]:
    """List the rules of the charter in their order."""
    rules = []
    for node in graph.subjects(SKOS.inScheme, CHARTER):
        references = graph.objects(node, DCTERMS.references)
        rules.append(
            Article(
                number=int(str(graph.value(node, SCHEMA.position))),
                name=str(graph.value(node, SKOS.notation)),
                title=read_texts(graph, node, SKOS.prefLabel),
                text=read_texts(graph, node, SKOS.definition),
                terms=tuple(sorted(graph.namespace_manager.curie(str(t)) for t in references)),
            )
        )
    return sorted(rules, key=lambda article: article.number)


@compute_once
def _serialise_charter(ending: str) -> bytes:
    return serialise(_read_charter(), ending)


@compute_once
def _read_charter() -> Graph:
    # The terms of the rules are those of an ODRL profile, which the ontology describes.
    graph = bind_prefixes(Graph()) + to_graph(knowledge("ontology") / "charter.ttl")
    graph += read_knowledge("ontology").triples((PARVIS["profile-1"], None, None))
    return graph
