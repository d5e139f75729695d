"""The audit trail as protectors and the steward may read it: who read, deleted or released what.

Every reader may see the certificates of datasets that everyone could discover, and of its own.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from cachetools import LRUCache

from parvis.catalog.certificate import Certificate
from parvis.config import Settings
from parvis.config.json_data import to_object
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, READ, Permission, Reader, decide
from parvis.i18n import N_
from parvis.ledger import (
    FILE,
    PEOPLE,
    READING,
    RELEASING,
    Act,
    Audit,
    Backups,
    ChainLink,
    Database,
    Event,
    verify_chains,
)
from parvis.pooling.intake.sources import health
from parvis.pooling.serving.readers import Identity
from parvis.pooling.serving.service import PoolService
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.erasure import certificates
from parvis.vocab.iris import DatasetKey

__all__ = ["Act", "AuditRegister", "Certificate", "Ranges", "Snapshot", "TrailPage", "event_of"]

NO_CERTIFICATE = N_("there is no certificate {name}")
PAGE = 100
"""Entries per page."""
CACHED_READERS = 64
"""Readers whose ranges are cached."""
SEEN = {
    "decisions": (
        *READING,
        Act.COPY,
        Act.TOKEN_CREATED,
        Act.TOKEN_ROTATED,
        Act.TOKEN_REVOKED,
        *PEOPLE,
    ),
    "deletions": (Act.DELETE, Act.FORGET, Act.EXPIRE),
    "releases": (
        *RELEASING,
        *(
            Act.DEPOSIT,
            Act.DECIDE,
            Act.SUBMIT,
            Act.REFUSE,
            Act.ALLOW,
            Act.LOAD,
            Act.BACKUP,
            Act.CHANGE,
            Act.REQUEST,
            Act.JUDGE,
            Act.EXPORT,
            Act.JOB_CANCELLED,
            Act.NOTICES_RETRIED,
            Act.ROUND,
        ),
    ),
}
"""The acts that each page shows."""
COPIED = "replicas.file"
"""The endpoint of the files of a copy."""
SENT = frozenset({200, 206})
"""The statuses of an answer with a file, or a part of it."""

Datasets = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class TrailPage:
    """A page of the trail, the newest entry first; older entries have numbers below `older`."""

    links: list[ChainLink] = field(metadata={"json": "entries"})
    older: int | None


class AuditRegister:
    """The trail and the deletions of a pool, as far as they may be read."""

    def __init__(self, settings: Settings, host: PoolService) -> None:
        self._settings, self._host = settings, host

    def page(self, name: str, before: int | None = None) -> TrailPage:
        """Return a page of the trail: ``decisions``, ``deletions`` or ``releases``."""
        links = Audit(self._settings.data).latest(SEEN[name], PAGE + 1, before)
        shown = links[:PAGE]
        return TrailPage(shown, shown[-1].number if len(links) > PAGE else None)

    def feeds(self) -> list[dict[str, Any]]:
        """Return the health of each dataset's source, the worst first."""
        return health(self._settings.data)

    def last_backup(self) -> datetime | None:
        """Return when the last backup was begun, if one is known here."""
        return Backups(self._settings.data).last()

    def chains(self) -> dict[str, dict[str, Any]]:
        """Check both chains to their ends; raises `StoreError` at a broken link."""
        heads = verify_chains(Database(self._settings.data / FILE))
        return {name: to_object(head) for name, head in heads.items()}

    def certificates(self) -> list[Certificate]:
        parties = self._host.snapshot().policies.parties
        iri = parties.host or self._settings.base
        return certificates(self._settings, iri, self._host.names(iri))

    def certificates_of(self, key: DatasetKey) -> list[Certificate]:
        """Return those of a dataset that everyone could discover."""
        return [
            certificate
            for certificate in self.certificates()
            if certificate.key == key and certificate.public
        ]

    def certificate(self, name: str, by: Identity | None) -> Certificate:
        """Return a certificate that a reader may see; raises `UnknownThing`."""
        # A certificate that the reader may not see is as one that does not exist.
        for certificate in self.certificates():
            partner = f"{self._host.iris.base}id/partner/{certificate.key.partner}"
            may_see = certificate.public or (
                by and (by.may(Permission.WATCH) or by.reader.iri == partner)
            )
            if certificate.id == name and may_see:
                return certificate
        raise UnknownThing(NO_CERTIFICATE, name=name)


class Ranges:
    """The datasets that a reader may query beyond the open ones, and the agreements that permit it.

    Cached per reader while decisions stand; thread-safe.
    """

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[int, datetime, Reader], Datasets] = LRUCache(CACHED_READERS)
        self._lock = Lock()

    def of(self, published: Snapshot, reader: Reader, at: datetime) -> Datasets:
        """Return the datasets that are not open and that a reader may read at an instant."""
        if published.generation.must_confine(at):
            return _decide_range(published, reader, at)
        manifest = published.generation.manifest
        key = (manifest.generation, manifest.created, reader)
        with self._lock:
            datasets = self._cache.get(key)
            if datasets is None:
                datasets = self._cache[key] = _decide_range(published, reader, at)
        return datasets


def _decide_range(published: Snapshot, reader: Reader, at: datetime) -> Datasets:
    policies = published.policies
    loaded_graphs = {
        name for name in published.store_facts(reader).graphs if not published.iris.is_ours(name)
    }
    graphs = loaded_graphs - {published.iris.graph(card.key) for card in published.cards.values()}
    datasets = []
    for target in sorted({*published.cards, *graphs}):
        if not decide(policies, ANONYMOUS, READ, target, at).allowed:
            decision = decide(policies, reader, READ, target, at)
            if decision.allowed:
                agreement = decision.reason.agreement
                datasets.append((target, agreement.iri if agreement else decision.reason.iri))
    return tuple(datasets)


def event_of(  # noqa: PLR0913, PLR0917 - what is written down has as many parts
    act: Act,
    at: datetime,
    by: Identity,
    ranges: Ranges,
    published: Snapshot | None,
    only: DatasetKey | None,
    facts: dict[str, str | int | float | None],
) -> Event:
    """Return the audit event of a reader's act; `only` is the single dataset that it concerned."""
    datasets: Datasets = ()
    if act is Act.COPY:
        # The third party's machine takes all datasets; the manifest, and a refusal, have none.
        if published is not None and facts["endpoint"] == COPIED and facts["status"] in SENT:
            datasets = tuple((iri, None) for iri in sorted(published.cards))
    elif published is not None and (act is not Act.CONSULT or only is not None):
        datasets = ranges.of(published, by.reader, at)
        if only is not None:
            iri = published.iris.dataset(only)
            datasets = tuple(dataset for dataset in datasets if dataset[0] == iri) or ((iri, None),)
    token = {"token": by.token} if by.token else {}
    all_facts = {**token, **dict(by.author.facts()), **facts}
    return Event(act, at.astimezone(UTC), by.reader.iri, datasets, tuple(all_facts.items()))
