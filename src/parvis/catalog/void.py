"""Statistics of the pool and its graphs as VoID, pages as Hydra, example queries as SHACL.

Partitions are those that the SIB's editors read (https://github.com/sib-swiss/sparql-editor):
of a class by property, and of such a property by the class or datatype of its objects.
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
from parvis.catalog.turtle import SubjectWriter
from parvis.i18n import N_, both
from parvis.rdf.files import sorted_lines
from parvis.store.record.statistics import ClassStatistics, PropertyStatistics, Statistics
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, HYDRA, PARVIS, PREFIXES

VOID_EXT = Namespace(PREFIXES["void-ext"])
"""Partitions by datatype, which VoID itself lacks."""

DESCRIPTION = N_("The pool in figures (VoID)")


def pool_void(catalog: Catalog) -> Graph:
    """Describe the pool as a whole."""
    # No dataset is named: each states itself that it is a part of the pool.
    graph = Graph()
    iris, pool = catalog.iris, _pool_iri(catalog.iris)
    add = SubjectWriter(graph, URIRef(f"{iris.base}void"))
    add(RDF.type, VOID.DatasetDescription)
    add.texts(DCTERMS.title, both(DESCRIPTION))
    add(FOAF.primaryTopic, pool)
    add = SubjectWriter(graph, pool)
    add(RDF.type, VOID.Dataset)
    add.texts(DCTERMS.title, catalog.title)
    add(DCTERMS.publisher, URIRef(catalog.third_party.iri))
    add(FOAF.homepage, URIRef(iris.base))
    add(VOID.sparqlEndpoint, URIRef(f"{iris.base}sparql"))
    add(VOID.uriSpace, Literal(iris.base))
    add = SubjectWriter(graph, URIRef(CONCEPT))
    add(RDF.type, VOID.Dataset)
    add(VOID.uriSpace, Literal(CONCEPT))
    return graph


def dataset_void(
    dataset: Dataset, triples: int, statistics: Statistics | None, iris: Iris
) -> Graph:
    """Describe a dataset's graph; without statistics, by the number of its triples only."""
    graph = Graph()
    writer = _VoidWriter(graph, URIRef(dataset.iri), iris)
    writer.header(triples)
    if statistics is not None:
        writer.totals(statistics)
        for name, uses in statistics.properties.items():
            writer.property_partition(writer.this, name, uses)
        for kind, members in statistics.classes.items():
            writer.class_partition(kind, members)
        for step, spaces in statistics.links.items():
            for space, links in spaces.items():
                writer.linkset(step, space, links)
    return graph


def loaded_void(name: str, triples: int, iris: Iris) -> Graph:
    """Describe a graph that was loaded unchanged, by its name and the number of its triples."""
    graph = Graph()
    _VoidWriter(graph, URIRef(name), iris).header(triples)
    return graph


class _VoidWriter:
    """The description of one dataset; its parts get IRIs derived from what they are of."""

    def __init__(self, graph: Graph, this: URIRef, iris: Iris) -> None:
        self.graph, self.this, self.iris = graph, this, iris

    def header(self, triples: int) -> None:
        # The dataset's record is not repeated: in a union of graphs, the engine returns a triple
        # twice that is in two of them.
        self.graph.add((_pool_iri(self.iris), VOID.subset, self.this))
        add = SubjectWriter(self.graph, self.this)
        add(RDF.type, VOID.Dataset)
        add(VOID.sparqlEndpoint, URIRef(f"{self.iris.base}sparql"))
        add(VOID.triples, Literal(triples))

    def totals(self, statistics: Statistics) -> None:
        """Add the totals of the dataset, and its vocabularies."""
        add = SubjectWriter(self.graph, self.this)
        add(VOID.entities, Literal(statistics.entities))
        add(VOID.distinctSubjects, Literal(statistics.subjects))
        add(VOID.distinctObjects, Literal(statistics.objects))
        add(VOID.properties, Literal(len(statistics.properties)))
        add(VOID.classes, Literal(len(statistics.classes)))
        for namespace in PREFIXES.values():
            if any(
                term.startswith(namespace) for term in (*statistics.properties, *statistics.classes)
            ):
                add(VOID.vocabulary, URIRef(namespace))

    def class_partition(self, kind: str, members: ClassStatistics) -> None:
        part = self._add_partition(self.this, VOID.classPartition, VOID["class"], kind)
        add = SubjectWriter(self.graph, part)
        add(VOID.entities, Literal(members.entities))
        add(VOID.triples, Literal(members.triples))
        add(VOID.properties, Literal(len(members.properties)))
        for name, uses in members.properties.items():
            self.property_partition(part, name, uses)

    def property_partition(self, parent: URIRef, name: str, uses: PropertyStatistics) -> None:
        part = self._add_partition(parent, VOID.propertyPartition, VOID.property, name)
        add = SubjectWriter(self.graph, part)
        add(VOID.triples, Literal(uses.triples))
        add(VOID.distinctSubjects, Literal(uses.subjects))
        if uses.objects:
            add(VOID.distinctObjects, Literal(uses.objects))
        if parent != self.this:
            self._add_object_partitions(part, uses.classes, VOID.classPartition, VOID["class"])
            self._add_object_partitions(
                part, uses.datatypes, VOID_EXT.datatypePartition, VOID_EXT.datatype
            )

    def _add_object_partitions(
        self, parent: URIRef, counts: Mapping[str, int], step: URIRef, names: URIRef
    ) -> None:
        for kind, triples in counts.items():
            part = self._add_partition(parent, step, names, kind)
            self.graph.add((part, VOID.triples, Literal(triples)))

    def linkset(self, step: str, space: str, links: int) -> None:
        """Describe the links by a property to another space of IRIs."""
        part = _part_iri(self.this, f"{step} {space}")
        add = SubjectWriter(self.graph, part)
        add(RDF.type, VOID.Linkset)
        add(VOID.subjectsTarget, self.this)
        add(VOID.objectsTarget, URIRef(space))
        add(VOID.linkPredicate, URIRef(step))
        add(VOID.triples, Literal(links))
        self.graph.add((_pool_iri(self.iris), VOID.subset, part))

    def _add_partition(self, parent: URIRef, step: URIRef, names: URIRef, of: str) -> URIRef:
        part = _part_iri(self.this, f"{parent} {step} {of}")
        self.graph.add((parent, step, part))
        self.graph.add((part, names, URIRef(of)))
        return part


