"""What columns may mean: the properties of submissions, with everything they are called."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import QB, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from parvis.mapping.concepts import Concepts, folded
from parvis.vocab.namespaces import PREFIXES

SCHEME = re.compile(r"/concept/([a-z-]+)/")
KINDS = {
    "date": {"date", "dateTime"},
    "dateTime": {"date", "dateTime"},
    "integer": {"integer"},
    "decimal": {"integer", "decimal"},
    "boolean": {"boolean"},
}
"""Kinds of values by the local name of the datatype that a shape asks for."""

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
"""Kinds of values of properties whose shapes ask for more, or less, than a datatype."""


@dataclass(frozen=True)
class Part:
    """A thing with an entity of its own, and the property that leads to it."""

    cls: str
    kind: str
    property: str
    of: str


@dataclass
class Term:
    """A property by its prefixed name; `names` are folded, `classes` prefixed names too.

    `scheme` is the code list its values come from; `leads` says that it leads to a thing, `listed`
    that its shape lists its values. `labels` name it to people, by language.
    """

    name: str
    names: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    scheme: str | None = None
    leads: bool = False
    listed: bool = False
    measure: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the property as plain data."""
        return {name: _listed(value) for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        given: dict[str, Any] = {
            name: set(value) if isinstance(value, list) else value for name, value in found.items()
        }
        return cls(**given)


def _listed(value: object) -> object:
    """Write a set as a list, always the same."""
    return sorted(value) if isinstance(value, set) else value


@dataclass(frozen=True)
class Vocabulary:
    """The properties, the concepts, and the words for months, figures and parts."""

    terms: Mapping[str, Term]
    concepts: Concepts
    parts: tuple[Part, ...]
    months: Mapping[str, tuple[str, ...]]
    figures: frozenset[str]

    @classmethod
    def from_graphs(cls, ontology: Graph, shapes: Graph) -> Self:
        """Gather the properties of the shapes and of the word list, with labels from all."""
        terms: dict[str, Term] = {}
        for shape, target in shapes.subject_objects(SH.targetClass):
            for found in shapes.objects(shape, SH.property):
                _from_shape(terms, shapes, found, curie(str(target)))
        words = _words()
        for told in words["property"]:
            _from_words(terms, told)
        for term in terms.values():
            _from_ontology(term, ontology)
        parts = tuple(Part(p["class"], p["kind"], p["property"], p["of"]) for p in words["part"])
        months = {lang: tuple(map(folded, names)) for lang, names in words["months"].items()}
        concepts = Concepts.of((str(s), str(p), str(o)) for s, p, o in ontology)
        figures = frozenset(map(plain, words["figures"]["words"]))
        return cls(terms, concepts, parts, months, figures)

    def to_json(self) -> dict[str, Any]:
        """Give the vocabulary as plain data, for another process."""
        return {
            "terms": [term.to_json() for term in self.terms.values()],
            "schemes": self.concepts.schemes,
            "parts": [asdict(part) for part in self.parts],
            "months": {lang: list(names) for lang, names in self.months.items()},
            "figures": sorted(self.figures),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        terms = {one["name"]: Term.from_json(one) for one in found["terms"]}
        parts = tuple(Part(**part) for part in found["parts"])
        months = {lang: tuple(names) for lang, names in found["months"].items()}
        figures = frozenset(found["figures"])
        return cls(terms, Concepts(found["schemes"]), parts, months, figures)

    @property
    def measures(self) -> list[Term]:
        """Give the properties that hold figures about publics."""
        return [term for term in self.terms.values() if term.measure]


def curie(iri: str) -> str:
    """Write an IRI with its prefix."""
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}:{iri.removeprefix(start)}"
    return iri


def expanded(name: str) -> URIRef:
    """Write a prefixed name as an IRI."""
    prefix, _, local = name.partition(":")
    return URIRef(PREFIXES[prefix] + local)


def plain(heading: str) -> str:
    """Fold a heading: camel case, low lines and punctuation part words.

    >>> plain("EventDate"), plain("Postal_Code"), plain("Public visé (âge)")
    ('event date', 'postal code', 'public vise age')
    """
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", heading)
    return folded(re.sub(r"[^\w]+|_", " ", apart.replace("’", " ")))


@cache
def _words() -> dict[str, Any]:
    """Read the word list."""
    return tomllib.loads((files(__package__) / "words.toml").read_text(encoding="utf-8"))


def _from_shape(terms: dict[str, Term], shapes: Graph, shape: Node, target: str) -> None:
    """Learn a property from one property shape."""
    path = shapes.value(shape, SH.path)
    if not isinstance(path, URIRef) or path in {RDF.type, QB.dataSet, QB.measureType}:
        return
    term = terms.setdefault(curie(str(path)), Term(curie(str(path))))
    term.classes.add(target)
    if "-form" not in str(shape):
        term.names |= _labels(shapes.objects(shape, SH.name))
        _named(term, shapes.objects(shape, SH.name))
    found = SCHEME.search(str(shapes.value(shape, SH.pattern) or "").replace("\\", ""))
    term.scheme = found[1] if found else term.scheme
    term.leads |= shapes.value(shape, SH.nodeKind) == SH.IRI
    term.listed |= shapes.value(shape, SH["in"]) is not None
    for datatype in _datatypes(shapes, shape):
        term.kinds |= KINDS.get(datatype, set())


def _datatypes(shapes: Graph, shape: Node) -> set[str]:
    """Give the local names of the datatypes that a shape allows."""
    alternatives = shapes.value(shape, SH["or"])
    nodes = [shape, *(Collection(shapes, alternatives) if alternatives else ())]
    return {
        str(datatype).rpartition("#")[2]
        for node in nodes
        for datatype in shapes.objects(node, SH.datatype)
    }


def _from_words(terms: dict[str, Term], told: Mapping[str, Any]) -> None:
    """Learn what a property is called."""
    term = terms.setdefault(told["term"], Term(told["term"]))
    term.names |= set(map(plain, told["words"]))
    term.classes |= set(told.get("classes", ()))
    term.kinds |= set(told.get("kinds", ()))


def _from_ontology(term: Term, ontology: Graph) -> None:
    """Learn a property's labels, and whether it is a measure."""
    iri = expanded(term.name)
    _named(term, ontology.objects(iri, RDFS.label))
    for kind in (RDFS.label, SKOS.altLabel):
        term.names |= _labels(ontology.objects(iri, kind))
    term.measure = (iri, RDF.type, QB.MeasureProperty) in ontology
    if term.measure:
        term.classes.add("qb:Observation")
        term.kinds |= {"integer", "decimal"}
    term.kinds |= EXPECTED.get(term.name, set())


def _named(term: Term, found: Iterable[Node]) -> None:
    """Name a property to people, if nothing did before."""
    for label in found:
        if isinstance(label, Literal) and label.language:
            term.labels.setdefault(label.language, str(label))


def _labels(found: Iterable[Node]) -> set[str]:
    """Fold labels."""
    return {plain(str(label)) for label in found if isinstance(label, Literal)}
