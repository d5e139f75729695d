"""A chart as a Vega-Lite specification, which the page's script draws in place of the server's.

It has the chart's own data: rows of a name, a series, a value and how the page writes it. Colours
are CSS variables of the page, which the script looks up (light, dark, forced colours).
"""

from collections.abc import Iterator
from typing import Any

from parvis.web.charts.drawing import (
    BAR,
    BETWEEN,
    GAP,
    NAME,
    SIDE,
    SQUARES,
    Words,
    share_squares,
    waffle_label,
)
from parvis.web.charts.model import COLOURS, Chart

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
ROOM = 1.3
"""How much longer than the longest bar its axis is, for the figures at the end."""
DASHES = [3, 3]
HATCHED = {
    "fillOpacity": 0.06,
    "fill": "var(--quiet)",
    "stroke": "var(--quiet)",
    "strokeDash": DASHES,
}
"""How a suppressed figure looks, whatever it is."""

Spec = dict[str, Any]


def specify(chart: Chart, words: Words) -> Spec:
    """Return a specification; empty for a map, which the server's drawing is all of."""
    if chart.kind == "map":
        return {}
    layers = {"bar": _bar_layers, "line": _line_layers, "waffle": _waffle_layers}[chart.kind]
    specification: Spec = {
        "$schema": SCHEMA,
        "description": chart.description,
        "data": {"values": list(list_rows(chart, words))},
        "layer": layers(chart, words),
    }
    if chart.kind == "bar":
        step = NAME + len(chart.series) * (BAR + GAP) + BETWEEN
        specification["height"] = {"step": step, "for": "position"}
    if chart.kind == "waffle":
        # Squares of a fixed size, beside a legend that states the percentages.
        size = SIDE * SQUARES
        specification |= {"width": size, "height": size, "usermeta": {"legend": "inside"}}
        specification["autosize"] = "pad"
    return specification


def list_rows(chart: Chart, words: Words) -> Iterator[dict[str, Any]]:
    """Yield the figures; a suppressed one has no value, and says that it is suppressed."""
    squares = share_squares(chart) if chart.kind == "waffle" else []
    dates = chart.dates
    for series in chart.series:
        for at, (category, cell) in enumerate(zip(chart.categories, series.cells, strict=True)):
            row: dict[str, Any] = {
                "name": category.label,
                "series": series.label,
                "value": cell.value,
                "shown": words.short(cell),
                "suppressed": cell.suppressed,
            }
            if chart.kind == "line" and dates:
                row["date"] = dates[at]
            if squares:
                row |= {"key": waffle_label(chart, at, words)}
                row |= {"start": sum(squares[:at]), "end": sum(squares[: at + 1])}
            yield row
    if squares:
        # The squares that no published part accounts for.
        yield {
            "name": words.suppressed if chart.has_suppressed else words.missing,
            "series": chart.series[0].label,
            "value": None,
            "shown": "",
            "suppressed": True,
            "start": sum(squares),
            "end": 100,
        }


def _tooltip(chart: Chart) -> list[Spec]:
    several = [{"field": "series", "title": " "}] if len(chart.series) > 1 else []
    return [
        {"field": "name", "title": ""},
        *several,
        {"field": "shown", "title": chart.unit},
    ]


def _colour(chart: Chart) -> Spec:
    scale = {
        "domain": [series.label for series in chart.series],
        "range": [f"var(--series-{chart.colour_of(at)})" for at in range(len(chart.series))],
    }
    return {"field": "series", "type": "nominal", "scale": scale, "title": None}


def _bar_layers(chart: Chart, _words: Words) -> list[Spec]:
    low, high = chart.scale
    scale = {"domain": [low, low + ((high - low) or 1.0) * ROOM], "nice": False}
    rows: Spec = {"y": _bar_names(chart)}
    if len(chart.series) > 1:
        order = [series.label for series in chart.series]
        rows["yOffset"] = {"field": "series", "type": "nominal", "sort": order}
    rows["tooltip"] = _tooltip(chart)
    x: Spec = {"type": "quantitative", "scale": scale, "axis": None}
    suppressed = {
        "transform": [{"filter": "datum.suppressed"}],
        "mark": HATCHED | {"type": "bar"},
        "encoding": rows | {"x": x | {"datum": high}, "x2": {"datum": low}},
    }
    bars = {
        "transform": [{"filter": "!datum.suppressed"}],
        "mark": "bar",
        "encoding": rows
        | {"x": x | {"field": "value"}, "x2": {"datum": chart.origin}, "color": _colour(chart)},
    }
    figures = {
        "mark": {"type": "text", "align": "right", "fill": "var(--ink)"},
        "encoding": rows | {"x": {"value": "width"}, "text": {"field": "shown"}},
    }
    return [suppressed, bars, figures, *_reference(chart, "x", scale)]


