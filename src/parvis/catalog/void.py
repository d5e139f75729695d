"""Statistics of the pool and its graphs as VoID, pages as Hydra, example queries as SHACL.

Partitions are those that the SIB's editors read (https://github.com/sib-swiss/sparql-editor):
of a class by property, and of such a property by the class or datatype of its objects.
"""

import json
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
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES
from parvis.vocab.streams import HYDRA

VOID_EXT = Namespace(PREFIXES["void-ext"])
"""Partitions by datatype, which VoID itself lacks."""

DESCRIPTION = N_("The pool in figures (VoID)")
WIDER_CLASSES = N_(
    "An entity is also of the wider classes that the ontology gives its own (rdfs:subClassOf):"
    " schema:Event counts the events of all kinds. Nothing else is inferred."
)


@dataclass(frozen=True)
class EventTable:
    """A table of events by its IRI below the pool's base, and its title."""

    code: str
    title: str


EVENT_TABLES = (
    EventTable("void#events", N_("Events of the datasets, counted by groups")),
    EventTable("void#loaded-events", N_("Events of the graphs loaded as they are, by groups")),
)
"""The tables of what everyone may read: of datasets, and of graphs that were loaded."""
EVENT_GROUPS = N_(
    "Each part (void:subset) is a group of events that are alike: how many (void:entities), in"
    " which month (schema:temporalCoverage), their disciplines (dct:subject), regions"
    " (dct:spatial), target audiences (dct:audience) and status (dct:type). What several partners"
    " announce is counted for each of them."
)


def pool_void(catalog: Catalog) -> Graph:
    """Describe the pool as a whole."""
    # No dataset is named: each states itself that it is a part of the pool.
    graph = Graph()
    iris, pool = catalog.iris, _pool_iri(catalog.iris)
    add = SubjectWriter(graph, f"{iris.base}void", VOID.DatasetDescription)
    add.texts(DCTERMS.title, both(DESCRIPTION))
    add(FOAF.primaryTopic, pool)
    add = SubjectWriter(graph, pool, VOID.Dataset)
    add.texts(DCTERMS.title, catalog.title)
    add.texts(DCTERMS.description, both(WIDER_CLASSES))
    add(DCTERMS.publisher, URIRef(catalog.third_party.iri))
    add(FOAF.homepage, URIRef(iris.base))
    add(VOID.sparqlEndpoint, URIRef(f"{iris.base}sparql"))
    add(VOID.uriSpace, iris.base)
    for table in EVENT_TABLES:
        add.iris(VOID.subset, f"{iris.base}{table.code}")
        part = SubjectWriter(graph, f"{iris.base}{table.code}", VOID.Dataset)
        part.texts(DCTERMS.title, both(table.title))
        part.texts(DCTERMS.description, both(EVENT_GROUPS))
    datasets, _ = EVENT_TABLES
    graph.add((URIRef(f"{iris.base}{datasets.code}"), DCTERMS.isPartOf, URIRef(catalog.iri)))
    add = SubjectWriter(graph, CONCEPT, VOID.Dataset)
    add(VOID.uriSpace, CONCEPT)
    return graph


def dataset_void(
    dataset: Dataset, triples: int, statistics: Statistics | None, iris: Iris
) -> Graph:
    """Describe a dataset's graph; without statistics, by the number of its triples only."""
    writer = _VoidWriter(dataset.iri, triples, iris)
    if statistics is not None:
        writer.totals(statistics)
        for name, uses in statistics.properties.items():
            writer.property_partition(writer.this, name, uses)
        for kind, members in statistics.classes.items():
            writer.class_partition(kind, members)
        for step, spaces in statistics.links.items():
            for space, links in spaces.items():
                writer.linkset(step, space, links)
    return writer.graph


def loaded_void(sizes: Mapping[str, int], iris: Iris) -> Graph:
    """Describe graphs that were loaded unchanged, by their names and numbers of triples."""
    graph = Graph()
    for name, triples in sizes.items():
        _VoidWriter(name, triples, iris, graph)
    return graph


