"""Take a dataset out of the pool: its content goes, a tombstone and a proof stay."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from parvis.catalog import Tombstone
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, DISCOVER, decide, due
from parvis.i18n import N_
from parvis.ledger import Deletions, Link
from parvis.pooling.erase import Cause, erase, finish
from parvis.pooling.pool import Pool
from parvis.pooling.versions import received
from parvis.store.lock import writing
from parvis.vocab.iris import DatasetKey

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

    It is deleted as what has expired is, with the same proof (`parvis.pooling.erase`). When that
    is cut short, doing it once more finishes it. Raises `UnknownThing`.
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
