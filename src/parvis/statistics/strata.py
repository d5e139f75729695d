"""The one hierarchy of strata by which publics are told.

Figures are told layer by layer: by discipline and area, and each of these by age, by kind of
public, by language or by channel, one at a time. One hierarchy for all releases: two that cut the
same figures differently could be held against one another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from parvis.statistics.nesting import Nesting

LAYERS = ("age", "public", "language", "channel")
"""What a discipline in an area is broken down by, one at a time."""
DIMENSIONS = ("period", "place", "discipline", "area", *LAYERS)
"""The dimensions of an observation, beside its contributor and its measure."""
UNSPECIFIED = ""
"""The part of a total that some contributors do not break down: a cell that is never told."""
BASE = " base"
"""What a measure's name ends with where the figure is its base."""
ADDS = 0.5
"""How far parts may exceed their total: figures are whole, and were rounded once."""
REST = " rest"
"""What it ends with where the figure is what a base holds beside the measure: never told."""


PUBLIC, SHARED = " public", " shared"
"""What a contributor's name ends with where everyone, or some other party, may read its figures."""
RESERVED = " reserved "
"""What stands between a contributor's name and its dataset that goes into some releases only."""


def part(contributor: str) -> str:
    """Give which figures of a contributor they are, whoever may read them.

    >>> part("m public"), part("m reserved d shared")
    ('m', 'm reserved d')
    """
    return contributor.removesuffix(PUBLIC).removesuffix(SHARED)


def owner(contributor: str) -> str:
    """Give whose figures they are, whoever may read them and whatever they go into.

    >>> owner("m public"), owner("m"), owner("m reserved d shared")
    ('m', 'm', 'm')
    """
    return part(contributor).partition(RESERVED)[0]


class Key(NamedTuple):
    """What names one figure of the pool; codes are IRIs, `layer` one of `LAYERS` or empty."""

    measure: str
    period: str
    discipline: str
    area: str
    layer: str = ""
    code: str = ""

    @property
    def hidden(self) -> bool:
        """Say whether it is a part that is never told."""
        unspecified = UNSPECIFIED in {self.discipline, self.area}
        return unspecified or self.measure.endswith(REST) or bool(self.layer and not self.code)


@dataclass(frozen=True)
class Strata:
    """The nesting of each dimension, by its name in `DIMENSIONS`."""

    nestings: Mapping[str, Nesting]

    def codes(self, dimension: str) -> tuple[str, ...]:
        """Give the disjoint codes of a dimension that the pool tells."""
        return self.nestings[dimension].targets

    def total(self, dimension: str) -> str:
        """Give the code of all of them."""
        return self.nestings[dimension].total or ""


class Row(NamedTuple):
    """One figure of one contributor; everything but the value is an IRI."""

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
