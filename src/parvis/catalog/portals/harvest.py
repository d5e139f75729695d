"""What another portal offers, page after page: fetched within walls, read in a killable worker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from parvis.catalog.portals import packages
from parvis.catalog.portals.ckan import LARGEST, Ckan, quoted
from parvis.catalog.portals.offered import Offered
from parvis.config import Settings
from parvis.errors import LimitError, SourceError, WorkerDied, raise_reported
from parvis.fetch.address import Address
from parvis.fetch.download import Fetched, Validators, download
from parvis.sandbox.worker import Worker

PAGES = 1000
"""Pages of one catalogue."""
ENDINGS = {
    "ttl": "ttl",
    "nt": "nt",
    "nq": "nq",
    "trig": "trig",
    "rdf": "rdf",
    "xml": "rdf",
    "jsonld": "jsonld",
    "json": "jsonld",
}
"""Endings of addresses, and the format that each tells."""
ACCEPT = "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8, */*;q=0.1"
"""What is asked of a portal that negotiates."""
MEDIA = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/n-quads": "nq",
    "application/trig": "trig",
    "application/rdf+xml": "rdf",
    "application/ld+json": "jsonld",
}


class Kind(StrEnum):
    """What a portal speaks."""

    CKAN = "ckan"
    DCAT = "dcat"
    DATAPACKAGE = "datapackage"


@dataclass(frozen=True)
class Known:
    """What is known of a page: its validators, and which page follows it."""

    validators: Validators
    next: str | None = None


@dataclass(frozen=True)
class Page:
    """One page: what it offers, or that it is as it was."""

    address: str
    offered: tuple[Offered, ...] = ()
    unchanged: bool = False
    known: Known = field(default_factory=lambda: Known(Validators()))


@dataclass(frozen=True)
class Portal:
    """A portal to harvest; `lang` is that of texts that name none."""

    address: Address
    kind: Kind
    lang: str
    organization: str | None = None


def kind_of(address: Address) -> Kind:
    """Tell what a portal speaks by its address.

    >>> kind_of(Address("https://ville.example/catalogue.ttl")).value
    'dcat'
    """
    name = urlsplit(address.url).path.rpartition("/")[2].lower()
    if name == "datapackage.json":
        return Kind.DATAPACKAGE
    return Kind.DCAT if name.rpartition(".")[2] in ENDINGS and "." in name else Kind.CKAN


def pages(
    portal: Portal, settings: Settings, known: Callable[[str], Known | None]
) -> Iterator[Page]:
    """Give the pages of a portal in their order.

    `known` tells what is remembered of a page, which its server is then asked about. Raises what
    `download` and `Ckan.call` raise, and `SourceError` for a page that cannot be read.
    """
    if portal.kind is Kind.CKAN:
        yield from _packages(portal, settings)
        return
    with _Reader(settings, portal) as reader:
        place: str | None = portal.address.url
        seen: set[str] = set()
        while place is not None and place not in seen and len(seen) < PAGES:
            seen.add(place)
            page = reader.page(Address.parse(place), known(place))
            yield page
            place = page.known.next


def _packages(portal: Portal, settings: Settings) -> Iterator[Page]:
    """Give what a CKAN has, all of it or one organisation's; it knows no validators."""
    query = f"organization:{quoted(portal.organization)}" if portal.organization else ""
    ckan = Ckan(portal.address, settings.fetch)
    for one in ckan.search(query):
        found = packages.offered(one, portal.address.url, portal.lang)
        yield Page(portal.address.url, (found,))


class _Reader:
    """Reads files in one worker, which ends with the block."""

    def __init__(self, settings: Settings, portal: Portal) -> None:
        """Start nothing yet."""
        self._limits, self._portal = settings.limits, portal
        self._fetch = replace(settings.fetch, bytes=min(LARGEST, settings.fetch.bytes))
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        """Give the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.kill()

    def page(self, address: Address, known: Known | None) -> Page:
        """Fetch a page and read it, unless its server says that it is the `known` one."""
        with TemporaryDirectory(prefix="parvis-") as folder:
            asked = known.validators if known else None
            fetched = download(address, Path(folder), self._fetch, asked, ACCEPT)
            if fetched is not None:
                return self._read(address, fetched)
        return Page(address.url, unchanged=True, known=known or Known(Validators()))

    def _read(self, address: Address, fetched: Fetched) -> Page:
        """Read a page's file. Raises `SourceError`, `LimitError`."""
        found = self._ask(address, fetched)
        raise_reported(found)
        try:
            following = found["next"] and urljoin(address.url, found["next"])
        except ValueError:  # “http://[”
            following = None
        offered = tuple(Offered.from_json(one) for one in found["offered"])
        return Page(address.url, offered, known=Known(fetched.validators, following))

    def _ask(self, address: Address, fetched: Fetched) -> dict[str, Any]:
        """Ask the worker."""
        asked = {"kind": self._portal.kind.value, "lang": self._portal.lang}
        file = fetched.file
        if self._portal.kind is Kind.DCAT:
            file = file.rename(file.with_name(f"page.{_format(address, fetched)}"))
        seconds = self._limits.conversion_seconds
        try:
            self._worker = self._worker or _started(self._limits.conversion_memory)
            told = asked | {"file": str(file), "address": address.url}
            found: dict[str, Any] = self._worker.ask(told, seconds)
        except TimeoutError as error:
            raise LimitError(
                "{file} took more than {seconds} seconds to read",
                file=address,
                seconds=f"{seconds:g}",
            ) from error
        except WorkerDied as error:
            raise SourceError(
                "the process that read {file} ended: most often it lacks memory", file=address
            ) from error
        return found


def _started(memory: int) -> Worker:
    """Start a worker within its walls."""
    worker = Worker("parvis.catalog.portals.worker")
    worker.send(b'{"memory": %d}' % memory)
    return worker


def _format(address: Address, fetched: Fetched) -> str:
    """Tell the format of a page by its media type, else by its ending; raises `SourceError`."""
    ending = fetched.file.suffix.lower().removeprefix(".")
    found = MEDIA.get(fetched.media_type) or ENDINGS.get(ending)
    if found is None:
        raise SourceError(
            "{address} answered with “{kind}”, which is no RDF",
            address=address,
            kind=fetched.media_type or "?",
        )
    return found
