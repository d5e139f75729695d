"""Example queries as RDF, so that other people's tools find them in the endpoint.

Each is an ``sh:SPARQLExecutable`` (SHACL-AF §5.1) as the SIB's collection of examples writes them
(https://github.com/sib-swiss/sparql-examples): editors that read that convention, SIB's own among
them, list these questions beside what is being written.
"""

from collections.abc import Iterable

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, OWL, RDF, RDFS, SH, SKOS, XSD

from parvis.catalog.adding import Adding
from parvis.catalog.queries import THEMES, Query
from parvis.i18n import N_, both
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import PARVIS, PREFIXES

SIB = Namespace("https://schema.org/")
"""The address of schema.org at which that convention has its two terms; everywhere else it is
``http``."""

SCHEME = N_("Themes of the questions")

_FORMS = {
    "SELECT": (SH.SPARQLSelectExecutable, SH.select),
    "ASK": (SH.SPARQLAskExecutable, SH.ask),
    "CONSTRUCT": (SH.SPARQLConstructExecutable, SH.construct),
}


def queries_graph(queries: Iterable[Query], iris: Iris) -> Graph:
    """Describe the example queries, their themes, and the prefixes that the pool publishes."""
    graph = Graph()
    prefixes = _prefixes(graph, iris)
    for query in queries:
        _executable(graph, query, prefixes, iris)
        _theme(graph, query.theme, iris)
    return graph


def _executable(graph: Graph, query: Query, prefixes: URIRef, iris: Iris) -> None:
    """Describe one query."""
    kind, holds = _FORMS[query.form]
    add = Adding(graph, URIRef(iris.thing("query", query.slug)))
    add(RDF.type, SH.SPARQLExecutable)
    add(RDF.type, kind)
    add(holds, Literal(query.text))
    add(SH.prefixes, prefixes)
    add.texts(RDFS.label, query.question)
    add.texts(RDFS.comment, query.question)
    add(DCTERMS.identifier, Literal(query.slug))
    add(DCTERMS.subject, _theme_iri(query.theme, iris))
    add(FOAF.page, URIRef(f"{iris.base}queries/{query.slug}"))
    add.texts(SIB.keywords, both(THEMES[query.theme]))
    add(SIB.target, URIRef(f"{iris.base}sparql"))
    if query.chart:
        add(PARVIS.chart, Literal(query.chart, datatype=RDF.JSON))


def _theme(graph: Graph, theme: str, iris: Iris) -> None:
    """Describe a theme as a concept of the scheme of themes."""
    scheme = URIRef(iris.thing("query-theme", "all"))
    add = Adding(graph, scheme)
    add(RDF.type, SKOS.ConceptScheme)
    add.texts(DCTERMS.title, both(SCHEME))
    add = Adding(graph, _theme_iri(theme, iris))
    add(RDF.type, SKOS.Concept)
    add(SKOS.inScheme, scheme)
    add(SKOS.notation, Literal(theme))
    add.texts(SKOS.prefLabel, both(THEMES[theme]))


def _theme_iri(theme: str, iris: Iris) -> URIRef:
    return URIRef(iris.thing("query-theme", theme))


def _prefixes(graph: Graph, iris: Iris) -> URIRef:
    """Declare the published prefixes (SHACL §5.2.1)."""
    prefixes = URIRef(iris.thing("prefixes", "parvis"))
    graph.add((prefixes, RDF.type, OWL.Ontology))
    for prefix, namespace in PREFIXES.items():
        add = Adding(graph, URIRef(f"{prefixes}#{prefix}"))
        graph.add((prefixes, SH.declare, add.subject))
        add(RDF.type, SH.PrefixDeclaration)
        add(SH.prefix, Literal(prefix))
        add(SH.namespace, Literal(namespace, datatype=XSD.anyURI))
    return prefixes
