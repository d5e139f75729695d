"""Nothing closed is opened again, and nothing damaged or recalled is served."""

from dataclasses import replace
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import ClosedGraph, NoLongerKept, StoreError, UnknownThing, UsageError
from parvis.governance import ANONYMOUS
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.backup import backup, restore
from parvis.pooling.stewardship.generations import (
    ensure_sound_generation,
    generations,
    recall_generation,
    recall_version,
    rollback,
)
from parvis.store.generation import generation as store
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey

OPEN = DatasetKey("theatre-b", "spectacles")
GRAPH = "http://pool.test/graph/theatre-b/spectacles"


def change_agreement(settings: Settings, old: str, new: str) -> Pool:
    """Change the agreement, and open the pool again."""
    file = settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Pool.open(settings)


def damage(pool: Pool) -> None:
    """Truncate a table of the current generation."""
    table = next(current(pool.settings.data).open_store.glob("*.sst"))
    table.write_bytes(table.read_bytes()[:-1])


def test_a_rollback_to_a_graph_closed_since_is_refused(published: Pool) -> None:
    """The error names the graph; the current generation stays."""
    pool = change_agreement(
        published.settings, "odrl:assignee parvis:everyone", "odrl:assignee parvis:members"
    )
    publish(pool)
    with pytest.raises(ClosedGraph, match=f"would open {GRAPH} again, which is closed to all"):
        rollback(pool, 1)
    assert current(pool.settings.data).number == 2


def test_a_rollback_to_a_deleted_graph_is_refused(published: Pool) -> None:
    """A deleted graph is closed to all, the third party included."""
    published.record.remove(GRAPH)
    publish(published)
    with pytest.raises(ClosedGraph, match=GRAPH):
        rollback(published, 1)


def test_a_damaged_generation_is_replaced_by_the_latest_valid_one(published: Pool) -> None:
    """Serving starts with it, and reports it."""
    publish(published)
    damage(published)
    assert ensure_sound_generation(published.settings) == (2, 1)
    assert current(published.settings.data).number == 1
    assert [generation["current"] for generation in generations(published.settings)] == [
        True,
        False,
    ]


def test_without_a_valid_generation_nothing_is_served(published: Pool) -> None:
    """The error says what to do; a new publication repairs the pool."""
    damage(published)
    with pytest.raises(StoreError, match="generation 1 is damaged"):
        ensure_sound_generation(published.settings)
    assert publish(published)["generation"] == 2
    assert ensure_sound_generation(published.settings) is None


def test_damage_never_opens_a_closed_graph(published: Pool) -> None:
    """An older generation in which it is open is no replacement."""
    pool = change_agreement(
        published.settings, "odrl:assignee parvis:everyone", "odrl:assignee parvis:members"
    )
    publish(pool)
    damage(pool)
    with pytest.raises(StoreError, match="no other that is kept can be served"):
        ensure_sound_generation(pool.settings)


def test_versions_that_no_generation_needs_are_deleted(published: Pool) -> None:
    """Once no stored generation was built from a content, its file is deleted."""
    removed = published.record.remove(GRAPH)
    assert removed is not None
    publish(published)
    assert published.record.path(removed).exists()
    settings = replace(published.settings, keep_generations=1)
    publish(replace(published, settings=settings))
    assert not published.record.path(removed).exists()


def test_an_unpublished_pool_is_not_damaged(settings: Settings) -> None:
    assert ensure_sound_generation(settings) is None


KEY = DatasetKey("theatre-b", "spectacles")
WHY = {"fr": "chiffres faux"}
REQUEST = QueryRequest("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", generation=1)


def change_file(settings: Settings, old: str, new: str) -> Path:
    """Return a copy of the dataset's file with a text replaced."""
    file = settings.catalog / "theatre-b" / "spectacles" / "spectacles.csv"
    other = settings.catalog.parent / "other.csv"
    text = file.read_text("utf-8")
    assert old in text
    other.write_text(text.replace(old, new, 1), "utf-8")
    return other


