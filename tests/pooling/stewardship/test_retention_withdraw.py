"""What is withdrawn is gone, says so, and may come back."""

import json
from datetime import datetime

import pytest

from parvis.errors import NoLongerKept, UnknownThing
from parvis.pooling.agreements import without_withdrawn
from parvis.pooling.intake.refresh import refreshable
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.generations import rollback
from parvis.pooling.stewardship.retention import withdraw
from parvis.store.generation import generation as store
from parvis.vocab.iris import DatasetKey

OPEN, HIDDEN = (DatasetKey("theatre-b", name) for name in ("spectacles", "reserve"))
REASON = {"fr": "Le partenaire l’a demandé."}


def tombstones(pool: Pool) -> list[dict[str, object]]:
    """Read what the served generation tells."""
    found: list[dict[str, object]] = json.loads(
        (store.current(pool.settings.data).site / "tombstones.json").read_bytes()
    )
    return found


def test_a_withdrawn_dataset_leaves_everything_but_a_tombstone(published: Pool) -> None:
    """Record, incoming files, and all that is served; one cannot go back to what had it."""
    before = published.record.versions()
    gone = withdraw(published, str(OPEN), REASON)
    served = store.current(published.settings.data)
    assert gone.generation == served.number
    assert published.record.versions().keys() == before.keys() - {published.iris.graph(OPEN)}
    assert not (published.settings.data / "incoming" / str(OPEN)).exists()
    assert not any("spectacles" in name for name in served.manifest.files)
    (told,) = tombstones(published)
    assert (told["key"], told["iri"]) == (str(OPEN), published.iris.dataset(OPEN))
    assert (told["reason"], told["title"]) == (REASON, published.catalog.require(OPEN).title)
    assert datetime.fromisoformat(str(told["withdrawn"])).tzinfo
    with pytest.raises(NoLongerKept):
        rollback(published, served.number - 1)
    assert OPEN not in {one.key for one in refreshable(published)}


def test_to_withdraw_then_submit_is_to_submit(published: Pool) -> None:
    """The content is the same; its version tells that it was away, and the tombstone is gone."""
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
    assert tombstones(published) == []


def test_what_was_cut_short_is_finished_by_doing_it_again(published: Pool) -> None:
    """Killed after the record changed, the files are deleted and the generation built later."""
    graph = published.iris.graph(HIDDEN)
    told = {"key": str(HIDDEN), "withdrawn": "2026-05-04T00:00:00+00:00", "public": False}
    published.record.withdraw({graph: told})
    assert withdraw(published, "theatre-b/reserve", REASON).tombstones == []
    assert not (published.settings.data / "incoming" / str(HIDDEN)).exists()
    assert graph not in store.current(published.settings.data).manifest.members.graphs
    assert tombstones(published) == []  # who could not know of it does not learn that it was there


def test_what_is_not_there_cannot_be_withdrawn(pool: Pool) -> None:
    """Neither a dataset without content, nor a partner without any."""
    for name in (str(OPEN), "theatre-b", "personne"):
        with pytest.raises(UnknownThing):
            withdraw(pool, name, {})
