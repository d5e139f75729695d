"""Since when each record is unchanged, from generation to generation."""

from datetime import UTC, datetime, timedelta

from parvis.pooling.pool import Pool
from parvis.pooling.publication.feed import CatalogChanges, newest_generation
from parvis.pooling.publication.publish import publish
from parvis.vocab.iris import DatasetKey

KEY, OTHER = DatasetKey("a", "x"), DatasetKey("a", "y")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LATER = FIRST + timedelta(days=1)


def test_only_changed_records_get_a_new_instant() -> None:
    """A change of the record or of its readers; a deletion is recorded too."""
    before = CatalogChanges().advance("c", {KEY: "1", OTHER: "1"}, {KEY, OTHER}, FIRST)
    after = before.advance("c", {KEY: "2", OTHER: "1"}, {KEY}, LATER)
    assert [after.records[str(key)].since for key in (KEY, OTHER)] == [LATER, LATER]
    assert after.catalog == before.catalog
    assert (before.left, after.left) == (None, LATER)
    unchanged = after.advance("c", {KEY: "2", OTHER: "1"}, {KEY}, LATER + timedelta(days=1))
    assert unchanged == after


def test_a_damaged_generation_is_passed_over(pool: Pool) -> None:
    """The readable part of the former one is used."""
    publish(pool)
    publish(pool)
    first = newest_generation(pool.settings.data)
    assert first is not None
    (first.site / "changes.json").write_text("{")
    second = newest_generation(pool.settings.data)
    assert second is not None
    assert second.number == first.number - 1
    assert CatalogChanges.read(second.site).records
    publish(pool)