def test_a_recalled_generation_cannot_be_restored_or_queried(published: Pool) -> None:
    """Not even on a server that has just answered from it."""
    data = published.settings.data
    publish(published)
    service = PoolService(published.settings)
    try:
        b"".join(service.ask(ANONYMOUS, REQUEST).chunks)
        recall_generation(published, 1, WHY)
        with pytest.raises(NoLongerKept, match="was recalled"):
            service.ask(ANONYMOUS, REQUEST)
    finally:
        service.close()
    with pytest.raises(NoLongerKept, match="was recalled"):
        rollback(published, 1)
    assert [generation["generation"] for generation in generations(published.settings)] == [2]
    assert not (data / "generations" / "1").exists()


def test_a_recalled_current_generation_is_replaced_and_its_number_not_reused(
    published: Pool,
) -> None:
    """A generation is always served; an unknown one cannot be recalled."""
    with pytest.raises(UsageError, match="publish another"):
        recall_generation(published, 1, WHY)
    with pytest.raises(UnknownThing):
        recall_generation(published, 9, WHY)
    publish(published)
    assert recall_generation(published, 2, WHY).generation == 1
    assert store.current(published.settings.data).number == 1
    assert recall_generation(published, 2, WHY).generation == 1
    assert publish(published)["generation"] == 3


def test_a_recalled_version_is_replaced_by_the_former_one_everywhere(published: Pool) -> None:
    """Its generations are deleted, its content is refused, its label is not reused."""
    settings = published.settings
    other = change_file(settings, "Titre", "Titre")
    former = published.record.versions()[published.iris.graph(KEY)]
    text = other.read_text("utf-8").splitlines()
    other.write_text("\n".join(text[:-1]) + "\n", "utf-8")  # without the last show
    with Pool.open(settings) as pool:
        assert submit(pool, KEY, other).stored
        publish(pool)
        recalled = pool.record.versions()[pool.iris.graph(KEY)]
        result = recall_version(pool, KEY, None, WHY)
        assert (result.generations, result.generation) == ([2], 3)
        assert result.version != result.restored
        restored = pool.record.versions()[pool.iris.graph(KEY)]
        assert restored.digest == former.digest
        assert not pool.record.path(recalled).exists()
        for examine in (check, submit):
            with pytest.raises(UsageError, match=r"was recalled on .*: chiffres faux"):
                examine(pool, KEY, other)
    service = PoolService(settings)
    try:
        labels = [version.label for version in service.dataset(ANONYMOUS, KEY).versions]
        assert labels == [result.restored]
    finally:
        service.close()


def test_a_backup_does_not_restore_a_recalled_version(published: Pool, tmp_path: Path) -> None:
    """The dataset is then without content."""
    backup(published.settings, tmp_path / "before")
    graph = published.iris.graph(KEY)
    recalled = published.record.versions()[graph]
    recall_version(published, KEY, None, WHY)
    restore(published.settings, tmp_path / "before", replacing=True)
    assert graph not in published.record.versions()
    assert not published.record.path(recalled).exists()
    with Pool.open(published.settings) as pool, pytest.raises(UsageError, match="was recalled"):
        submit(pool, KEY)


def test_a_dataset_without_a_former_version_becomes_empty(published: Pool) -> None:
    """It stays in the catalogue until a new submission."""
    with Pool.open(published.settings) as pool:
        result = recall_version(pool, KEY, None, WHY)
        assert (result.restored, result.generations, result.generation) == (None, [1], 2)
        assert pool.iris.graph(KEY) not in pool.record.versions()
        with pytest.raises(UnknownThing):
            recall_version(pool, KEY, None, WHY)
        with pytest.raises(UnknownThing, match="no version 1999"):
            recall_version(pool, KEY, "1999-01-01", WHY)
