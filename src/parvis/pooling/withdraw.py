"""Take a dataset out of the pool: its content goes, a tombstone stays."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from parvis.catalog import Tombstone
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS, DISCOVER, decide
from parvis.i18n import N_
from parvis.pooling.contribute import cease
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish
from parvis.pooling.sources import Remembered
from parvis.store.durable import settle
from parvis.store.generation import numbers
from parvis.store.lock import writing
from parvis.vocab.iris import DatasetKey

NOTHING = N_("the pool holds nothing of {name} that could be withdrawn")


@dataclass(frozen=True)
class Gone:
    """What was withdrawn now, and the generation that is served without it, if any was served."""

    tombstones: list[Tombstone]
    generation: int | None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found = [one.to_json() for one in self.tombstones]
        return {"withdrawn": found, "generation": self.generation}


def withdraw(pool: Pool, name: str, reason: dict[str, str]) -> Gone:
    """Withdraw ``PARTNER/DATASET``, or all datasets of ``PARTNER``; `reason` is by language.

    In one step the graphs leave the record and their tombstones enter it; then the files that
    came for them are deleted, and a generation without them, built from nothing, is served. When
    that is cut short, doing it once more finishes it. Raises `UnknownThing`.
    """
    with writing(pool.settings.data):
        held, gone = _keys(pool, name), _withdrawn(pool, name)
        if not held and not gone:
            raise UnknownThing(NOTHING, name=name)
        tombstones = [_tombstone(pool, key, reason) for key in held]
        told = {pool.iris.graph(one.key): one.to_json() for one in tombstones}
        if told:
            pool.record.withdraw(told)
        cease(pool, [*held, *gone])
        for key in [*held, *gone]:
            _forget(pool, key)
        served = bool(numbers(pool.settings.data))
        generation = publish(pool, anew=True)["generation"] if served else None
    return Gone(tombstones, generation)


def _keys(pool: Pool, name: str) -> list[DatasetKey]:
    """List the datasets of a name that have content, also if their folder is gone."""
    versions = pool.record.versions().items()
    return _named(pool, name, {g for g, version in versions if "submission" in version.about})


def _withdrawn(pool: Pool, name: str) -> list[DatasetKey]:
    """List the datasets of a name that are withdrawn already."""
    return _named(pool, name, set(pool.record.withdrawn()))


def _named(pool: Pool, name: str, graphs: set[str]) -> list[DatasetKey]:
    """Give the keys of those graphs that a name is of."""
    start = pool.iris.graph(DatasetKey("", "")).removesuffix("/")
    keys = [DatasetKey(*one.removeprefix(start).split("/", 1)) for one in sorted(graphs)]
    return [key for key in keys if name in {key.partner, str(key)}]


def _tombstone(pool: Pool, key: DatasetKey, reason: dict[str, str]) -> Tombstone:
    """Say what is said of a dataset from now on."""
    dataset, iri, now = pool.catalog.datasets.get(key), pool.iris.dataset(key), datetime.now(UTC)
    return Tombstone(
        key=key,
        iri=iri,
        title=dataset.title if dataset else {"": str(key)},
        withdrawn=now,
        reason=reason,
        public=decide(pool.catalog.policies, ANONYMOUS, DISCOVER, iri, now).allowed,
    )


def _forget(pool: Pool, key: DatasetKey) -> None:
    """Delete the files that came for a dataset, and what is known of where they came from."""
    Remembered(pool.settings.data).forget(key)
    folder = pool.settings.data / "incoming" / key.partner / key.dataset
    if folder.is_dir():
        shutil.rmtree(folder)
        settle(folder.parent)
