"""What protectors and the steward may look at: who read what, what was deleted, what was released.

And what any reader may see of it: the certificates of what everyone could know of, and of its own.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from parvis.catalog import Certificate
from parvis.config import Settings
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, READ, Reader, decide
from parvis.i18n import N_
from parvis.ledger import FILE, READING, RELEASING, Act, Audit, Database, Event, Link, verify
from parvis.pooling.intake.deliveries import health
from parvis.pooling.serving.readers import Identified
from parvis.pooling.serving.service import Host
from parvis.pooling.serving.snapshot import Published
from parvis.pooling.stewardship.certificates import Signatory, certificates
from parvis.vocab.iris import DatasetKey

__all__ = ["Act", "Certificate", "Page", "Published", "Ranges", "Register", "event_of"]

NO_CERTIFICATE = N_("there is no certificate {name}")
PAGE = 100
"""Entries of one page."""
KEPT = 64
"""Readers whose range is remembered."""
SEEN = {
    "decisions": (*READING, Act.TOKEN_CREATED, Act.TOKEN_ROTATED, Act.TOKEN_REVOKED),
    "deletions": (Act.DELETE, Act.FORGET, Act.EXPIRE),
    "releases": (*RELEASING, Act.DEPOSIT, Act.DECIDE, Act.SUBMIT, Act.LOAD, Act.BACKUP),
}
"""The acts that each page shows."""

Datasets = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Page:
    """Entries of the trail, the newest first, and the number before which older ones stand."""

    links: list[Link]
    older: int | None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {"entries": [one.to_json() for one in self.links], "older": self.older}


class Register:
    """The trail and the deletions of a pool, as they may be looked at."""

    def __init__(self, settings: Settings, host: Host) -> None:
        """Name the pool; nothing is read yet."""
        self._settings, self._host = settings, host

    def page(self, name: str, before: int | None = None) -> Page:
        """Give a page of the trail: ``decisions``, ``deletions`` or ``releases``."""
        found = Audit(self._settings.data).latest(SEEN[name], PAGE + 1, before)
        shown = found[:PAGE]
        return Page(shown, shown[-1].number if len(found) > PAGE else None)

    def feeds(self) -> list[dict[str, Any]]:
        """Tell how the source of each dataset does, the gravest first."""
        return health(self._settings.data)

    def chains(self) -> dict[str, dict[str, Any]]:
        """Follow both chains to their ends; raises `StoreError` at a broken link."""
        return {
            name: dict(vars(head))
            for name, head in verify(Database(self._settings.data / FILE)).items()
        }

    def certificates(self) -> list[Certificate]:
        """Give all certificates, the oldest first."""
        parties = self._host.published().policies.parties
        iri = parties.host or self._settings.base
        return certificates(self._settings, Signatory(iri, self._host.names(iri)))

    def certificates_of(self, key: DatasetKey) -> list[Certificate]:
        """Give those of a dataset that everyone could know of."""
        return [one for one in self.certificates() if one.key == key and one.public]

    def certificate(self, name: str, by: Identified | None) -> Certificate:
        """Give one that a reader may see: all do who watch, a partner its own.

        Another is like one that does not exist (`UnknownThing`).
        """
        for one in self.certificates():
            if one.id == name and (one.public or _may_see(one, by, self._host.iris.base)):
                return one
        raise UnknownThing(NO_CERTIFICATE, name=name)


def _may_see(one: Certificate, by: Identified | None, base: str) -> bool:
    if by is None:
        return False
    return by.watches or by.reader.iri == f"{base}id/partner/{one.key.partner}"


class Ranges:
    """What questions of readers range over beyond what everyone may read, and by which agreement.

    It is worked out once for a reader while decisions stand. For threads.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known: OrderedDict[tuple[int, datetime, Reader], Datasets] = OrderedDict()
        self._lock = Lock()

    def of(self, published: Published, reader: Reader, at: datetime) -> Datasets:
        """Give the datasets that are not everyone's and that a reader may read at an instant."""
        if published.generation.confined(at):
            return _range(published, reader, at)
        manifest = published.generation.manifest
        asked = (manifest.generation, manifest.created, reader)
        with self._lock:
            found = self._known.get(asked)
            if found is None:
                found = self._known[asked] = _range(published, reader, at)
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return found


def _range(published: Published, reader: Reader, at: datetime) -> Datasets:
    """Decide on each dataset, and on each graph that was loaded as it was."""
    policies = published.policies
    held = {name for name in published.facts(reader).graphs if not published.iris.is_ours(name)}
    graphs = held - {published.iris.graph(card.key) for card in published.cards.values()}
    found = []
    for target in sorted({*published.cards, *graphs}):
        if not decide(policies, ANONYMOUS, READ, target, at).allowed:
            decision = decide(policies, reader, READ, target, at)
            if decision.allowed:
                agreement = decision.reason.agreement
                found.append((target, agreement.iri if agreement else decision.reason.iri))
    return tuple(found)


def event_of(  # noqa: PLR0913, PLR0917 - what is written down has as many parts
    act: Act,
    at: datetime,
    by: Identified,
    ranges: Ranges,
    published: Published | None,
    only: DatasetKey | None,
    facts: dict[str, str | int | float | None],
) -> Event:
    """Say that a reader did something, with what it ranged over; `only` is the one dataset."""
    datasets: Datasets = ()
    if published is not None:
        datasets = ranges.of(published, by.reader, at)
        if only is not None:
            iri = published.iris.dataset(only)
            datasets = tuple(one for one in datasets if one[0] == iri) or ((iri, None),)
    told = {"token": by.token, **facts}
    return Event(act, at.astimezone(UTC), by.reader.iri, datasets, tuple(told.items()))
