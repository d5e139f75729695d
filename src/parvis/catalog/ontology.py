"""The shared ontology with its concepts, and the shapes.

The files come with parvis and never change while it runs: each is read once per process.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, OWL, PROV, RDF, RDFS, SH, SKOS, VOID

from parvis.config import knowledge
from parvis.rdf.files import add_all, canonical_lines, plain_graph, read_quads
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, DCAT3, SCHEMA

if TYPE_CHECKING:
    from parvis.mapping.concepts import Concepts


@cache
def ontology() -> Graph:
    """Return the ontology and its schemes as a graph, which no caller may change."""
    return _read_graph(_list_files())


@cache
def code_list(name: str) -> Graph:
    """Return one code list of the ontology, empty if there is none of this name.

    All that is said of its concepts stands in its own file: that is read in some milliseconds, and
    the ontology in a seventh of a second. No caller may change it.
    """
    return _read_graph(file for file in _list_files() if file.stem == name)


def _read_graph(files: Iterable[Path], predicate: URIRef | None = None) -> Graph:
    """Read the statements of files, or those of one predicate alone."""
    quads = chain.from_iterable(map(read_quads, files))
    wanted = (q for q in quads if predicate is None or q.predicate.value == str(predicate))
    return add_all(plain_graph(), wanted)


@cache
def vocabulary() -> tuple[bytes, ...]:
    """Return the ontology as sorted lines of N-Triples."""
    ontology_quads = chain.from_iterable(map(read_quads, _list_files()))
    return tuple(canonical_lines(ontology_quads).splitlines(keepends=True))


@cache
def submission_shapes() -> Graph:
    """Return the shapes of what partners submit as a graph, which no caller may change."""
    from parvis.validation import load_own_shapes  # noqa: PLC0415 - who reads names need not load it

    return load_own_shapes(knowledge("shapes"))


@cache
def record_shapes() -> Graph:
    """Return the shapes of parvis's own records: datasets, agreements, projects."""
    from parvis.validation import load_own_shapes  # noqa: PLC0415 - the same

    return load_own_shapes(knowledge("shapes") / "records")


@cache
def concepts() -> "Concepts":
    from parvis.mapping.concepts import Concepts  # noqa: PLC0415 - only conversions need it

    # Reading the concepts alone is thirty times faster than reading the graph.
    return Concepts.from_triples(
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for file in _list_files()
        for quad in read_quads(file)
        if hasattr(quad.subject, "value") and hasattr(quad.object, "value")
    )


def _list_files() -> Iterator[Path]:
    # Alignments with other ontologies are left out, since no code follows them.
    for file in sorted(knowledge("ontology").glob("*.ttl")):
        if file.stem != "alignments":
            yield file


@cache
def has_flag(measure: str, flag: URIRef) -> bool:
    """Return whether the ontology says `parvis:countsPersons` or `parvis:additive` of a measure.

    The values of an additive one add up across partners.
    """
    value = ontology().value(URIRef(measure), flag)
    return isinstance(value, Literal) and bool(value.toPython())


# Words for terms: as the ontology names them, else as the shapes ask partners for them.

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Words:
    """Labels by language: of terms, and of properties as used in a class."""

    terms: Mapping[str, Texts]
    properties: Mapping[tuple[str, str], Texts]

    def of_term(self, iri: str) -> dict[str, str]:
        """Return the labels of a class or another term; without any, the last step of its IRI."""
        return dict(self.terms.get(iri) or {"en": last_segment(iri)})

    def of_property(self, iri: str, kinds: Iterable[str]) -> dict[str, str]:
        candidates = (
            self.properties.get((kind, iri), {}) for kind in kinds if iri != str(RDF.type)
        )
        return dict(next(filter(None, candidates), {}) or self.of_term(iri))


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
"""The labels of schema.org's own values."""


