"""Describe datasets and partners in short for pages: cards, and what a dataset is about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rdflib import Literal, URIRef
from rdflib.namespace import QB, RDF, SKOS

from parvis.catalog.ontology import concept_labels, last_segment, load_words, names_in, ontology
from parvis.catalog.quality import assess
from parvis.catalog.records import DatasetRecord
from parvis.governance.wording import describe_readers
from parvis.i18n import LANGUAGES, both
from parvis.mapping.concepts import fold_text
from parvis.pooling.cards import DatasetCard, MissingElement, PartnerCard
from parvis.pooling.pool import Pool
from parvis.pooling.publication.contents import ContentFigures, DownloadFiles
from parvis.pooling.publication.state import PoolState
from parvis.pooling.publics.editions import version_of
from parvis.rdf.literals import read_texts
from parvis.store.record.statistics import Statistics
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

LONGEST = 100
"""Years of a period that are listed: of a longer one, the last ones."""

STRATA = {
    "discipline": str(PARVIS.discipline),
    "area": str(PARVIS.territory),
    "age": str(PARVIS.ageGroup),
    "audience": str(PARVIS.targetAudience),
    "public": str(PARVIS.public),
    "language": str(PARVIS.language),
    "channel": str(PARVIS.channel),
    "place": str(PARVIS.place),
    "period": str(PARVIS.refPeriod),
}
"""The code lists that describe a content, each with the property that names it."""
_ORDERED = frozenset({"age", "period"})  # lists whose codes have an order of their own
_UNSPECIFIC = frozenset({"total", "unknown"})  # codes that do not distinguish contents


def summarise_record(record: DatasetRecord, now: datetime) -> dict[str, Any]:
    """Return the fields of a dataset's card that are read from its record."""
    starts = [period.start.year for period in record.temporal if period.start]
    # A period without end lasts until now.
    ends = [(period.end or now).year for period in record.temporal]
    years = [max(min(starts), max(ends) - LONGEST), max(ends)] if starts and ends else None
    quality = assess(record)
    return {
        "license_label": dict(record.licence.names),
        "points": quality.points,
        "unmet": tuple(MissingElement(c.points, both(c.need)) for c in quality.unmet),
        "themes": tuple(sorted(theme.iri for theme in record.themes)),
        "theme_names": {theme.iri: dict(theme.names) for theme in record.themes},
        "keywords": {lang: list(keywords) for lang, keywords in record.keywords.items()},
        "years": years,
    }


def describe_datasets(
    state: PoolState,
    figures: ContentFigures,
    downloads: DownloadFiles,
    summaries: Mapping[DatasetKey, Mapping[str, Any]],
) -> list[DatasetCard]:
    """Return the card of each dataset of the catalogue, whether or not it has content."""
    catalog, cards = state.pool.catalog, []
    # The site shows no names of parties other than partners and kinds of organisation.
    parties = {party.iri for party in catalog.parties.values()}
    names = {iri: texts for iri, texts in names_in(catalog.law).items() if iri not in parties}
    for key, dataset in catalog.datasets.items():
        version = state.versions.get(key)
        card = DatasetCard(
            key=key,
            iri=dataset.iri,
            title=dataset.title,
            description=dataset.description,
            partner_name=catalog.partners[key.partner].names,
            licence=dataset.licence,
            access=describe_readers(catalog.policies, dataset.iri, names, state.now),
            triples=version.triples if version else 0,
            modified=version.submitted if version else None,
            invented=dataset.invented,
            version_of=version_of(dataset),
            duplicates=figures.duplicates.get(dataset.graph),
            downloads=tuple(downloads.files.get(key, ())),
            versions=tuple(state.history.get(key, ())),
            pool=catalog.title,
            **summaries.get(key, {"license_label": {}, "themes": ()}),
            **content_facets(figures.statistics.get(version.digest) if version else None),
        )
        cards.append(card)
    return cards


