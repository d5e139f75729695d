"""The quality of a record in RDF (Data Quality Vocabulary), by data.europa.eu's own metrics."""

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF

from parvis.catalog.adding import Adding
from parvis.catalog.quality import DIMENSIONS, Quality, assess
from parvis.catalog.records import DatasetRecord
from parvis.vocab.namespaces import DQV, PREFIXES


def to_dqv(record: DatasetRecord) -> Graph:
    """Describe a record's quality: its points, those of each dimension, each criterion unmet.

    What is met is not told one by one: it would be the greater part of every record.
    """
    graph, this = Graph(), URIRef(record.iri)
    for metric, value in _measured(assess(record)).items():
        measurement = URIRef(f"{record.iri}#quality-{metric}")
        graph.add((this, DQV.hasQualityMeasurement, measurement))
        add = Adding(graph, measurement)
        add(RDF.type, DQV.QualityMeasurement)
        add(DQV.computedOn, this)
        add.iris(DQV.isMeasurementOf, PREFIXES["pv"] + metric)
        add(DQV.value, Literal(value))
    return graph


def _measured(quality: Quality) -> dict[str, int | bool]:
    """Give the value of every metric that is told."""
    points = {f"{dimension}Scoring": quality.of(dimension) for dimension in DIMENSIONS}
    return {"scoring": quality.points, **points} | {one.metric: False for one in quality.unmet}