class _VoidWriter:
    """The description of one dataset; its parts get IRIs derived from what they are of."""

    def __init__(self, dataset: str, triples: int, iris: Iris, graph: Graph | None = None) -> None:
        self.graph = Graph() if graph is None else graph
        self.pool = SubjectWriter(self.graph, _pool_iri(iris))
        # The dataset's record is not repeated: in a union of graphs, the engine returns a triple
        # twice that is in two of them.
        self.add = SubjectWriter(self.graph, dataset, VOID.Dataset)
        self.this = self.add.subject
        self.pool(VOID.subset, self.this)
        self.add.iris(VOID.sparqlEndpoint, f"{iris.base}sparql")
        self.add(VOID.triples, triples)

    def totals(self, statistics: Statistics) -> None:
        """Add the totals of the dataset, and its vocabularies."""
        add = self.add
        add(VOID.entities, statistics.entities)
        add(VOID.distinctSubjects, statistics.subjects)
        add(VOID.distinctObjects, statistics.objects)
        add(VOID.properties, len(statistics.properties))
        add(VOID.classes, len(statistics.classes))
        for namespace in PREFIXES.values():
            if any(
                term.startswith(namespace) for term in (*statistics.properties, *statistics.classes)
            ):
                add(VOID.vocabulary, URIRef(namespace))

    def class_partition(self, kind: str, members: ClassStatistics) -> None:
        add = self._add_partition(self.this, VOID.classPartition, VOID["class"], kind)
        add(VOID.entities, members.entities)
        add(VOID.triples, members.triples)
        add(VOID.properties, len(members.properties))
        for name, uses in members.properties.items():
            self.property_partition(add.subject, name, uses)

    def property_partition(self, parent: URIRef, name: str, uses: PropertyStatistics) -> None:
        add = self._add_partition(parent, VOID.propertyPartition, VOID.property, name)
        add(VOID.triples, uses.triples)
        add(VOID.distinctSubjects, uses.subjects)
        add(VOID.distinctObjects, uses.objects or None)
        if parent != self.this:
            for counts, step, names in (
                (uses.classes, VOID.classPartition, VOID["class"]),
                (uses.datatypes, VOID_EXT.datatypePartition, VOID_EXT.datatype),
            ):
                for kind, triples in counts.items():
                    self._add_partition(add.subject, step, names, kind)(VOID.triples, triples)

    def linkset(self, step: str, space: str, links: int) -> None:
        """Describe the links by a property to another space of IRIs."""
        add = SubjectWriter(self.graph, self._part_iri(f"{step} {space}"), VOID.Linkset)
        add(VOID.subjectsTarget, self.this)
        add(VOID.objectsTarget, URIRef(space))
        add(VOID.linkPredicate, URIRef(step))
        add(VOID.triples, links)
        self.pool(VOID.subset, add.subject)

    def _add_partition(self, parent: URIRef, step: URIRef, names: URIRef, of: str) -> SubjectWriter:
        add = SubjectWriter(self.graph, self._part_iri(f"{parent} {step} {of}"))
        self.graph.add((parent, step, add.subject))
        add.iris(names, of)
        return add

    def _part_iri(self, text: str) -> str:
        # The IRI of a part is the same in every generation.
        return f"{self.this}#void-{sha256(text.encode()).hexdigest()[:12]}"


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
    graph = Graph()
    add = SubjectWriter(graph, catalog, HYDRA.Collection)
    add(HYDRA.totalItems, paging.total)
    # A single page is no view: the count is enough. Old harvesters know `hydra:PagedCollection`
    # and ``nextPage``, newer ones `hydra:PartialCollectionView` and ``next``.
    if paging.last > 1:
        view = SubjectWriter(graph, address(paging.page), HYDRA.PartialCollectionView)
        add(HYDRA.view, view.subject)
        view(RDF.type, HYDRA.PagedCollection)
        view(HYDRA.totalItems, paging.total)
        view(HYDRA.itemsPerPage, paging.per_page)
        for name, page in paging.related_pages().items():
            for step in (HYDRA[name], HYDRA[f"{name}Page"]):
                view.iris(step, address(page))
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
        declare = SubjectWriter(graph, f"{prefixes}#{prefix}", SH.PrefixDeclaration)
        graph.add((prefixes, SH.declare, declare.subject))
        declare(SH.prefix, prefix)
        declare(SH.namespace, Literal(namespace, datatype=XSD.anyURI))
    for query in queries:
        kind, text_step = _FORMS[query.form]
        theme = URIRef(iris.thing("query-theme", query.theme))
        add = SubjectWriter(graph, iris.thing("query", query.slug), SH.SPARQLExecutable)
        add(RDF.type, kind)
        add(text_step, query.text)
        add(SH.prefixes, prefixes)
        add.texts(RDFS.label, query.question)
        add.texts(RDFS.comment, query.question)
        add(DCTERMS.identifier, query.slug)
        add(DCTERMS.subject, theme)
        add(FOAF.page, URIRef(f"{iris.base}queries/{query.slug}"))
        add.texts(SIB.keywords, both(THEMES[query.theme]))
        add(SIB.target, URIRef(f"{iris.base}sparql"))
        if chart := query.presentation.chart:
            text = json.dumps(chart.to_vega_lite(), ensure_ascii=False)
            add(PARVIS.chart, Literal(text, datatype=RDF.JSON))
        scheme = URIRef(iris.thing("query-theme", "all"))
        add = SubjectWriter(graph, scheme, SKOS.ConceptScheme)
        add.texts(DCTERMS.title, both(SCHEME))
        add = SubjectWriter(graph, theme, SKOS.Concept)
        add(SKOS.inScheme, scheme)
        add(SKOS.notation, query.theme)
        add.texts(SKOS.prefLabel, both(THEMES[query.theme]))
    return graph
