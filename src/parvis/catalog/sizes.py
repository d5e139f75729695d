"""The size class of an organisation, by what its record says: declared, else computed."""

from rdflib import Graph, URIRef
from rdflib.namespace import SKOS

from parvis.catalog.ontology import ontology
from parvis.rdf.literals import read_value
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA


def organization_size(metadata: Graph, partner: str) -> str | None:
    """Return the size class of a partner, by its IRI, from its record; None where nothing says it.

    A declared class prevails; else it is that of the seats offered a year: those of its rooms, as
    often as there are performances.
    """
    subject = URIRef(partner)
    if declared := read_value(metadata, subject, PARVIS.organizationSize):
        return declared
    parts = (PARVIS.seats, PARVIS.performancesPerYear)
    seats, performances = (read_value(metadata, subject, part) for part in parts)
    if not (seats.isdecimal() and performances.isdecimal()):
        return None
    return _class_of(int(seats) * int(performances))


def _class_of(offered: int) -> str | None:
    """Return the class within whose bounds, of the code list, a number of seats offered is."""
    lists = ontology()
    for concept in lists.subjects(SKOS.inScheme, URIRef(f"{CONCEPT}organization-size")):
        least, most = (read_value(lists, concept, b) for b in (SCHEMA.minValue, SCHEMA.maxValue))
        if least and int(least) <= offered and (not most or offered <= int(most)):
            return str(concept)
    return None
