"""The types and properties of the reconciliation service.

Types are five classes with their subclasses, and each code list; properties are those of the
shapes, so that partners meet the words of their own submissions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from rdflib import URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import Texts, load_words, ontology, submission_shapes
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.rdf.literals import read_texts
from parvis.store.search.words import fold
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

ORGANISATION, VENUE = str(SCHEMA.Organization), str(SCHEMA.Place)
WORK, EVENT, SERIES = str(PARVIS.Production), str(SCHEMA.Event), str(SCHEMA.EventSeries)
CONCEPTS = str(SKOS.Concept)
ROOTS = (ORGANISATION, VENUE, WORK, EVENT, SERIES, CONCEPTS)
"""The types that are offered first."""
SHAPELESS = {str(SCHEMA.CreativeWork): WORK}
"""Classes without a shape of their own, each with the type it is offered under."""

IDENTIFIER = str(SCHEMA.identifier)
SAME_AS = (str(OWL.sameAs), str(SCHEMA.sameAs))
ADDRESS = (str(SCHEMA.streetAddress), str(SCHEMA.addressLocality), str(SCHEMA.postalCode))
"""The parts of an address, which are offered as properties of the entity itself."""
_OF_CONCEPTS = (
    SKOS.prefLabel,
    SKOS.altLabel,
    SKOS.notation,
    SKOS.definition,
    SKOS.broader,
    SKOS.inScheme,
    SKOS.exactMatch,
)
_NODES = {str(SCHEMA.address), str(SCHEMA.geo), str(RDF.type)}
"""Properties that are replaced by the parts of their value, or by the type."""

LABELS: Mapping[str, Texts] = {
    CONCEPTS: {"fr": "concept", "en": "concept"},
    str(OWL.sameAs): {"fr": "la même chose ailleurs", "en": "the same thing elsewhere"},
    str(SCHEMA.sameAs): {"fr": "page sur la même chose", "en": "page about the same thing"},
    str(SCHEMA.streetAddress): {"fr": "adresse", "en": "street address"},
    str(SCHEMA.description): {"fr": "description", "en": "description"},
    str(SCHEMA.alternateName): {"fr": "autre nom", "en": "other name"},
    str(SKOS.prefLabel): {"fr": "libellé", "en": "label"},
    str(SKOS.altLabel): {"fr": "autre libellé", "en": "other label"},
    str(SKOS.notation): {"fr": "code", "en": "code"},
    str(SKOS.definition): {"fr": "définition", "en": "definition"},
    str(SKOS.broader): {"fr": "concept plus large", "en": "broader concept"},
    str(SKOS.inScheme): {"fr": "liste", "en": "list"},
    str(SKOS.exactMatch): {"fr": "concept équivalent", "en": "equivalent concept"},
}
"""The labels of terms that neither the ontology nor the shapes name."""

UNKNOWN = N_("there is no type “{type}” here; the types are: {choices}")


@dataclass(frozen=True)
class ServiceTerm:
    """A type or a property, with its labels and, of a type, the broader one."""

    iri: str
    label: Texts
    broader: str | None = None


@dataclass(frozen=True)
class ServiceTypes:
    """All types and properties; `roots` maps a class to the type it is offered under."""

    types: Mapping[str, ServiceTerm]
    roots: Mapping[str, str]
    properties: Mapping[str, Sequence[ServiceTerm]]

    @cached_property
    def labels(self) -> Mapping[str, Texts]:
        """Return the labels of each property."""
        return {term.iri: term.label for term in self.properties_of(None)}

    def require(self, iri: str) -> ServiceTerm:
        """Return a type; raises `UsageError`, which lists the main types."""
        term = self.types.get(iri)
        if term is None:
            raise UsageError(UNKNOWN, type=iri[:200], choices=" ".join(ROOTS))
        return term

    def is_instance(self, iri: str, classes: Iterable[str], type_: str) -> bool:
        """Return whether an entity of some classes is of a type."""
        if type_.startswith(CONCEPT):
            # A code list is a type: the IRI of a concept begins with that of its list.
            return iri.startswith(f"{type_}/") and CONCEPTS in classes
        return any(type_ in {class_iri, self.roots.get(class_iri)} for class_iri in classes)

    def of(self, iri: str, classes: Iterable[str]) -> list[ServiceTerm]:
        """Return the types of an entity, the widest first; none if it cannot be reconciled."""
        iris = {root: None for class_iri in classes if (root := self.roots.get(class_iri))}
        iris |= {class_iri: None for class_iri in classes if class_iri in self.types}
        scheme_iri = iri.rpartition("/")[0]
        if CONCEPTS in iris and scheme_iri in self.types:
            iris[scheme_iri] = None
        return [self.types[type_iri] for type_iri in iris]

    def properties_of(self, type_: str | None) -> list[ServiceTerm]:
        """Return the properties of a type, or those of all types."""
        if type_:
            self.require(type_)
            root = self.roots.get(type_, CONCEPTS)
            return list(self.properties.get(type_) or self.properties[root])
        all_terms = (term for terms in self.properties.values() for term in terms)
        return list({term.iri: term for term in all_terms}.values())

    def find_terms(self, beginning: str, among: Iterable[ServiceTerm]) -> Iterator[ServiceTerm]:
        """Yield the terms whose IRI, or a word of whose labels, begins with a text."""
        prefix = fold(beginning.strip())
        for term in among:
            texts = [fold(text) for text in term.label.values()]
            starts = any(f" {text}".find(f" {prefix}") >= 0 for text in texts)
            if starts or term.iri.startswith(beginning.strip()):
                yield term


@cache
def service_types() -> ServiceTypes:
    """Read the types and properties from the shapes and the ontology, once."""
    shapes = submission_shapes()
    roots: dict[str, str] = {}
    for shape in set(shapes.subjects(SH.targetClass)):
        targets = set(map(str, shapes.objects(shape, SH.targetClass)))
        root = next((iri for iri in ROOTS if iri in targets), None)
        if root is not None:
            roots |= dict.fromkeys(targets, root)
    roots |= SHAPELESS | {CONCEPTS: CONCEPTS}
    types = {iri: _make_term(iri, None if iri in ROOTS else root) for iri, root in roots.items()}
    graph = ontology()
    for iri in sorted(map(str, graph.subjects(RDF.type, SKOS.ConceptScheme))):
        label = read_texts(graph, URIRef(iri), RDFS.label, SKOS.prefLabel)
        types[iri] = ServiceTerm(iri, label or load_words().of_term(iri), CONCEPTS)
    words, address = load_words(), (str(SCHEMA.PostalAddress),)
    extra = (str(SCHEMA.alternateName), str(SCHEMA.description), *SAME_AS, IDENTIFIER)
    properties = {}
    for kind in roots:
        paths = [path for class_iri, path in words.properties if class_iri == kind]
        paths.sort(key=lambda path: (path != str(SCHEMA.name), path))
        terms = [
            _make_term(p, label=words.of_property(p, (kind,))) for p in paths if p not in _NODES
        ]
        if str(SCHEMA.address) in paths:
            terms += [_make_term(iri, label=words.of_property(iri, address)) for iri in ADDRESS]
        properties[kind] = terms + [_make_term(iri) for iri in extra if iri not in paths]
    properties[CONCEPTS] = [_make_term(str(iri)) for iri in _OF_CONCEPTS]
    # Clients offer the types in this order.
    ordered = {iri: types[iri] for iri in ROOTS} | types
    return ServiceTypes(ordered, roots, properties)


def _make_term(iri: str, broader: str | None = None, label: Texts | None = None) -> ServiceTerm:
    return ServiceTerm(iri, LABELS.get(iri) or label or load_words().of_term(iri), broader)


def label_of(iri: str) -> Texts:
    """Return the preferred labels of a concept of the shared lists; none for any other IRI."""
    if not iri.startswith(CONCEPT):
        return {}
    name = iri.removeprefix(CONCEPT).partition("/")[0]
    return scheme(name).labels.get(iri, {})
