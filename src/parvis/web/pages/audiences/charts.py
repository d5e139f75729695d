"""The charts of a chapter: a map of its regions, and bars, a line or squares of its figures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from parvis.catalog.codelists import region_tiles
from parvis.catalog.ontology import last_segment, load_words
from parvis.i18n import N_, translations
from parvis.pooling.serving.figures.comparing import ComparedLayer, Side
from parvis.pooling.serving.figures.figures import SUPPRESSED as SUPPRESSED_STATUS
from parvis.pooling.serving.figures.portrait import Portrait
from parvis.pooling.serving.figures.story.chapters import ABSENCE, RATES, TIMES, Chapter
from parvis.pooling.serving.figures.story.regions import Region
from parvis.statistics.cube import CubeFigure
from parvis.web.charts import (
    MISSING,
    SUPPRESSED,
    Category,
    Cell,
    Chart,
    Series,
    share_scale,
)
from parvis.web.charts.filters import region_chart
from parvis.web.http.language import language, localise
from parvis.web.pages.audiences.naming import (
    PER_INHABITANTS,
    concept_label,
    link_region,
    name_unit,
    title_chart,
)

ALL_PARTNERS, YOURS = N_("all partners"), N_("your own figures")
A_YEAR_BEFORE = N_("a year before: 100")
BY_REGION = N_("By region: {title}")
BY_RESIDENCE = N_("{unit}, by place of residence")
NO_MEASURE = N_("audiences")
MAP_TITLE = N_("Audiences by place of residence, and events by place of the event")
COMING_EVENTS = N_("events on or coming, by place of the event")
INDEX, INDEX_TITLE, BASE_OF = N_("index"), N_("Index: {name}"), N_("{name}: 100")
HUNDRED = 100
LEAST_LINE = 3
"""Periods from which there is a line."""


def list_charts(
    portrait: Portrait, chapter: Chapter, longest: float = 0, *, outlined: bool = False
) -> Iterator[Chart]:
    """Yield the charts of a chapter, the map first where several parts are regions.

    `longest` is the greatest figure of charts that share one scale. A map is `outlined` if it is
    the first of its page: outlines are the heaviest part of it.
    """
    say = translations(language()).gettext
    title, unit = title_chart(chapter), name_unit(chapter)
    if chapter.is_map:
        of_regions = (
            title if chapter.page in (RATES, ABSENCE) else say(BY_REGION).format(title=title)
        )
        yield _draw_regions(chapter, of_regions, unit, outlined=outlined)
    concepts = [chapter.concept_of(figure) for figure in chapter.figures]
    categories = tuple(Category(concept_label(*pair), last_segment(pair[1])) for pair in concepts)
    has_own = portrait.signed_in and chapter.values is None
    first = Series(
        say(ALL_PARTNERS) if has_own else "",
        tuple(cell_of(chapter, figure) for figure in chapter.figures),
    )
    chart = Chart("bar", title, "", unit, categories, (first,))
    if chapter.name in TIMES and len(chapter.figures) >= LEAST_LINE:
        chart = replace(chart, kind="line")
    elif chapter.is_waffle and not has_own:
        chart = replace(chart, kind="waffle", base=chapter.total.value if chapter.total else None)
    elif chapter.reference is not None:
        chart = replace(
            chart,
            reference=chapter.reference,
            reference_label=say(A_YEAR_BEFORE),
            from_reference=True,
        )
    elif chapter.values is None:
        chart = replace(chart, extent=(0.0, float(longest or chapter.longest)))
    if has_own:
        own = tuple(Cell(portrait.own.get(figure.stratum)) for figure in chapter.figures)
        chart = replace(chart, series=(first, Series(say(YOURS), own)))
    yield chart


def _draw_regions(chapter: Chapter, title: str, unit: str, *, outlined: bool) -> Chart:
    regions = {}
    for figure in chapter.figures:
        list_name, area = chapter.concept_of(figure)
        if area in region_tiles():
            regions[area] = {
                "label": concept_label(list_name, area),
                "value": chapter.value_of(figure),
                "missing": not chapter.is_suppressed(figure),
                "href": link_region(area),
            }
    return region_chart(regions, title, unit, outlined=outlined)


def draw_region_map(portrait: Portrait, regions: Sequence[Region], *, by_rate: bool) -> Chart:
    """Draw the audiences that live in each region as shading, the coming events as circles."""
    say = translations(language()).gettext
    measure = portrait.measure
    unit = localise(load_words().of_term(measure)) if measure else say(NO_MEASURE)
    if by_rate:
        unit = say(PER_INHABITANTS).format(unit=unit)
    unit = say(BY_RESIDENCE).format(unit=unit)
    figures = {}
    for region in regions:
        figure = region.figure
        value = region.rate if by_rate else figure and figure.value
        figures[region.area] = {
            "label": concept_label("area", region.area),
            "value": value,
            "missing": figure is None or figure.status != SUPPRESSED_STATUS,
            "href": link_region(region.area),
            "events": region.events,
        }
    return region_chart(figures, say(MAP_TITLE), unit, events=say(COMING_EVENTS))


def compare_charts(sides: tuple[Side, Side], layer: ComparedLayer) -> list[Chart]:
    """Return small multiples: the shares of each side, on one scale, and the index of the first."""
    categories = tuple(Category(concept_label(layer.layer, part.concept)) for part in layer.parts)
    charts = []
    for at, side in enumerate(sides):
        cells = []
        for part in layer.parts:
            share = (part.first, part.second)[at]
            absent = SUPPRESSED if side.is_suppressed(layer.layer, part.concept) else MISSING
            cells.append(absent if share is None else Cell(round(HUNDRED * share, 1)))
        series = Series("", tuple(cells), colour=at + 1)
        charts.append(Chart("bar", localise(side.name), "", "%", categories, (series,)))
    charts = share_scale(charts)
    return [*charts, _draw_index(layer, *charts)] if layer.has_index else charts


def _draw_index(layer: ComparedLayer, first: Chart, second: Chart) -> Chart:
    """Draw the index of the first side; one of a suppressed figure would be as telling."""
    say = translations(language()).gettext
    cells = []
    for part, *pair in zip(layer.parts, first.series[0].cells, second.series[0].cells, strict=True):
        absent = SUPPRESSED if any(cell.suppressed for cell in pair) else MISSING
        cells.append(absent if part.index is None else Cell(part.index))
    return Chart(
        "bar",
        say(INDEX_TITLE).format(name=first.title),
        "",
        say(INDEX),
        first.categories,
        (Series("", tuple(cells)),),
        reference=HUNDRED,
        reference_label=say(BASE_OF).format(name=second.title),
        from_reference=True,
    )


def cell_of(chapter: Chapter, figure: CubeFigure) -> Cell:
    value = chapter.value_of(figure)
    if value is not None:
        return Cell(value)
    return SUPPRESSED if chapter.is_suppressed(figure) else MISSING
