"""The invented pool, submitted and published as a real one would be."""

from collections.abc import Iterator

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publish import publish
from parvis.pooling.submit import Outcome, submit
from parvis.pooling.tokens import create, revoke, tokens

MEMBER, LABEL = "theatre-lanterne", "demo"
"""The invented partner whose token the demo shows, and how it knows its own tokens again."""


def build_demo(settings: Settings) -> Iterator[Outcome]:
    """Submit every sample of the catalogue folder, then publish; tells each as it is done."""
    with Pool.open(settings) as pool:
        for key, dataset in pool.catalog.datasets.items():
            if dataset.sources:
                yield submit(pool, key)
        publish(pool)


def demo_token(settings: Settings) -> str:
    """Give a token of one of the invented partners, in place of those of earlier runs."""
    for one in tokens(settings):
        if one["label"] == LABEL and one["state"] == "live":
            revoke(settings, one["id"])
    return create(settings, MEMBER, label=LABEL).text
