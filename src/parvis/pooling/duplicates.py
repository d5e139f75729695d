"""How many things of each dataset others speak of too, as far as everyone may know it."""

from collections import defaultdict
from collections.abc import Collection

from parvis.catalog import Duplicates
from parvis.ledger import Judgements
from parvis.linking.judgements import standing
from parvis.linking.links import EVERYONE
from parvis.pooling.link import counted, waiting
from parvis.pooling.links import Links
from parvis.pooling.pool import Pool
from parvis.pooling.suggestions import Suggestions
from parvis.pooling.things import seen


def of_everyone(pool: Pool, links: Links, everyones: Collection[str]) -> dict[str, Duplicates]:
    """Count the things of each graph that everyone may read and that was compared as it is now.

    A link, or a candidate, counts if everyone may read both its ends: a number must not tell
    that a closed dataset speaks of a thing.
    """
    data, now = pool.settings.data, seen(pool)
    known = Suggestions.read(data)
    opened = {one for one in everyones if now.get(one) == known.versions.get(one)}
    left = waiting(known.candidates, standing(Judgements(data).all()))
    pairs = (one.pair for one in left)
    told = {iri for one in pairs if _graphs(known, one) <= opened for iri in one}
    linked = {iri for _, iri in links.linkage.same.get(EVERYONE, ())}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key in known.digests:
        graph, _, iri = key.partition(" ")
        found[graph].append(iri)
    return {
        graph: counted(some, linked, told)
        for graph, some in sorted(found.items())
        if graph in opened
    }


def _graphs(known: Suggestions, pair: tuple[str, str]) -> set[str]:
    """Tell which graphs speak of both things of a candidate."""
    return {known.shown[iri].graph for iri in pair}
