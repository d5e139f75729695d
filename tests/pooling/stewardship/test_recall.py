"""Recalled generations and versions are served to nobody."""

from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import NoLongerKept, UnknownThing, UsageError
from parvis.governance import ANONYMOUS
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.backup import backup, restore
from parvis.pooling.stewardship.generations import generations, rollback
from parvis.pooling.stewardship.recall import recall_generation, recall_version
from parvis.store.generation import generation as store
from parvis.vocab.iris import DatasetKey

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
