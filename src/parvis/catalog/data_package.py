"""A typed record as a Data Package (https://datapackage.org, version 2)."""

import re
from typing import Any

from parvis.catalog.records import DatasetRecord, Distribution

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
