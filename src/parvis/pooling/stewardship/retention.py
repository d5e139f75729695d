"""Delete what the pool has promised to delete, once the promise is due: the daily job."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from parvis.catalog import Tombstone
from parvis.config import Settings
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, DISCOVER, Due, decide, due
from parvis.i18n import N_, both
from parvis.ledger import Act, Audit, Backups, Deletions, Link
from parvis.pooling.agreements import in_force
from parvis.pooling.audit import recorded
from parvis.pooling.clock import is_credible, require_credible
from parvis.pooling.intake.deposits import settle
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.backup import sweep_backups
from parvis.pooling.stewardship.erasure import Cause, beside, erase, finish
from parvis.pooling.versions import received
from parvis.store.files import writing
from parvis.vocab.iris import DatasetKey

# Take a dataset out of the pool: its content goes, a tombstone and a proof stay.

NOTHING = N_("the pool holds nothing of {name} that could be withdrawn")


@dataclass(frozen=True)
class Gone:
    """What was withdrawn now, the generation that is served without it, if any was, the proofs."""

    tombstones: list[Tombstone]
    generation: int | None
    proofs: list[Link] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found = [one.to_json() for one in self.tombstones]
        proofs = [one.to_json() for one in self.proofs]
        return {"withdrawn": found, "generation": self.generation, "proofs": proofs}


def withdraw(pool: Pool, name: str, reason: dict[str, str]) -> Gone:
    """Withdraw ``PARTNER/DATASET``, or all datasets of ``PARTNER``; `reason` is by language.

    It is deleted as what has expired is, with the same proof (`pooling.stewardship.erasure`). When
    that is cut short, doing it once more finishes it. Raises `UnknownThing`.
    """
    with writing(pool.settings.data):
        held, gone = _keys(pool, name), _named(pool, name, set(pool.record.withdrawn()))
        if not held and not gone:
            raise UnknownThing(NOTHING, name=name)
        begun = set(Deletions(pool.settings.data).pending())
        now = datetime.now(UTC)
        new = [key for key in held if pool.iris.graph(key) not in begun]
        tombstones = [tombstone(pool, key, reason, now) for key in new]
        if tombstones:
            erased = erase(pool, [Cause(one) for one in tombstones])
        else:
            erased = finish(pool, gone)
    return Gone(tombstones, erased.generation, erased.links)


def _keys(pool: Pool, name: str) -> list[DatasetKey]:
    """List the datasets of a name that have content, also if their folder is gone."""
    return _named(pool, name, submitted(pool))


def submitted(pool: Pool) -> set[str]:
    """Give the graphs whose content was submitted for a dataset."""
    versions = pool.record.versions().items()
    return {graph for graph, version in versions if "submission" in version.about}


def _named(pool: Pool, name: str, graphs: set[str]) -> list[DatasetKey]:
    """Give the keys of those graphs that a name is of."""
    keys = [pool.iris.key(one) for one in sorted(graphs)]
    return [key for key in keys if name in {key.partner, str(key)}]


def tombstone(pool: Pool, key: DatasetKey, reason: dict[str, str], now: datetime) -> Tombstone:
    """Say what is said of a dataset from now on.

    It is told to everyone if everyone could know of it, until its time of keeping was over.
    """
    dataset, iri = pool.catalog.datasets.get(key), pool.iris.dataset(key)
    over = due(pool.catalog.policies, iri, received(pool, pool.iris.graph(key)), now)
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
    """A backup that still holds what was deleted: the steward removes it within some days."""

    folder: str
    made: datetime
    until: datetime
    datasets: tuple[str, ...]

    def overdue(self, now: datetime) -> bool:
        """Say whether it should be gone."""
        return now > self.until

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        instants = {"made": self.made.isoformat(), "until": self.until.isoformat()}
        return vars(self) | instants | {"datasets": list(self.datasets)}


@dataclass(frozen=True)
class Expired:
    """What was due, what was deleted with its proof, and what is left for the steward to do.

    `beside` are files of data that stand in the catalogue folder, `forgotten` counts the entries
    that left the audit trail.
    """

    due: list[DatasetKey]
    deleted: list[Link]
    generation: int | None
    backups: list[Backup]
    beside: list[Path]
    forgotten: int

    @property
    def good(self) -> bool:
        """Say whether nothing was left behind, and no backup waits for too long."""
        now = datetime.now(UTC)
        remains = any(one.entry["search"]["remains"] for one in self.deleted)
        return not remains and not any(one.overdue(now) for one in self.backups)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "due": [str(key) for key in self.due],
            "deleted": [one.to_json() for one in self.deleted],
            "generation": self.generation,
            "backups": [one.to_json() for one in self.backups],
            "beside": [str(path) for path in self.beside],
            "forgotten": self.forgotten,
        }


def expire(pool: Pool, at: datetime | None = None, *, trying: bool = False) -> Expired:
    """Delete the datasets whose obligation to delete is due at an instant with its offset.

    What an earlier command began to delete is finished first. Done again, it does nothing more.
    `trying` only tells what is due. The audit trail forgets what is older than `audit_days`; files
    that wait to be decided about go after `queue_days`.

    Without an instant the clock decides: raises `MachineError` where that is not credible. An
    instant near the clock's confirms it. Each time it ran is written down, which keeps the clock of
    a quiet pool credible.
    """
    data, clock = pool.settings.data, datetime.now(UTC)
    if at is None and not trying:
        require_credible(pool.settings, clock)
    due_at = at or clock
    found = list(_due(pool, due_at))
    keys = [pool.iris.key(graph) for graph, _ in found]
    if trying:
        return Expired(keys, [], None, backups(pool.settings), [], 0)
    with writing(data):
        now = _day_of_work(pool.settings, clock, due_at)
        sweep_backups(pool.settings)
        settle(pool, min(now, due_at))
        causes = [_cause(pool, graph, one, now) for graph, one in found]
        erased = erase(pool, causes, ahead=clock - now)
        old = min(now, due_at) - timedelta(days=pool.settings.audit_days)
        forgotten = Audit(data).forget(old, now) if Audit(data).begins_before(old) else 0
        recorded(data, Act.EXPIRE, now, {"deleted": len(erased.links)})
    left = [path for one in erased.links for path in beside(pool, _key(one))]
    return Expired(keys, erased.links, erased.generation, backups(pool.settings), left, forgotten)


def _day_of_work(settings: Settings, clock: datetime, due_at: datetime) -> datetime:
    """Return by which instant a deletion is dated: the clock's, or what was said against it.

    Somebody who names a day because the clock is wrong must not get a proof with the wrong day.
    """
    confirmed = abs(due_at - clock) <= timedelta(days=settings.clock_days)
    return clock if confirmed or is_credible(settings, clock) else due_at.astimezone(UTC)


def backups(settings: Settings) -> list[Backup]:
    """Name the backups that are still where they were made and hold what was deleted since."""
    held: dict[str, tuple[datetime, datetime, list[str]]] = {}
    known = Backups(settings.data)
    for link in Deletions(settings.data).all():
        done = datetime.fromisoformat(link.entry["done"])
        until = done + timedelta(days=settings.backup_days)
        for folder, made in known.holding(link.entry["graph"]).items():
            if made <= done and Path(folder).exists():
                _, first, names = held.get(folder, (made, until, []))
                held[folder] = (made, min(first, until), [*names, link.entry["dataset"]])
    return [
        Backup(folder, made, until, tuple(dict.fromkeys(names)))
        for folder, (made, until, names) in held.items()
    ]


def _key(link: Link) -> DatasetKey:
    return DatasetKey.parse(link.entry["dataset"])


def _due(pool: Pool, at: datetime) -> Iterator[tuple[str, Due]]:
    """Find the graphs that the pool holds and must delete."""
    policies = in_force(pool).catalog.policies
    for graph in sorted(submitted(pool)):
        iri = pool.iris.dataset(pool.iris.key(graph))
        found = due(policies, iri, received(pool, graph), at)
        if found is not None:
            yield graph, found


def _cause(pool: Pool, graph: str, found: Due, now: datetime) -> Cause:
    """Say why a dataset goes, in every language."""
    title = found.agreement.title if found.agreement else {}
    reason = {
        lang: both(OVER_BY, agreement=title[lang])[lang] if lang in title else text
        for lang, text in both(OVER).items()
    }
    return Cause(tombstone(pool, pool.iris.key(graph), reason, now), found)