def _bar_names(chart: Chart) -> Spec:
    """Return the names of bars, which stand above them, as in the server's drawing."""
    thickness = len(chart.series) * (BAR + GAP)
    step = NAME + thickness + BETWEEN
    axis = {
        "ticks": False,
        "domain": False,
        "labelAlign": "left",
        "labelBaseline": "bottom",
        "labelPadding": 0,
        "labelLimit": 0,
        "labelOffset": -thickness / 2 - GAP,
    }
    return {
        "field": "name",
        "type": "nominal",
        "sort": [category.label for category in chart.categories],
        "title": None,
        "axis": axis,
        "scale": {"paddingInner": (NAME + BETWEEN) / step, "paddingOuter": NAME / step},
    }


def _line_layers(chart: Chart, _words: Words) -> list[Spec]:
    names = [category.label for category in chart.categories]
    low, high = chart.scale
    if chart.dates:
        # In UTC: a date is the same everywhere.
        x: Spec = {"field": "date", "type": "temporal", "scale": {"type": "utc"}, "title": None}
    else:
        axis = {"labelOverlap": True, "labelAngle": 0}
        x = {"field": "name", "type": "ordinal", "sort": names, "title": None, "axis": axis}
    scale = {"domain": [low, high], "nice": True}
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": scale,
        "title": chart.unit,
        "axis": {"titleAlign": "left", "titleAngle": 0, "titleY": -8, "titleX": 0},
    }
    tooltip = _tooltip(chart)
    # A figure that is suppressed or missing interrupts the line.
    line: Spec = {"type": "line", "invalid": "break-paths-show-path-domains"}
    return [
        {"mark": line, "encoding": {"x": x, "y": y, "color": _colour(chart)}},
        {
            "transform": [{"filter": "datum.value !== null"}],
            "mark": {"type": "point", "filled": True},
            "encoding": {"x": x, "y": y, "color": _colour(chart), "tooltip": tooltip},
        },
        {
            "transform": [{"filter": "datum.suppressed"}],
            "mark": {
                "type": "point",
                "filled": False,
                "stroke": "var(--quiet)",
                "strokeDash": DASHES,
                "size": 80,
            },
            "encoding": {"x": x, "y": {"value": "height"}, "tooltip": tooltip},
        },
        *_reference(chart, "y", scale),
    ]


def _reference(chart: Chart, axis: str, scale: Spec) -> list[Spec]:
    if chart.reference is None:
        return []
    value = {axis: {"datum": chart.reference, "type": "quantitative", "scale": scale}}
    rule = {"type": "rule", "stroke": "var(--quiet)", "strokeDash": [4, 3]}
    text = {"type": "text", "align": "left", "dx": 4, "fill": "var(--quiet)"}
    text |= {"dy": 4} if axis == "x" else {"dy": -6}
    start = {"y": {"value": -14}} if axis == "x" else {"x": {"value": 0}}
    only_row: Spec = {"data": {"values": [{}]}}
    label = value | start | {"text": {"value": chart.reference_label}}
    # Where the bars begin, a line would only cross their names.
    line = (
        [only_row | {"mark": rule, "encoding": value}] if chart.reference > chart.scale[0] else []
    )
    return [*line, only_row | {"mark": text, "encoding": label}]


def _waffle_layers(chart: Chart, words: Words) -> list[Spec]:
    place = [
        {"calculate": "sequence(datum.start, datum.end)", "as": "square"},
        {"flatten": ["square"]},
        {"calculate": "datum.square % 10", "as": "column"},
        {"calculate": "floor(datum.square / 10)", "as": "row"},
    ]
    axis: Spec = {"type": "ordinal", "axis": None, "scale": {"paddingInner": 0.12}}
    position = {"x": axis | {"field": "column"}, "y": axis | {"field": "row"}}
    scale = {
        "domain": [waffle_label(chart, at, words) for at in range(len(chart.categories))],
        "range": [
            "var(--line)" if cell.suppressed else f"var(--series-{at % COLOURS + 1})"
            for at, cell in enumerate(chart.series[0].cells)
        ],
    }
    tooltip = [{"field": "name", "title": ""}, {"field": "shown", "title": chart.unit}]
    legend = {"orient": "right", "columns": 1, "symbolType": "square"}
    colour: Spec = {"field": "key", "type": "nominal", "scale": scale, "title": None}
    colour["legend"] = legend
    return [
        {
            "transform": [{"filter": "!datum.suppressed"}, *place],
            "mark": "rect",
            "encoding": position | {"color": colour, "tooltip": tooltip},
        },
        {
            "transform": [{"filter": "datum.suppressed && datum.end > datum.start"}, *place],
            "mark": HATCHED | {"type": "rect"},
            "encoding": position | {"tooltip": tooltip},
        },
    ]
