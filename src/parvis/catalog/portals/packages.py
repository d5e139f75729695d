"""Records read from packages of another CKAN, with ckanext-fluent's texts in two languages."""

from typing import Any

from parvis.catalog.portals.offered import (
    FREQUENCY,
    OfferedDataset,
    OfferedFile,
    list_tables,
    read_text,
)
from parvis.i18n import LANGUAGES

FREQUENCIES = ("frequency", "update_frequency", "accrual_periodicity", "maintenance_frequency")
"""Fields and extras in which CKANs state how often a dataset changes."""


def read_dataset(package: dict[str, Any], address: str, lang: str) -> OfferedDataset:
    """Read a package of the CKAN at an address; `lang` is that of texts without a language."""
    name = read_text(package, "name")
    names = [read_text(tag, "name") for tag in list_tables(package, "tags")]
    extras = {
        read_text(entry, "key"): entry.get("value") for entry in list_tables(package, "extras")
    }
    frequencies = [read_text(package, field) or read_text(extras, field) for field in FREQUENCIES]
    return OfferedDataset(
        identifier=read_text(package, "id") or name,
        name=name,
        title=_read_texts(package, "title", lang),
        description=_read_texts(package, "notes", lang),
        licence=read_text(package, "license_url") or read_text(package, "license_id"),
        licence_title=read_text(package, "license_title"),
        page=f"{address.rstrip('/')}/dataset/{name}",
        keywords={lang: [name for name in names if name]},
        downloads=tuple(
            OfferedFile(url, read_text(resource, "format"))
            for resource in list_tables(package, "resources")
            if (url := read_text(resource, "url"))
        ),
        terms={FREQUENCY: [frequency for frequency in frequencies if frequency]},
    )


def _read_texts(package: dict[str, Any], field: str, lang: str) -> dict[str, str]:
    # ckanext-fluent puts the texts of all languages in ``title_translated``, or in ``title``.
    several = package.get(f"{field}_translated")
    if not isinstance(several, dict):
        several = package.get(field)
    texts = several if isinstance(several, dict) else {lang: several}
    return {code: read_text(texts, code) for code in LANGUAGES if read_text(texts, code)}
