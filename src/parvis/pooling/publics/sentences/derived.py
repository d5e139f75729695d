"""Sentences on what is computed of figures: rates per inhabitant, indices of the same partners."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from parvis.catalog.codelists import scheme
from parvis.i18n import N_, NN_
from parvis.pooling.publics.sentences.comparisons import both_numbers
from parvis.pooling.publics.sentences.sentence import (
    RATE,
    TREND,
    Basis,
    Sentence,
    build_sentence,
    count_texts,
    describe_scope,
    say_where,
)
from parvis.pooling.publics.sentences.words import Texts, count_units, restrict, say_when
from parvis.statistics.cube import LISTS, CubeFigure
from parvis.statistics.rates import PER

ONE_RATE = N_("Per {thousand} inhabitants, partners counted {high} ({highest}) {when}{where}")
RATES = N_(
    "Per {thousand} inhabitants, partners counted between {low} ({lowest}) and {high} ({highest})"
    " {when}, in {parts}{where}"
)
PARTS = {
    "area": NN_("{number} published region", "{number} published regions"),
    "age": NN_("{number} published age group", "{number} published age groups"),
    "language": NN_("{number} published language", "{number} published languages"),
}
ONE_INDEX = N_("For every {base}, the same partners counted {high} {when}")
INDICES = N_(
    "For every {base}, the same partners counted between {low} ({lowest}) and {high} ({highest})"
    " {when}"
)
INDEX = 100
WHOLE = 10
"""From here on, a rate is stated without decimals."""


class Derived(NamedTuple):
    """A number that is computed of a published figure."""

    figure: CubeFigure
    value: float


def describe_rates(layer: str, rates: Sequence[Derived], hidden: int) -> Sentence | None:
    """Return the sentence of the lowest and the highest rate of a layer; None without any.

    `hidden` counts the parts that are suppressed.
    """
    if not rates:
        return None
    low, high = _find_ends(rates)
    fields: dict[str, Texts] = {
        "thousand": both_numbers(PER),
        "low": both_numbers(_round_rate(low.value)),
        "lowest": _label(layer, low.figure),
        "high": count_units(high.figure.measure, _round_rate(high.value)),
        "highest": _label(layer, high.figure),
        "when": say_when(high.figure.period),
        "parts": count_texts(PARTS[layer], len(rates)),
        "where": _say_whose(high.figure, layer),
    }
    figures = [high.figure, low.figure] if len(rates) > 1 else [high.figure]
    template = RATES if len(rates) > 1 else ONE_RATE
    return build_sentence(RATE, figures, Basis(figures, layer, hidden), template, fields)


def describe_indices(
    layer: str, indices: Sequence[Derived], before: CubeFigure, hidden: int
) -> Sentence | None:
    """Return the sentence of the parts of a layer that rose least and most; None without any.

    An index is of the same partners, and 100 is the figure of the earlier period; `before` is any
    of that period.
    """
    if not indices:
        return None
    low, high = _find_ends(indices)
    several = len(indices) > 1
    # Of one part, the sentence is of that part alone.
    earlier = replace(high.figure, period=before.period)
    fields: dict[str, Texts] = {
        "base": describe_scope(
            earlier, count_units(before.measure, INDEX), without=layer if several else ""
        ),
        "low": both_numbers(round(low.value)),
        "lowest": _label(layer, low.figure),
        "high": both_numbers(round(high.value)),
        "highest": _label(layer, high.figure),
        "when": say_when(high.figure.period),
    }
    figures = [high.figure, low.figure] if several else [high.figure]
    template = INDICES if several else ONE_INDEX
    return build_sentence(TREND, figures, Basis(figures, layer, hidden), template, fields)


def _say_whose(figure: CubeFigure, layer: str) -> dict[str, str]:
    """Return of whom figures are but for a layer, after a comma."""
    whose = restrict(figure, layer)
    if not any(whose.values()):
        return say_where(figure, layer)
    return {lang: f", {text}" for lang, text in whose.items()}


def _find_ends(values: Sequence[Derived]) -> tuple[Derived, Derived]:
    ordered = sorted(values, key=lambda derived: (derived.value, derived.figure.stratum))
    return ordered[0], ordered[-1]


def _label(layer: str, figure: CubeFigure) -> dict[str, str]:
    labels = scheme(LISTS.get(layer, layer)).label(getattr(figure, layer))
    # “Montréal (administrative region)” is written within brackets.
    return {lang: label.partition(" (")[0] for lang, label in labels.items()}


def _round_rate(value: float) -> float:
    return round(value) if value >= WHOLE else round(value, 1)
