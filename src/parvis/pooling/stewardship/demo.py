"""The invented pool, submitted and published as a real one would be."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin

from parvis.config import Settings
from parvis.ledger import Scope
from parvis.linking.judgements import pair
from parvis.pooling.intake.submit import Outcome, submit
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.judgements import every, judge, other_than_stands, read
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.release import portray
from parvis.pooling.serving.readers import create, revoke, tokens

JUDGED, JUDGE = "links.csv", "Camille (inventée)"
"""What an invented person judged of pairs, in the catalogue folder of the demo."""
MEMBER, LABEL = "theatre-lanterne", "demo"
"""The invented partner whose token the demo shows, and how it knows its own tokens again."""


def build_demo(settings: Settings) -> Iterator[Outcome]:
    """Submit every sample of the catalogue folder, then publish; tells each as it is done."""
    with Pool.open(settings) as pool:
        for key, dataset in pool.catalog.datasets.items():
            if dataset.sources:
                yield submit(pool, key)
        _judge(pool)
        portray(pool)
        publish(pool)


def _judge(pool: Pool) -> None:
    """Write down what an invented person judged of the invented things, as far as they are there.

    The table's IRIs are relative to the pool's base; a pool that was judged before stays so.
    """
    file, data = pool.settings.catalog / JUDGED, pool.settings.data
    link(pool)
    if file.is_file():
        known = {one.candidate.pair for one in every(data)}
        absolute = (
            replace(
                one,
                here=urljoin(pool.iris.base, one.here),
                there=urljoin(pool.iris.base, one.there),
            )
            for one in read(file)
        )
        there = (one for one in absolute if pair(one.here, one.there) in known)
        judge(data, other_than_stands(data, there), JUDGE)


def demo_token(settings: Settings) -> str:
    """Give a token of one of the invented partners, in place of those of earlier runs."""
    for one in tokens(settings):
        if one["label"] == LABEL and one["state"] == "live":
            revoke(settings, one["id"])
    return create(settings, MEMBER, label=LABEL, scope=Scope.GIVE).text
