"""The one hierarchy of strata in which publics are published.

A year's figures are published layer by layer: by discipline and area of residence, and each of
these by age, kind of public, language, channel, area of the event, or size of organisation.
Months, quarters and seasons are published by discipline and area of the event.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from parvis.statistics.nesting import Nesting
from parvis.vocab.namespaces import PARVIS

if TYPE_CHECKING:
    from parvis.statistics.aggregation import PooledFigures

# All releases share these dimensions: two releases that cut the same figures differently could be
# compared, and reveal what is suppressed in both.
LAYERS = ("age", "public", "language", "channel", "event", "size")
"""What a discipline in an area is broken down by, one at a time; `event` is the event's area."""
DIMENSIONS = ("period", "place", "discipline", "area", *LAYERS)
"""The dimensions of an observation besides its contributor and its measure; `area` is that of
residence."""
PRICE = "price"
"""The dimension of prices, of which only the total is pooled."""
YEAR, SEASON, QUARTER, MONTH = "year", "season", "quarter", "month"
LEVELS: Mapping[str, tuple[str, ...]] = {
    YEAR: LAYERS,
    # Were two of these published by area of residence as well, sums of areas, months and layers
    # would join in rings, and a table would tell more than its sums do: the audit sees sums only.
    **dict.fromkeys((SEASON, QUARTER, MONTH), ("event",)),
}
"""The layers that figures of each length of period are broken down by; years come first."""
PARTS = ((YEAR, QUARTER), (YEAR, MONTH), (QUARTER, MONTH), (SEASON, MONTH))
"""Which periods are parts of which; of a quarter that is not complete there are only months."""
UNSPECIFIED = ""
"""The part of a total that some contributors do not break down: a cell that is never published."""
BASE = " base"
"""Suffix of a measure's name where the figure is its base."""
ADDS = 0.5
"""How far parts may exceed their total: figures are whole, and were rounded once."""
REST = " rest"
"""Suffix of a measure's name for its base without the measure: never published."""

SALES = (f"{PARVIS}ticketsSold", f"{PARVIS}complimentary")
AVAILABLE, REVENUE = f"{PARVIS}ticketsAvailable", f"{PARVIS}revenue"
PERFORMANCES = f"{PARVIS}performances"
KNOWN = (AVAILABLE, PERFORMANCES)
"""Measures that everyone may know of each partner: its rooms and its programme are public."""
ATTENDANCE = f"{PARVIS}attendance"
PROGRAMMED = (*SALES, REVENUE, *KNOWN)
"""Measures of box offices: a month without them is one without performances."""
HOUSES = ("event", "size")
"""The layers by which seats are known: of others, a figure is bounded by all seats."""

PUBLIC, SHARED = " public", " shared"
"""Suffixes of a contributor's name where everyone, or another party, may read its figures."""
RESERVED = " reserved "
"""Separator between a contributor's name and its dataset that goes into some releases only."""


def part(contributor: str) -> str:
    """Return which figures of a contributor they are, whoever may read them.

    >>> part("m public"), part("m reserved d shared")
    ('m', 'm reserved d')
    """
    return contributor.removesuffix(PUBLIC).removesuffix(SHARED)


def owner(contributor: str) -> str:
    """Return whose figures they are, whoever may read them and whatever they go into.

    >>> owner("m public"), owner("m"), owner("m reserved d shared")
    ('m', 'm', 'm')
    """
    return part(contributor).partition(RESERVED)[0]


class FigureKey(NamedTuple):
    """Identifies one figure of the pool; codes are IRIs, `layer` is one of `LAYERS` or empty."""

    measure: str
    period: str
    discipline: str
    area: str
    layer: str = ""
    code: str = ""

    @property
    def hidden(self) -> bool:
        """Whether it is a part that is never published."""
        unspecified = UNSPECIFIED in {self.discipline, self.area}
        rest = self.measure.endswith(REST) or REST in self.period
        return unspecified or rest or bool(self.layer and not self.code)


