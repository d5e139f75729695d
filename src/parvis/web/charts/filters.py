"""The filters by which templates draw a chart, in the language of the response."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from parvis.i18n import N_, number, translations
from parvis.pooling.publics.regions.outlines import current_outlines
from parvis.web.charts.drawing import Drawing, Words, draw_bars, draw_waffle
from parvis.web.charts.lines import draw_lines
from parvis.web.charts.maps import draw_map
from parvis.web.charts.model import MISSING, SUPPRESSED, Category, Cell, Chart, Kind, Series
from parvis.web.charts.vega import specify
from parvis.web.http.access import host
from parvis.web.http.language import language

CONFIDENTIAL, NO_FIGURE = N_("suppressed"), N_("no figure")

DRAW: dict[Kind, Callable[[Chart, Words], Drawing]] = {
    "bar": draw_bars,
    "line": draw_lines,
    "waffle": draw_waffle,
    "map": draw_map,
}


def page_words() -> Words:
    lang = language()
    say = translations(lang).gettext
    return Words(lambda value: number(lang, value), say(CONFIDENTIAL), say(NO_FIGURE))


def draw(chart: Chart) -> Drawing:
    return DRAW[chart.kind](chart, page_words())


def specify_as_json(chart: Chart) -> str:
    """Return the specification of a chart as JSON, empty for a map."""
    specification = specify(chart, page_words())
    return json.dumps(specification, ensure_ascii=False) if specification else ""


def table_of(chart: Chart) -> dict[str, Any]:
    """Return the headings and rows of a chart as a page writes them, figures as numbers too."""
    words = page_words()
    rows = [
        {
            "category": category,
            "cells": [(series.cells[at], words.cell(series.cells[at])) for series in chart.series],
        }
        for at, category in enumerate(chart.categories)
    ]
    return {"headings": [series.label or chart.unit for series in chart.series], "rows": rows}


def bar_chart(
    rows: Sequence[Mapping[str, Any]],
    title: str,
    unit: str = "",
    series: Sequence[str] = ("",),
    greatest: float | None = None,
) -> Chart:
    """Return bars of rows that a page lists.

    A row has a ``label``, a ``value`` (None where it is suppressed, or ``missing``), and with a
    second series a ``second`` value (None where there is none, or it is ``second_suppressed``).
    `greatest` is the end of the scale, where several charts share it.
    """
    categories = tuple(Category(row["label"], href=row.get("href", "")) for row in rows)
    first = Series(series[0], tuple(map(_cell, rows)))
    others = tuple(Series(label, tuple(map(_second_cell, rows))) for label in series[1:2])
    extent = None if greatest is None else (0.0, float(greatest))
    return Chart("bar", title, "", unit, categories, (first, *others), extent=extent)


def line_chart(
    rows: Sequence[Mapping[str, Any]], title: str, unit: str = "", series: Sequence[str] = ("",)
) -> Chart:
    """Return a line of rows as `bar_chart` has them; a ``code`` is a date, a month or a year."""
    chart = bar_chart(rows, title, unit, series)
    categories = tuple(Category(row["label"], row.get("code", "")) for row in rows)
    return replace(chart, kind="line", categories=categories)


def waffle_chart(rows: Sequence[Mapping[str, Any]], title: str, unit: str, base: float) -> Chart:
    """Return 100 squares of rows as `bar_chart` has them, of which `base` is the total."""
    return replace(bar_chart(rows, title, unit), kind="waffle", base=base)


def region_chart(
    figures: Mapping[str, Mapping[str, Any]],
    title: str,
    unit: str = "",
    *,
    outlined: bool = True,
    events: str = "",
) -> Chart:
    """Return a map of regions, by their IRIs: ``label``, ``value`` (None: suppressed), ``href``.

    With a name for `events`, their number in each region (``events``) is a circle. Outlines are
    those of the pool, if its steward has given it any: a page has one map with outlines at most.
    """
    categories = tuple(
        Category(figure["label"], region.rpartition("/")[2], figure.get("href", ""))
        for region, figure in figures.items()
    )
    series = [Series(unit, tuple(map(_cell, figures.values())))]
    if events:
        numbers = (Cell(figure.get("events")) for figure in figures.values())
        series.append(Series(events, tuple(numbers)))
    outlines = current_outlines(host().settings.catalog) if outlined else None
    return Chart("map", title, "", unit, categories, tuple(series), outlines=outlines)


def _cell(row: Mapping[str, Any]) -> Cell:
    if row["value"] is None:
        return MISSING if row.get("missing") else SUPPRESSED
    return Cell(row["value"])


def _second_cell(row: Mapping[str, Any]) -> Cell:
    return SUPPRESSED if row.get("second_suppressed") else Cell(row.get("second"))


FILTERS: dict[str, Callable[..., object]] = {
    "drawing": draw,
    "vega_lite": specify_as_json,
    "chart_table": table_of,
    "bar_chart": bar_chart,
    "line_chart": line_chart,
    "waffle_chart": waffle_chart,
    "region_chart": region_chart,
}
