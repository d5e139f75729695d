"""A query, the published version that answered it, and its answer as one RO-Crate 1.3.

https://www.researchobject.org/ro-crate/specification/1.3/
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from io import BytesIO
from os import SEEK_END
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from parvis import __version__
from parvis.i18n import N_, choose_text, say
from parvis.pooling.cards import DatasetCard
from parvis.report.citations import AnswerCitation, write_bibtex
from parvis.vocab.iris import Iris

SPECIFICATION = "https://w3id.org/ro/crate/1.3"
METADATA = "ro-crate-metadata.json"
QUERY, CITATION = "query.rq", "citation.bib"
RUN = "#run"
SPARQL_TYPE = "application/sparql-query"
DESCRIPTION = N_(
    "A SPARQL query, the published version of the data that answered it, and its answer: what a"
    " reader with the same access obtains again from the address of this crate."
)
QUERY_TITLE, RUN_TITLE = N_("The query"), N_("The run of the query")
ANSWER_TITLE, CITATION_TITLE = N_("The answer"), N_("The citation, in BibTeX")
VERSION_TITLE = N_("Published version {number}")
NO_LICENCE = N_("The terms of the datasets queried, which each of them names.")


@dataclass(frozen=True)
class AnswerFile:
    """A file of the answer: its name in the crate, its media type, and where its bytes are."""

    name: str
    media_type: str
    path: Path


@dataclass(frozen=True)
class AnsweredQuery:
    """A query with its answer: the published version that answered, and the instants of both."""

    text: str
    endpoint: str
    generation: int
    published: datetime
    answered: datetime
    files: Sequence[AnswerFile]


def write_crate(
    file: IO[bytes],
    answered: AnsweredQuery,
    citation: AnswerCitation,
    cards: Sequence[DatasetCard],
    iris: Iris,
) -> None:
    """Write a crate as a zip archive; `cards` are the datasets queried that the reader may read."""
    texts = {
        QUERY: f"{answered.text.rstrip()}\n".encode(),
        CITATION: f"{write_bibtex(citation)}\n".encode(),
    }
    graph = [
        *_describe(answered, citation, texts, cards, iris),
        *_describe_sources(cards, citation.lang, iris),
    ]
    content = {"@context": f"{SPECIFICATION}/context", "@graph": graph}
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(METADATA, json.dumps(content, ensure_ascii=False, indent=1))
        for name, text in texts.items():
            archive.writestr(name, text)
        for answer_file in answered.files:
            archive.write(answer_file.path, answer_file.name)


def _describe(
    answered: AnsweredQuery,
    citation: AnswerCitation,
    texts: Mapping[str, bytes],
    cards: Sequence[DatasetCard],
    iris: Iris,
) -> Iterable[dict[str, Any]]:
    """Yield the crate, its files, and their origin."""
    lang = citation.lang
    sources = [_ref(_version(answered)), *(_ref(card.iri) for card in cards)]
    licences = dict.fromkeys(card.licence for card in cards if card.licence)
    partners = dict.fromkeys(iris.partner(card.key.partner) for card in cards)
    yield {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": _ref(SPECIFICATION),
        "about": _ref("./"),
    }
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": citation.title,
        "description": say(lang, DESCRIPTION),
        "datePublished": answered.answered.isoformat(timespec="seconds"),
        "identifier": citation.address,
        "url": citation.address,
        "version": citation.version or str(answered.generation),
        "inLanguage": lang,
        "license": _one_or_all(licences) or say(lang, NO_LICENCE),
        "author": _one_or_all(partners),
        "publisher": _ref(iris.base),
        "creditText": citation.text,
        "isBasedOn": sources,
        "mainEntity": _ref(QUERY),
        "mentions": _ref(RUN),
        "hasPart": [_ref(name) for name in (*texts, *(file.name for file in answered.files))],
    }
    yield _file(QUERY, say(lang, QUERY_TITLE), SPARQL_TYPE, texts[QUERY]) | {
        "@type": ["File", "SoftwareSourceCode"],
        "programmingLanguage": _ref("https://www.w3.org/TR/sparql11-query/"),
    }
    yield _file(CITATION, say(lang, CITATION_TITLE), "application/x-bibtex", texts[CITATION])
    for file in answered.files:
        yield _file(file.name, say(lang, ANSWER_TITLE), file.media_type, file.path)
    yield from _describe_run(answered, lang, sources)


def _describe_run(
    answered: AnsweredQuery, lang: str, sources: Sequence[dict[str, str]]
) -> Iterable[dict[str, Any]]:
    """Yield the run that made the answer, what ran it, and the published version that was read."""
    yield {
        "@id": RUN,
        "@type": "CreateAction",
        "name": say(lang, RUN_TITLE),
        "instrument": _ref(answered.endpoint),
        "object": [_ref(QUERY), *sources],
        "result": _one_or_all(file.name for file in answered.files),
        "endTime": answered.answered.isoformat(timespec="seconds"),
    }
    yield {
        "@id": answered.endpoint,
        "@type": "SoftwareApplication",
        "name": "parvis",
        "version": __version__,
        "url": answered.endpoint,
    }
    yield {
        "@id": "https://www.w3.org/TR/sparql11-query/",
        "@type": "ComputerLanguage",
        "name": "SPARQL 1.1 Query Language",
        "version": "1.1",
        "url": "https://www.w3.org/TR/sparql11-query/",
    }
    yield {
        "@id": _version(answered),
        "@type": "CreativeWork",
        "name": say(lang, VERSION_TITLE, number=answered.generation),
        "version": str(answered.generation),
        "datePublished": answered.published.isoformat(timespec="seconds"),
    }


def _version(answered: AnsweredQuery) -> str:
    return f"#version-{answered.generation}"


def _describe_sources(
    cards: Sequence[DatasetCard], lang: str, iris: Iris
) -> Iterable[dict[str, Any]]:
    """Yield the datasets queried, their partners and their licences."""
    pool = next((choose_text(lang, card.pool) for card in cards), "parvis")
    yield {"@id": iris.base, "@type": "Organization", "name": pool, "url": iris.base}
    for card in cards:
        dataset = {
            "@id": card.iri,
            # What the answer is made of is no part of the crate, as a Dataset would have to be.
            "@type": "CreativeWork",
            "name": choose_text(lang, card.title),
            "description": choose_text(lang, card.description),
            "version": card.versions[-1].label if card.versions else None,
            "license": card.licence and _ref(card.licence),
            "publisher": _ref(iris.partner(card.key.partner)),
        }
        yield {name: value for name, value in dataset.items() if value}
    partners = {card.key.partner: choose_text(lang, card.partner_name) for card in cards}
    for iri, name in ((iris.partner(slug), name) for slug, name in partners.items()):
        yield {"@id": iri, "@type": "Organization", "name": name, "url": iri}
    labels = {card.licence: choose_text(lang, card.license_label) for card in cards}
    for licence, label in labels.items():
        if licence:
            name = label or licence
            yield {"@id": licence, "@type": "CreativeWork", "name": name, "url": licence}


def _file(name: str, title: str, media_type: str, content: bytes | Path) -> dict[str, Any]:
    # An answer may be larger than the memory.
    with content.open("rb") if isinstance(content, Path) else BytesIO(content) as file:
        digest, size = file_digest(file, "sha256").hexdigest(), file.seek(0, SEEK_END)
    return {
        "@id": name,
        "@type": "File",
        "name": title,
        "description": title,
        "encodingFormat": media_type,
        "contentSize": str(size),
        "sha256": digest,
    }


def _one_or_all(iris: Iterable[str]) -> dict[str, str] | list[dict[str, str]]:
    """Return references; a single one is no list (RO-Crate 1.3, RO-Crate JSON-LD)."""
    references = [_ref(iri) for iri in iris]
    return references[0] if len(references) == 1 else references


def _ref(iri: str) -> dict[str, str]:
    return {"@id": iri}
