"""Bars and waffles as shapes of SVG: the page shows them where its script does not run.

Positions are units of a `viewBox` of `WIDTH`; a template writes the shapes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import floor

from parvis.web.charts.model import COLOURS, MISSING, Cell, Chart

WIDTH = 360
"""About the width of a phone's page, so that a text of 12 units is read there too."""
VALUES = 74
"""The width at the right end of bars for their values."""
BAR, GAP, NAME, BETWEEN = 10, 3, 17, 6
TOP = 16
LONGEST_NAME, LONGEST_LEGEND = 52, 24
SIDE, SQUARES = 20, 10
"""The side of a square of a waffle, and how many are in its rows and columns."""


@dataclass(frozen=True)
class Words:
    """How the language of the page writes a figure, a suppressed one, and one that is missing."""

    number: Callable[[float], str]
    suppressed: str
    missing: str

    def cell(self, cell: Cell, unit: str = "") -> str:
        if cell.suppressed:
            return self.suppressed
        if cell.value is None:
            return self.missing
        return f"{self.number(cell.value)}\u00a0{unit}".rstrip()

    def short(self, cell: Cell) -> str:
        """Return a figure for the end of a bar, where there is little room."""
        return "–" if cell == MISSING else self.cell(cell)


@dataclass(frozen=True)
class Shape:
    """An element of SVG: its tag, its class, its attributes, its text, its tooltip, its link."""

    tag: str
    style: str
    attributes: Mapping[str, float | str]
    text: str = ""
    title: str = ""
    href: str = ""


@dataclass(frozen=True)
class Drawing:
    """The shapes of a chart, in the order in which they are painted."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)


def draw_bars(chart: Chart, words: Words) -> Drawing:
    """Draw bars below their names, those of several series below one another."""
    low, high = chart.scale
    span = WIDTH - VALUES
    grouped = len(chart.series) > 1

    def place(value: float) -> float:
        inside = min(max(value, low), high)
        return round(span * (inside - low) / ((high - low) or 1.0), 1)

    shapes: list[Shape] = []
    top = NAME if chart.reference is not None else 0
    step = NAME + len(chart.series) * (BAR + GAP) + BETWEEN
    height = top + len(chart.categories) * step
    if chart.reference is not None:
        x = place(chart.reference)
        line = {"x1": x, "x2": x, "y1": TOP - 2, "y2": height}
        text = {"x": x, "y": TOP - 5, "text-anchor": "end" if x > WIDTH / 2 else "start"}
        if chart.reference > low:  # where the bars begin, it would only cross their names
            shapes.append(Shape("line", "reference", line))
        shapes.append(Shape("text", "axis", text, chart.reference_label))
    for at, category in enumerate(chart.categories):
        name = shorten(category.label, LONGEST_NAME)
        shapes.append(Shape("text", "name", {"x": 0, "y": top + 12}, name, "", category.href))
        top += NAME
        for number, series in enumerate(chart.series):
            cell = series.cells[at]
            names = [category.label, series.label] if grouped else [category.label]
            title = f"{' · '.join(names)}\u00a0: {words.cell(cell, chart.unit)}"
            ends = sorted((place(chart.origin), place(cell.value or 0.0)))
            style = f"mark series-{chart.colour_of(number)}"
            shapes += _bar(cell, top, (ends[0], ends[1]), style, title)
            figure = "figure withheld" if cell.suppressed else "figure"
            end = {"x": WIDTH, "y": top + BAR - 0.5}
            shapes.append(Shape("text", figure, end, words.short(cell)))
            top += BAR + GAP
        top += BETWEEN
    return Drawing(WIDTH, max(height, 1), shapes)


def _bar(
    cell: Cell, top: float, ends: tuple[float, float], style: str, title: str
) -> Iterator[Shape]:
    """Yield a bar on its track; of a suppressed figure the track is hatched, whatever it is."""
    span = WIDTH - VALUES
    if cell.suppressed:
        frame = {"x": 0.5, "y": top + 0.5, "width": span - 1, "height": BAR - 1}
        yield Shape("rect", "suppressed", frame, title=title)
        return
    yield Shape("rect", "track", {"x": 0, "y": top, "width": span, "height": BAR})
    if cell.value is not None:
        length = round(ends[1] - ends[0], 1)
        bar = {"x": ends[0], "y": top, "width": length, "height": BAR}
        yield Shape("rect", style, bar, title=title)


def draw_waffle(chart: Chart, words: Words) -> Drawing:
    """Draw 100 squares of which a part has as many as its percentage of the base.

    What the published parts do not account for is hatched: it is the suppressed parts together, or
    what the parts do not cover.
    """
    cells = chart.series[0].cells
    counts = [*share_squares(chart), 0]
    counts[-1] = SQUARES * SQUARES - sum(counts)
    colours = [number for number, count in enumerate(counts) for _ in range(count)]
    shapes = []
    for at, number in enumerate(colours):
        x, y = at % SQUARES * SIDE, at // SQUARES * SIDE
        square: dict[str, float | str] = {
            "x": x + 0.5,
            "y": y + 0.5,
            "width": SIDE - 2,
            "height": SIDE - 2,
        }
        style = "suppressed" if number == len(cells) else f"mark series-{number % COLOURS + 1}"
        shapes.append(Shape("rect", style, square))
    left = SQUARES * SIDE + 12
    row = 0
    for number, (category, cell) in enumerate(zip(chart.categories, cells, strict=True)):
        style = "suppressed" if cell.suppressed else f"mark series-{number % COLOURS + 1}"
        shapes.append(Shape("rect", style, {"x": left, "y": row + 2, "width": 10, "height": 10}))
        text = words.cell(share_of(chart, cell), "%")
        label = {"x": left + 15, "y": row + 11}
        shapes += [
            Shape("text", "name", label, shorten(category.label, LONGEST_LEGEND), category.label),
            Shape("text", "axis", {"x": left + 15, "y": row + 24}, text),
        ]
        row += 30
    return Drawing(WIDTH, max(SQUARES * SIDE, row), shapes)


def share_of(chart: Chart, cell: Cell) -> Cell:
    """Return a part of a waffle in percent of its base."""
    if cell.value is None:
        return cell
    return Cell(100 * cell.value / (chart.base or 1.0))


def waffle_label(chart: Chart, at: int, words: Words) -> str:
    """Return a part's name with its percentage, as a legend has it."""
    share = words.cell(share_of(chart, chart.series[0].cells[at]), "%")
    return f"{chart.categories[at].label}, {share}"


def share_squares(chart: Chart) -> list[int]:
    """Return the squares of each part, by the largest remainder: published parts sum up right.

    >>> from parvis.web.charts import Category, Cell, Chart, Series
    >>> parts = Series("", (Cell(1), Cell(1), Cell(1)))
    >>> names = (Category("a"), Category("b"), Category("c"))
    >>> share_squares(Chart("waffle", "", "", "", names, (parts,), base=3))
    [34, 33, 33]
    """
    base = chart.base or 1.0
    exact = [100 * (cell.value or 0.0) / base for cell in chart.series[0].cells]
    counts = [floor(share) for share in exact]
    total = min(100, round(sum(exact)))
    order = sorted(range(len(exact)), key=lambda at: counts[at] - exact[at])
    for at in order[: max(0, total - sum(counts))]:
        counts[at] += 1
    # Rounded parts may be more than their base together.
    while sum(counts) > SQUARES * SQUARES:
        counts[counts.index(max(counts))] -= 1
    return counts


def shorten(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
