"""What is served, in figures: the pool and its graphs as VoID describes them.

Classes, properties and what properties lead to are told as the SIB's editors read them
(https://github.com/sib-swiss/sparql-editor): partitions of a class by property, and of such a
property by the class or datatype of its objects.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import ceil

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, OWL, RDF, RDFS, SH, SKOS, VOID, XSD

from parvis.catalog.entries import Dataset
from parvis.catalog.folder import Catalog
from parvis.catalog.queries import THEMES, Query
from parvis.catalog.turtle import Adding
from parvis.i18n import N_, both
from parvis.rdf.files import sorted_lines
from parvis.store.record.statistics import Members, Statistics, Uses
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, HYDRA, PARVIS, PREFIXES

VOID_EXT = Namespace(PREFIXES["void-ext"])
"""Partitions by datatype, which VoID itself lacks."""

DESCRIPTION = N_("The pool in figures (VoID)")


def pool_void(catalog: Catalog) -> Graph:
    """Describe the pool as a whole; it names no dataset: each says itself that it is a part."""
    graph = Graph()
    iris, pool = catalog.iris, _pool(catalog.iris)
    add = Adding(graph, URIRef(f"{iris.base}void"))
    add(RDF.type, VOID.DatasetDescription)
    add.texts(DCTERMS.title, both(DESCRIPTION))
    add(FOAF.primaryTopic, pool)
    add = Adding(graph, pool)
    add(RDF.type, VOID.Dataset)
    add.texts(DCTERMS.title, catalog.title)
    add(DCTERMS.publisher, URIRef(catalog.host.iri))
    add(FOAF.homepage, URIRef(iris.base))
    add(VOID.sparqlEndpoint, URIRef(f"{iris.base}sparql"))
    add(VOID.uriSpace, Literal(iris.base))
    add = Adding(graph, URIRef(CONCEPT))
    add(RDF.type, VOID.Dataset)
    add(VOID.uriSpace, Literal(CONCEPT))
    return graph


def dataset_void(dataset: Dataset, triples: int, counted: Statistics | None, iris: Iris) -> Graph:
    """Describe one dataset's graph; where it could not be counted, by the number of its triples."""
    graph = Graph()
    writing = _Writing(graph, URIRef(dataset.iri), iris)
    writing.header(triples)
    if counted is not None:
        writing.totals(counted)
        for name, uses in counted.properties.items():
            writing.property_partition(writing.this, name, uses)
        for kind, members in counted.classes.items():
            writing.class_partition(kind, members)
        for step, spaces in counted.links.items():
            for space, links in spaces.items():
                writing.linkset(step, space, links)
    return graph


def loaded_void(name: str, triples: int, iris: Iris) -> Graph:
    """Describe a graph that was loaded as it was, by its name and the number of its triples."""
    graph = Graph()
    _Writing(graph, URIRef(name), iris).header(triples)
    return graph