@dataclass(frozen=True)
class Strata:
    """The nesting of each dimension, by its name in `DIMENSIONS`, and of prices.

    `shorter` has the periods of the other levels than years.
    """

    nestings: Mapping[str, Nesting]
    shorter: Mapping[str, Nesting] = field(default_factory=dict)

    @property
    def levels(self) -> dict[str, Nesting]:
        """The periods that are published, by their length, years first."""
        return {YEAR: self.nestings["period"], **self.shorter}

    def list_parts(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each period with those of the pool that it consists of, years first."""
        levels = self.levels
        for whole, part in PARTS:
            if whole in levels and part in levels:
                inside = levels[part]
                for period in levels[whole].targets:
                    first, last = inside.bounds[period]
                    parts = [
                        code
                        for code in inside.targets
                        if first <= inside.bounds[code][0] and inside.bounds[code][1] <= last
                    ]
                    if parts:
                        yield period, tuple(sorted(parts, key=lambda code: inside.bounds[code]))

    def years_across(self, period: str) -> list[str]:
        """Return the years that a period shares days with, without being one of their parts."""
        first, last = self.nestings["period"].bounds[period]
        years = self.nestings["period"]
        spans = ((year, *years.bounds[year]) for year in years.targets)
        return [
            year
            for year, start, end in spans
            if start <= last and first <= end and not (start <= first and last <= end)
        ]

    def codes(self, dimension: str) -> tuple[str, ...]:
        """Return the disjoint codes of a dimension that the pool publishes."""
        return self.nestings[dimension].targets

    def total(self, dimension: str) -> str:
        """Return the code of all of them, empty where there is none."""
        return self.nestings[dimension].total or ""


class FigureRow(NamedTuple):
    """One figure of one contributor; everything but the value is an IRI.

    `event` is the area of the event, `size` the contributor's class; where these or the price are
    empty, they are the total. A `performance` is added up on its own: of another there may be other
    prices and channels.
    """

    contributor: str
    measure: str
    period: str
    place: str
    discipline: str
    area: str
    age: str
    public: str
    language: str
    channel: str
    value: float
    event: str = ""
    size: str = ""
    price: str = ""
    performance: str = ""


@dataclass(frozen=True)
class Stratum:
    """The scope of a release; codes are IRIs, None stands for all of them and their total."""

    discipline: str | None = None
    area: str | None = None

    def holds(self, key: FigureKey) -> bool:
        return self.discipline in {None, key.discipline} and self.area in {None, key.area}

    def of(self, pooled: "PooledFigures") -> "PooledFigures":
        """Return the figures of this stratum, and the sums among them."""
        rows = [row for row, key in enumerate(pooled.keys) if self.holds(key)]
        if len(rows) == len(pooled.keys):
            return pooled
        numbers = {row: number for number, row in enumerate(rows)}
        # A sum with a figure outside is left out: the release publishes nothing of that figure.
        relations = tuple(
            (numbers[total], tuple(numbers[part] for part in parts))
            for total, parts in pooled.relations
            if all(row in numbers for row in (total, *parts))
        )
        keys = tuple(pooled.keys[row] for row in rows)
        return replace(pooled, keys=keys, values=pooled.values[rows], relations=relations)


@dataclass(frozen=True)
class VenueCounts:
    """Known venues by partner: `counts` in all, and by area; `total_area` is the area of all."""

    counts: Mapping[str, int]
    of_area: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    total_area: str = ""

    def coverage(self, area: str, contributors: Collection[str], least: int) -> float | None:
        """Return the share of the venues in an area that are of some partners, from 0 to 1.

        None for an area where fewer than `least` partners have venues.

        >>> venues = VenueCounts({"a": 2, "b": 1, "c": 1}, {"06": {"a": 1, "b": 1, "c": 1}}, "all")
        >>> venues.coverage("all", {"a"}, 3), venues.coverage("06", {"a", "b"}, 3)
        (0.5, 0.7)
        >>> venues.coverage("06", {"a"}, 4), venues.coverage("13", {"a"}, 3)
        (None, None)
        """
        counts = self.counts if area == self.total_area else self.of_area.get(area, {})
        if area != self.total_area and len(counts) < least:
            return None
        total = sum(counts.values())
        covered = sum(counts.get(name, 0) for name in contributors)
        # In tenths for one area: finer shares could reveal which partners contribute.
        return round(covered / total, 2 if area == self.total_area else 1) if total else None
