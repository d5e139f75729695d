"""A typed record in other forms: schema.org in JSON-LD for search engines, and a Data Package."""

import re
from typing import Any

from parvis.catalog.records import Cube, DatasetRecord, Distribution
from parvis.i18n import choose_text

# A typed record as schema.org/Dataset in JSON-LD: the fields that search engines read.
#
# https://developers.google.com/search/docs/appearance/structured-data/dataset

CONTEXT = "https://schema.org/"
"""The address at which the engines look for it; in RDF, parvis writes ``http://schema.org/``."""

LANGUAGE_CODES = {"FRA": "fr", "ENG": "en", "SPA": "es", "IKU": "iu"}
"""Codes of BCP 47 for the codes of the European list of languages."""


def to_schema_org(record: DatasetRecord, lang: str) -> dict[str, Any]:
    """Describe a dataset for the page of a language; unknown members are left out."""
    home, publisher, cube = f"{record.base}catalog", record.publisher, record.cube or Cube()
    # The publisher is also the creator of what it contributes.
    name = choose_text(lang, publisher.names) or publisher.name
    organization = _node("Organization", publisher.iri, name=name, url=publisher.url)
    codes = [language.iri.rpartition("/")[2] for language in record.languages]
    return {"@context": CONTEXT} | _node(
        "Dataset",
        record.iri,
        name=record.title[lang],
        description=record.description[lang],
        url=record.page,
        identifier=record.iri,
        inLanguage=[LANGUAGE_CODES.get(code, code.lower()) for code in codes],
        keywords=[*record.keywords.get(lang, ()), *record.keywords.get("", ())],
        license=record.licence.iri,
        isAccessibleForFree=record.public,
        creator=organization,
        publisher=organization,
        includedInDataCatalog=_node("DataCatalog", home, name=record.catalogue[lang], url=home),
        spatialCoverage=[
            _node("Place", place.iri, name=place.name_in(lang)) for place in record.spatial
        ],
        temporalCoverage=[period.interval for period in record.temporal],
        datePublished=record.issued and record.issued.isoformat(),
        dateModified=record.modified and record.modified.isoformat(),
        version=record.version and record.version.name,
        isBasedOn=list(record.pages),
        variableMeasured=[
            _node("PropertyValue", name=term.name_in(lang), propertyID=term.iri)
            for term in (*cube.measures, *cube.dimensions)
        ],
        distribution=[
            _describe_download(distribution, lang)
            for distribution in record.distributions
            if distribution.download_url
        ],
    )


def _node(kind: str, iri: str | None = None, **members: object) -> dict[str, Any]:
    document = {"@type": kind, "@id": iri, **members}
    return {name: value for name, value in document.items() if value not in (None, [], "")}


def _describe_download(distribution: Distribution, lang: str) -> dict[str, Any]:
    return _node(
        "DataDownload",
        distribution.iri,
        name=choose_text(lang, distribution.title),
        contentUrl=distribution.download_url,
        encodingFormat=distribution.media_type,
        contentSize=None if distribution.size is None else f"{distribution.size} B",
        sha256=distribution.sha256,
    )


# A typed record as a Data Package (https://datapackage.org, version 2).

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def to_data_package(record: DatasetRecord, lang: str) -> dict[str, Any]:
    """Describe a dataset with the files that can be downloaded; unknown members are left out."""
    files = [
        _describe_resource(distribution, lang)
        for distribution in record.distributions
        if distribution.download_url
    ]
    # A package must have a resource: without any file, that is the dataset's record.
    page = {
        "name": "record",
        "path": f"{record.page}.ttl",
        "mediatype": "text/turtle",
        "format": "ttl",
    }
    licence = {"path": record.licence.iri}
    if title := record.licence.names.get(lang):
        licence["title"] = title
    publisher = record.publisher
    contributor: dict[str, Any] = {"title": publisher.names[lang], "roles": ["publisher"]}
    if publisher.url:
        contributor["path"] = publisher.url
    package = {
        "$schema": PROFILE,
        "name": f"{record.key.partner}-{record.key.dataset}",
        "id": record.iri,
        "title": record.title[lang],
        "description": record.description[lang],
        "homepage": record.page,
        "version": record.version and record.version.name,
        "created": record.modified and record.modified.isoformat(),
        "keywords": [*record.keywords.get(lang, ()), *record.keywords.get("", ())],
        "licenses": [licence],
        "contributors": [contributor],
        "sources": [{"title": page, "path": page} for page in record.pages],
        "resources": files or [page],
    }
    return {name: value for name, value in package.items() if value not in (None, [])}


def _describe_resource(distribution: Distribution, lang: str) -> dict[str, Any]:
    # A name has only the characters that the standard allows.
    resource = {
        "name": re.sub(r"[^a-z0-9]+", "-", distribution.iri.rpartition("/")[2].lower()).strip("-"),
        "title": distribution.title.get(lang),
        "path": distribution.download_url,
        "mediatype": distribution.media_type,
        "format": distribution.format and distribution.format.lower(),
        "bytes": distribution.size,
        "hash": distribution.sha256 and f"sha256:{distribution.sha256}",
    }
    return {name: value for name, value in resource.items() if value is not None}
