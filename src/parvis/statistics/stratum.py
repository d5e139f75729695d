"""A part of the pool: the figures of one discipline, of one area, or of both."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parvis.statistics.strata import FigureKey

if TYPE_CHECKING:
    from parvis.statistics.aggregation import PooledFigures


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
