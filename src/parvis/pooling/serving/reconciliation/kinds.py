"""What names can be reconciled with: the types of things, and the properties they have.

Types are five classes with their subclasses, and each code list; properties are those that the
shapes ask partners for, so that both are told in the words that partners know.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS

from parvis.catalog.codelists import read_ontology, scheme
from parvis.catalog.ontology import Texts, submission_shapes, words
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.store.search.words import folded
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

ORGANISATION, VENUE = str(SCHEMA.Organization), str(SCHEMA.Place)
WORK, EVENT, SERIES = str(PARVIS.Production), str(SCHEMA.Event), str(SCHEMA.EventSeries)
CONCEPTS = str(SKOS.Concept)
ROOTS = (ORGANISATION, VENUE, WORK, EVENT, SERIES, CONCEPTS)
"""The types that are offered first."""
ALSO = {str(SCHEMA.CreativeWork): WORK}
"""Classes without a shape of their own, each with the type it is offered under."""

IDENTIFIER = str(SCHEMA.identifier)
SAME = (str(OWL.sameAs), str(SCHEMA.sameAs))
ADDRESS = (str(SCHEMA.streetAddress), str(SCHEMA.addressLocality), str(SCHEMA.postalCode))
"""The parts of an address, which are asked for as if the thing had them itself."""
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
"""What is told by its parts, or by the type."""

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
"""What neither the ontology nor the shapes name."""

UNKNOWN = N_("there is no type “{type}” here; the types are: {known}")


@dataclass(frozen=True)
class Known:
    """A type or a property, with its words and, of a type, what it is part of."""

    iri: str
    label: Texts
    broader: str | None = None


@dataclass(frozen=True)
class Kinds:
    """All types and properties; `roots` gives the type under which a class is offered."""

    types: Mapping[str, Known]
    roots: Mapping[str, str]
    properties: Mapping[str, Sequence[Known]]

    @cached_property
    def labels(self) -> Mapping[str, Texts]:
        """Name each property."""
        return {one.iri: one.label for one in self.proposed(None)}

    def require(self, iri: str) -> Known:
        """Give a type. Raises `UsageError`, which lists those there are."""
        found = self.types.get(iri)
        if found is None:
            raise UsageError(UNKNOWN, type=iri[:200], known=" ".join(ROOTS))
        return found

    def is_one(self, iri: str, classes: Iterable[str], type_: str) -> bool:
        """Say whether a thing of some classes is of a type; a concept's list is in its IRI."""
        if type_.startswith(CONCEPT):
            return iri.startswith(f"{type_}/") and CONCEPTS in classes
        return any(type_ in {one, self.roots.get(one)} for one in classes)

    def of(self, iri: str, classes: Iterable[str]) -> list[Known]:
        """Give the types of a thing, the widest first; none for what is not reconciled."""
        found = {root: None for one in classes if (root := self.roots.get(one))}
        found |= {one: None for one in classes if one in self.types}
        scheme = iri.rpartition("/")[0]
        if CONCEPTS in found and scheme in self.types:
            found[scheme] = None
        return [self.types[one] for one in found]

    def proposed(self, type_: str | None) -> list[Known]:
        """Give the properties that things of a type have, or those of all types."""
        if type_:
            self.require(type_)
            root = self.roots.get(type_, CONCEPTS)
            return list(self.properties.get(type_) or self.properties[root])
        every = (one for some in self.properties.values() for one in some)
        return list({one.iri: one for one in every}.values())

    def named(self, beginning: str, among: Iterable[Known]) -> Iterator[Known]:
        """Give what a beginning names: by its IRI, or by a word of its labels."""
        wanted = folded(beginning.strip())
        for one in among:
            texts = [folded(text) for text in one.label.values()]
            starts = any(f" {text}".find(f" {wanted}") >= 0 for text in texts)
            if starts or one.iri.startswith(beginning.strip()):
                yield one


@cache
def kinds() -> Kinds:
    """Read them once from the shapes and the ontology."""
    shapes = submission_shapes()
    roots = dict(_roots(shapes)) | ALSO | {CONCEPTS: CONCEPTS}
    types = {one: _known(one, () if one in ROOTS else (roots[one],)) for one in roots}
    types |= {one.iri: one for one in _schemes()}
    ordered = {one: types[one] for one in ROOTS} | types
    return Kinds(ordered, roots, {one: [*_properties(one)] for one in roots})


def _roots(shapes: Graph) -> Iterator[tuple[str, str]]:
    """Give each class that a shape speaks of with the type that it is offered under."""
    for shape in set(shapes.subjects(SH.targetClass)):
        targets = set(map(str, shapes.objects(shape, SH.targetClass)))
        root = next((one for one in ROOTS if one in targets), None)
        if root is not None:
            yield from ((one, root) for one in targets)


def _schemes() -> Iterator[Known]:
    """Give the code lists."""
    graph = read_ontology()
    for iri in sorted(map(str, graph.subjects(RDF.type, SKOS.ConceptScheme))):
        steps = (SKOS.prefLabel, RDFS.label)
        found = (one for step in steps for one in graph.objects(URIRef(iri), step))
        label = {str(one.language): str(one) for one in found if isinstance(one, Literal)}
        yield Known(iri, label or words().of_term(iri), CONCEPTS)


def _properties(kind: str) -> Iterator[Known]:
    """Give the properties of the things of a class, an address by its parts."""
    if kind == CONCEPTS:
        yield from (_known(str(one)) for one in _OF_CONCEPTS)
        return
    told = [path for of, path in words().properties if of == kind]
    for path in sorted(told, key=lambda path: (path != str(SCHEMA.name), path)):
        if path not in _NODES:
            yield _known(path, label=words().of_property(path, (kind,)))
    if str(SCHEMA.address) in told:
        address = (str(SCHEMA.PostalAddress),)
        yield from (_known(one, label=words().of_property(one, address)) for one in ADDRESS)
    others = (str(SCHEMA.alternateName), str(SCHEMA.description), *SAME, IDENTIFIER)
    yield from (_known(one) for one in others if one not in told)


def _known(iri: str, broader: Sequence[str] = (), label: Texts | None = None) -> Known:
    """Name a term."""
    label = LABELS.get(iri) or label or words().of_term(iri)
    return Known(iri, label, next(iter(broader), None))


def label_of(iri: str) -> Texts:
    """Give the preferred labels of a concept of the shared lists; none of anything else."""
    if not iri.startswith(CONCEPT):
        return {}
    name = iri.removeprefix(CONCEPT).partition("/")[0]
    return scheme(name).labels.get(iri, {})
