"""Reach that figures show: a public weighs more at one organisation than in the pool.

Only published cells are compared: those that a partner publishes itself as open data, or that
passed disclosure control, with those of a release of the pool that passed it. So nothing can be
learnt here that was not published already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from parvis.statistics.relays import Reach, over_represented

LEAST = 1.25
"""How many times the pool's share a public must have before anything is said of it."""


@dataclass(frozen=True)
class Cell:
    """One published figure of persons; the parts are concepts by IRI, as in the cube.

    `stratum` is everything but the age: measure, period, area, public, language, discipline and
    channel, in this order. `graph` says it.
    """

    graph: str
    contributor: str
    place: str
    age: str
    stratum: tuple[str, ...]
    value: int


@dataclass(frozen=True)
class Codes:
    """What the code lists say: the pool, totals, the publics of an age, a period's last day."""

    pool: str
    every_age: str
    totals: frozenset[str]
    publics: Mapping[str, tuple[str, ...]]
    ends: Mapping[str, str]


def derived(cells: Iterable[Cell], codes: Codes, method: str) -> list[Reach]:
    """Give a reach for each age that is over-represented at a contributor, in its own stratum.

    The same measure, period, area, public, language, discipline and channel are compared, never
    others. The reach has the public of that age; an age that is no public's says nothing. Its
    `graph` is the contributor's, its `source` the graph of the pool's figures.
    """
    known = {(one.graph, one.contributor, one.place, one.age, one.stratum): one for one in cells}
    pooled = [one for one in known.values() if one.contributor == codes.pool]
    pools = sorted({one.graph for one in pooled if one.place in codes.totals})
    every = next((one.place for one in pooled if one.place in codes.totals), "")
    found: list[Reach] = []
    for (graph, who, place, age, stratum), own in known.items():
        if who == codes.pool or age not in codes.publics:
            continue
        whole = known.get((graph, who, place, codes.every_age, stratum))
        for pool in pools:
            some = known.get((pool, codes.pool, every, age, stratum))
            base = known.get((pool, codes.pool, every, codes.every_age, stratum))
            if whole and some and base:
                times = over_represented((own.value, whole.value), (some.value, base.value))
                if times is not None and times >= LEAST:
                    found.append(replace(_reach(own, pool, codes, method), times=times))
    return found


def _reach(cell: Cell, pooled: str, codes: Codes, method: str) -> Reach:
    """Say whom a cell shows to be reached."""
    _, period, area, _, language, _, channel = cell.stratum

    def said(concept: str) -> tuple[str, ...]:
        return () if concept in codes.totals else (concept,)

    return Reach(
        iri="|".join((cell.contributor, cell.place, cell.age, *cell.stratum)),
        relay=cell.contributor,
        graph=cell.graph,
        publics=codes.publics[cell.age],
        areas=said(area),
        languages=said(language),
        channels=said(channel),
        size=cell.value,
        method=method,
        source=pooled,
        date=codes.ends.get(period),
    )
