"""A portrait: the publics of a pool, layer by layer, as panels of figures that compare.

A layer is together (its total), at one concept, or one by one. With no layer one by one, each
layer below what was chosen makes a panel of its own; else the last such layer makes the bars, and
each combination of the others a panel.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from parvis.statistics.cube import LAYERS, Figure

EACH = "each"
"""The choice of a layer whose concepts are told one by one."""

LEAST_BASE = 10
"""The smallest figure of which shares are told (rule 8 of disclosure control)."""

CROSSED = 2
"""How many layers are told one by one where all together is withheld."""

Choice = Mapping[str, str]
"""What was chosen of layers: a concept, a total, or `EACH`; other layers are left open."""


@dataclass(frozen=True)
class Panel:
    """The figures of one layer, side by side; `within` are the concepts that it is told for.

    `whole` is the figure of all of them together, where the release has it.
    """

    layer: str
    within: tuple[tuple[str, str], ...]
    whole: Figure | None
    parts: tuple[Figure, ...]


@dataclass(frozen=True)
class Orders:
    """How the parts of layers are put in order: by bounds of age, else by figure."""

    totals: frozenset[str]
    bounds: Mapping[str, tuple[int, int]]


def opened(figures: Sequence[Figure], choice: Choice, orders: Orders) -> dict[str, str]:
    """Complete a choice: a layer that is left open is together, or one by one without a total.

    Where the figure of all together is withheld, the first two such layers are told one by one:
    their parts may be told.
    """
    found = dict(choice)
    for layer in LAYERS:
        if layer not in found:
            some = _chosen(figures, found, orders)
            totals = {getattr(one, layer) for one in some} & orders.totals
            found[layer] = EACH if some and not totals else min(totals or orders.totals)
    whole = [] if EACH in found.values() else _chosen(figures, found, orders)
    if whole and whole[0].value is None:
        free = [layer for layer in LAYERS if layer not in choice]
        found |= dict.fromkeys(free[:CROSSED], EACH)
    return found


def panels(figures: Sequence[Figure], choice: Choice, orders: Orders) -> list[Panel]:
    """Give the panels of a choice; a layer that it leaves open is as `opened` has it.

    `figures` are of one release, one measure and one period.
    """
    whole = opened(figures, choice, orders)
    each = [layer for layer in LAYERS if whole[layer] == EACH]
    if each:
        return list(_crossed(figures, whole, each, orders))
    free = [layer for layer in LAYERS if whole[layer] in orders.totals]
    together = _chosen(figures, whole, orders)
    found = (
        _panel(
            layer,
            _at(whole, orders),
            [*together, *_chosen(figures, {**whole, layer: EACH}, orders)],
            orders,
        )
        for layer in free
    )
    return [one for one in found if one.parts]


def whole_of(figures: Sequence[Figure], choice: Choice, orders: Orders) -> Figure | None:
    """Give the figure of a choice taken together, where there is one."""
    complete = opened(figures, choice, orders)
    if EACH in complete.values():
        return None
    return next(iter(_chosen(figures, complete, orders)), None)


def share(figure: Figure, whole: Figure | None) -> float | None:
    """Tell which share of a whole a figure is, of published figures; None where it may not be.

    Never of a base under ten, nor of a part larger than its whole.
    """
    if whole is None or figure.value is None or whole.value is None:
        return None
    if whole.value < LEAST_BASE or not 0 <= figure.value <= whole.value:
        return None
    return figure.value / whole.value


def _crossed(
    figures: Sequence[Figure], choice: Choice, each: Sequence[str], orders: Orders
) -> Iterator[Panel]:
    """Give a panel for each combination of all layers one by one but the last."""
    *outer, layer = each
    some = _chosen(figures, choice, orders)

    def key(one: Figure) -> tuple[str, ...]:
        return tuple(getattr(one, name) for name in outer)

    for combination, group in groupby(sorted(some, key=key), key):
        told = dict(zip(outer, combination, strict=True))
        at = _at({**choice, **told}, orders)
        whole = [
            one
            for one in _chosen(figures, {**choice, **told, layer: ""}, orders)
            if getattr(one, layer) in orders.totals
        ]
        yield _panel(layer, at, [*whole, *group], orders)


def _at(choice: Choice, orders: Orders) -> tuple[tuple[str, str], ...]:
    """Give the concepts of a choice that tell something."""
    told = ((layer, choice[layer]) for layer in LAYERS)
    return tuple((layer, one) for layer, one in told if one != EACH and one not in orders.totals)


def _chosen(figures: Iterable[Figure], choice: Choice, orders: Orders) -> list[Figure]:
    """Keep the figures of a choice; a layer one by one has any concept but a total."""

    def fits(one: Figure) -> bool:
        for layer, wanted in choice.items():
            have = getattr(one, layer)
            if wanted == EACH and have in orders.totals:
                return False
            if wanted not in (EACH, "", have):
                return False
        return True

    return [one for one in figures if fits(one)]


def _panel(
    layer: str, within: tuple[tuple[str, str], ...], figures: Sequence[Figure], orders: Orders
) -> Panel:
    """Put figures in order: ages by their bounds, others the largest first, unpublished last."""
    totals = [one for one in figures if getattr(one, layer) in orders.totals]
    parts = [one for one in figures if getattr(one, layer) not in orders.totals]

    def rank(one: Figure) -> tuple[object, ...]:
        concept = getattr(one, layer)
        bounds = orders.bounds.get(concept, (999, 999)) if layer == "age" else (0, 0)
        return (bounds, one.value is None, -(one.value or 0), concept)

    return Panel(layer, within, next(iter(totals), None), tuple(sorted(parts, key=rank)))
