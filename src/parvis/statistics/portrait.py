"""A portrait: the publics of a pool, layer by layer, as panels of figures that compare.

Of each layer a choice takes the total, one concept, or each concept one by one. With no layer
one by one, each layer at its total makes a panel of its own; else the last such layer makes the
bars, and each combination of the others a panel.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from parvis.statistics.cube import LAYERS, CubeFigure
from parvis.statistics.relays import LEAST_BASE

EACH = "each"
"""The choice of a layer whose concepts are listed one by one."""


ROUNDED = 1.005
"""A part is its whole where it exceeds it by less: both are rounded, each on its own."""

CROSSED = 2
"""How many layers are listed one by one where the total is suppressed."""

Choice = Mapping[str, str]
"""The choice of each layer: a concept, a total, or `EACH`; other layers are left open."""


@dataclass(frozen=True)
class Panel:
    """The figures of one layer, side by side; `within` are the concepts of the other layers.

    `total` is the figure of all of them together, where the release has it.
    """

    layer: str
    within: tuple[tuple[str, str], ...]
    total: CubeFigure | None
    parts: tuple[CubeFigure, ...]


@dataclass(frozen=True)
class Orders:
    """How the parts of layers are sorted: by bounds of age, else by figure."""

    totals: frozenset[str]
    bounds: Mapping[str, tuple[int, int]]


def complete_choice(
    figures: Sequence[CubeFigure], choice: Choice, orders: Orders
) -> dict[str, str]:
    """Complete a choice: a layer left open is at its total, or one by one without a total."""
    complete = dict(choice)
    for layer in LAYERS:
        if layer not in complete:
            selected = _select(figures, complete, orders)
            totals = {getattr(figure, layer) for figure in selected} & orders.totals
            complete[layer] = EACH if selected and not totals else min(totals or orders.totals)
    total = [] if EACH in complete.values() else _select(figures, complete, orders)
    if total and total[0].value is None:
        # The total is suppressed, but its parts may be published.
        open_layers = [layer for layer in LAYERS if layer not in choice]
        complete |= dict.fromkeys(open_layers[:CROSSED], EACH)
    return complete


def build_panels(figures: Sequence[CubeFigure], choice: Choice, orders: Orders) -> list[Panel]:
    """Return the panels of a choice, completed as by `complete_choice`.

    `figures` are of one release, one measure and one period.
    """
    complete = complete_choice(figures, choice, orders)
    crossed = [layer for layer in LAYERS if complete[layer] == EACH]
    if crossed:
        return list(_cross_layers(figures, complete, crossed, orders))
    total = _select(figures, complete, orders)
    within = _list_concepts(complete, orders)
    by_layer = (
        _build_panel(
            layer,
            within,
            [*total, *_select(figures, {**complete, layer: EACH}, orders)],
            orders,
        )
        for layer in LAYERS
        if complete[layer] in orders.totals
    )
    return [panel for panel in by_layer if panel.parts]


def find_total(figures: Sequence[CubeFigure], choice: Choice, orders: Orders) -> CubeFigure | None:
    """Return the total of a choice, where there is one."""
    complete = complete_choice(figures, choice, orders)
    if EACH in complete.values():
        return None
    return next(iter(_select(figures, complete, orders)), None)


def share(figure: CubeFigure, total: CubeFigure | None) -> float | None:
    """Return the share of a figure in a whole, both published; None where there may be none."""
    return None if total is None else divide(figure.value, total.value)


def divide(part: float | None, whole: float | None) -> float | None:
    """Return the share of a part in a whole, 0 to 1; None of what is not published.

    Never of a base under ten, nor of a part larger than its whole, unless it is the whole but for
    the rounding of both.

    >>> divide(43, 100), divide(10_925, 10_920), divide(120, 100), divide(1, 9)
    (0.43, 1.0, None, None)
    """
    if part is None or whole is None or whole < LEAST_BASE:
        return None
    if not 0 <= part <= whole * ROUNDED:
        return None
    return min(1.0, part / whole)


def _cross_layers(
    figures: Sequence[CubeFigure], choice: Choice, crossed: Sequence[str], orders: Orders
) -> Iterator[Panel]:
    """Yield a panel for each combination of all layers one by one but the last."""
    *outer, layer = crossed

    def get_concepts(figure: CubeFigure) -> tuple[str, ...]:
        return tuple(getattr(figure, name) for name in outer)

    selected = sorted(_select(figures, choice, orders), key=get_concepts)
    for combination, group in groupby(selected, get_concepts):
        complete = {**choice, **dict(zip(outer, combination, strict=True))}
        total = [
            figure
            for figure in _select(figures, {**complete, layer: ""}, orders)
            if getattr(figure, layer) in orders.totals
        ]
        within = _list_concepts(complete, orders)
        yield _build_panel(layer, within, [*total, *group], orders)


def _list_concepts(choice: Choice, orders: Orders) -> tuple[tuple[str, str], ...]:
    """Return the layers at one concept, with it."""
    concepts = ((layer, choice[layer]) for layer in LAYERS)
    return tuple(
        (layer, concept)
        for layer, concept in concepts
        if concept != EACH and concept not in orders.totals
    )


def _select(figures: Iterable[CubeFigure], choice: Choice, orders: Orders) -> list[CubeFigure]:
    """Return the figures of a choice; a layer one by one has any concept but a total."""

    def is_selected(figure: CubeFigure) -> bool:
        for layer, chosen in choice.items():
            concept = getattr(figure, layer)
            if chosen == EACH and concept in orders.totals:
                return False
            if chosen not in (EACH, "", concept):
                return False
        return True

    return [figure for figure in figures if is_selected(figure)]


def _build_panel(
    layer: str, within: tuple[tuple[str, str], ...], figures: Sequence[CubeFigure], orders: Orders
) -> Panel:
    """Sort figures: ages by their bounds, others the largest first, suppressed ones last."""
    totals = [figure for figure in figures if getattr(figure, layer) in orders.totals]
    parts = [figure for figure in figures if getattr(figure, layer) not in orders.totals]

    def rank(figure: CubeFigure) -> tuple[object, ...]:
        concept = getattr(figure, layer)
        bounds = orders.bounds.get(concept, (999, 999)) if layer == "age" else (0, 0)
        return (bounds, figure.value is None, -(figure.value or 0), concept)

    return Panel(layer, within, next(iter(totals), None), tuple(sorted(parts, key=rank)))