def describe_partners(pool: Pool) -> list[PartnerCard]:
    cards = []
    for partner in pool.catalog.partners.values():
        record, iri = partner.metadata, URIRef(partner.iri)
        areas = sorted(map(str, record.objects(iri, PARVIS.territory)))
        emails = sorted(map(str, record.objects(iri, SCHEMA.email)))
        cards.append(
            PartnerCard(
                slug=partner.slug,
                name=partner.names,
                type_label=read_texts(ontology(), URIRef(partner.kind), SKOS.prefLabel),
                url=partner.url,
                invented=partner.invented,
                third_party=partner.slug == pool.catalog.third_party.slug,
                description=read_texts(record, iri, SCHEMA.description),
                areas=tuple(concept_labels(area) for area in areas),
                email=emails[0].removeprefix("mailto:") if emails else None,
            )
        )
    return cards


def content_facets(counted: Statistics | None) -> dict[str, Any]:
    """Return the kinds, disciplines and code lists of a content, and all names of its concepts."""
    if counted is None:
        return {}
    concepts = [URIRef(iri) for iri in counted.concepts]
    disciplines = {}
    for concept in concepts:
        if concept.startswith(f"{CONCEPT}discipline/"):
            disciplines[str(concept)] = read_texts(ontology(), concept, SKOS.prefLabel)
    strata: dict[str, list[str]] = {}
    for concept in concepts:
        name, _, code = concept.removeprefix(str(CONCEPT)).partition("/")
        if name in STRATA:
            # A list of which only the total is used is present, without any code.
            strata.setdefault(name, []).extend([code] if code not in _UNSPECIFIC else ())
    words: dict[str, set[str]] = {lang: set() for lang in LANGUAGES}
    for concept in concepts:
        for label_property in (SKOS.prefLabel, SKOS.altLabel):
            for label in ontology().objects(concept, label_property):
                if isinstance(label, Literal) and label.language in words:
                    words[label.language].add(str(label))
    return {
        "kinds": list(dict.fromkeys(_kinds(counted.classes))),
        "disciplines": disciplines,
        "strata": {name: strata[name] for name in STRATA if name in strata},
        "words": {lang: sorted(labels) for lang, labels in words.items()},
        "contents": count_entities(counted),
    }


ENTITIES = ("events", "series", "works", "places", "organizations", "figures")
"""What is counted of a content, in the order in which it is said."""


def count_entities(counted: Statistics) -> dict[str, int]:
    """Count the entities of each kind in a content."""
    counts: dict[str, list[int]] = {}
    for iri, uses in counted.classes.items():
        name = last_segment(iri)
        if iri == str(QB.Observation):
            kind = "figures"
        elif iri == str(PARVIS.Production):
            kind = "works"
        elif name in {"EventSeries", "Festival"}:
            kind = "series"
        elif name.endswith("Event"):
            kind = "events"
        elif name.endswith(("Organization", "Group", "Library", "Museum")):
            kind = "organizations"
        elif name.endswith("Place"):
            kind = "places"
        else:
            continue
        counts.setdefault(kind, []).append(uses.entities)
    types = counted.properties.get(str(RDF.type))
    # Where entities have several classes, the widest class counts each of them once.
    total = sum if types is None or types.triples == types.subjects else max
    return {kind: total(counts[kind]) for kind in ENTITIES if kind in counts}


def _kinds(classes: Iterable[str]) -> Iterator[str]:
    for iri in sorted(classes):
        name = iri.rpartition("/")[2].rpartition("#")[2]
        if iri == str(QB.Observation):
            yield "publics"
        elif iri == str(PARVIS.Reach):
            yield "relays"
        elif name.endswith(("Event", "EventSeries", "Festival")) or iri == str(PARVIS.Production):
            yield "offerings"
        elif name.endswith("Place"):
            yield "places"


@dataclass(frozen=True)
class CodeListSummary:
    """A code list as a page shows it: its name, and the IRI and label of each code in use."""

    title: dict[str, str]
    values: tuple[tuple[str, str], ...]


def label_strata(strata: Mapping[str, Iterable[str]], lang: str) -> list[CodeListSummary]:
    """Label strata in a language; values are sorted by label, or by code if codes are ordered."""
    lists = []
    for name, codes in strata.items():
        iris = (f"{CONCEPT}{name}/{code}" for code in codes)
        values = [(iri, concept_labels(iri).get(lang) or last_segment(iri)) for iri in iris]
        if name in _ORDERED:
            values.sort(key=lambda pair: pair[0])
        else:
            values.sort(key=lambda pair: fold_text(pair[1]))
        lists.append(CodeListSummary(load_words().of_property(STRATA[name], ()), tuple(values)))
    return lists
