"""A record read from a Data Package, ``datapackage.json`` (Data Package 2.0)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from parvis.catalog.portals.offered import OfferedDataset, OfferedFile


def read_dataset(package: dict[str, Any], address: str, lang: str) -> OfferedDataset:
    """Read the dataset that a package describes; paths are relative to its address."""
    licence = next(iter(_list_tables(package, "licenses")), {})
    title = _read_text(package, "title") or _read_text(package, "name")
    description = _read_text(package, "description")
    keywords = package.get("keywords")
    return OfferedDataset(
        identifier=_read_text(package, "id") or address,
        name=_read_text(package, "name") or title,
        title={lang: title} if title else {},
        description={lang: description} if description else {},
        licence=_read_text(licence, "path") or _read_text(licence, "name"),
        licence_title=_read_text(licence, "title") or _read_text(licence, "name"),
        page=_read_text(package, "homepage") or address,
        keywords={lang: [keyword for keyword in keywords if isinstance(keyword, str)]}
        if isinstance(keywords, list)
        else {},
        downloads=tuple(_list_downloads(package, address)),
    )


def _list_downloads(package: dict[str, Any], address: str) -> Iterator[OfferedFile]:
    # Data inside the descriptor is no file.
    for resource in _list_tables(package, "resources"):
        value = resource.get("path")
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str) and path:
                kind = _read_text(resource, "format") or path.rpartition(".")[2]
                yield OfferedFile(urljoin(address, path), kind)


def _list_tables(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    values = document.get(name)
    return (
        [table for table in values if isinstance(table, dict)] if isinstance(values, list) else []
    )


def _read_text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    return value.strip() if isinstance(value, str) else ""
