"""What a record should say better, so that harvesters and readers find and understand it.

The folder was read already: what is wrong there was refused with its file. This looks for what
can be told, and yet is of little use to others.
"""

from collections.abc import Iterator

from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

from parvis.catalog.authorities import AUTHORITIES
from parvis.catalog.entries import Dataset
from parvis.catalog.records import DatasetRecord
from parvis.i18n import LANGUAGES, N_, both
from parvis.report import Finding, Severity

SHORTEST, LONGEST = 50, 5000
"""Characters of a description that search engines take (Google Dataset Search)."""

LENGTH = N_("the description @{lang} has {count} characters; search engines take 50 to 5000")
TWICE = N_("there are {count} texts of {term} @{lang}; harvesters take one")
SAME = N_("the description is the same in French and in English")
NO_KEYWORD = N_("there is no keyword @{lang}")
NO_TERM = N_("there is no {term}")
UNKNOWN_TERM = N_("{term} is {value}, which is of no list that harvesters know")
OWN_LICENCE = N_("everyone may read it, but its licence is {value}, which harvesters do not know")

_LISTS = {
    "dct:accrualPeriodicity": DCTERMS.Frequency,
    "dct:language": DCTERMS.LinguisticSystem,
    "dcat:theme": SKOS.Concept,
}
"""The class of what stands in the common lists, by the property that names it."""


def proofread(record: DatasetRecord, dataset: Dataset) -> Iterator[Finding]:
    """Look through one record."""
    for rule, (template, fields) in _remarks(record, dataset):
        text = both(template, **fields)
        yield Finding(Severity.WARNING, rule, text, focus=str(record.key))


_Remark = tuple[str, tuple[str, dict[str, object]]]


def _remarks(record: DatasetRecord, dataset: Dataset) -> Iterator[_Remark]:
    yield from _descriptions(record)
    yield from _one_text_a_language(dataset)
    yield from _lists(record)
    for lang in LANGUAGES:
        if not record.keywords.get(lang):
            yield "keyword", (NO_KEYWORD, {"lang": lang})
    if record.public and not _known(record.licence.iri, DCTERMS.LicenseDocument):
        yield "licence", (OWN_LICENCE, {"value": record.licence.iri})


def _descriptions(record: DatasetRecord) -> Iterator[_Remark]:
    """Look at the length of descriptions, and whether they were translated."""
    for lang, text in record.description.items():
        if not SHORTEST <= len(text) <= LONGEST:
            yield "description", (LENGTH, {"lang": lang, "count": len(text)})
    if len(set(record.description.values())) < len(record.description):
        yield "language", (SAME, {})


def _one_text_a_language(dataset: Dataset) -> Iterator[_Remark]:
    """Look for two texts of one language, of which a harvester keeps any."""
    for term, step in (("dct:title", DCTERMS.title), ("dct:description", DCTERMS.description)):
        found = [
            text.language
            for text in dataset.described.objects(URIRef(dataset.iri), step)
            if isinstance(text, Literal)
        ]
        for lang in LANGUAGES:
            if found.count(lang) > 1:
                count = found.count(lang)
                yield "language", (TWICE, {"term": term, "lang": lang, "count": count})


def _lists(record: DatasetRecord) -> Iterator[_Remark]:
    """Look for what is missing, or of no common list, among frequency, languages and themes."""
    frequency = (record.frequency,) if record.frequency else ()
    for term, values in (
        ("dct:accrualPeriodicity", frequency),
        ("dct:language", record.languages),
        ("dcat:theme", record.themes),
    ):
        if not values:
            yield "missing", (NO_TERM, {"term": term})
        elif not any(_known(one.iri, _LISTS[term]) for one in values):
            yield "vocabulary", (UNKNOWN_TERM, {"term": term, "value": values[0].iri})


def _known(iri: str, kind: URIRef) -> bool:
    return (URIRef(iri), RDF.type, kind) in AUTHORITIES