GENERAL = {
    str(term): {"fr": fr, "en": en}
    for term, fr, en in (
        (SKOS.prefLabel, "nom", "name"),
        (SKOS.altLabel, "autre nom", "other name"),
        (SKOS.definition, "définition", "definition"),
        (SKOS.scopeNote, "portée", "scope"),
        (SKOS.changeNote, "changements", "changes"),
        (SKOS.notation, "code", "code"),
        (SKOS.inScheme, "liste", "list"),
        (SKOS.topConceptOf, "en tête de la liste", "top of the list"),
        (SKOS.broader, "plus général", "broader"),
        (SKOS.narrower, "plus précis", "narrower"),
        (SKOS.related, "voir aussi", "see also"),
        (SKOS.exactMatch, "même notion ailleurs", "same notion elsewhere"),
        (SKOS.closeMatch, "notion proche ailleurs", "close notion elsewhere"),
        (SKOS.broadMatch, "notion plus générale ailleurs", "broader notion elsewhere"),
        (SKOS.narrowMatch, "notion plus précise ailleurs", "narrower notion elsewhere"),
        (SKOS.Concept, "notion", "concept"),
        (SKOS.ConceptScheme, "liste de notions", "list of concepts"),
        (RDFS.label, "nom", "name"),
        (RDFS.comment, "commentaire", "comment"),
        (RDFS.seeAlso, "voir aussi", "see also"),
        (DCTERMS.title, "titre", "title"),
        (DCTERMS.description, "description", "description"),
        (DCTERMS.references, "renvoi", "reference"),
        (DCTERMS.identifier, "identifiant", "identifier"),
        (DCTERMS.publisher, "publié par", "published by"),
        (DCTERMS.creator, "auteur", "creator"),
        (DCTERMS.issued, "publié le", "issued"),
        (DCTERMS.created, "créé le", "created"),
        (DCTERMS.modified, "modifié le", "modified"),
        (DCTERMS.language, "langue", "language"),
        (DCTERMS.license, "licence", "licence"),
        (DCTERMS.rights, "droits", "rights"),
        (DCTERMS.accessRights, "accès", "access"),
        (DCTERMS.accrualPeriodicity, "fréquence de mise à jour", "update frequency"),
        (DCTERMS.conformsTo, "conforme à", "conforms to"),
        (DCTERMS.spatial, "lieu couvert", "area covered"),
        (DCTERMS.temporal, "période couverte", "period covered"),
        (DCTERMS.subject, "sujet", "subject"),
        (DCTERMS.source, "source", "source"),
        (DCTERMS.type, "genre", "type"),
        (DCTERMS.format, "format", "format"),
        (DCTERMS.isPartOf, "partie de", "part of"),
        (DCTERMS.isReplacedBy, "remplacé par", "replaced by"),
        (DCTERMS.valid, "valide", "valid"),
        (DCAT.theme, "thème", "theme"),
        (DCAT.keyword, "mot-clé", "keyword"),
        (DCAT3.version, "version", "version"),
        (DCAT3.isVersionOf, "version de", "version of"),
        (DCAT.distribution, "fichier ou accès", "file or access"),
        (DCAT.landingPage, "page", "page"),
        (DCAT.contactPoint, "contact", "contact"),
        (DCAT.dataset, "jeu de données", "dataset"),
        (DCAT.servesDataset, "jeu de données servi", "dataset served"),
        (VOID.classes, "nombre de classes", "number of classes"),
        (VOID.entities, "nombre d’entités", "number of entities"),
        (VOID.properties, "nombre de propriétés", "number of properties"),
        (VOID.triples, "nombre de triplets", "number of triples"),
        (VOID.distinctSubjects, "nombre de sujets", "number of subjects"),
        (VOID.distinctObjects, "nombre d’objets", "number of objects"),
        (VOID.classPartition, "partie, par classe", "part, by class"),
        (VOID.propertyPartition, "partie, par propriété", "part, by property"),
        (VOID.dataDump, "fichier entier", "complete file"),
        (VOID.sparqlEndpoint, "point d’accès SPARQL", "SPARQL endpoint"),
        (VOID.subset, "partie", "part"),
        (VOID.vocabulary, "vocabulaire", "vocabulary"),
        (PROV.wasGeneratedBy, "produit par", "generated by"),
        (PROV.wasDerivedFrom, "tiré de", "derived from"),
        (PROV.wasAssociatedWith, "responsable", "responsible"),
        (PROV.used, "a utilisé", "used"),
        (PROV.generated, "a produit", "generated"),
        (PROV.startedAtTime, "début", "start"),
        (PROV.endedAtTime, "fin", "end"),
        (FOAF.name, "nom", "name"),
        (FOAF.homepage, "page d’accueil", "home page"),
        (FOAF.primaryTopic, "sujet principal", "main subject"),
        (SCHEMA.alternateName, "autre nom", "other name"),
        (SCHEMA.description, "description", "description"),
        (SCHEMA.image, "image", "image"),
        (SCHEMA.keywords, "mots-clés", "keywords"),
        (SCHEMA.streetAddress, "numéro et rue", "street and number"),
        (SCHEMA.addressRegion, "province ou région", "province or region"),
        (SCHEMA.addressCountry, "pays", "country"),
        (SCHEMA.telephone, "téléphone", "telephone"),
    )
}
"""The labels of terms of general vocabularies, which the ontology does not name."""


