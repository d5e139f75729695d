"""How many things of a dataset others speak of too, as measurements of quality (DQV)."""

from dataclasses import dataclass

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF

from parvis.catalog.adding import Adding
from parvis.vocab.namespaces import DQV, PARVIS


@dataclass(frozen=True)
class Duplicates:
    """How many things of a graph others know too, and how many may be so, not judged yet."""

    things: int
    linked: int
    waiting: int


def duplicates_dqv(iri: str, counted: Duplicates) -> Graph:
    """Measure a dataset by the things that are linked to others, or may be.

    It stands beside the record, not in it: a link of somebody else changes no record.
    """
    graph, this = Graph(), URIRef(iri)
    told = (
        (PARVIS.comparedThings, counted.things),
        (PARVIS.linkedThings, counted.linked),
        (PARVIS.possibleDuplicates, counted.waiting),
    )
    for metric, count in told:
        measurement = URIRef(f"{iri}#quality-{metric.rpartition('#')[2]}")
        graph.add((this, DQV.hasQualityMeasurement, measurement))
        add = Adding(graph, measurement)
        add(RDF.type, DQV.QualityMeasurement)
        add(DQV.computedOn, this)
        add(DQV.isMeasurementOf, metric)
        add(DQV.value, Literal(count))
    return graph
