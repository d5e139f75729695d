"""What a dataset is about, as its record and its content tell it: for the catalogue's facets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import QB, SKOS

from parvis.catalog import DatasetRecord
from parvis.i18n import LANGUAGES
from parvis.mapping.concepts import folded
from parvis.pooling.samples import concept_labels
from parvis.pooling.words import short, words
from parvis.store.statistics import Statistics
from parvis.vocab.namespaces import CONCEPT, PARVIS

LONGEST = 100
"""Years of a period that are told; one that is longer is told by its last ones."""


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
"""The lists whose concepts a content is told by, each with the property that names it."""
_ORDERED = frozenset({"age", "period"})
"""Lists whose codes are in an order of their own."""
_OPEN = frozenset({"total", "unknown"})
"""Codes that tell nothing apart."""


def of_record(record: DatasetRecord) -> dict[str, Any]:
    """Give the themes, keywords and years that a record tells."""
    return {
        "theme_names": {one.iri: dict(one.names) for one in record.themes},
        "keywords": {lang: list(some) for lang, some in record.keywords.items()},
        "years": _years(record),
    }


def of_content(ontology: Graph, counted: Statistics | None) -> dict[str, Any]:
    """Give the kinds and disciplines that a content tells, and all names of its concepts."""
    if counted is None:
        return {}
    used = [URIRef(one) for one in counted.concepts]
    disciplines = [one for one in used if one.startswith(f"{CONCEPT}discipline/")]
    return {
        "kinds": list(dict.fromkeys(_kinds(counted.classes))),
        "disciplines": {str(one): _labels(ontology, one) for one in disciplines},
        "strata": _strata(counted.concepts),
        "words": {lang: sorted(set(_words(ontology, used, lang))) for lang in LANGUAGES},
    }


def _strata(used: Iterable[str]) -> dict[str, list[str]]:
    """Give the codes of each list that are used; a list that is told in total alone has none."""
    found: dict[str, list[str]] = {}
    for one in used:
        name, _, code = one.removeprefix(str(CONCEPT)).partition("/")
        if name in STRATA:
            found.setdefault(name, []).extend([code] if code not in _OPEN else ())
    return {name: found[name] for name in STRATA if name in found}


@dataclass(frozen=True)
class Stratum:
    """One list, as a page tells it: its name, and what the content has of it."""

    title: dict[str, str]
    values: tuple[tuple[str, str], ...]


def strata_of(strata: Mapping[str, Iterable[str]], lang: str) -> list[Stratum]:
    """Put strata in the words and the order of a language; each value is an IRI and a label."""
    return [
        Stratum(words().of_property(STRATA[name], ()), tuple(_in_order(name, codes, lang)))
        for name, codes in strata.items()
    ]


def _in_order(name: str, codes: Iterable[str], lang: str) -> list[tuple[str, str]]:
    """Give labels in the alphabet, or in the order of their codes where these have one."""
    iris = (f"{CONCEPT}{name}/{code}" for code in codes)
    told = [(iri, concept_labels(iri).get(lang) or short(iri)) for iri in iris]
    return sorted(told, key=lambda pair: pair[0] if name in _ORDERED else folded(pair[1]))


def _years(record: DatasetRecord) -> list[int] | None:
    """Give the first and the last year of all periods; one that goes on lasts until now."""
    now = datetime.now(UTC).year
    starts = [one.start.year for one in record.temporal if one.start]
    ends = [one.end.year if one.end else now for one in record.temporal]
    if not starts or not ends:
        return None
    return [max(min(starts), max(ends) - LONGEST), max(ends)]


def _kinds(classes: Iterable[str]) -> Iterator[str]:
    """Tell what things of some classes are."""
    for one in sorted(classes):
        name = one.rpartition("/")[2].rpartition("#")[2]
        if one == str(QB.Observation):
            yield "publics"
        elif one == str(PARVIS.Reach):
            yield "relays"
        elif name.endswith(("Event", "EventSeries", "Festival")) or one == str(PARVIS.Production):
            yield "offerings"
        elif name.endswith("Place"):
            yield "places"


def _labels(ontology: Graph, concept: URIRef) -> dict[str, str]:
    found = ontology.objects(concept, SKOS.prefLabel)
    return {str(one.language): str(one) for one in found if isinstance(one, Literal)}


def _words(ontology: Graph, concepts: Iterable[URIRef], lang: str) -> Iterator[str]:
    """Give every label, preferred or alternative, of concepts in a language."""
    for concept in concepts:
        for step in (SKOS.prefLabel, SKOS.altLabel):
            for one in ontology.objects(concept, step):
                if isinstance(one, Literal) and one.language == lang:
                    yield str(one)
