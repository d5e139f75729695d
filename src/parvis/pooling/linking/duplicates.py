"""How many things of each dataset others speak of too, as far as everyone may know it."""

from collections.abc import Collection

from parvis.catalog import Duplicates
from parvis.ledger import Judgements
from parvis.linking.judgements import standing
from parvis.linking.links import EVERYONE
from parvis.pooling.linking.candidates import counted, decided, suggestions
from parvis.pooling.linking.entities import contents
from parvis.pooling.linking.links import Links
from parvis.pooling.pool import Pool


def of_everyone(pool: Pool, links: Links, everyones: Collection[str]) -> dict[str, Duplicates]:
    """Count the things of each graph that everyone may read and that was compared as it is now.

    A link, or a candidate, counts if everyone may read both its ends: a number must not tell
    that a closed dataset speaks of a thing.
    """
    with suggestions(pool.settings.data) as index:
        if index is None:
            return {}
        seen, now = index.graphs(), contents(pool)
        opened = {one for one in everyones if one in now and seen.get(one) == now[one][0]}
        things = {graph: some for graph, some in index.things().items() if graph in opened}
        left = index.left(decided(standing(Judgements(pool.settings.data).all()))).pairs()
    told = {iri for some in things.values() for iri in some}
    waiting = {iri for both in left if told >= {*both} for iri in both}
    linked = {iri for _, iri in links.linkage.same.get(EVERYONE, ())}
    return {graph: counted(some, linked, waiting) for graph, some in things.items()}
