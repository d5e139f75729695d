"""Going back opens nothing that is closed today, and damage is never served."""

from dataclasses import replace

import pytest

from parvis.config import Settings
from parvis.errors import ClosedGraph, StoreError
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import ensure_sound_generation, generations, rollback
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey

OPEN = DatasetKey("theatre-b", "spectacles")
GRAPH = "http://pool.test/graph/theatre-b/spectacles"


def close(settings: Settings, old: str, new: str) -> Pool:
    """Change what the agreement says, and open the pool again."""
    file = settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Pool.open(settings)


def damage(pool: Pool) -> None:
    """Cut a table of the generation that is served."""
    table = next(current(pool.settings.data).open_store.glob("*.sst"))
    table.write_bytes(table.read_bytes()[:-1])


def test_there_is_no_way_back_to_what_is_closed(published: Pool) -> None:
    """The error names the graph; what is served stays."""
    pool = close(
        published.settings, "odrl:assignee parvis:everyone", "odrl:assignee parvis:members"
    )
    publish(pool)
    with pytest.raises(ClosedGraph, match=f"would open {GRAPH} again, which is closed to all"):
        rollback(pool, 1)
    assert current(pool.settings.data).number == 2


def test_there_is_no_way_back_to_what_has_left_the_record(published: Pool) -> None:
    """A graph that is gone is closed to all, its host too."""
    published.record.remove(GRAPH)
    publish(published)
    with pytest.raises(ClosedGraph, match=GRAPH):
        rollback(published, 1)


def test_a_damaged_generation_gives_way_to_the_latest_sound_one(published: Pool) -> None:
    """Serving begins with it, and says so."""
    publish(published)
    damage(published)
    assert ensure_sound_generation(published.settings) == (2, 1)
    assert current(published.settings.data).number == 1
    assert [one["current"] for one in generations(published.settings)] == [True, False]


def test_without_a_sound_generation_nothing_is_served(published: Pool) -> None:
    """One sentence says what to do; a new generation then takes its place."""
    damage(published)
    with pytest.raises(StoreError, match="generation 1 is damaged"):
        ensure_sound_generation(published.settings)
    assert publish(published)["generation"] == 2
    assert ensure_sound_generation(published.settings) is None


def test_damage_does_not_open_what_is_closed(published: Pool) -> None:
    """An older generation that would is no way out."""
    pool = close(
        published.settings, "odrl:assignee parvis:everyone", "odrl:assignee parvis:members"
    )
    publish(pool)
    damage(pool)
    with pytest.raises(StoreError, match="no other that is kept can be served"):
        ensure_sound_generation(pool.settings)


def test_versions_that_no_generation_needs_are_deleted(published: Pool) -> None:
    """Once no kept generation was built from a content, its file goes."""
    removed = published.record.remove(GRAPH)
    assert removed is not None
    publish(published)
    assert published.record.path(removed).exists()
    settings = replace(published.settings, keep_generations=1)
    publish(replace(published, settings=settings))
    assert not published.record.path(removed).exists()


def test_nothing_published_is_no_damage(settings: Settings) -> None:
    """A new pool serves, and says that nothing is published."""
    assert ensure_sound_generation(settings) is None
