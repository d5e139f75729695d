"""Maps of Québec's regions as shapes of SVG: their outlines, or tiles where there are none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

from parvis.catalog.codelists import region_tiles
from parvis.web.charts.drawing import Drawing, Shape, Words
from parvis.web.charts.model import MISSING, Category, Cell, Chart

TILE = 46
"""The side of a tile, with the gap to the next."""
LIGHTEST, DARKEST = 0.08, 0.45
"""The opacity of the shading of the least and the greatest figure."""
THOUSANDS = 100_000
"""From here on a tile has no room for all digits."""
LARGEST_CIRCLE, SMALLEST_CIRCLE = 15, 1.5
"""The radius of circles on a map of `MAP_WIDTH` units."""
MAP_WIDTH = 360


def draw_map(chart: Chart, words: Words) -> Drawing:
    """Draw regions shaded by the first series, with circles by the second.

    A suppressed region is hatched; one without figure is empty. Regions that the chart does not
    have are drawn without a figure: it is a map of all of Québec.
    """
    regions = {
        category.code: MapRegion(chart, words, category, [s.cells[at] for s in chart.series])
        for at, category in enumerate(chart.categories)
    }
    absent = MapRegion(chart, words, Category(""), [MISSING for _ in chart.series])
    if chart.outlines is None:
        return _draw_tiles(regions, absent)
    outlines = chart.outlines
    drawing = Drawing(outlines.width, outlines.height)
    scale = outlines.width / MAP_WIDTH
    for code, outline in sorted(outlines.regions.items()):
        drawing.shapes.append(regions.get(code, absent).shape("path", {"d": outline.path}))
    # Circles are painted last, or the next region would cover them.
    for code, outline in sorted(outlines.regions.items()):
        drawing.shapes.extend(regions.get(code, absent).circles((outline.x, outline.y), scale))
    return drawing


def _draw_tiles(regions: Mapping[str, "MapRegion"], absent: "MapRegion") -> Drawing:
    columns = max(column for column, _ in region_tiles().values()) + 1
    rows = max(row for _, row in region_tiles().values()) + 1
    drawing = Drawing(columns * TILE, rows * TILE)
    for area, (column, row) in region_tiles().items():
        code = area.rpartition("/")[2]
        region = regions.get(code, absent)
        x, y = column * TILE, row * TILE
        frame = {"x": x + 0.5, "y": y + 0.5, "width": TILE - 4, "height": TILE - 4}
        drawing.shapes.append(region.shape("rect", frame))
        drawing.shapes.extend(region.circles((x + 31, y + 12), 0.6))
        drawing.shapes.append(Shape("text", "region", {"x": x + 4, "y": y + 14}, code))
        drawing.shapes.append(Shape("text", "figure", {"x": x + 40, "y": y + 37}, region.figure))
    return drawing


@dataclass(frozen=True)
class MapRegion:
    """A region of a map, with its figures in the order of the chart's series."""

    chart: Chart
    words: Words
    category: Category
    cells: list[Cell]

    def shape(self, tag: str, form: Mapping[str, float | str]) -> Shape:
        """Return the region in its shade, whose title says the second figure too."""
        cell, category = self.cells[0], self.category
        title = ""
        if category.label:
            units = [self.chart.unit, *(series.label for series in self.chart.series[1:])]
            figures = [self.words.cell(*pair) for pair in zip(self.cells, units, strict=True)]
            title = f"{category.label}\u00a0: {' · '.join(figures)}"
        if cell.value is None:
            style = "suppressed" if cell.suppressed else "none"
            return Shape(tag, style, form, title=title, href=category.href)
        greatest = max(c.value or 0.0 for c in self.chart.series[0].cells)
        low, high = self.chart.extent or (0.0, greatest)
        part = min(1.0, max(0.0, (cell.value - low) / ((high - low) or 1.0)))
        shade = {"fill-opacity": round(LIGHTEST + (DARKEST - LIGHTEST) * part, 2)}
        return Shape(tag, "area series-1", {**form, **shade}, title=title, href=category.href)

    def circles(self, centre: tuple[float, float], scale: float) -> Iterator[Shape]:
        """Yield the circle of the second figure, if there is one; its area is in proportion."""
        if len(self.cells) < 2 or not (value := self.cells[1].value):  # noqa: PLR2004 - after the shade
            return
        largest = max(cell.value or 0.0 for cell in self.chart.series[1].cells)
        radius = max(LARGEST_CIRCLE * sqrt(value / largest), SMALLEST_CIRCLE)
        # The region below it has the title and the link.
        mark = {"cx": centre[0], "cy": centre[1], "r": round(radius * scale, 1)}
        yield Shape("circle", "event", mark)

    @property
    def figure(self) -> str:
        """Return the figure as a tile has room for it."""
        value = self.cells[0].value
        if value is None:
            return ""
        if value >= THOUSANDS:
            return f"{self.words.number(value // 1000)}\u00a0k"
        return self.words.number(value)