@cache
def load_words() -> Words:
    shapes, terms = submission_shapes(), _read_graph(_list_files(), RDFS.label)
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    properties: dict[tuple[str, str], dict[str, str]] = {}
    for shape, kind in shapes.subject_objects(SH.targetClass):
        if "-" not in last_segment(str(shape)):  # a class's own shape, not one of its further rules
            labels[str(kind)] = read_texts(shapes, shape, RDFS.label)
        parts = shapes.objects(shape, SH.property)
        orders = {part: shapes.value(part, SH.order, default=Literal("inf")) for part in parts}
        # What it is, then its form.
        for part in sorted(orders, key=lambda part: (float(str(orders[part])), str(part))):
            for path in shapes.objects(part, SH.path):
                texts = read_texts(shapes, part, SH.name)
                properties.setdefault((str(kind), str(path)), texts)
                labels[str(path)] = labels.get(str(path)) or texts
    for term in set(terms.subjects(RDFS.label)):
        labels[str(term)] = read_texts(terms, term, RDFS.label)
    labels = defaultdict(dict, GENERAL | {iri: texts for iri, texts in labels.items() if texts})
    labels |= VALUES
    labels[str(OWL.sameAs)] = {"fr": "même chose que", "en": "same as"}
    labels[str(SCHEMA.sameAs)] = {"fr": "page sur la même chose", "en": "page about the same thing"}
    labels[str(SCHEMA.identifier)] = {"fr": "identifiant", "en": "identifier"}  # NEQ is one of them
    labels[str(OWL.differentFrom)] = {"fr": "autre chose que", "en": "different from"}
    labels[str(RDF.type)] = {"fr": "nature", "en": "kind"}
    return Words({iri: texts for iri, texts in labels.items() if texts}, properties)


def last_segment(iri: str) -> str:
    """Return the last step of an IRI.

    >>> last_segment("http://schema.org/startDate"), last_segment("https://w3id.org/parvis/ns#place")
    ('startDate', 'place')
    """
    return iri.rstrip("/").replace("#", "/").rpartition("/")[2] or iri


@cache
def concept_labels(iri: str) -> dict[str, str]:
    """Return the preferred labels of a concept; its code where there is none."""
    labels = read_texts(ontology(), URIRef(iri), SKOS.prefLabel)
    return labels or {"en": last_segment(iri)}


# The names of parties and kinds of organisation, for rules in words.

KINDS = f"{CONCEPT}organization-type/"


def names_in(law: Graph) -> dict[str, dict[str, str]]:
    """Read the names of the parties, and of the kinds of organisation, in a law."""
    parties = law.subjects(SCHEMA.name, unique=True)
    kinds = (kind for kind in law.subjects(RDF.type, SKOS.Concept) if str(kind).startswith(KINDS))
    names = {str(party): read_texts(law, party, SCHEMA.name) for party in parties}
    names |= {str(kind): read_texts(law, kind, SKOS.prefLabel) for kind in kinds}
    return {iri: texts for iri, texts in names.items() if texts}
