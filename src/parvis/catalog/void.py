"""What is served, in figures: the pool and its graphs as VoID describes them.

Classes, properties and what properties lead to are told as the SIB's editors read them
(https://github.com/sib-swiss/sparql-editor): partitions of a class by property, and of such a
property by the class or datatype of its objects.
"""

from collections.abc import Mapping
from hashlib import sha256

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, VOID

from parvis.catalog.adding import Adding
from parvis.catalog.entries import Dataset
from parvis.catalog.folder import Catalog
from parvis.i18n import N_, both
from parvis.store.statistics import Members, Statistics, Uses
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, PREFIXES

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