class _Writing:
    """The description of one dataset, being written; its parts are named by what they are of."""

    def __init__(self, graph: Graph, this: URIRef, iris: Iris) -> None:
        """Keep graph and subject."""
        self.graph, self.this, self.iris = graph, this, iris

    def header(self, triples: int) -> None:
        """Say what is described, where it is asked, and how large it is.

        What the dataset's record says is not said again: in a union of graphs the engine gives
        twice what stands in two of them.
        """
        self.graph.add((_pool(self.iris), VOID.subset, self.this))
        add = Adding(self.graph, self.this)
        add(RDF.type, VOID.Dataset)
        add(VOID.sparqlEndpoint, URIRef(f"{self.iris.base}sparql"))
        add(VOID.triples, Literal(triples))

    def totals(self, counted: Statistics) -> None:
        """Give the figures of the whole, and the vocabularies that it speaks."""
        add = Adding(self.graph, self.this)
        add(VOID.entities, Literal(counted.entities))
        add(VOID.distinctSubjects, Literal(counted.subjects))
        add(VOID.distinctObjects, Literal(counted.objects))
        add(VOID.properties, Literal(len(counted.properties)))
        add(VOID.classes, Literal(len(counted.classes)))
        for namespace in PREFIXES.values():
            if any(term.startswith(namespace) for term in (*counted.properties, *counted.classes)):
                add(VOID.vocabulary, URIRef(namespace))

    def class_partition(self, kind: str, members: Members) -> None:
        """Describe the entities of a class, property by property."""
        part = self._part(self.this, VOID.classPartition, VOID["class"], kind)
        add = Adding(self.graph, part)
        add(VOID.entities, Literal(members.entities))
        add(VOID.triples, Literal(members.triples))
        add(VOID.properties, Literal(len(members.properties)))
        for name, uses in members.properties.items():
            self.property_partition(part, name, uses)

    def property_partition(self, whole: URIRef, name: str, uses: Uses) -> None:
        """Describe the triples of a property, and what it leads to within a class."""
        part = self._part(whole, VOID.propertyPartition, VOID.property, name)
        add = Adding(self.graph, part)
        add(VOID.triples, Literal(uses.triples))
        add(VOID.distinctSubjects, Literal(uses.subjects))
        if uses.objects:
            add(VOID.distinctObjects, Literal(uses.objects))
        if whole != self.this:
            self._objects(part, uses.classes, VOID.classPartition, VOID["class"])
            self._objects(part, uses.datatypes, VOID_EXT.datatypePartition, VOID_EXT.datatype)

    def _objects(
        self, whole: URIRef, counts: Mapping[str, int], step: URIRef, names: URIRef
    ) -> None:
        """Describe what the objects of a property are."""
        for kind, triples in counts.items():
            part = self._part(whole, step, names, kind)
            self.graph.add((part, VOID.triples, Literal(triples)))

    def linkset(self, step: str, space: str, links: int) -> None:
        """Describe the links by one property to one other space, by its address."""
        part = _named(self.this, f"{step} {space}")
        add = Adding(self.graph, part)
        add(RDF.type, VOID.Linkset)
        add(VOID.subjectsTarget, self.this)
        add(VOID.objectsTarget, URIRef(space))
        add(VOID.linkPredicate, URIRef(step))
        add(VOID.triples, Literal(links))
        self.graph.add((_pool(self.iris), VOID.subset, part))

    def _part(self, whole: URIRef, step: URIRef, names: URIRef, of: str) -> URIRef:
        """Add a partition, of a class, a property or a datatype."""
        part = _named(self.this, f"{whole} {step} {of}")
        self.graph.add((whole, step, part))
        self.graph.add((part, names, URIRef(of)))
        return part


def _named(dataset: URIRef, text: str) -> URIRef:
    """Name a part of a description: the same for the same part, in any generation."""
    return URIRef(f"{dataset}#void-{sha256(text.encode()).hexdigest()[:12]}")


def _pool(iris: Iris) -> URIRef:
    return URIRef(f"{iris.base}void#pool")


# Pages of the catalogue, as Hydra describes them to harvesters.


@dataclass(frozen=True)
class Paging:
    """One page of so many items; pages are counted from 1, and there is always a first."""

    page: int
    per_page: int
    total: int

    @property
    def last(self) -> int:
        """Give the number of the last page."""
        return max(1, ceil(self.total / self.per_page))

    @property
    def span(self) -> slice:
        """Tell which items stand on the page."""
        return slice((self.page - 1) * self.per_page, self.page * self.per_page)

    def around(self) -> dict[str, int]:
        """Give the numbers of the pages that lead on from this one, by what they are to it.

        >>> Paging(2, 10, 25).around()
        {'first': 1, 'last': 3, 'previous': 1, 'next': 3}
        """
        found = {"first": 1, "last": self.last, "previous": self.page - 1, "next": self.page + 1}
        return {name: page for name, page in found.items() if 1 <= page <= self.last}


def hydra(catalog: str, paging: Paging, address: Callable[[int], str]) -> bytes:
    """Describe the page of a catalogue in N-Triples; `address` gives the IRI of a page.

    A page that holds everything is no view: the whole is told by its count. Old harvesters know
    `hydra:PagedCollection` and ``nextPage``, newer ones `hydra:PartialCollectionView` and ``next``.
    """
    graph, whole = Graph(), URIRef(catalog)
    graph.add((whole, RDF.type, HYDRA.Collection))
    graph.add((whole, HYDRA.totalItems, Literal(paging.total)))
    if paging.last > 1:
        view = URIRef(address(paging.page))
        graph.add((whole, HYDRA.view, view))
        graph.add((view, RDF.type, HYDRA.PartialCollectionView))
        graph.add((view, RDF.type, HYDRA.PagedCollection))
        graph.add((view, HYDRA.totalItems, Literal(paging.total)))
        graph.add((view, HYDRA.itemsPerPage, Literal(paging.per_page)))
        for name, page in paging.around().items():
            for step in (HYDRA[name], HYDRA[f"{name}Page"]):
                graph.add((view, step, URIRef(address(page))))
    return sorted_lines(graph)


# Example queries as RDF, so that other people's tools find them in the endpoint.
#
# Each is an ``sh:SPARQLExecutable`` (SHACL-AF §5.1) as the SIB's collection of examples writes them
# (https://github.com/sib-swiss/sparql-examples): editors that read that convention, SIB's own among
# them, list these questions beside what is being written.

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
