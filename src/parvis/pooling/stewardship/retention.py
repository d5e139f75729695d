"""The daily job: delete what the pool has promised to delete, once it is due."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from parvis.catalog.versions import Tombstone
from parvis.config import Settings, clock
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, DISCOVER, DueDeletion, decide, find_due_deletion
from parvis.i18n import N_, both
from parvis.ledger import (
    SHELL,
    Act,
    Audit,
    Author,
    Backups,
    ChainLink,
    Deletions,
    ShortLinks,
    TextChanges,
)
from parvis.pooling.agreements import with_agreements
from parvis.pooling.audit import is_credible, record_act, require_credible
from parvis.pooling.intake.deposits import settle
from parvis.pooling.notifications.dates import announce_dates
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.backup import sweep_backups
from parvis.pooling.stewardship.erasure import ErasureCause, erase, finish, list_source_files
from parvis.pooling.stewardship.requests.requesting import settle_requests
from parvis.pooling.versions import reception_instant
from parvis.store.files import writing
from parvis.vocab.iris import DatasetKey

# Withdrawal: the content of a dataset is deleted, a tombstone and a proof stay.

NOTHING = N_("the pool holds nothing of {name} that could be withdrawn")


@dataclass(frozen=True)
class Withdrawal:
    """The withdrawn datasets, the generation served without them if any, and the proofs."""

    tombstones: list[Tombstone] = field(metadata={"json": "withdrawn"})
    generation: int | None
    proofs: list[ChainLink] = field(default_factory=list)


def withdraw(pool: Pool, name: str, reason: dict[str, str], author: Author = SHELL) -> Withdrawal:
    """Withdraw ``PARTNER/DATASET``, or all datasets of ``PARTNER``; `reason` is by language.

    The data are deleted like expired ones, with the same proof (`pooling.stewardship.erasure`).
    After an interruption, a second call finishes it. Raises `UnknownThing`.
    """
    with writing(pool.settings.data):
        # The folder of a dataset may be gone, so that the record is asked and not the catalogue.
        present = _keys_of(pool, name, submitted_graphs(pool))
        withdrawn = _keys_of(pool, name, set(pool.record.tombstones()))
        if not present and not withdrawn:
            raise UnknownThing(NOTHING, name=name)
        begun = set(Deletions(pool.settings.data).pending())
        now = clock.machine_time()
        new = [key for key in present if pool.iris.graph(key) not in begun]
        tombstones = [tombstone(pool, key, reason, now) for key in new]
        if tombstones:
            links, generation = erase(
                pool, [ErasureCause(stone) for stone in tombstones], author=author
            )
        else:
            links, generation = finish(pool, withdrawn, author=author)
    return Withdrawal(tombstones, generation, links)


def find_withdrawable(pool: Pool, name: str) -> list[DatasetKey]:
    """Return the datasets of a name that have a content to withdraw; raises `UnknownThing`."""
    keys = _keys_of(pool, name, submitted_graphs(pool))
    if not keys:
        raise UnknownThing(NOTHING, name=name)
    return keys


def submitted_graphs(pool: Pool) -> set[str]:
    """Return the graphs whose content was submitted for a dataset."""
    versions = pool.record.versions().items()
    return {graph for graph, version in versions if "submission" in version.about}


def _keys_of(pool: Pool, name: str, graphs: set[str]) -> list[DatasetKey]:
    keys = [pool.iris.key(graph) for graph in sorted(graphs)]
    return [key for key in keys if name in {key.partner, str(key)}]


def tombstone(pool: Pool, key: DatasetKey, reason: dict[str, str], now: datetime) -> Tombstone:
    """Return the tombstone of a dataset.

    It is public if everyone could discover the dataset, until its retention ended.
    """
    dataset, iri = pool.catalog.datasets.get(key), pool.iris.dataset(key)
    over = find_due_deletion(
        pool.catalog.policies, iri, reception_instant(pool, pool.iris.graph(key)), now
    )
    at = now if over is None else min(now, over.last)
    return Tombstone(
        key=key,
        iri=iri,
        title=dataset.title if dataset else {"": str(key)},
        withdrawn=now,
        reason=reason,
        public=decide(pool.catalog.policies, ANONYMOUS, DISCOVER, iri, at).allowed,
    )


OVER = N_("The time of keeping set by an agreement is over.")
OVER_BY = N_("The time of keeping set by the agreement “{agreement}” is over.")


@dataclass(frozen=True)
class Backup:
    """A backup that still contains deleted data: the steward deletes it within some days."""

    folder: str
    made: datetime
    until: datetime
    datasets: tuple[str, ...]

    def is_overdue(self, now: datetime) -> bool:
        return now > self.until


@dataclass(frozen=True)
class Expiry:
    """What was due, what was deleted with its proof, and what is left for the steward.

    `source_files` are data files in the catalogue folder, `forgotten` counts the entries that left
    the audit trail.
    """

    due: list[DatasetKey]
    deleted: list[ChainLink]
    generation: int | None
    backups: list[Backup]
    source_files: list[Path] = field(metadata={"json": "beside"})
    forgotten: int

    @property
    def good(self) -> bool:
        """Return whether nothing was left behind, and no backup is overdue."""
        now = clock.machine_time()
        remains = any(link.entry["search"]["remains"] for link in self.deleted)
        return not remains and not any(backup.is_overdue(now) for backup in self.backups)


def expire(
    pool: Pool, at: datetime | None = None, *, trying: bool = False, author: Author = SHELL
) -> Expiry:
    """Delete the datasets whose obligation to delete is due at an instant with its offset.

    Interrupted deletions are finished first; a second call has no effect. `trying` only returns
    what is due. The audit trail drops entries older than `audit_days`; files that wait for a
    decision are deleted after `queue_days`, short addresses of queries after `short_link_days`.

    Without an instant the clock decides: raises `MachineError` where it is not credible. An instant
    near the clock's confirms it.
    """
    from parvis.pooling.publics.rounds.ending import settle_rounds  # noqa: PLC0415 - kits and masks

    data, present = pool.settings.data, clock.machine_time()
    if at is None and not trying:
        require_credible(pool.settings, present)
    due_at = at or present
    due_graphs = find_due(pool, due_at)
    keys = [pool.iris.key(graph) for graph, _ in due_graphs]
    if trying:
        return Expiry(keys, [], None, backups(pool.settings), [], 0)
    with writing(data):
        # An operator who names a day because the clock is wrong must get a proof with that day.
        confirmed = abs(due_at - present) <= timedelta(days=pool.settings.clock_days)
        trusted = confirmed or is_credible(pool.settings, present)
        now = present if trusted else due_at.astimezone(UTC)
        sweep_backups(pool.settings)
        settle(pool, min(now, due_at))
        settle_requests(pool, min(now, due_at))
        announce_dates(pool, min(now, due_at))
        causes = [_expiry_cause(pool, graph, obligation, now) for graph, obligation in due_graphs]
        links, generation = erase(pool, causes, ahead=present - now, author=author)
        old = min(now, due_at) - timedelta(days=pool.settings.audit_days)
        forgotten = Audit(data).forget(old, now) if Audit(data).begins_before(old) else 0
        TextChanges(data).forget(old)
        if days := pool.settings.limits.short_link_days:
            ShortLinks(data).prune((min(now, due_at) - timedelta(days=days)).date())
        # Each run is recorded, which keeps the clock of a quiet pool credible.
        record_act(data, Act.EXPIRE, now, {"deleted": len(links)}, author=author)
        # Last, for a release that a text of the catalogue hinders is refused.
        settle_rounds(pool, author)
    left = [
        path
        for link in links
        for path in list_source_files(pool, DatasetKey.parse(link.entry["dataset"]))
    ]
    return Expiry(keys, links, generation, backups(pool.settings), left, forgotten)


def find_due_datasets(settings: Settings) -> Expiry:
    """Return what is due now, without deleting anything."""
    with Pool.open(settings, lenient=True) as pool:
        return expire(pool, trying=True)


def find_due(pool: Pool, at: datetime) -> list[tuple[str, DueDeletion]]:
    """Return the graphs whose deletion is due at an instant, each with its obligation."""
    policies = with_agreements(pool).catalog.policies
    obligations = (
        (
            graph,
            find_due_deletion(
                policies,
                pool.iris.dataset(pool.iris.key(graph)),
                reception_instant(pool, graph),
                at,
            ),
        )
        for graph in sorted(submitted_graphs(pool))
    )
    return [(graph, obligation) for graph, obligation in obligations if obligation is not None]


def backups(settings: Settings) -> list[Backup]:
    """List the backups that are still where they were made and contain data deleted since."""
    by_folder: dict[str, tuple[datetime, datetime, list[str]]] = {}
    copies = Backups(settings.data)
    for link in Deletions(settings.data).all():
        done = datetime.fromisoformat(link.entry["done"])
        until = done + timedelta(days=settings.backup_days)
        for folder, created in copies.find_holding(link.entry["graph"]).items():
            if created <= done and Path(folder).exists():
                _, first, names = by_folder.get(folder, (created, until, []))
                by_folder[folder] = (created, min(first, until), [*names, link.entry["dataset"]])
    return [
        Backup(folder, created, until, tuple(dict.fromkeys(names)))
        for folder, (created, until, names) in by_folder.items()
    ]


def _expiry_cause(pool: Pool, graph: str, obligation: DueDeletion, now: datetime) -> ErasureCause:
    title = obligation.agreement.title if obligation.agreement else {}
    reason = {
        lang: both(OVER_BY, agreement=title[lang])[lang] if lang in title else text
        for lang, text in both(OVER).items()
    }
    return ErasureCause(tombstone(pool, pool.iris.key(graph), reason, now), obligation)
