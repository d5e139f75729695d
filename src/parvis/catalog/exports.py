"""A typed record in other forms: schema.org in JSON-LD for search engines, and a Data Package."""

import re
from typing import Any

from parvis.catalog.records import DatasetRecord, Distribution, Period, Texts

# A typed record as schema.org/Dataset in JSON-LD: the fields that search engines read.
#
# https://developers.google.com/search/docs/appearance/structured-data/dataset

CONTEXT = "https://schema.org/"
"""The address at which the engines look for it; in RDF, parvis writes ``http://schema.org/``."""

LANGUAGE_CODES = {"FRA": "fr", "ENG": "en", "SPA": "es", "IKU": "iu"}
"""Codes of BCP 47 for the codes of the European list of languages."""


def to_schema_org(record: DatasetRecord, lang: str) -> dict[str, Any]:
    """Describe a dataset for one language's page; what is not known is left out."""
    home = f"{record.base}catalog"
    found = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": record.iri,
        "name": record.title[lang],
        "description": record.description[lang],
        "url": record.page,
        "identifier": record.iri,
        "inLanguage": [_code(one.iri) for one in record.languages],
        "keywords": [*record.keywords.get(lang, ()), *record.keywords.get("", ())],
        "license": record.licence.iri,
        "isAccessibleForFree": record.public,
        "creator": _organization(record, lang),
        "publisher": _organization(record, lang),
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "@id": home,
            "name": record.catalogue[lang],
            "url": home,
        },
        "spatialCoverage": [
            {"@type": "Place", "@id": one.iri, "name": _in(one.names, lang) or one.iri}
            for one in record.spatial
        ],
        "temporalCoverage": [_interval(one) for one in record.temporal],
        "datePublished": record.issued and record.issued.isoformat(),
        "dateModified": record.modified and record.modified.isoformat(),
        "version": record.version and record.version.name,
        "isBasedOn": list(record.pages),
        "variableMeasured": _variables(record, lang),
        "distribution": [_download(one, lang) for one in record.distributions if one.download_url],
    }
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def _organization(record: DatasetRecord, lang: str) -> dict[str, str]:
    """Tell the publisher, who is the creator of what it gives."""
    told = record.publisher
    found = {"@type": "Organization", "@id": told.iri, "name": _in(told.names, lang) or told.name}
    return found | ({"url": told.url} if told.url else {})


def _download(given: Distribution, lang: str) -> dict[str, str]:
    """Tell a file that can be downloaded."""
    found = {
        "@type": "DataDownload",
        "@id": given.iri,
        "name": _in(given.title, lang),
        "contentUrl": given.download_url,
        "encodingFormat": given.media_type,
        "contentSize": None if given.size is None else f"{given.size} B",
        "sha256": given.sha256,
    }
    return {name: value for name, value in found.items() if value}


def _variables(record: DatasetRecord, lang: str) -> list[dict[str, str]]:
    """Name what the observations of a cube measure, and by what they differ."""
    cube = record.cube
    return [
        {"@type": "PropertyValue", "name": _in(one.names, lang) or one.iri, "propertyID": one.iri}
        for one in ((*cube.measures, *cube.dimensions) if cube else ())
    ]


def _interval(period: Period) -> str:
    """Write a period as ISO 8601 does; an open end is two dots."""
    return "/".join(day.isoformat() if day else ".." for day in (period.start, period.end))


def _code(iri: str) -> str:
    last = iri.rpartition("/")[2]
    return LANGUAGE_CODES.get(last, last.lower())


def _in(texts: Texts, lang: str) -> str:
    """Choose a text in a language, else in any that there is."""
    return texts.get(lang) or next(iter(texts.values()), "")


# A typed record as a Data Package (https://datapackage.org, version 2).

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def to_data_package(record: DatasetRecord, lang: str) -> dict[str, Any]:
    """Describe a dataset with the files that can be downloaded; what is not known is left out.

    A package must have a resource: without any file, that is the dataset's record.
    """
    files = [_resource(one, lang) for one in record.distributions if one.download_url]
    found = {
        "$schema": PROFILE,
        "name": f"{record.key.partner}-{record.key.dataset}",
        "id": record.iri,
        "title": record.title[lang],
        "description": record.description[lang],
        "homepage": record.page,
        "version": record.version and record.version.name,
        "created": record.modified and record.modified.isoformat(),
        "keywords": [*record.keywords.get(lang, ()), *record.keywords.get("", ())],
        "licenses": [_licence(record, lang)],
        "contributors": [_contributor(record, lang)],
        "sources": [{"title": page, "path": page} for page in record.pages],
        "resources": files or [_described(record)],
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _licence(record: DatasetRecord, lang: str) -> dict[str, str]:
    title = record.licence.names.get(lang)
    return {"path": record.licence.iri} | ({"title": title} if title else {})


def _contributor(record: DatasetRecord, lang: str) -> dict[str, Any]:
    told = record.publisher
    found: dict[str, Any] = {"title": told.names[lang], "roles": ["publisher"]}
    return found | ({"path": told.url} if told.url else {})


def _resource(given: Distribution, lang: str) -> dict[str, Any]:
    """Tell a file; its name is made of what the standard's names are."""
    found = {
        "name": re.sub(r"[^a-z0-9]+", "-", given.iri.rpartition("/")[2].lower()).strip("-"),
        "title": given.title.get(lang),
        "path": given.download_url,
        "mediatype": given.media_type,
        "format": given.format and given.format.lower(),
        "bytes": given.size,
        "hash": given.sha256 and f"sha256:{given.sha256}",
    }
    return {name: value for name, value in found.items() if value is not None}


def _described(record: DatasetRecord) -> dict[str, Any]:
    """Tell the dataset's record, where its content is no file yet."""
    return {
        "name": "record",
        "path": f"{record.page}.ttl",
        "mediatype": "text/turtle",
        "format": "ttl",
    }
