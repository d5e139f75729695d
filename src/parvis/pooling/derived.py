"""What was derived from a dataset that is deleted: it is declared stale until it is made anew.

A dataset's record says what it was derived from (`prov:wasDerivedFrom`, or `dct:source`).
"""

from collections.abc import Collection
from datetime import UTC, datetime

from rdflib import URIRef
from rdflib.namespace import DCTERMS, PROV

from parvis.catalog import Dataset
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

STALE = "stale"
"""What the record says of such a version: since when. A new content does not say it."""


def declare_stale(pool: Pool, gone: Collection[DatasetKey]) -> list[str]:
    """Mark the content of every dataset derived from one that is gone; gives their keys.

    What is derived from a derived one is stale too.
    """
    found: set[DatasetKey] = set()
    sources = {pool.iris.dataset(key) for key in gone}
    while new := {
        one.key
        for one in pool.catalog.datasets.values()
        if one.key not in found and one.key not in gone and sources & _sources(one)
    }:
        found |= new
        sources |= {pool.iris.dataset(key) for key in new}
    held = pool.record.versions()
    for key in sorted(found):
        version = held.get(pool.iris.graph(key))
        if version is not None and STALE not in version.about:
            pool.record.mark(pool.iris.graph(key), {STALE: datetime.now(UTC).isoformat()})
    return [str(key) for key in sorted(found)]


def _sources(dataset: Dataset) -> set[str]:
    """Give the IRIs of what a dataset was derived from."""
    this = URIRef(dataset.iri)
    steps = (PROV.wasDerivedFrom, DCTERMS.source)
    return {str(one) for step in steps for one in dataset.described.objects(this, step)}