def _part_iri(dataset: URIRef, text: str) -> URIRef:
    # The IRI of a part is the same in every generation.
    return URIRef(f"{dataset}#void-{sha256(text.encode()).hexdigest()[:12]}")


def _pool_iri(iris: Iris) -> URIRef:
    return URIRef(f"{iris.base}void#pool")


# Pages of the catalogue, as Hydra describes them to harvesters.


@dataclass(frozen=True)
class Paging:
    """A page of a list; pages are counted from 1, and there is always a first one."""

    page: int
    per_page: int
    total: int

    @property
    def last(self) -> int:
        return max(1, ceil(self.total / self.per_page))

    @property
    def span(self) -> slice:
        return slice((self.page - 1) * self.per_page, self.page * self.per_page)

    def related_pages(self) -> dict[str, int]:
        """Return the numbers of the related pages.

        >>> Paging(2, 10, 25).related_pages()
        {'first': 1, 'last': 3, 'previous': 1, 'next': 3}
        """
        pages = {"first": 1, "last": self.last, "previous": self.page - 1, "next": self.page + 1}
        return {name: page for name, page in pages.items() if 1 <= page <= self.last}


def hydra(catalog: str, paging: Paging, address: Callable[[int], str]) -> bytes:
    """Describe the page of a catalogue in N-Triples; `address` returns the IRI of a page."""
    graph, collection = Graph(), URIRef(catalog)
    graph.add((collection, RDF.type, HYDRA.Collection))
    graph.add((collection, HYDRA.totalItems, Literal(paging.total)))
    # A single page is no view: the count is enough. Old harvesters know `hydra:PagedCollection`
    # and ``nextPage``, newer ones `hydra:PartialCollectionView` and ``next``.
    if paging.last > 1:
        view = URIRef(address(paging.page))
        graph.add((collection, HYDRA.view, view))
        graph.add((view, RDF.type, HYDRA.PartialCollectionView))
        graph.add((view, RDF.type, HYDRA.PagedCollection))
        graph.add((view, HYDRA.totalItems, Literal(paging.total)))
        graph.add((view, HYDRA.itemsPerPage, Literal(paging.per_page)))
        for name, page in paging.related_pages().items():
            for step in (HYDRA[name], HYDRA[f"{name}Page"]):
                graph.add((view, step, URIRef(address(page))))
    return sorted_lines(graph)


# Example queries as RDF, so that other people's tools find them in the endpoint.
#
# Each is an ``sh:SPARQLExecutable`` (SHACL-AF §5.1) as the SIB's collection of examples writes them
# (https://github.com/sib-swiss/sparql-examples): editors that read that convention, SIB's own among
# them, list these questions next to the editor.

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
    # SHACL §5.2.1: the published prefixes.
    prefixes = URIRef(iris.thing("prefixes", "parvis"))
    graph.add((prefixes, RDF.type, OWL.Ontology))
    for prefix, namespace in PREFIXES.items():
        declare = SubjectWriter(graph, URIRef(f"{prefixes}#{prefix}"))
        graph.add((prefixes, SH.declare, declare.subject))
        declare(RDF.type, SH.PrefixDeclaration)
        declare(SH.prefix, Literal(prefix))
        declare(SH.namespace, Literal(namespace, datatype=XSD.anyURI))
    for query in queries:
        kind, text_step = _FORMS[query.form]
        theme = URIRef(iris.thing("query-theme", query.theme))
        add = SubjectWriter(graph, URIRef(iris.thing("query", query.slug)))
        add(RDF.type, SH.SPARQLExecutable)
        add(RDF.type, kind)
        add(text_step, Literal(query.text))
        add(SH.prefixes, prefixes)
        add.texts(RDFS.label, query.question)
        add.texts(RDFS.comment, query.question)
        add(DCTERMS.identifier, Literal(query.slug))
        add(DCTERMS.subject, theme)
        add(FOAF.page, URIRef(f"{iris.base}queries/{query.slug}"))
        add.texts(SIB.keywords, both(THEMES[query.theme]))
        add(SIB.target, URIRef(f"{iris.base}sparql"))
        if query.chart:
            add(PARVIS.chart, Literal(query.chart, datatype=RDF.JSON))
        scheme = URIRef(iris.thing("query-theme", "all"))
        add = SubjectWriter(graph, scheme)
        add(RDF.type, SKOS.ConceptScheme)
        add.texts(DCTERMS.title, both(SCHEME))
        add = SubjectWriter(graph, theme)
        add(RDF.type, SKOS.Concept)
        add(SKOS.inScheme, scheme)
        add(SKOS.notation, Literal(query.theme))
        add.texts(SKOS.prefLabel, both(THEMES[query.theme]))
    return graph
