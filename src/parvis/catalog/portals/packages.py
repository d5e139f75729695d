"""Records read from packages of another CKAN, with ckanext-fluent's texts in two languages."""

from collections.abc import Iterator
from typing import Any

from parvis.catalog.portals.offered import FREQUENCY, Download, Offered
from parvis.i18n import LANGUAGES

FREQUENCIES = ("frequency", "update_frequency", "accrual_periodicity", "maintenance_frequency")
"""Fields and extras in which CKANs tell how often a dataset changes."""


def offered(package: dict[str, Any], address: str, lang: str) -> Offered:
    """Read a package of the CKAN at an address; `lang` is that of texts that name none."""
    name = _text(package.get("name"))
    return Offered(
        identifier=_text(package.get("id")) or name,
        name=name,
        title=_texts(package, "title", lang),
        description=_texts(package, "notes", lang),
        licence=_text(package.get("license_url")) or _text(package.get("license_id")),
        licence_title=_text(package.get("license_title")),
        page=f"{address.rstrip('/')}/dataset/{name}",
        keywords=_keywords(package, lang),
        downloads=tuple(_downloads(package)),
        terms={FREQUENCY: list(_frequencies(package))},
    )


def _texts(package: dict[str, Any], field: str, lang: str) -> dict[str, str]:
    """Give a text by language: ``title_translated`` if there is one, else ``title``."""
    several = package.get(f"{field}_translated")
    if not isinstance(several, dict):
        several = package.get(field)
    told = several if isinstance(several, dict) else {lang: several}
    return {one: _text(told.get(one)) for one in LANGUAGES if _text(told.get(one))}


def _keywords(package: dict[str, Any], lang: str) -> dict[str, list[str]]:
    """Give the tags, by their names."""
    names = [_text(one.get("name")) for one in _tables(package, "tags")]
    return {lang: [one for one in names if one]}


def _downloads(package: dict[str, Any]) -> Iterator[Download]:
    """Give the resources that have an address."""
    for one in _tables(package, "resources"):
        if url := _text(one.get("url")):
            yield Download(url, _text(one.get("format")))


def _frequencies(package: dict[str, Any]) -> Iterator[str]:
    """Give what is said of how often a dataset changes."""
    extras = {_text(one.get("key")): one.get("value") for one in _tables(package, "extras")}
    for name in FREQUENCIES:
        if said := _text(package.get(name)) or _text(extras.get(name)):
            yield said


def _tables(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Give the objects of a list."""
    values = found.get(name)
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []


def _text(value: object) -> str:
    """Give a text, or nothing."""
    return value.strip() if isinstance(value, str) else ""
