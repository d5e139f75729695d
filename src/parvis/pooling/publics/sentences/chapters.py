"""Sentences on one figure, on a chapter of a release (one layer), and on a release as a whole."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from parvis.catalog.codelists import MEASURES, POOLED
from parvis.i18n import LANGUAGES, N_, both, number, percent
from parvis.pooling.publics.sentences.sentence import (
    COUNT,
    HIDDEN,
    LEAST_PERCENT,
    SHARE,
    SUPPRESSED,
    Basis,
    Sentence,
    adds_up,
    build_sentence,
    count_texts,
    describe_scope,
    join_texts,
)
from parvis.pooling.publics.sentences.words import (
    Texts,
    complement,
    count_units,
    define_measure,
    find_length,
    list_restrictions,
    name_amount,
    phrase,
    say_part,
)
from parvis.statistics.cube import CubeFigure, latest_period
from parvis.statistics.portrait import share
from parvis.statistics.relays import LEAST_BASE
from parvis.statistics.strata import YEAR

HUNDRED = 100
STATED = 2
"""Parts that a sentence states at most."""
LEAST_STATED = 0.005
"""The published share of a total from which shares are stated: it is 1 of 100, rounded."""
LAYER_ORDER = ("discipline", "age", "area", "event", "channel", "language", "public", "size")
"""Layers, the one first whose sentence says most to anyone."""
TELLING = (0.05, 0.95)
"""The shares that are worth a first sentence: neither nearly nothing nor nearly all."""

LEAST_PUBLISHED = 0.5
"""Where a smaller part of the total is published by a layer, the sentence begins with that."""
LOW_COVERAGE = 0.25
"""Where the partners are a smaller part of the known venues, the sentence itself says so."""

PARTNERS = N_("at partners")
FEW_PARTNERS = N_("at partners ({percent} of known venues)")
FEWEST_PARTNERS = N_("at partners (less than {percent} of known venues)")
OF_HUNDRED = N_("Of every {base}, {parts}")
OF_PUBLISHED = N_("Of every {base}, {published}: {parts}")
PUBLISHED_FOR = {
    "discipline": N_("the discipline is published for {number} only"),
    "area": N_("the place of residence is published for {number} only"),
    "age": N_("the age is published for {number} only"),
    "public": N_("the kind of audience is published for {number} only"),
    "language": N_("the language is published for {number} only"),
    "channel": N_("the channel is published for {number} only"),
    "event": N_("the place of the event is published for {number} only"),
    "size": N_("the size of the organisation is published for {number} only"),
}
ALL_OF = N_("all {number}")
COUNTED = N_("Partners counted {counts}")
COUNTED_PARTS = N_("Partners counted {counts}; {reason}")
NOT_PUBLISHED = N_("The {amount}, is suppressed to protect people and organisations")
NONE_PUBLISHED = N_(
    "No figure is published of the {amount}, {layer}: {hidden}, to protect people and organisations"
)
LESS_THAN_ONE, ALMOST_ALL = N_("less than 1"), N_("more than 99")
NO_TOTAL = N_("no total is published, so no share can be stated")
TOTAL_SUPPRESSED = N_("the total is suppressed, so no share can be stated")
NOT_ADDITIVE = N_("this measure does not add up across partners, so no share can be stated")
TOTAL_SMALL = N_("the published total is too small for a share to be stated")
PART_TINY = N_("less than one hundredth of the total is published this way")
PART_LARGER = N_("a rounded part is larger than the published total, so no share can be stated")
BY_LAYER = {
    "discipline": N_("by discipline"),
    "area": N_("by area of residence"),
    "age": N_("by age"),
    "public": N_("by kind of audience"),
    "language": N_("by language"),
    "channel": N_("by channel"),
    "event": N_("by area of the event"),
    "size": N_("by size of the organisation"),
}


class Share(NamedTuple):
    """A published part of a published total."""

    part: CubeFigure
    total: CubeFigure
    value: float


def take_share(part: CubeFigure, total: CubeFigure | None) -> Share | None:
    """Return the share of a part; None of a measure that does not add up, or of no sound base."""
    value = share(part, total) if adds_up(part.measure) else None
    return None if value is None or total is None else Share(part, total, value)


def describe_figure(figure: CubeFigure) -> Sentence:
    """Return the sentence of one figure, published or suppressed."""
    if figure.value is None:
        scope = describe_scope(figure, name_amount(figure.measure), who=both(PARTNERS))
        return _say_nothing(figure, both(NOT_PUBLISHED, amount=scope))
    counts = describe_scope(figure, count_units(figure.measure, figure.value))
    return build_sentence(COUNT, [figure], Basis([figure]), COUNTED, {"counts": counts})


def describe_chapter(
    layer: str, total: CubeFigure | None, parts: Sequence[CubeFigure]
) -> Sentence | None:
    """Return the sentence of a layer: its largest published parts, of 100 where a total allows it.

    `parts` are the figures of the layer, suppressed ones too; None without any.
    """
    if not parts:
        return None
    published = sort_published(parts)
    hidden = len(parts) - len(published)
    if not published:
        return _say_nothing_of(layer, parts)
    shares = [portion for part in published if (portion := take_share(part, total))]
    covered = sum(portion.value for portion in shares)
    if total is not None and len(shares) == len(published) and covered >= LEAST_STATED:
        return _state_shares(layer, total, shares, hidden)
    figures = published[:STATED]
    texts = {"counts": _count_parts(layer, figures), "reason": _explain_counts(total, parts)}
    return build_sentence(COUNT, figures, Basis(figures, layer, hidden), COUNTED_PARTS, texts)


def _state_shares(layer: str, total: CubeFigure, shares: Sequence[Share], hidden: int) -> Sentence:
    """Return the sentence of the largest shares of a total, of which little may be published."""
    covered = sum(portion.value for portion in shares)
    stated: list[Share] = []
    for portion in shares[:STATED]:
        # Parts are rounded each on its own: together they are never more than 100.
        counts = [round(HUNDRED * of.value) for of in (*stated, portion)]
        if not stated or (portion.value and sum(counts) <= HUNDRED):
            stated.append(portion)
    texts = {
        "base": describe_scope(
            total, count_units(total.measure, HUNDRED), who=_say_partners_of(total)
        ),
        "parts": say_shares(layer, stated, of_all=len(shares) == 1),
    }
    template = OF_HUNDRED
    if covered < LEAST_PUBLISHED:
        template = OF_PUBLISHED
        number_of_published = say_hundredths(covered)[1]
        texts["published"] = both(PUBLISHED_FOR[layer], number=number_of_published)
    figures = [*(portion.part for portion in stated), total]
    basis = Basis([total], layer, hidden, 1 - covered)
    return build_sentence(SHARE, figures, basis, template, texts)


def _say_partners_of(figure: CubeFigure) -> dict[str, str]:
    """Return “at partners”, and how few of the known venues these are."""
    coverage = figure.coverage
    if coverage is None or coverage >= LOW_COVERAGE:
        return both(PARTNERS)
    template = FEW_PARTNERS if coverage >= LEAST_PERCENT else FEWEST_PARTNERS
    shown = max(coverage, LEAST_PERCENT)
    return both(template, percent={lang: percent(lang, shown) for lang in LANGUAGES})


def describe_release(figures: Sequence[CubeFigure], ends: Mapping[str, str]) -> Sentence | None:
    """Return the best sentence of a release; `ends` are the last days of periods.

    That is a share of the first measure that has any, in its latest year: of the first layer whose
    largest part is neither nearly nothing nor nearly all. Without a share, it is the total.
    """
    years = [figure for figure in figures if find_length(figure.period) == YEAR]
    published = [figure for figure in years if figure.value is not None]
    totals = []
    for measure in sorted({figure.measure for figure in published}, key=_rank_measure):
        period = latest_period((f.period for f in published if f.measure == measure), ends)
        latest = [f for f in years if (f.measure, f.period) == (measure, period)]
        for sentence in _describe_layers(latest):
            if sentence.kind == SHARE and _is_telling(sentence):
                return sentence
        totals += [figure for figure in latest if figure.value and not list_restrictions(figure)]
    return describe_figure(totals[0]) if totals else None


def select_layer(
    figures: Iterable[CubeFigure], layer: str
) -> tuple[CubeFigure | None, list[CubeFigure]]:
    """Return the total and the parts of a layer, all other layers at their total.

    `figures` are of one release, one measure and one period.
    """
    total, parts = None, []
    for figure in figures:
        restrictions = list_restrictions(figure)
        if not restrictions:
            total = figure
        elif restrictions == [layer]:
            parts.append(figure)
    return total, parts


def say_shares(
    layer: str, shares: Sequence[Share], decimals: int = 0, *, of_all: bool = False
) -> dict[str, str]:
    """Return “43 go to theatre and 20 to dance” of shares of one base, of 100 each.

    The first share is said to be all if it is 100, or `of_all` that is published.
    """
    texts = []
    for place, portion in enumerate(shares):
        measure, concept = portion.part.measure, getattr(portion.part, layer)
        text = complement(measure, layer, concept)
        count, shown = say_hundredths(portion.value, decimals)
        if place:
            texts.append({lang: f"{shown[lang]} {text[lang]}" for lang in LANGUAGES})
            continue
        if portion.value == 1 or (of_all and portion.value < LEAST_PUBLISHED and count > 1):
            shown = both(ALL_OF, number=shown)
        texts.append(say_part(layer, measure, count, shown, text))
    return join_texts(texts)


def say_hundredths(value: float, decimals: int = 0) -> tuple[float, dict[str, str]]:
    """Return how many of 100 a share is, for agreement, and in words."""
    count = round(HUNDRED * value)
    if decimals:
        exact = round(HUNDRED * value, decimals)
        return exact, {lang: number(lang, exact) for lang in LANGUAGES}
    if value and not count:
        return 1, both(LESS_THAN_ONE)
    if value < 1 and count == HUNDRED:
        return count, both(ALMOST_ALL)
    return count, {lang: number(lang, count) for lang in LANGUAGES}


def sort_published(figures: Iterable[CubeFigure]) -> list[CubeFigure]:
    """Return the published figures, the largest first."""
    published = [figure for figure in figures if figure.value is not None]
    return sorted(published, key=lambda figure: (-(figure.value or 0), figure.stratum))


def _describe_layers(figures: Sequence[CubeFigure]) -> Iterator[Sentence]:
    for layer in LAYER_ORDER:
        total, parts = select_layer(figures, layer)
        if sentence := describe_chapter(layer, total, parts):
            yield sentence


def _is_telling(sentence: Sentence) -> bool:
    largest, base = sentence.figures[0], sentence.figures[-1]
    least, most = TELLING
    return least <= (share(largest, base) or 0) <= most


def _rank_measure(measure: str) -> tuple[bool, int]:
    known = POOLED.index(measure) if measure in POOLED else len(POOLED)
    return (measure not in MEASURES, known)


def _count_parts(layer: str, parts: Sequence[CubeFigure]) -> dict[str, str]:
    """Return “1,200 entries in theatre and 300 in dance, in 2025” of the parts of a layer."""
    texts = []
    for place, part in enumerate(parts):
        value = part.value or 0
        if place:
            shown = {lang: number(lang, value) for lang in LANGUAGES}
        else:
            shown = count_units(part.measure, value)
        text = phrase(part.measure, layer, getattr(part, layer))
        texts.append({lang: f"{shown[lang]} {text[lang]}" for lang in LANGUAGES})
    return describe_scope(parts[0], join_texts(texts), without=layer)


def _explain_counts(total: CubeFigure | None, parts: Sequence[CubeFigure]) -> dict[str, str]:
    if not adds_up(parts[0].measure):
        return both(NOT_ADDITIVE)
    if total is None:
        return both(NO_TOTAL)
    if total.value is None:
        return both(TOTAL_SUPPRESSED)
    if total.value < LEAST_BASE:
        return both(TOTAL_SMALL)
    larger = any(part.value is not None and take_share(part, total) is None for part in parts)
    return both(PART_LARGER if larger else PART_TINY)


def _say_nothing_of(layer: str, parts: Sequence[CubeFigure]) -> Sentence:
    measure = parts[0].measure
    texts = {
        "amount": describe_scope(parts[0], name_amount(measure), who=both(PARTNERS), without=layer),
        "layer": both(BY_LAYER[layer]),
        "hidden": count_texts(HIDDEN[layer], len(parts)),
    }
    return _say_nothing(parts[0], both(NONE_PUBLISHED, **texts), len(parts))


def _say_nothing(figure: CubeFigure, text: Texts, count: int = 1) -> Sentence:
    counted = define_measure(figure.measure)
    return Sentence(
        text, SUPPRESSED, figure.measure, figure.period, suppressed=count, counted=counted
    )
