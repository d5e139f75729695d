"""A withdrawn dataset is deleted with a tombstone, and may return."""

import json
from datetime import datetime

import pytest

from parvis.errors import NoLongerKept, UnknownThing
from parvis.pooling.agreements import without_withdrawn
from parvis.pooling.intake.refresh import refreshable
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.entity_feed import log_path
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import rollback
from parvis.pooling.stewardship.retention import withdraw
from parvis.store.generation import generation as store
from parvis.store.generation.entity_log import EntityLog
from parvis.vocab.iris import DatasetKey

OPEN, HIDDEN = (DatasetKey("theatre-b", name) for name in ("spectacles", "reserve"))
REASON = {"fr": "Le partenaire l’a demandé."}


def read_tombstones(pool: Pool) -> list[dict[str, object]]:
    """Read the tombstones of the current generation."""
    tombstones: list[dict[str, object]] = json.loads(
        (store.current(pool.settings.data).site / "tombstones.json").read_bytes()
    )
    return tombstones


def test_a_withdrawn_dataset_leaves_a_tombstone_only(published: Pool) -> None:
    """Record, received files and published files are deleted; no rollback restores them."""
    before = published.record.versions()
    result = withdraw(published, str(OPEN), REASON)
    served = store.current(published.settings.data)
    assert result.generation == served.number
    assert published.record.versions().keys() == before.keys() - {published.iris.graph(OPEN)}
    assert not (published.settings.data / "incoming" / str(OPEN)).exists()
    # The feed of entities keeps deletions, of which nobody can say what they were.
    left = {name for name in served.manifest.files if "spectacles" in name}
    assert left == {f"site/entities/{OPEN}.log"}
    assert all(entry.length == 0 for entry in EntityLog(log_path(served.site, OPEN)))
    (tombstone,) = read_tombstones(published)
    assert (tombstone["key"], tombstone["iri"]) == (str(OPEN), published.iris.dataset(OPEN))
    assert (tombstone["reason"], tombstone["title"]) == (
        REASON,
        published.catalog.require(OPEN).title,
    )
    assert datetime.fromisoformat(str(tombstone["withdrawn"])).tzinfo
    with pytest.raises(NoLongerKept):
        rollback(published, served.number - 1)
    assert OPEN not in {dataset.key for dataset in refreshable(published)}


def test_submitting_a_withdrawn_dataset_restores_it(published: Pool) -> None:
    """With the same content; its version records the absence, and the tombstone is deleted."""
    graph = published.iris.graph(OPEN)
    before = published.record.versions()[graph]
    published.record.withdraw({graph: {"withdrawn": "2026-05-04T00:00:00+00:00", "public": True}})
    assert OPEN not in without_withdrawn(published).catalog.datasets
    with published:
        assert submit(published, OPEN).stored
    after = published.record.versions()[graph]
    assert (after.digest, after.triples) == (before.digest, before.triples)
    assert after.about["returned"] == "2026-05-04T00:00:00+00:00"
    publish(published)
    assert read_tombstones(published) == []


def test_an_interrupted_withdrawal_is_completed_by_repeating_it(published: Pool) -> None:
    """Even if it was killed after the record changed."""
    graph = published.iris.graph(HIDDEN)
    tombstone = {"key": str(HIDDEN), "withdrawn": "2026-05-04T00:00:00+00:00", "public": False}
    published.record.withdraw({graph: tombstone})
    assert withdraw(published, "theatre-b/reserve", REASON).tombstones == []
    assert not (published.settings.data / "incoming" / str(HIDDEN)).exists()
    assert graph not in store.current(published.settings.data).manifest.members.graphs
    assert read_tombstones(published) == []  # nobody could discover it: no tombstone reveals it


def test_a_dataset_without_content_cannot_be_withdrawn(pool: Pool) -> None:
    """Nor a partner without any."""
    for name in (str(OPEN), "theatre-b", "personne"):
        with pytest.raises(UnknownThing):
            withdraw(pool, name, {})
