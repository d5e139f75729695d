"""A record read from a Data Package, ``datapackage.json`` (Data Package 2.0)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from parvis.catalog.portals.offered import Download, Offered


def offered(package: dict[str, Any], address: str, lang: str) -> Offered:
    """Read the one dataset that a package describes; paths are relative to its address."""
    licence = next(iter(_tables(package, "licenses")), {})
    title = _text(package, "title") or _text(package, "name")
    description = _text(package, "description")
    keywords = package.get("keywords")
    return Offered(
        identifier=_text(package, "id") or address,
        name=_text(package, "name") or title,
        title={lang: title} if title else {},
        description={lang: description} if description else {},
        licence=_text(licence, "path") or _text(licence, "name"),
        licence_title=_text(licence, "title") or _text(licence, "name"),
        page=_text(package, "homepage") or address,
        keywords={lang: [one for one in keywords if isinstance(one, str)]}
        if isinstance(keywords, list)
        else {},
        downloads=tuple(_downloads(package, address)),
    )


def _downloads(package: dict[str, Any], address: str) -> Iterator[Download]:
    """Give the files of a package's resources; data that stands inside is no file."""
    for resource in _tables(package, "resources"):
        path = resource.get("path")
        for one in path if isinstance(path, list) else [path]:
            if isinstance(one, str) and one:
                kind = _text(resource, "format") or one.rpartition(".")[2]
                yield Download(urljoin(address, one), kind)


def _tables(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Give the objects of a list."""
    values = found.get(name)
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []


def _text(found: dict[str, Any], name: str) -> str:
    """Give a text, or nothing."""
    value = found.get(name)
    return value.strip() if isinstance(value, str) else ""
