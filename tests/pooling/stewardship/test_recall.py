"""What was recalled is served to nobody again, by whatever way it is asked for."""

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
ASKED = QueryRequest("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", generation=1)


def changed(settings: Settings, old: str, new: str) -> Path:
    """Give the dataset's file with another word in it."""
    file = settings.catalog / "theatre-b" / "spectacles" / "spectacles.csv"
    other = settings.catalog.parent / "other.csv"
    text = file.read_text("utf-8")
    assert old in text
    other.write_text(text.replace(old, new, 1), "utf-8")
    return other


def test_a_recalled_generation_is_neither_gone_back_to_nor_asked_again(published: Pool) -> None:
    """Not even by a server that has just answered from it."""
    data = published.settings.data
    publish(published)
    host = PoolService(published.settings)
    try:
        b"".join(host.ask(ANONYMOUS, ASKED).chunks)
        recall_generation(published, 1, WHY)
        with pytest.raises(NoLongerKept, match="was recalled"):
            host.ask(ANONYMOUS, ASKED)
    finally:
        host.close()
    with pytest.raises(NoLongerKept, match="was recalled"):
        rollback(published, 1)
    assert [one["generation"] for one in generations(published.settings)] == [2]
    assert not (data / "generations" / "1").exists()


def test_the_one_that_is_served_gives_way_and_its_number_is_not_used_again(
    published: Pool,
) -> None:
    """Something is always served; what does not exist cannot be recalled."""
    with pytest.raises(UsageError, match="publish another"):
        recall_generation(published, 1, WHY)
    with pytest.raises(UnknownThing):
        recall_generation(published, 9, WHY)
    publish(published)
    assert recall_generation(published, 2, WHY).generation == 1
    assert store.current(published.settings.data).number == 1
    assert recall_generation(published, 2, WHY).generation == 1
    assert publish(published)["generation"] == 3


def test_a_bad_version_gives_way_to_the_one_before_everywhere(published: Pool) -> None:
    """Its generations go, its content is not taken again, its label is not used again."""
    settings = published.settings
    other = changed(settings, "Titre", "Titre")
    good = published.record.versions()[published.catalog.graph_of(KEY)]
    text = other.read_text("utf-8").splitlines()
    other.write_text("\n".join(text[:-1]) + "\n", "utf-8")  # one show less
    with Pool.open(settings) as pool:
        assert submit(pool, KEY, other).stored
        publish(pool)
        bad = pool.record.versions()[pool.catalog.graph_of(KEY)]
        found = recall_version(pool, KEY, None, WHY)
        assert (found.generations, found.generation) == ([2], 3)
        assert found.version != found.restored
        again = pool.record.versions()[pool.catalog.graph_of(KEY)]
        assert again.digest == good.digest
        assert not pool.record.path(bad).exists()
        for verb in (check, submit):
            with pytest.raises(UsageError, match=r"was recalled on .*: chiffres faux"):
                verb(pool, KEY, other)
    host = PoolService(settings)
    try:
        labels = [one.label for one in host.dataset(ANONYMOUS, KEY).versions]
        assert labels == [found.restored]
    finally:
        host.close()


def test_a_backup_brings_nothing_back_that_was_recalled(published: Pool, tmp_path: Path) -> None:
    """Though it was made before: the dataset is then without content."""
    backup(published.settings, tmp_path / "before")
    graph = published.catalog.graph_of(KEY)
    bad = published.record.versions()[graph]
    recall_version(published, KEY, None, WHY)
    restore(published.settings, tmp_path / "before", replacing=True)
    assert graph not in published.record.versions()
    assert not published.record.path(bad).exists()
    with Pool.open(published.settings) as pool, pytest.raises(UsageError, match="was recalled"):
        submit(pool, KEY)


def test_a_dataset_without_a_version_before_has_no_content(published: Pool) -> None:
    """It stays in the catalogue, empty, until something else is submitted."""
    with Pool.open(published.settings) as pool:
        found = recall_version(pool, KEY, None, WHY)
        assert (found.restored, found.generations, found.generation) == (None, [1], 2)
        assert pool.catalog.graph_of(KEY) not in pool.record.versions()
        with pytest.raises(UnknownThing):
            recall_version(pool, KEY, None, WHY)
        with pytest.raises(UnknownThing, match="no version 1999"):
            recall_version(pool, KEY, "1999-01-01", WHY)
