"""A record read from a Data Package, ``datapackage.json`` (Data Package 2.0)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from parvis.catalog.portals.offered import OfferedDataset, OfferedFile, list_tables, read_text


def read_dataset(package: dict[str, Any], address: str, lang: str) -> OfferedDataset:
    """Read the dataset that a package describes; paths are relative to its address."""
    licence = next(iter(list_tables(package, "licenses")), {})
    title = read_text(package, "title") or read_text(package, "name")
    description = read_text(package, "description")
    keywords = package.get("keywords")
    return OfferedDataset(
        identifier=read_text(package, "id") or address,
        name=read_text(package, "name") or title,
        title={lang: title} if title else {},
        description={lang: description} if description else {},
        licence=read_text(licence, "path") or read_text(licence, "name"),
        licence_title=read_text(licence, "title") or read_text(licence, "name"),
        page=read_text(package, "homepage") or address,
        keywords={lang: [keyword for keyword in keywords if isinstance(keyword, str)]}
        if isinstance(keywords, list)
        else {},
        downloads=tuple(_list_downloads(package, address)),
    )


def _list_downloads(package: dict[str, Any], address: str) -> Iterator[OfferedFile]:
    # Data inside the descriptor is no file.
    for resource in list_tables(package, "resources"):
        value = resource.get("path")
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str) and path:
                kind = read_text(resource, "format") or path.rpartition(".")[2]
                yield OfferedFile(urljoin(address, path), kind)
