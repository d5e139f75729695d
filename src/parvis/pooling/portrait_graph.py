"""Figures of a portrait as they stand in the cube (RDF Data Cube)."""

from collections.abc import Iterable

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import QB, RDF, XSD

from parvis.pooling.open_cells import POOL
from parvis.rdf.files import bound
from parvis.statistics.cube import Figure
from parvis.vocab.namespaces import PARVIS

STEPS = {"discipline": "discipline", "area": "refArea", "age": "ageGroup", "public": "public"}
STEPS |= {"language": "language", "channel": "channel", "period": "refPeriod", "place": "place"}
"""The dimensions by the names that figures have for them."""


def to_graph(found: Iterable[Figure]) -> Graph:
    """Give figures as observations of the cube (RDF Data Cube); withheld ones have no value."""
    graph = bound(Graph())
    for one in found:
        this, measure = URIRef(one.iri), URIRef(one.measure)
        graph.add((this, RDF.type, QB.Observation))
        graph.add((this, QB.dataSet, URIRef(one.cube)))
        graph.add((this, QB.measureType, measure))
        graph.add((this, PARVIS.contributor, URIRef(POOL)))
        for name, step in STEPS.items():
            graph.add((this, PARVIS[step], URIRef(getattr(one, name))))
        graph.add((this, PARVIS.confStatus, URIRef(one.status)))
        if one.value is not None:
            graph.add((this, measure, Literal(one.value)))
        if one.contributors is not None:
            graph.add((this, PARVIS.contributors, Literal(one.contributors)))
        if one.coverage is not None:
            graph.add((this, PARVIS.coverage, Literal(str(one.coverage), datatype=XSD.decimal)))
        if one.base is not None:
            graph.add((this, PARVIS.measureBase, Literal(one.base)))
    return graph
