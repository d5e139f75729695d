"""Two publics, two periods, or one’s own public and that of peers, layer by layer (index 100)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from parvis.catalog.codelists import scheme
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.pooling.publics.sentences.chapters import Share, sort_published, take_share
from parvis.pooling.publics.sentences.comparisons import (
    compare_shares,
    compare_with_own,
    compute_index,
)
from parvis.pooling.publics.sentences.sentence import Sentence, adds_up
from parvis.pooling.publics.sentences.words import Texts, find_length, list_restrictions
from parvis.pooling.serving.figures.figures import TOTALS
from parvis.pooling.serving.figures.portrait import NONE_OF_THESE, Portrait, list_of, orders
from parvis.pooling.serving.figures.results import list_concepts, profile_lists
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure
from parvis.statistics.portrait import divide
from parvis.statistics.profile import PEERS, Cell, compute_own_shares
from parvis.statistics.profile import Share as OwnShare
from parvis.statistics.strata import MONTH, QUARTER, SEASON, YEAR

PERIOD, OWN = "period", "own"
LEAST_SHARE = 0.03
"""The share from which a difference is worth a sentence."""
LENGTHS = (SEASON, YEAR, QUARTER, MONTH, None)
COMPARABLE = ("area", "event", "age", "discipline", PERIOD)
YOURS, PARTNERS = N_("your organisation"), N_("all partners")
PEERS_OF = N_("your peers: {size}")

Values = Callable[[CubeFigure], float | None]


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: its name, and the figures of its layers with their total.

    `value` returns the number of a published figure, None where it may not be compared. One’s own
    side has `own` shares instead of figures: of some parts, there is no total of all.
    """

    name: Texts
    total: CubeFigure | None = None
    parts: Mapping[tuple[str, str], CubeFigure] = field(default_factory=dict)
    value: Values = attrgetter("value")
    own: Mapping[tuple[str, str], OwnShare] = field(default_factory=dict)

    def share_of(self, layer: str, concept: str) -> float | None:
        """Return the share of a part, 0 to 1; None of a suppressed or unsound one."""
        if own := self.own.get((layer, concept)):
            return own.ratio
        part = self.parts.get((layer, concept))
        if part is None or self.total is None or not adds_up(part.measure):
            return None
        return divide(self.value(part), self.value(self.total))

    def is_suppressed(self, layer: str, concept: str) -> bool:
        """Return whether a part exists and has no value."""
        part = self.parts.get((layer, concept))
        return part is not None and self.value(part) is None


@dataclass(frozen=True)
class ComparedPart:
    """One part of a layer on both sides; `index` is the first share where the second is 100."""

    concept: str
    first: float | None
    second: float | None
    index: int | None


@dataclass(frozen=True)
class ComparedLayer:
    """One layer on both sides, with the sentence of its greatest difference, if there is one."""

    layer: str
    parts: tuple[ComparedPart, ...]
    sentence: Sentence | None

    @property
    def has_index(self) -> bool:
        return any(part.index is not None for part in self.parts)


@dataclass(frozen=True)
class Comparison:
    """What is compared, by which layer; `options` are the codes and names that can be chosen."""

    by: str
    options: Sequence[tuple[str, Texts]]
    sides: tuple[Side, Side] | None
    layers: tuple[ComparedLayer, ...]

    @property
    def is_of_other_partners(self) -> bool:
        """Return whether two periods are compared, and not known to be of the same partners."""
        if self.by != PERIOD or self.sides is None:
            return False
        first, second = (side.total for side in self.sides)
        if first is None or second is None:
            return True
        return first.comparable_with != second.iri and second.comparable_with != first.iri


def compare(
    portrait: Portrait, by: str, codes: tuple[str, str], size: str | None = None
) -> Comparison:
    """Compare two concepts of a layer, two periods, or one’s own figures with those of peers.

    Peers are the partners of a `size` class, or all partners where too little is published of it.
    Empty codes are those of the two with the largest figures, or of the two latest periods. Raises
    `UsageError` for codes that the release has no figure of.
    """
    if by == OWN:
        sides = _sides_of_own(portrait, size)
        return Comparison(by, (), sides, tuple(_compare_layers(sides, by)))
    concepts = _list_concepts(portrait, by)
    names = scheme("period") if by == PERIOD else list_of(by)
    options = [(names.code(concept), names.label(concept)) for concept in concepts]
    by_code = {names.code(concept): concept for concept in concepts}
    for code in codes:
        if code and code not in by_code:
            raise UsageError(NONE_OF_THESE, text=code[:100], choices=", ".join(by_code))
    first = codes[0] or next((code for code in by_code if code != codes[1]), "")
    second = codes[1] or _choose_second(by, by_code, first)
    if not first or not second:
        return Comparison(by, options, None, ())
    sides = (_side_of(portrait, by, by_code[first]), _side_of(portrait, by, by_code[second]))
    return Comparison(by, options, sides, tuple(_compare_layers(sides, by)))


def _choose_second(by: str, by_code: Mapping[str, str], first: str) -> str:
    """Return the code of what the first is compared with: of a period, that before it."""
    codes = [*by_code]
    others = [code for code in codes if code != first]
    if by == PERIOD and first:
        others = [c for c in others if find_length(by_code[c]) == find_length(by_code[first])]
        # The latest period is listed first: the one before comes next.
        others.sort(key=lambda code: codes.index(code) < codes.index(first))
    return next(iter(others), "")


