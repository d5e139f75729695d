"""The shared ontology with its concepts, and the shapes, read from where they stand as text.

The files come with parvis, and stay as they are while it runs: each is read once a process.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from math import inf
from pathlib import Path

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from parvis.config import knowledge
from parvis.mapping.concepts import Concepts
from parvis.rdf.files import canonical_lines, quads
from parvis.rdf.terms import to_rdflib
from parvis.validation import load_shapes
from parvis.vocab.namespaces import CONCEPT, SCHEMA


@cache
def ontology() -> Graph:
    """Give the ontology and its schemes as a graph, which is nobody's to change."""
    graph = Graph()
    for quad in chain.from_iterable(map(quads, _files())):
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


@cache
def vocabulary() -> tuple[bytes, ...]:
    """Give what the ontology says in sorted lines of N-Triples, written once a process."""
    found = chain.from_iterable(map(quads, _files()))
    return tuple(canonical_lines(found).splitlines(keepends=True))


@cache
def submission_shapes() -> Graph:
    """Give the shapes of what partners submit as a graph, which is nobody's to change either."""
    return load_shapes([knowledge("shapes")])


@cache
def record_shapes() -> Graph:
    """Give the shapes of parvis's own records: datasets, agreements, projects."""
    return load_shapes([knowledge("shapes") / "records"])


@cache
def concepts() -> Concepts:
    """Read the concepts alone, by their labels: thirty times faster than the graph."""
    return Concepts.of(
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for file in _files()
        for quad in quads(file)
        if hasattr(quad.subject, "value") and hasattr(quad.object, "value")
    )


def _files() -> Iterator[Path]:
    """Give the files of the ontology; alignments stay out, as nothing here follows them."""
    for file in sorted(knowledge("ontology").glob("*.ttl")):
        if file.stem != "alignments":
            yield file


# Words for terms: as the ontology names them, else as the shapes ask partners for them.

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


@cache
def concept_labels(iri: str) -> dict[str, str]:
    """Give the preferred labels of a concept; its code where there is none."""
    found = ontology().objects(URIRef(iri), SKOS.prefLabel)
    labels = {str(one.language): str(one) for one in found if isinstance(one, Literal)}
    return labels or {"en": short(iri)}


# What parties and kinds of organisation are called where a rule is told in words.

KINDS = f"{CONCEPT}organization-type/"


def names_in(law: Graph) -> dict[str, dict[str, str]]:
    """Read the names of the parties, and of the kinds of organisation, that a law speaks of."""
    found: dict[str, dict[str, str]] = {}
    for party, name in law.subject_objects(SCHEMA.name):
        _add(found, party, name)
    for kind in law.subjects(RDF.type, SKOS.Concept):
        if isinstance(kind, URIRef) and kind.startswith(KINDS):
            for name in law.objects(kind, SKOS.prefLabel):
                _add(found, kind, name)
    return found


def _add(found: dict[str, dict[str, str]], node: object, name: object) -> None:
    if isinstance(name, Literal) and name.language:
        found.setdefault(str(node), {})[name.language] = str(name)
