"""A rollback opens nothing that is closed today, and a damaged generation is never served."""

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
