"""How many entities of each dataset other datasets describe too, as far as that is public."""

from collections.abc import Collection

from parvis.catalog import DuplicateCounts
from parvis.ledger import Judgements
from parvis.linking.judgements import standing_judgements
from parvis.linking.links import EVERYONE
from parvis.pooling.linking.candidates import count_duplicates, decided_pairs, open_index
from parvis.pooling.linking.entities import contents
from parvis.pooling.linking.links import LinkGraphs
from parvis.pooling.pool import Pool


def public_duplicates(
    pool: Pool, links: LinkGraphs, everyones: Collection[str]
) -> dict[str, DuplicateCounts]:
    """Count the entities of each public graph that was compared with its current content."""
    # A link, or a candidate, counts if both its ends are public: a number must not reveal that a
    # closed dataset describes an entity.
    with open_index(pool.settings.data) as index:
        if index is None:
            return {}
        compared, now = index.graphs(), contents(pool)
        graphs = {g for g in everyones if g in now and compared.get(g) == now[g][0]}
        iris = {graph: members for graph, members in index.things().items() if graph in graphs}
        remaining = index.left(
            decided_pairs(standing_judgements(Judgements(pool.settings.data).all()))
        ).pairs()
    public = {iri for members in iris.values() for iri in members}
    waiting = {iri for pair in remaining if public >= {*pair} for iri in pair}
    linked = {iri for _, iri in links.linkage.same.get(EVERYONE, ())}
    return {graph: count_duplicates(members, linked, waiting) for graph, members in iris.items()}
