"""Observations of publics as columns, which numpy adds up; a stratum alone wants none of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parvis.statistics.strata import Row

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Observations:
    """Figures as columns: `codes` numbers into `labels` for each part, and the values."""

    codes: Mapping[str, Ints]
    labels: Mapping[str, tuple[str, ...]]
    values: Floats

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Observations":
        """Take rows in, one after the other."""
        names = Row._fields[:-1]
        known: dict[str, dict[str, int]] = {name: {} for name in names}
        codes: dict[str, list[int]] = {name: [] for name in names}
        values = []
        for row in rows:
            for name, text in zip(names, row[:-1], strict=True):
                of_it = known[name]
                codes[name].append(of_it.setdefault(str(text), len(of_it)))
            values.append(row.value)
        return cls(
            {name: np.array(some, np.int32) for name, some in codes.items()},
            {name: tuple(some) for name, some in known.items()},
            np.array(values, np.float64),
        )

    def __len__(self) -> int:
        """Count the figures."""
        return len(self.values)
