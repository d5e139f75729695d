"""The structure of a dataset of observations, from what was counted in it."""

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import QB, RDF, RDFS

from parvis.catalog.records import Cube, Term
from parvis.store.statistics import Statistics


def cube_of(counted: Statistics, ontology: Graph) -> Cube | None:
    """Tell which dimensions, measures and attributes the observations have; None without any.

    `ontology` says which kind each property is of, and how it is called.
    """
    observations = counted.classes.get(str(QB.Observation))
    if observations is None:
        return None
    used = sorted(observations.properties)
    return Cube(
        dimensions=_of(QB.DimensionProperty, used, ontology),
        measures=_of(QB.MeasureProperty, used, ontology),
        attributes=_of(QB.AttributeProperty, used, ontology),
    )


def _of(kind: URIRef, used: list[str], ontology: Graph) -> tuple[Term, ...]:
    """Give the properties of one kind, with their names."""
    return tuple(
        Term(one, _names(ontology, URIRef(one)))
        for one in used
        if (URIRef(one), RDF.type, kind) in ontology
    )


def _names(ontology: Graph, term: URIRef) -> dict[str, str]:
    found = (one for one in ontology.objects(term, RDFS.label) if isinstance(one, Literal))
    return {one.language: str(one) for one in found if one.language}
