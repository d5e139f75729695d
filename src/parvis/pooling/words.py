"""Words for terms: as the ontology names them, else as the shapes ask partners for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from math import inf

from rdflib import Graph, Literal
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.term import Node

from parvis.pooling.ontology import ontology, submission_shapes
from parvis.vocab.namespaces import SCHEMA

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Words:
    """Labels per language: of terms, and of properties as things of a class have them."""

    terms: Mapping[str, Texts]
    properties: Mapping[tuple[str, str], Texts]

    def of_term(self, iri: str) -> dict[str, str]:
        """Name a class or any other term; the last step of its IRI where nothing is known."""
        return dict(self.terms.get(iri) or {"en": short(iri)})

    def of_property(self, iri: str, kinds: Iterable[str]) -> dict[str, str]:
        """Name a property of things of some classes."""
        told = (self.properties.get((kind, iri), {}) for kind in kinds if iri != str(RDF.type))
        return dict(next(filter(None, told), {}) or self.of_term(iri))


VALUES = {
    str(SCHEMA[name]): {"fr": fr, "en": en}
    for name, fr, en in (
        ("EventScheduled", "maintenu", "scheduled"),
        ("EventCancelled", "annulé", "cancelled"),
        ("EventPostponed", "reporté, sans nouvelle date", "postponed"),
        ("EventRescheduled", "reporté à une autre date", "rescheduled"),
        ("EventMovedOnline", "déplacé en ligne", "moved online"),
    )
}
"""How schema.org's own values are called."""


@cache
def words() -> Words:
    """Read the words once."""
    shapes, terms = submission_shapes(), ontology()
    found: dict[str, dict[str, str]] = defaultdict(dict)
    properties: dict[tuple[str, str], dict[str, str]] = {}
    for shape, kind in shapes.subject_objects(SH.targetClass):
        if "-" not in short(str(shape)):  # a class's own shape, not one of its further rules
            found[str(kind)] = _texts(shapes, shape, RDFS.label)
        parts = shapes.objects(shape, SH.property)
        for part in sorted(parts, key=partial(_order, shapes)):  # what it is, then its form
            for path in shapes.objects(part, SH.path):
                texts = _texts(shapes, part, SH.name)
                properties.setdefault((str(kind), str(path)), texts)
                found[str(path)] = found.get(str(path)) or texts
    for term in set(terms.subjects(RDFS.label)):
        found[str(term)] = _texts(terms, term, RDFS.label)
    found |= VALUES
    found[str(OWL.sameAs)] = {"fr": "même chose que", "en": "same as"}
    found[str(SCHEMA.sameAs)] = {"fr": "page sur la même chose", "en": "page about the same thing"}
    found[str(SCHEMA.identifier)] = {"fr": "identifiant", "en": "identifier"}  # NEQ is one of them
    found[str(OWL.differentFrom)] = {"fr": "autre chose que", "en": "different from"}
    found[str(RDF.type)] = {"fr": "nature", "en": "kind"}
    return Words({iri: texts for iri, texts in found.items() if texts}, properties)


def _order(graph: Graph, part: Node) -> tuple[float, str]:
    """Tell where a property stands among those that a shape asks for."""
    told = graph.value(part, SH.order)
    return float(str(told)) if isinstance(told, Literal) else inf, str(part)


def _texts(graph: Graph, subject: Node, step: Node) -> dict[str, str]:
    """Give the texts that stand under a property, by language."""
    found = (one for one in graph.objects(subject, step) if isinstance(one, Literal))
    return {one.language: str(one) for one in found if one.language}


def short(iri: str) -> str:
    """Give the last step of an IRI.

    >>> short("http://schema.org/startDate"), short("https://w3id.org/parvis/ns#place")
    ('startDate', 'place')
    """
    return iri.rstrip("/").replace("#", "/").rpartition("/")[2] or iri
