"""Lines over time as shapes of SVG."""

from collections.abc import Iterator, Sequence
from datetime import date
from math import ceil, floor, log10

from parvis.web.charts.drawing import WIDTH, Drawing, Shape, Words, shorten
from parvis.web.charts.model import Cell, Chart

HEIGHT, LEFT, TOP, BOTTOM = 220, 46, 16, 26
TICKS = 4
NAMES = 5
"""How many names the axis has at most."""
LETTER = 5
"""The width of a letter of the axis."""
LONGEST = 16
"""Letters of a name on the axis."""


def draw_lines(chart: Chart, words: Words) -> Drawing:
    """Draw a line for each series; it is interrupted where a figure is suppressed or missing."""
    plot = Plot(chart)
    shapes = [*_axes(plot, words)]
    if chart.reference is not None:
        y = plot.down(chart.reference)
        shapes.append(Shape("line", "reference", {"x1": LEFT, "x2": WIDTH, "y1": y, "y2": y}))
    for number, series in enumerate(chart.series):
        colour = f"series-{chart.colour_of(number)}"
        for run in list_runs(series.cells):
            points = " ".join(f"{plot.across(at)},{plot.down(value)}" for at, value in run)
            shapes.append(Shape("polyline", f"line {colour}", {"points": points}))
        for at, cell in enumerate(series.cells):
            names = filter(None, [chart.categories[at].label, series.label])
            title = f"{' · '.join(names)}\u00a0: {words.cell(cell, chart.unit)}"
            if cell.suppressed:
                mark = {"cx": plot.across(at), "cy": plot.bottom, "r": 4}
                shapes.append(Shape("circle", "suppressed", mark, title=title))
            elif cell.value is not None:
                mark = {"cx": plot.across(at), "cy": plot.down(cell.value), "r": 3}
                shapes.append(Shape("circle", f"mark {colour}", mark, title=title))
    return Drawing(WIDTH, HEIGHT, shapes)


class Plot:
    """Where categories and values are: dates at their distance, other names at equal distances."""

    bottom = HEIGHT - BOTTOM

    def __init__(self, chart: Chart) -> None:
        low, high = chart.scale
        self.chart = chart
        self.ticks = list_ticks(low, high)
        self._low, self._high = min(low, self.ticks[0]), max(high, self.ticks[-1])
        days = [date.fromisoformat(text).toordinal() for text in chart.dates]
        self._days = days or list(range(len(chart.categories)))

    def across(self, at: int) -> float:
        first, last = self._days[0], self._days[-1]
        part = (self._days[at] - first) / (last - first) if last > first else 0.5
        return round(LEFT + 8 + (WIDTH - LEFT - 20) * part, 1)

    def down(self, value: float) -> float:
        inside = min(max(value, self._low), self._high)
        part = (inside - self._low) / ((self._high - self._low) or 1.0)
        return round(self.bottom - (self.bottom - TOP) * part, 1)


def _axes(plot: Plot, words: Words) -> Iterator[Shape]:
    for tick in plot.ticks:
        y = plot.down(tick)
        yield Shape("line", "gridline", {"x1": LEFT, "x2": WIDTH, "y1": y, "y2": y})
        place = {"x": LEFT - 5, "y": y + 4}
        yield Shape("text", "axis at-end", place, words.number(tick))
    categories, end = plot.chart.categories, 0.0
    for at in range(0, len(categories), max(1, ceil(len(categories) / NAMES))):
        label = shorten(categories[at].label, LONGEST)
        x, length = plot.across(at), len(label) * LETTER
        style, start = "axis middle", x - length / 2
        if at == 0:
            style, start = "axis", x
        elif start + length > WIDTH:
            style, start = "axis at-end", x - length
        if start >= end:  # names never stand on one another
            yield Shape("text", style, {"x": x, "y": HEIGHT - 8}, label)
            end = start + length + LETTER


def list_runs(cells: Sequence[Cell]) -> list[list[tuple[int, float]]]:
    """Return the runs of cells with a value, with their places."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, cell in enumerate(cells):
        if cell.value is None:
            runs.append([])
        else:
            runs[-1].append((at, cell.value))
    return [run for run in runs if len(run) > 1]


def list_ticks(low: float, high: float) -> list[float]:
    """Return round values from below the lowest to above the highest.

    >>> list_ticks(0, 870)
    [0.0, 250.0, 500.0, 750.0, 1000.0]
    """
    length = (high - low) or 1.0
    power = 10.0 ** floor(log10(length / TICKS))
    step = next(power * by for by in (1, 2, 2.5, 5, 10) if power * by * TICKS >= length)
    first, last = floor(low / step), ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
