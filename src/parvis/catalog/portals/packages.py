"""Records read from packages of another CKAN, with ckanext-fluent's texts in two languages."""

from typing import Any

from parvis.catalog.portals.offered import FREQUENCY, OfferedDataset, OfferedFile
from parvis.i18n import LANGUAGES

FREQUENCIES = ("frequency", "update_frequency", "accrual_periodicity", "maintenance_frequency")
"""Fields and extras in which CKANs state how often a dataset changes."""


def read_dataset(package: dict[str, Any], address: str, lang: str) -> OfferedDataset:
    """Read a package of the CKAN at an address; `lang` is that of texts without a language."""
    name = _read_text(package.get("name"))
    names = [_read_text(tag.get("name")) for tag in _list_tables(package, "tags")]
    extras = {
        _read_text(entry.get("key")): entry.get("value")
        for entry in _list_tables(package, "extras")
    }
    frequencies = [
        _read_text(package.get(field)) or _read_text(extras.get(field)) for field in FREQUENCIES
    ]
    return OfferedDataset(
        identifier=_read_text(package.get("id")) or name,
        name=name,
        title=_read_texts(package, "title", lang),
        description=_read_texts(package, "notes", lang),
        licence=_read_text(package.get("license_url")) or _read_text(package.get("license_id")),
        licence_title=_read_text(package.get("license_title")),
        page=f"{address.rstrip('/')}/dataset/{name}",
        keywords={lang: [name for name in names if name]},
        downloads=tuple(
            OfferedFile(url, _read_text(resource.get("format")))
            for resource in _list_tables(package, "resources")
            if (url := _read_text(resource.get("url")))
        ),
        terms={FREQUENCY: [frequency for frequency in frequencies if frequency]},
    )


def _read_texts(package: dict[str, Any], field: str, lang: str) -> dict[str, str]:
    # ckanext-fluent puts the texts of all languages in ``title_translated``, or in ``title``.
    several = package.get(f"{field}_translated")
    if not isinstance(several, dict):
        several = package.get(field)
    texts = several if isinstance(several, dict) else {lang: several}
    return {code: _read_text(texts.get(code)) for code in LANGUAGES if _read_text(texts.get(code))}


def _list_tables(package: dict[str, Any], name: str) -> list[dict[str, Any]]:
    values = package.get(name)
    return [row for row in values if isinstance(row, dict)] if isinstance(values, list) else []


def _read_text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