def _list_concepts(portrait: Portrait, by: str) -> list[str]:
    """Return what can be compared, with a published total: periods, or concepts.

    The longest and latest periods are first, or the largest concepts.
    """
    if by == PERIOD:
        published = {
            figure.period
            for figure in portrait.release_figures
            if figure.measure == portrait.measure
            and figure.value is not None
            and not list_restrictions(figure)
        }
        periods = [period for period in portrait.periods if period in published]
        # Years and seasons come first: there are two of each before there are two of a month.
        return sorted(periods, key=lambda period: LENGTHS.index(find_length(period)))
    totals = [figure for figure in portrait.figures if list_restrictions(figure) == [by]]
    return [getattr(figure, by) for figure in sort_published(totals)]


def _side_of(portrait: Portrait, by: str, concept: str) -> Side:
    """Return one side: figures of a period, or of a concept with at most one more restriction."""
    if by == PERIOD:
        release = portrait.release_figures
        figures = [f for f in release if (f.measure, f.period) == (portrait.measure, concept)]
        return _build_side(scheme("period").label(concept), figures, ())
    figures = [figure for figure in portrait.figures if getattr(figure, by) == concept]
    return _build_side(list_of(by).label(concept), figures, (by,))


def _build_side(
    name: Texts,
    figures: Sequence[CubeFigure],
    common: tuple[str, ...],
    value: Values = attrgetter("value"),
) -> Side:
    total, parts = None, {}
    for figure in figures:
        layers = [layer for layer in list_restrictions(figure) if layer not in common]
        if not layers:
            total = figure
        elif len(layers) == 1:
            parts[layers[0], str(getattr(figure, layers[0]))] = figure
    return Side(name, total, parts, value)


def _sides_of_own(portrait: Portrait, size: str | None) -> tuple[Side, Side]:
    """Return one’s own side, and that of peers."""

    def peers_value(figure: CubeFigure) -> float | None:
        # A step such as “5+” is the fewest contributors that there are.
        count = (figure.contributors or "").removesuffix("+")
        return figure.value if count.isdecimal() and int(count) >= PEERS else None

    figures = [figure for figure in portrait.figures if figure.size == size]
    name = both(PEERS_OF, size=scheme(LISTS["size"]).label(size or ""))
    peers = _build_side(name, figures, ("size",), peers_value)
    if size is None or peers.total is None or peers_value(peers.total) is None:
        peers = _build_side(both(PARTNERS), portrait.figures, ())
    return Side(both(YOURS), own=_compute_own_shares(portrait)), peers


def _compute_own_shares(portrait: Portrait) -> dict[tuple[str, str], OwnShare]:
    """Return one’s own shares, as a profile has them: exact strata rarely have a total of all."""
    cells = (
        Cell(measure, period, list_concepts(LAYERS, concepts), value)
        for (measure, period, *concepts), value in portrait.own.items()
        if (measure, period) == (portrait.measure, portrait.period)
    )
    shares = compute_own_shares(cells, profile_lists())
    return {(stratum.dimension, stratum.concept): share for stratum, share in shares.items()}


def _compare_layers(sides: tuple[Side, Side], by: str) -> Iterator[ComparedLayer]:
    bounds = orders().bounds
    for layer in LAYERS:
        if layer == by:
            continue
        names = [name for side in sides for name in (*side.parts, *side.own)]
        concepts = {concept for of, concept in names if of == layer}
        parts = [_compare_part(sides, layer, concept) for concept in concepts - TOTALS]

        def rank(part: ComparedPart, layer: str = layer) -> tuple[object, ...]:
            place = bounds.get(part.concept, (999, 999)) if layer == "age" else (0, 0)
            largest = max(part.first or 0, part.second or 0)
            return place, -largest, part.concept

        parts.sort(key=rank)
        # Of oneself next to nothing, or of nothing, there is nothing to compare.
        stated = [part for part in parts if (part.first, part.second) != (None, None)]
        if any(part.index is not None for part in stated) if by == OWN else stated:
            sentence = _describe_greatest(sides, by, layer, parts)
            yield ComparedLayer(layer, tuple(parts), sentence)


def _compare_part(sides: tuple[Side, Side], layer: str, concept: str) -> ComparedPart:
    first, second = (side.share_of(layer, concept) for side in sides)
    index = None if first is None or second is None else compute_index(first, second)
    return ComparedPart(concept, first, second, index)


def _describe_greatest(
    sides: tuple[Side, Side], by: str, layer: str, parts: Sequence[ComparedPart]
) -> Sentence | None:
    """Return the sentence of the part that differs most, among those that are not rare."""
    first, second = sides
    candidates = [
        part
        for part in parts
        if part.index
        and max(part.first or 0, part.second or 0) >= LEAST_SHARE
        # All of both is nothing to compare.
        and (part.first, part.second) != (1, 1)
    ]
    if not candidates:
        return None
    greatest = max(candidates, key=lambda part: max(part.index or 1, 10_000 / (part.index or 1)))
    pooled = _take(second, layer, greatest.concept)
    if pooled is None:
        return None
    if by == OWN:
        own = first.own[layer, greatest.concept]
        return compare_with_own(layer, own.value, own.base, pooled)
    share = _take(first, layer, greatest.concept)
    return share and compare_shares(layer, share, pooled)


def _take(side: Side, layer: str, concept: str) -> Share | None:
    part = side.parts.get((layer, concept))
    return None if part is None else take_share(part, side.total)
