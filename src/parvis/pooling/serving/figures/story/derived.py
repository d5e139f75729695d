"""Chapters of what is computed of figures: rates per inhabitant, indices, who does not come."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from parvis.catalog.codelists import region_tiles
from parvis.pooling.publics.sentences.absence import ESTIMATE, LEAST_ABSENCE
from parvis.pooling.publics.sentences.comparisons import describe_trend
from parvis.pooling.publics.sentences.derived import Derived, describe_indices, describe_rates
from parvis.pooling.publics.sentences.sentence import Basis, build_sentence
from parvis.pooling.publics.sentences.words import list_restrictions
from parvis.pooling.serving.figures.figures import TOTALS
from parvis.pooling.serving.figures.portrait import orders
from parvis.pooling.serving.figures.rates import BY, Rates, residents_of
from parvis.pooling.serving.figures.story.absences import Absences
from parvis.pooling.serving.figures.story.chapters import (
    ABSENCE,
    INDEX,
    RATES,
    TREND,
    WHOLE,
    Chapter,
)
from parvis.pooling.serving.figures.trends import PooledTrend
from parvis.statistics.cube import LAYERS, CubeFigure
from parvis.statistics.trend import YearChange


def list_rate_chapters(rates: Rates) -> Iterator[Chapter]:
    """Yield the chapter of areas, then those of ages and of languages, of all or in each area."""
    by_stratum: defaultdict[tuple[str, str], list[CubeFigure]] = defaultdict(list)
    for figure in rates.portrait.figures:
        layers = list_restrictions(figure)
        others = [layer for layer in layers if layer != "area"]
        if layers == ["area"]:
            by_stratum["area", ""].append(figure)
        elif len(others) == 1 and others[0] in BY:
            by_stratum[others[0], figure.area].append(figure)
    for (layer, area), figures in sorted(
        by_stratum.items(), key=lambda item: (BY.index(item[0][0]), item[0][1])
    ):
        within = (("area", area),) if area not in {"", *TOTALS} else ()
        if chapter := _describe_stratum(rates, layer, figures, within):
            yield chapter


def _describe_stratum(
    rates: Rates, layer: str, figures: Sequence[CubeFigure], within: tuple[tuple[str, str], ...]
) -> Chapter | None:
    parts = [figure for figure in figures if _has_rate(rates, layer, figure)]
    values = {
        figure.iri: rate.per_thousand
        for figure in parts
        if (rate := rates.by_residents.get(residents_of(figure)))
    }
    published = [Derived(f, values[f.iri]) for f in parts if f.iri in values]
    sentence = describe_rates(layer, published, len(parts) - len(published))
    if sentence is None:
        return None
    figures = _sort_parts(layer, parts, values)
    sources = tuple(rates.sources)
    return Chapter(
        layer, sentence, figures, within=within, page=RATES, values=values, sources=sources
    )


def _has_rate(rates: Rates, layer: str, figure: CubeFigure) -> bool:
    """Return whether a figure has a rate, or would have one if it were published."""
    if figure.value is None:
        # Of an area outside Québec no population is known.
        return layer != "area" or figure.area in region_tiles()
    return residents_of(figure) in rates.by_residents


def list_trend_chapters(trend: PooledTrend) -> Iterator[Chapter]:
    """Yield the chapter of all together, and one for each layer that compares in several parts."""
    for change in trend.changes:
        figures = (change.before, change.figure)
        sentence = describe_trend(change.figure, change.before)
        if sentence and not list_restrictions(change.figure):
            values = {figure.iri: figure.value for figure in figures if figure.value is not None}
            yield Chapter(WHOLE, sentence, figures, page=TREND, values=values)
    for layer in LAYERS:
        changes = [c for c in trend.changes if list_restrictions(c.figure) == [layer]]
        if chapter := _compare_parts(layer, changes):
            yield chapter


def _compare_parts(layer: str, changes: Sequence[YearChange]) -> Chapter | None:
    values = {c.figure.iri: index for c in changes if (index := c.index) is not None}
    indices = [Derived(c.figure, values[c.figure.iri]) for c in changes if c.figure.iri in values]
    withheld = frozenset(change.figure.iri for change in changes if change.before.value is None)
    sentence = None
    if changes:
        sentence = describe_indices(layer, indices, changes[0].before, len(withheld))
    if sentence is None:
        return None
    figures = _sort_parts(layer, [change.figure for change in changes], values)
    return Chapter(layer, sentence, figures, page=TREND, values=values, withheld=withheld)


def _sort_parts(
    layer: str, figures: Sequence[CubeFigure], values: dict[str, float]
) -> tuple[CubeFigure, ...]:
    """Sort ages by their bounds, other parts by their value: the largest first."""
    bounds = orders().bounds

    def rank(figure: CubeFigure) -> tuple[object, ...]:
        concept = getattr(figure, layer)
        place = bounds.get(concept, (999, 999)) if layer == "age" else (0, 0)
        return (place, figure.iri not in values, -values.get(figure.iri, 0), concept)

    return tuple(sorted(figures, key=rank))


def list_absence_chapters(absences: Absences) -> Iterator[Chapter]:
    """Yield the chapter of regions; its sentence is of one of those with most events.

    Estimates and lower bounds are never in one chart: where there are estimates, they are alone.
    """
    figures = {
        figure.area: figure
        for figure in absences.portrait.figures
        if list_restrictions(figure) == ["area"] and figure.area in region_tiles()
    }
    regions = [
        absence
        for absence in absences.absences
        if absence.residents.area in figures and absence.residents.age in TOTALS
    ]
    known = [a for a in regions if a.share is not None] or [a for a in regions if a.at_least]
    if not known:
        return
    values = {
        figures[a.residents.area].iri: INDEX * (a.at_least or 0 if a.share is None else a.share)
        for a in known
    }
    values = {iri: round(value, 1) for iri, value in values.items()}
    # Nearby programming that many do not use says more than a large share alone.
    telling = max(known, key=lambda a: a.programme.events * values[figures[a.residents.area].iri])
    figure = figures[telling.residents.area]
    kind = LEAST_ABSENCE if telling.share is None else ESTIMATE
    basis = Basis([figure], "area", len(figures) - len(known))
    sentence = build_sentence(kind, [figure], basis, "{text}", {"text": telling.statement})
    parts = _sort_parts("area", [*figures.values()], values)
    sources = tuple(absences.sources)
    yield Chapter("area", sentence, parts, page=ABSENCE, values=values, sources=sources)
