"""The invented pool, submitted and published as a real one would be."""

from collections.abc import Iterator

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish
from parvis.pooling.submit import Outcome, submit


def build_demo(settings: Settings) -> Iterator[Outcome]:
    """Submit every sample of the catalogue folder, then publish; tells each as it is done."""
    with Pool.open(settings) as pool:
        for key, dataset in pool.catalog.datasets.items():
            if dataset.sources:
                yield submit(pool, key)
        publish(pool)
