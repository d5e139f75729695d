"""What StatDCAT-AP 3 adds to the record of a dataset of statistics: the structure of its cube."""

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, QB, RDF, RDFS, SKOS

from parvis.catalog.adding import Adding
from parvis.catalog.records import EU, DatasetRecord, Term
from parvis.vocab.namespaces import STAT

STATISTICAL = URIRef(f"{EU}dataset-type/STATISTICAL")


def to_statdcat(record: DatasetRecord) -> Graph:
    """Describe the structure of a dataset of observations; of any other nothing."""
    graph = Graph()
    if record.cube is None:
        return graph
    add = Adding(graph, URIRef(record.iri))
    add(DCTERMS.type, STATISTICAL)
    graph.add((STATISTICAL, RDF.type, SKOS.Concept))
    _properties(add, STAT.dimension, QB.DimensionProperty, record.cube.dimensions)
    _properties(add, STAT.attribute, QB.AttributeProperty, record.cube.attributes)
    return graph


def _properties(add: Adding, step: URIRef, kind: URIRef, properties: tuple[Term, ...]) -> None:
    for one in properties:
        add.iris(step, one.iri)
        about = Adding(add.graph, URIRef(one.iri))
        about(RDF.type, kind)
        about.texts(RDFS.label, one.names)
