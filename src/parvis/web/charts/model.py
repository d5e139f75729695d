"""The model of a chart: what it shows, in which order, and which of its figures are suppressed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from parvis.pooling.publics.regions.outlines import RegionOutlines

Kind = Literal["bar", "line", "waffle", "map"]

COLOURS = 8
"""How many series or parts have a colour of their own."""
INDEX = 100.0
"""What the base of an index reads."""


@dataclass(frozen=True)
class Cell:
    """A figure of a chart.

    A suppressed figure exists and is confidential: it has no value, here or in any form that is
    made of the chart. A figure without value that is not suppressed does not exist.
    """

    value: float | None = None
    suppressed: bool = False

    def __post_init__(self) -> None:
        if self.value is not None and (self.suppressed or not math.isfinite(self.value)):
            raise ValueError("a suppressed cell has no value, and a value is a finite number")


SUPPRESSED = Cell(suppressed=True)
MISSING = Cell()


@dataclass(frozen=True)
class Category:
    """A name on the axis, its code, and its page.

    The code is the two digits of a region in a map, and an ISO 8601 date, month or year in a line.
    """

    label: str
    code: str = ""
    href: str = ""


@dataclass(frozen=True)
class Series:
    """A figure for each category, under one label and in one colour."""

    label: str
    cells: tuple[Cell, ...]
    colour: int = 0
    """The number of its colour, from 1; 0 for its place among the series."""


@dataclass(frozen=True)
class Chart:
    """A chart.

    `unit` is what the figures count ("entries"); `description` says, for who does not see the
    chart, of whom, when, where and from how many partners. A waffle shows the parts of `base`, the
    total that its one series is a part of. A map has regions as categories, shaded by its first
    series, with circles for its second. `reference` is a line at a value, from which bars go to
    either side if they are `from_reference`. `extent` is the lowest and highest value of the scale,
    where several charts share one.
    """

    kind: Kind
    title: str
    description: str
    unit: str
    categories: tuple[Category, ...]
    series: tuple[Series, ...]
    base: float | None = None
    reference: float | None = None
    reference_label: str = ""
    from_reference: bool = False
    extent: tuple[float, float] | None = None
    source: str = ""
    outlines: RegionOutlines | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if any(len(series.cells) != len(self.categories) for series in self.series):
            raise ValueError("a series has a cell for each category")
        if self.kind == "waffle" and (len(self.series) != 1 or not self.base or self.base <= 0):
            raise ValueError("a waffle shows the parts of a base that is known and above 0")

    @property
    def values(self) -> list[float]:
        return [c.value for series in self.series for c in series.cells if c.value is not None]

    @property
    def scale(self) -> tuple[float, float]:
        """Return the lowest and highest value of the scale, with its origin and the reference."""
        if self.extent is not None:
            return self.extent
        references = [] if self.reference is None else [self.reference]
        numbers = [self.origin, *self.values, *references]
        return min(numbers), max(numbers)

    @property
    def origin(self) -> float:
        """Return the value from which bars go."""
        return self.reference or 0.0 if self.from_reference else 0.0

    @property
    def dates(self) -> list[str]:
        """Return the first day of each category of a line; empty where they are no dates."""
        days = [f"{category.code}-01-01"[:10] for category in self.categories]
        return days if all(map(is_date, days)) else []

    @property
    def has_suppressed(self) -> bool:
        return any(cell.suppressed for series in self.series for cell in series.cells)

    def colour_of(self, number: int) -> int:
        """Return the colour of a series by its place from 0, from 1 to `COLOURS`."""
        return ((self.series[number].colour or number + 1) - 1) % COLOURS + 1


def is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def share_scale(charts: Sequence[Chart]) -> list[Chart]:
    """Return small multiples: the charts on one scale, so that their lengths can be compared."""
    if not charts:
        return []
    scales = [chart.scale for chart in charts]
    extent = min(low for low, _ in scales), max(high for _, high in scales)
    return [replace(chart, extent=extent) for chart in charts]


def as_index(chart: Chart, base: int, label: str) -> Chart:
    """Return a chart as an index: 100 is the series at the place `base`, category by category.

    Where the base is suppressed, missing or 0, nothing can be compared: a figure that would allow
    to compute it from the others is not shown either.
    """

    def index(cell: Cell, denominator: Cell) -> Cell:
        if cell.suppressed or denominator.suppressed:
            return SUPPRESSED
        if cell.value is None or not denominator.value:
            return MISSING
        return Cell(INDEX * cell.value / denominator.value)

    denominators = chart.series[base].cells
    series = tuple(
        replace(
            of_series,
            cells=tuple(map(index, of_series.cells, denominators)),
            colour=chart.colour_of(number),
        )
        for number, of_series in enumerate(chart.series)
        if number != base
    )
    return replace(
        chart,
        series=series,
        unit=label,
        reference=INDEX,
        from_reference=True,
        reference_label=f"{chart.series[base].label}\u00a0: 100",
        extent=None,
    )
