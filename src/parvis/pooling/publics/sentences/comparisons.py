"""Sentences that compare: shares of two publics or of two periods, one’s own, over time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from parvis.catalog.codelists import scheme
from parvis.i18n import LANGUAGES, N_, NN_, both, number, percent
from parvis.pooling.publics.sentences.chapters import (
    HUNDRED,
    PARTNERS,
    Share,
    say_hundredths,
    say_shares,
)
from parvis.pooling.publics.sentences.sentence import (
    COMPARISON,
    SPAN,
    TREND,
    Basis,
    Sentence,
    build_sentence,
    count_texts,
    describe_scope,
    say_units,
    say_where,
)
from parvis.pooling.publics.sentences.words import (
    Texts,
    count_units,
    find_length,
    list_restrictions,
    phrase,
    say_when,
)
from parvis.statistics.cube import CubeFigure
from parvis.statistics.relays import LEAST_BASE
from parvis.statistics.strata import MONTH, QUARTER, SEASON, YEAR

TWO_PUBLICS = N_(
    "Of every {base}, {part}, against {number} of every {other}: index {index}, where the second"
    " share is 100"
)
TWO_PERIODS = N_(
    "Of every {base}, {part}, against {number} {earlier}: index {index}, where the second share is"
    " 100"
)
OWN = N_(
    "Of every {base}, {part}, against {number} at all partners: index {index}, where the second"
    " share is 100"
)
OWN_AND_PEERS = N_(
    "Of every {base}, {part}, against {number} {peers}: index {index}, where the second share is"
    " 100"
)
AT_YOURS = N_("at your organisation")
NEAR_SAME = 0.005
CHANGE = N_("The same partners counted {now}, against {before} {earlier}: {change}")
OTHER_PARTNERS = N_(
    "Partners counted {now}, against {before} {earlier}; they are not the same partners as then, so"
    " the difference measures no change of the audience"
)
UNKNOWN_PARTNERS = N_(
    "Partners counted {now}, against {before} {earlier}; they may be other partners than then"
)
MORE, LESS, AS_MANY = N_("{percent} more"), N_("{percent} less"), N_("nearly as much")
SPREAD = N_(
    "Over {periods} ({first} to {last}), partners counted between {low} ({low_period}) and {high}"
    " ({high_period}){where}"
)
PUBLISHED = {
    YEAR: NN_("{number} published year", "{number} published years"),
    SEASON: NN_("{number} published season", "{number} published seasons"),
    QUARTER: NN_("{number} published quarter", "{number} published quarters"),
    MONTH: NN_("{number} published month", "{number} published months"),
}


def compute_index(value: float, reference: float) -> int | None:
    """Return a share relative to another, which is 100; None relative to nothing."""
    return round(HUNDRED * value / reference) if reference else None


def choose_decimals(first: float, second: float) -> int:
    """Return how many decimals tell two shares of 100 apart: one at most.

    >>> choose_decimals(0.086, 0.089), choose_decimals(0.38, 0.43)
    (1, 0)
    """
    return int(first != second and round(HUNDRED * first) == round(HUNDRED * second))


def compare_shares(layer: str, first: Share, second: Share) -> Sentence | None:
    """Return the sentence of the same part of two totals: two publics, or two periods.

    None where the second share is nothing, for no index is relative to it.
    """
    if (index := compute_index(first.value, second.value)) is None:
        return None
    hundred = count_units(first.total.measure, HUNDRED)
    decimals = choose_decimals(first.value, second.value)
    fields = {
        "base": describe_scope(first.total, hundred, who=both(PARTNERS)),
        "part": say_shares(layer, [first], decimals),
        "number": say_hundredths(second.value, decimals)[1],
        "index": both_numbers(index),
    }
    same = replace(first.total, period=second.total.period)
    if same.stratum == second.total.stratum and first.total.period != second.total.period:
        template, fields["earlier"] = TWO_PERIODS, say_when(second.total.period)
    else:
        template = TWO_PUBLICS
        fields["other"] = describe_scope(second.total, hundred, when=False)
    figures = [first.part, first.total, second.part, second.total]
    return build_sentence(COMPARISON, figures, Basis([first.total, second.total]), template, fields)


def compare_with_own(
    layer: str, own_part: float, own_total: float, pooled: Share
) -> Sentence | None:
    """Return the sentence of an organisation’s own share and that of all partners.

    Own figures are of the same strata as the pooled ones, whose size class is that of peers; None
    where no sound share can be made.
    """
    if own_total < LEAST_BASE or not 0 <= own_part <= own_total:
        return None
    own = own_part / own_total
    if (index := compute_index(own, pooled.value)) is None:
        return None
    hundred = count_units(pooled.total.measure, HUNDRED)
    decimals = choose_decimals(own, pooled.value)
    fields = {
        "base": describe_scope(pooled.total, hundred, who=both(AT_YOURS), without="size"),
        "part": say_shares(layer, [pooled._replace(value=own)], decimals),
        "number": say_hundredths(pooled.value, decimals)[1],
        "index": both_numbers(index),
    }
    template = OWN
    if "size" in list_restrictions(pooled.total):
        template = OWN_AND_PEERS
        fields["peers"] = phrase(pooled.total.measure, "size", pooled.total.size)
    figures = [pooled.part, pooled.total]
    return build_sentence(COMPARISON, figures, Basis([pooled.total]), template, fields)


def describe_trend(now: CubeFigure, before: CubeFigure, *, marked: bool = True) -> Sentence | None:
    """Return the sentence of one stratum in two periods; None unless both are published.

    A change is stated where the release says that both are of the same partners; `marked` is false
    for a release that says it of no figure.
    """
    if now.value is None or before.value is None or before.value < LEAST_BASE:
        return None
    fields: dict[str, Texts] = {
        "now": describe_scope(now, count_units(now.measure, now.value)),
        "before": both_numbers(before.value),
        "earlier": say_when(before.period),
    }
    template = OTHER_PARTNERS if marked else UNKNOWN_PARTNERS
    if now.comparable_with == before.iri:
        template, fields["change"] = CHANGE, _say_change(now.value / before.value - 1)
    return build_sentence(TREND, [now, before], Basis([now, before]), template, fields)


def _say_change(change: float) -> dict[str, str]:
    if abs(change) < NEAR_SAME:
        return both(AS_MANY)
    texts = {lang: percent(lang, abs(change)) for lang in LANGUAGES}
    return both(MORE if change > 0 else LESS, percent=texts)


def describe_periods(figures: Iterable[CubeFigure], starts: Mapping[str, str]) -> Sentence | None:
    """Return the sentence of one stratum over periods of one length: its lowest and its highest.

    `starts` sorts periods. None unless two are published.
    """
    series = sorted(figures, key=lambda figure: starts.get(figure.period, figure.period))
    published = [figure for figure in series if figure.value is not None]
    length = find_length(series[0].period) if series else None
    if len(published) < 2 or length is None:  # noqa: PLR2004 - two make a series
        return None
    low = min(published, key=lambda figure: figure.value or 0)
    high = max(published, key=lambda figure: figure.value or 0)
    fields: dict[str, Texts] = {
        "periods": count_texts(PUBLISHED[length], len(published)),
        "first": scheme("period").label(series[0].period),
        "last": scheme("period").label(series[-1].period),
        "low": both_numbers(low.value or 0),
        "low_period": scheme("period").label(low.period),
        "high": say_units(high, count_units(high.measure, high.value or 0)),
        "where": say_where(high),
        "high_period": scheme("period").label(high.period),
    }
    basis = Basis([high, low], length, len(series) - len(published))
    return build_sentence(SPAN, [high, low], basis, SPREAD, fields)


def both_numbers(value: float) -> dict[str, str]:
    return {lang: number(lang, value) for lang in LANGUAGES}
