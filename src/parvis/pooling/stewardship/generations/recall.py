"""Recall a bad release, a generation or a version of a dataset: it is never served again."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from parvis.config import clock
from parvis.errors import (
    StoreError,
    UnknownThing,
    UsageError,
)
from parvis.i18n import N_
from parvis.ledger import SHELL, Act, Author
from parvis.ledger.queries.release_questions import ReleaseQuestions
from parvis.pooling.audit import record_act
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations.versions import fall_back
from parvis.pooling.versions import label_of
from parvis.store.files import writing
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.generation.pointer import pointer
from parvis.store.generation.state_files import RecallList
from parvis.store.record.graph_record import GraphVersion
from parvis.vocab.iris import DatasetKey

QUESTION = re.compile("[0-9a-f]{16}")
"""The id of a question for release, which no number of a generation is as long as."""
NO_VERSION = N_("{dataset} has no version {label} that is remembered")
NO_OTHER = N_(
    "generation {number} is the only one that can be served: publish another, then recall it"
)
NO_CONTENT = N_("{dataset} has no version that could be recalled")


@dataclass(frozen=True)
class Recall:
    """What was recalled: generations, and the version of a dataset or the table of a question.

    `restored` is the version that the dataset has again, None where it has no content now;
    `generation` is the one served from now on, None if none is.
    """

    generations: list[int]
    generation: int | None
    dataset: DatasetKey | None = None
    version: str | None = None
    restored: str | None = None
    table: int | None = None


def recall(
    pool: Pool, name: str, label: str | None, reason: dict[str, str], author: Author = SHELL
) -> Recall:
    """Recall a generation by its number, a dataset's version, or the table of a question by its id.

    Raises as what it calls does.
    """
    if QUESTION.fullmatch(name):
        from parvis.pooling.stewardship.requests.questions import recall_table  # noqa: PLC0415 - statistics, which few commands need

        recalled = recall_table(pool, name, reason, author)
        return Recall([], _served_number(pool), table=recalled.number)
    if name.isdigit():
        return recall_generation(pool, int(name), reason, author)
    return recall_version(pool, DatasetKey.parse(name), label, reason, author)


def recall_generation(
    pool: Pool, number: int, reason: dict[str, str], author: Author = SHELL
) -> Recall:
    """Recall a generation: nobody can return to it or query it again, and its files are deleted.

    If it is served, the latest sound one that opens nothing closed replaces it. After an
    interruption, a second call finishes it. Raises `UnknownThing`, and `UsageError` when no other
    generation can be served.
    """
    data = pool.settings.data
    with writing(data):
        if number not in RecallList.read(data).generations:
            store.find_generation(data, number)
        if pointer(data) == number:
            try:
                fall_back(pool.settings, number, "")
            except StoreError as error:
                raise UsageError(NO_OTHER, number=number) from error
        _record_recall(pool, [number], reason)
        _delete_generations(pool, [number])
        facts = {"generation": number}
        record_act(data, Act.RECALL, clock.machine_time(), facts, author=author)
        return Recall([number], _served_number(pool))


def recall_version(
    pool: Pool,
    key: DatasetKey,
    label: str | None,
    reason: dict[str, str],
    author: Author = SHELL,
) -> Recall:
    """Recall a version of a dataset, by default the current one, with all that was built from it.

    The dataset has its latest other version again whose content is kept, else none; its recalled
    content is not accepted again. A generation built from scratch replaces those that contain it.
    Raises `UnknownThing`.
    """
    data, graph = pool.settings.data, pool.catalog.require(key).graph
    with writing(data):
        bad = _find_version(pool, key, label)
        numbers = [
            number for number in store.numbers(data) if _contains(pool, number, graph, bad.digest)
        ]
        _record_recall(pool, [], reason, graph, bad.digest)
        restored = _restore_content(pool, graph, bad)
        if store.numbers(data):
            publish(pool, anew=True, author=author)
        _record_recall(pool, numbers, reason)
        _delete_generations(pool, numbers)
        if pool.settings.remote:
            from parvis.pooling.publication.remote import empty_idle_engines  # noqa: PLC0415 - HTTP, which few pools need

            empty_idle_engines(pool.settings)
        datasets, facts = [(pool.iris.dataset(key), None)], {"sha256": bad.digest}
        record_act(data, Act.RECALL, clock.machine_time(), facts, datasets, author)
        back = None if restored is None else label_of(restored)
        return Recall(numbers, _served_number(pool), key, label_of(bad), back)


def foresee_recall(pool: Pool, name: str, label: str | None) -> Recall:
    """Return what `recall` would do.

    Raises as the recall does; whether the generation that is served instead opens nothing closed is
    only known then.
    """
    data, served = pool.settings.data, _served_number(pool)
    if QUESTION.fullmatch(name):
        return Recall([], served, table=ReleaseQuestions(data).require(name).number)
    if name.isdigit():
        number = store.find_generation(data, int(name)).number
        others = [other for other in store.numbers(data) if other != number]
        if number == served and not others:
            raise UsageError(NO_OTHER, number=number)
        return Recall([number], max(others) if number == served else served)
    key = DatasetKey.parse(name)
    graph, bad = pool.catalog.require(key).graph, _find_version(pool, key, label)
    numbers = [other for other in store.numbers(data) if _contains(pool, other, graph, bad.digest)]
    restored = _find_restored(pool, graph, bad)
    back = None if restored is None else label_of(restored)
    return Recall(numbers, served, key, label_of(bad), back)


def list_differing_graphs(data: Path, target: Generation) -> dict[str, bool]:
    """Return the graphs whose content differs from what is served, and whether `target` has it."""
    sources = store.current(data).manifest.members.sources
    former = target.manifest.members.sources
    return {
        graph: graph in former
        for graph in sorted(sources.keys() | former.keys())
        if sources.get(graph) != former.get(graph)
    }


def _find_version(pool: Pool, key: DatasetKey, label: str | None) -> GraphVersion:
    graph = pool.catalog.require(key).graph
    current = pool.record.versions().get(graph)
    if label is None and current is None:
        raise UnknownThing(NO_CONTENT, dataset=key)
    # Without a label, the current one.
    for version in (current, *reversed(pool.record.former_versions().get(graph, []))):
        if version is not None and label in {None, label_of(version)}:
            return version
    raise UnknownThing(NO_VERSION, dataset=key, label=label)


def _contains(pool: Pool, number: int, graph: str, digest: str) -> bool:
    # A damaged generation is assumed to contain it.
    try:
        manifest = store.find_generation(pool.settings.data, number).manifest
    except StoreError:
        return True
    sources = (facts.sources.get(graph, "") for facts in (manifest.open, manifest.members))
    return any(name.partition(".")[0] == digest for name in sources)


def _restore_content(pool: Pool, graph: str, bad: GraphVersion) -> GraphVersion | None:
    current, restored = pool.record.versions().get(graph), _find_restored(pool, graph, bad)
    if restored is None:
        pool.record.remove(graph)
    elif current is not None and restored.digest != current.digest:
        pool.record.restore(graph, restored)
    return restored


def _find_restored(pool: Pool, graph: str, bad: GraphVersion) -> GraphVersion | None:
    """Return the content that a graph has once a version is recalled; None for none."""
    # The recalled content may not be the current one: then nothing changes.
    current = pool.record.versions().get(graph)
    if current is None or current.digest != bad.digest:
        return current
    recalled = RecallList.read(pool.settings.data)
    for former in reversed(pool.record.former_versions().get(graph, [])):
        is_bad = former.digest == bad.digest or recalled.why(graph, former.digest) is not None
        if not is_bad and pool.record.path(former).is_file():
            return former
    return None


def _record_recall(
    pool: Pool,
    numbers: list[int],
    reason: dict[str, str],
    graph: str | None = None,
    digest: str = "",
) -> None:
    # What is recalled is recorded before anything is deleted; earlier entries stay unchanged.
    recalled = RecallList.read(pool.settings.data)
    why = {"at": clock.machine_time().isoformat(), "reason": reason}
    for number in numbers:
        recalled.generations.setdefault(number, why)
    if graph is not None:
        recalled.contents.setdefault(graph, {}).setdefault(digest, why)
    recalled.write(pool.settings.data)


def _delete_generations(pool: Pool, numbers: list[int]) -> None:
    # Servers drop their cached answers when the data folder is touched.
    data = pool.settings.data
    for number in numbers:
        shutil.rmtree(data / "generations" / str(number), ignore_errors=True)
    store.delete_views(data, keep=store.numbers(data))
    pool.record.prune(store.needed_digests(data))
    store.touch(data)


def _served_number(pool: Pool) -> int | None:
    return pointer(pool.settings.data) if store.numbers(pool.settings.data) else None
