"""The properties of submissions, with every name that a column may have for them."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Self

from rdflib import Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import QB, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from parvis.mapping.concepts import Concepts, fold_text
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import PREFIXES, curie

SCHEME = re.compile(r"/concept/([a-z-]+)/")
KINDS = {
    "date": {"date", "dateTime"},
    "dateTime": {"date", "dateTime"},
    "integer": {"integer"},
    "decimal": {"integer", "decimal"},
    "boolean": {"boolean"},
}
"""Kinds of values that satisfy a datatype, by its local name."""

EXPECTED: dict[str, set[str]] = {
    "schema:price": {"money", "decimal", "integer"},
    "schema:lowPrice": {"money", "decimal", "integer"},
    "schema:highPrice": {"money", "decimal", "integer"},
    "schema:latitude": {"decimal"},
    "schema:longitude": {"decimal"},
    "schema:postalCode": {"postalCode"},
    "schema:url": {"url", "path"},
    "schema:name": {"text"},
    "schema:addressLocality": {"text"},
    "schema:maximumAttendeeCapacity": {"integer"},
    "parvis:refPeriod": {"year", "text", "date", "integer"},
}
"""Kinds of values of properties whose datatypes say too much or too little."""


@dataclass(frozen=True)
class EntityPart:
    """A resource with an entity map of its own, and the property that leads to it."""

    cls: str
    kind: str
    property: str
    of: str


@dataclass
class PropertyTerm:
    """A property by its prefixed name; `names` are folded, `classes` prefixed names too.

    A column with one of `names` goes before one with a `weaker` name; `hints` are words of the
    file's name that go with it. `scheme` is the code list of its values; `leads` says that its
    values are resources, `listed` that its shape lists them. `labels` are for people, by language.
    """

    name: str
    names: set[str] = field(default_factory=set)
    weaker: set[str] = field(default_factory=set)
    hints: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    scheme: str | None = None
    leads: bool = False
    listed: bool = False
    measure: bool = False
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Vocabulary:
    """The properties, the concepts, and the words for months, figures and parts."""

    terms: Mapping[str, PropertyTerm]
    concepts: Concepts
    parts: tuple[EntityPart, ...]
    months: Mapping[str, tuple[str, ...]]
    figures: frozenset[str]
    rows: Mapping[str, frozenset[str]]
    """Words by which rows are of a class."""
    statuses: Mapping[str, str]
    """The states of events by what they are called."""

    @classmethod
    def from_graphs(cls, ontology: Graph, shapes: Graph) -> Self:
        """Gather the properties of the shapes and of the word list, with labels from all."""
        terms: dict[str, PropertyTerm] = {}
        for node_shape, target in shapes.subject_objects(SH.targetClass):
            for property_shape in shapes.objects(node_shape, SH.property):
                _add_shape(terms, shapes, property_shape, curie(str(target)))
        text = (files(__package__) / "words.toml").read_text(encoding="utf-8")
        words = tomllib.loads(text)
        for entry in words["property"]:
            term = terms.setdefault(entry["term"], PropertyTerm(entry["term"]))
            term.names |= set(map(fold_heading, entry["words"]))
            term.weaker |= set(map(fold_heading, entry.get("weaker", ())))
            term.hints |= set(map(fold_heading, entry.get("hints", ())))
            term.classes |= set(entry.get("classes", ()))
            term.kinds |= set(entry.get("kinds", ()))
        for term in terms.values():
            iri = expand_curie(term.name)
            # The labels of shapes come before the ontology's.
            term.labels = read_texts(ontology, iri, RDFS.label) | term.labels
            for kind in (RDFS.label, SKOS.altLabel):
                term.names |= _fold_labels(ontology.objects(iri, kind))
            term.measure = (iri, RDF.type, QB.MeasureProperty) in ontology
            if term.measure:
                term.classes.add("qb:Observation")
                term.kinds |= {"integer", "decimal"}
            term.kinds |= EXPECTED.get(term.name, set())
        parts = tuple(
            EntityPart(p["class"], p["kind"], p["property"], p["of"]) for p in words["part"]
        )
        months = {lang: tuple(map(fold_text, names)) for lang, names in words["months"].items()}
        concepts = Concepts.from_triples((str(s), str(p), str(o)) for s, p, o in ontology)
        figures = frozenset(map(fold_heading, words["figures"]["words"]))
        rows = {of: frozenset(map(fold_heading, names)) for of, names in words["rows"].items()}
        statuses = {
            fold_text(word): state for state, names in words["statuses"].items() for word in names
        }
        return cls(terms, concepts, parts, months, figures, rows, statuses)

    @property
    def measures(self) -> list[PropertyTerm]:
        """Return the properties whose values are figures on publics."""
        return [term for term in self.terms.values() if term.measure]


def expand_curie(name: str) -> URIRef:
    """Return the IRI of a prefixed name."""
    prefix, _, local = name.partition(":")
    return URIRef(PREFIXES[prefix] + local)


def fold_heading(heading: str) -> str:
    """Fold a heading, its words separated: camel case, underscores and punctuation.

    >>> fold_heading("EventDate"), fold_heading("Postal_Code"), fold_heading("Public visé (âge)")
    ('event date', 'postal code', 'public vise age')
    """
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", heading)
    return fold_text(re.sub(r"[^\w]+|_", " ", spaced.replace("’", " ")))


def _add_shape(terms: dict[str, PropertyTerm], shapes: Graph, shape: Node, target: str) -> None:
    path = shapes.value(shape, SH.path)
    if not isinstance(path, URIRef) or path in {RDF.type, QB.dataSet, QB.measureType}:
        return
    term = terms.setdefault(curie(str(path)), PropertyTerm(curie(str(path))))
    term.classes.add(target)
    # Shapes of the written form of values are named after that form, not after the property.
    if "-form" not in str(shape):
        term.names |= _fold_labels(shapes.objects(shape, SH.name))
        term.labels = read_texts(shapes, shape, SH.name) | term.labels
    scheme = SCHEME.search(str(shapes.value(shape, SH.pattern) or "").replace("\\", ""))
    term.scheme = scheme[1] if scheme else term.scheme
    term.leads |= shapes.value(shape, SH.nodeKind) == SH.IRI
    term.listed |= shapes.value(shape, SH["in"]) is not None
    alternatives = shapes.value(shape, SH["or"])
    for node in (shape, *(Collection(shapes, alternatives) if alternatives else ())):
        for datatype in shapes.objects(node, SH.datatype):
            term.kinds |= KINDS.get(str(datatype).rpartition("#")[2], set())


def _fold_labels(labels: Iterable[Node]) -> set[str]:
    return {fold_heading(str(label)) for label in labels if isinstance(label, Literal)}
