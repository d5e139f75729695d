"""The deletions of the ledger, done again in what a backup would bring back."""

import shutil
from datetime import datetime
from pathlib import Path

from parvis.catalog import Tombstone
from parvis.config import Settings
from parvis.ledger import Deletions, Judgements, Link
from parvis.pooling.deliveries import Deliveries
from parvis.pooling.sources import Remembered
from parvis.pooling.suggestions import forget
from parvis.store.record import Record
from parvis.vocab.iris import DatasetKey


def delete_again(settings: Settings, copy: Path) -> list[str]:
    """Take out of a copied data folder what was deleted since; gives the keys of the datasets.

    A content that was given after its deletion stays. The copy is not in its place yet, so that
    nothing deleted is ever in the pool again.
    """
    record, done = Record(copy), _last(settings)
    held = record.versions()
    again = {
        graph: link
        for graph, link in done.items()
        if graph in held and held[graph].submitted <= datetime.fromisoformat(link.entry["done"])
    }
    if again:
        record.withdraw({graph: _tombstone(link).to_json() for graph, link in again.items()})
        record.prune()
        Judgements(copy).forget(again)
        forget(copy)
    for link in again.values():
        key = _tombstone(link).key
        Remembered(copy).forget(key)
        Deliveries(copy).forget(str(key))
        shutil.rmtree(copy / "incoming" / str(key), ignore_errors=True)
    return sorted(link.entry["dataset"] for link in again.values())


def _last(settings: Settings) -> dict[str, Link]:
    """Give the last deletion of each graph."""
    return {link.entry["graph"]: link for link in Deletions(settings.data).all()}


def _tombstone(link: Link) -> Tombstone:
    """Say again what was said of a dataset when it was deleted."""
    told = link.entry
    return Tombstone(
        key=DatasetKey.parse(told["dataset"]),
        iri=told["iri"],
        title=told["title"],
        withdrawn=datetime.fromisoformat(told["done"]),
        reason=told["reason"],
        public=told["public"],
    )
