"""The records of another portal, page after page, each read in a worker that can be killed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urljoin, urlsplit

from parvis.catalog.portals.ckan import LARGEST, Ckan, quote_phrase
from parvis.catalog.portals.offered import (
    AREA,
    FREQUENCY,
    ISSUED,
    LANGUAGE,
    OPEN,
    PERIOD,
    THEME,
    OfferedDataset,
    OfferedFile,
    list_tables,
    read_text,
)
from parvis.config import FetchSettings, Settings
from parvis.errors import LimitError, SourceError
from parvis.fetch.address import Address
from parvis.fetch.download import download
from parvis.fetch.validators import Validators
from parvis.i18n import LANGUAGES
from parvis.rdf.formats import GRAPH_TYPES
from parvis.sandbox.client import ProcessClient

PAGES = 1000
"""The most pages of a catalogue."""
ENDINGS = {form: form for form in (*GRAPH_TYPES, "nq", "trig")} | {"xml": "rdf", "json": "jsonld"}
"""Formats by the ending of an address."""
ACCEPT = "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8, */*;q=0.1"
"""The accepted types, for a portal that negotiates."""
QUADS = {"application/n-quads": "nq", "application/trig": "trig"}
MEDIA = {media_type: form for form, media_type in GRAPH_TYPES.items()} | QUADS


class PortalKind(StrEnum):
    CKAN = "ckan"
    DCAT = "dcat"
    DATAPACKAGE = "datapackage"


@dataclass(frozen=True)
class PageState:
    """The state of a page when it was last read: its validators, and the next page."""

    validators: Validators
    next: str | None = None


@dataclass(frozen=True)
class PortalPage:
    """A page: what it offers, or that it is unchanged."""

    address: str
    offered: tuple[OfferedDataset, ...] = ()
    unchanged: bool = False
    state: PageState = field(default_factory=lambda: PageState(Validators()))


@dataclass(frozen=True)
class Portal:
    """A portal to harvest; `lang` is that of texts without a language."""

    address: Address
    kind: PortalKind
    lang: str
    organization: str | None = None


def kind_of(address: Address) -> PortalKind:
    """Return the kind of a portal, by its address.

    >>> kind_of(Address("https://ville.example/catalogue.ttl")).value
    'dcat'
    """
    name = urlsplit(address.url).path.rpartition("/")[2].lower()
    if name == "datapackage.json":
        return PortalKind.DATAPACKAGE
    return (
        PortalKind.DCAT if name.rpartition(".")[2] in ENDINGS and "." in name else PortalKind.CKAN
    )


def pages(
    portal: Portal, settings: Settings, state_of: Callable[[str], PageState | None]
) -> Iterator[PortalPage]:
    """Yield the pages of a portal in their order.

    `state_of` returns the state of a page at an earlier harvest, for a conditional request. Raises
    what `download` and `Ckan.call` raise, and `SourceError` for a page that cannot be read.
    """
    if portal.kind is PortalKind.CKAN:
        query = f"organization:{quote_phrase(portal.organization)}" if portal.organization else ""
        # A CKAN knows no validators: every package is read again.
        ckan = Ckan(portal.address, settings.fetch)
        for package in ckan.search(query):
            dataset = read_package(package, portal.address.url, portal.lang)
            yield PortalPage(portal.address.url, (dataset,))
        return
    limits, seen = settings.limits, set[str]()
    place: str | None = portal.address.url
    fetch = replace(settings.fetch, bytes=min(LARGEST, settings.fetch.bytes))
    with ProcessClient(
        "parvis.catalog.portals.offered",
        limits.conversion_seconds,
        memory=limits.conversion_memory,
        kind=portal.kind.value,
        lang=portal.lang,
    ) as process:
        while place is not None and place not in seen and len(seen) < PAGES:
            seen.add(place)
            page = _read_page(process, portal, Address.parse(place), fetch, state_of(place))
            yield page
            place = page.state.next


def _read_page(
    process: ProcessClient,
    portal: Portal,
    address: Address,
    settings: FetchSettings,
    state: PageState | None,
) -> PortalPage:
    """Fetch and read a page, unless its server answers that it has not changed."""
    with TemporaryDirectory(prefix="parvis-") as folder:
        validators = state.validators if state else None
        fetched = download(address, Path(folder), settings, validators, ACCEPT)
        if fetched is None:
            page_state = state or PageState(Validators())
            return PortalPage(address.url, unchanged=True, state=page_state)
        file = fetched.file
        if portal.kind is PortalKind.DCAT:
            # The media type is more reliable than the ending of the address.
            ending = file.suffix.lower().removeprefix(".")
            form = MEDIA.get(fetched.media_type) or ENDINGS.get(ending)
            if form is None:
                raise SourceError(
                    "{address} answered with “{kind}”, which is no RDF",
                    address=address,
                    kind=fetched.media_type or "?",
                )
            file = file.rename(file.with_name(f"page.{form}"))
        outcome = process.call(
            {"file": str(file), "address": address.url},
            LimitError("{file} took more than {seconds} seconds to read", file=address),
            SourceError(
                "the process that read {file} ended: most often it lacks memory", file=address
            ),
        )
    try:
        following = outcome["next"] and urljoin(address.url, outcome["next"])
    except ValueError:  # “http://[”
        following = None
    offered = tuple(OfferedDataset.from_json(document) for document in outcome["offered"])
    return PortalPage(address.url, offered, state=PageState(fetched.validators, following))


# Records read from packages of another CKAN, with ckanext-fluent's texts in two languages.

FREQUENCIES = ("frequency", "update_frequency", "accrual_periodicity", "maintenance_frequency")
"""Fields and extras in which CKANs state how often a dataset changes."""
LISTS = {LANGUAGE: ("language",), THEME: ("theme",), AREA: ("spatial_uris", "spatial_uri")}
"""Extras of ckanext-dcat and of a push: a list in JSON, or one value; the first that there is."""


def read_package(package: dict[str, Any], address: str, lang: str) -> OfferedDataset:
    """Read a package of the CKAN at an address; `lang` is that of texts without a language."""
    name = read_text(package, "name")
    names = [read_text(tag, "name") for tag in list_tables(package, "tags")]
    extras = {
        read_text(entry, "key"): entry.get("value") for entry in list_tables(package, "extras")
    }
    frequencies = [read_text(package, field) or read_text(extras, field) for field in FREQUENCIES]
    by_language = {code: read_list(extras, f"keywords_{code}") for code in LANGUAGES}
    translated = {word for words in by_language.values() for word in words}
    by_language[lang] = [*by_language[lang], *(n for n in names if n and n not in translated)]
    terms = {
        kind: next(filter(None, (read_list(extras, n) for n in LISTS[kind])), []) for kind in LISTS
    }
    ends = [read_text(extras, f"temporal_{end}") or OPEN for end in ("start", "end")]
    period = [] if ends == [OPEN, OPEN] else ["/".join(ends)]
    return OfferedDataset(
        identifier=read_text(package, "id") or name,
        name=name,
        title=_read_texts(package, extras, "title", lang),
        description=_read_texts(package, extras, "notes", lang),
        licence=read_text(extras, "license_uri")
        or read_text(package, "license_url")
        or read_text(package, "license_id"),
        licence_title=read_text(package, "license_title"),
        page=f"{address.rstrip('/')}/dataset/{name}",
        keywords={code: words for code, words in by_language.items() if words},
        downloads=tuple(
            OfferedFile(url, read_text(resource, "format"))
            for resource in list_tables(package, "resources")
            if (url := read_text(resource, "url"))
        ),
        terms={
            **terms,
            FREQUENCY: [frequency for frequency in frequencies if frequency],
            ISSUED: read_list(extras, "issued"),
            PERIOD: read_list(extras, "temporal_periods") or period,
        },
        contact={
            "name": read_text(package, "maintainer"),
            "email": read_text(package, "maintainer_email"),
            "url": read_text(extras, "contact_url"),
        },
    )


def read_list(extras: dict[str, Any], name: str) -> list[str]:
    """Return the texts of an extra, which holds a list in JSON, or a single text."""
    text = read_text(extras, name)
    if not text.startswith("["):
        return [text] if text else []
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _read_texts(
    package: dict[str, Any], extras: dict[str, Any], field: str, lang: str
) -> dict[str, str]:
    # ckanext-fluent puts the texts of all languages in ``title_translated``, or in ``title``.
    several = package.get(f"{field}_translated")
    if not isinstance(several, dict):
        several = package.get(field)
    if isinstance(several, dict):
        return {code: read_text(several, code) for code in LANGUAGES if read_text(several, code)}
    text = read_text(package, field)
    # A push of parvis writes the French text there, and puts the English one in an extra.
    if english := read_text(extras, f"{field}_en"):
        return {"fr": text.removesuffix(english).strip() or english, "en": english}
    return {lang: text} if text else {}
