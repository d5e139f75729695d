"""Recall a bad release: a generation, or a version of a dataset, is served by nobody again."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from parvis.errors import StoreError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import fall_back
from parvis.pooling.versions import label_of
from parvis.store.files import writing
from parvis.store.generation import generation as store
from parvis.store.generation.recalled import Recalled
from parvis.store.record.record import Version
from parvis.vocab.iris import DatasetKey

NO_VERSION = N_("{dataset} has no version {label} that is remembered")
NO_OTHER = N_(
    "generation {number} is the only one that can be served: publish another, then recall it"
)
NO_CONTENT = N_("{dataset} has no version that could be recalled")


@dataclass(frozen=True)
class Recall:
    """What was recalled: generations, and the version of a dataset if it was one.

    `restored` is the version that the dataset has again, None where it has no content now;
    `generation` is the one served from now on, None if none is.
    """

    generations: list[int]
    generation: int | None
    dataset: DatasetKey | None = None
    version: str | None = None
    restored: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return vars(self) | {"dataset": self.dataset and str(self.dataset)}


def recall_generation(pool: Pool, number: int, reason: dict[str, str]) -> Recall:
    """Recall a generation: it can neither be gone back to nor asked again, and its files go.

    If it is served, the latest sound one that opens nothing closed takes its place. When that is
    cut short, doing it once more finishes it. Raises `UnknownThing`, and `UsageError` when no
    other generation can be served.
    """
    data = pool.settings.data
    with writing(data):
        if number not in Recalled.read(data).generations:
            store.kept(data, number)
        if store.pointer(data) == number:
            _leave(pool, number)
        _mark(pool, [number], reason)
        _drop(pool, [number])
        return Recall([number], _served(pool))


def recall_version(
    pool: Pool, key: DatasetKey, label: str | None, reason: dict[str, str]
) -> Recall:
    """Recall a version of a dataset, by default the current one, with all that was built from it.

    The dataset has its latest other version again whose content is kept, else none; its recalled
    content is not taken again. A generation built from nothing is served in place of those that
    hold it. Raises `UnknownThing`.
    """
    data, graph = pool.settings.data, pool.catalog.graph_of(key)
    with writing(data):
        bad = _version(pool, key, label)
        numbers = [one for one in store.numbers(data) if _holds(pool, one, graph, bad.digest)]
        _mark(pool, [], reason, graph, bad.digest)
        restored = _restore(pool, graph, bad)
        if store.numbers(data):
            publish(pool, anew=True)
        _mark(pool, numbers, reason)
        _drop(pool, numbers)
        back = None if restored is None else label_of(restored)
        return Recall(numbers, _served(pool), key, label_of(bad), back)


def _leave(pool: Pool, number: int) -> None:
    """Serve another generation than one that is to be recalled."""
    try:
        fall_back(pool.settings, number, "")
    except StoreError as error:
        raise UsageError(NO_OTHER, number=number) from error


def _version(pool: Pool, key: DatasetKey, label: str | None) -> Version:
    """Find a version by its label, the current one by default."""
    graph = pool.catalog.graph_of(key)
    current = pool.record.versions().get(graph)
    if label is None:
        if current is None:
            raise UnknownThing(NO_CONTENT, dataset=key)
        return current
    for one in reversed([*pool.record.former().get(graph, []), *([current] if current else [])]):
        if label_of(one) == label:
            return one
    raise UnknownThing(NO_VERSION, dataset=key, label=label)


def _holds(pool: Pool, number: int, graph: str, digest: str) -> bool:
    """Say whether a generation was built from a content; of a damaged one it is supposed."""
    try:
        manifest = store.kept(pool.settings.data, number).manifest
    except StoreError:
        return True
    sources = (facts.sources.get(graph, "") for facts in (manifest.open, manifest.members))
    return any(name.partition(".")[0] == digest for name in sources)


def _restore(pool: Pool, graph: str, bad: Version) -> Version | None:
    """Give a graph its latest other content back, if the recalled one is its current one."""
    current = pool.record.versions().get(graph)
    if current is None or current.digest != bad.digest:
        return current
    recalled = Recalled.read(pool.settings.data)
    for one in reversed(pool.record.former().get(graph, [])):
        if recalled.why(graph, one.digest) is None and pool.record.path(one).is_file():
            pool.record.restore(graph, one)
            return one
    pool.record.remove(graph)
    return None


def _mark(
    pool: Pool,
    numbers: list[int],
    reason: dict[str, str],
    graph: str | None = None,
    digest: str = "",
) -> None:
    """Write down what is recalled, before anything goes; what is known stays as it was said."""
    recalled = Recalled.read(pool.settings.data)
    why = {"at": datetime.now(UTC).isoformat(), "reason": reason}
    for number in numbers:
        recalled.generations.setdefault(number, why)
    if graph is not None:
        recalled.contents.setdefault(graph, {}).setdefault(digest, why)
    recalled.write(pool.settings.data)


def _drop(pool: Pool, numbers: list[int]) -> None:
    """Delete generations and what only they needed, and let servers forget what they keep."""
    data = pool.settings.data
    for number in numbers:
        shutil.rmtree(data / "generations" / str(number), ignore_errors=True)
    pool.record.prune(store.kept_digests(data))
    store.touch(data)


def _served(pool: Pool) -> int | None:
    """Tell which generation is served now."""
    return store.pointer(pool.settings.data) if store.numbers(pool.settings.data) else None
