"""A part of the pool: the figures of one discipline, of one area, or of both."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parvis.statistics.strata import Key

if TYPE_CHECKING:
    from parvis.statistics.aggregation import Pooled


@dataclass(frozen=True)
class Stratum:
    """What a release tells of; codes are IRIs, None stands for all of them and their total."""

    discipline: str | None = None
    area: str | None = None

    def holds(self, key: Key) -> bool:
        """Say whether a figure is of it."""
        return self.discipline in {None, key.discipline} and self.area in {None, key.area}

    def of(self, pooled: "Pooled") -> "Pooled":
        """Give the figures that are of it, and the sums among them.

        A sum that is left out held them against figures of which this part tells nothing.
        """
        kept = [place for place, key in enumerate(pooled.keys) if self.holds(key)]
        if len(kept) == len(pooled.keys):
            return pooled
        number = {place: one for one, place in enumerate(kept)}
        relations = tuple(
            (number[whole], tuple(number[one] for one in parts))
            for whole, parts in pooled.relations
            if all(one in number for one in (whole, *parts))
        )
        keys = tuple(pooled.keys[one] for one in kept)
        return replace(pooled, keys=keys, values=pooled.values[kept], relations=relations)
