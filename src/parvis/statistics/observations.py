"""Observations of publics as columns, which numpy adds up.

They are apart from `strata`, so that code that needs a stratum only does not load numpy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parvis.statistics.strata import FigureRow

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Observations:
    """Figures as columns: for each dimension `codes`, which are places in `labels`; the values."""

    codes: Mapping[str, Ints]
    labels: Mapping[str, tuple[str, ...]]
    values: Floats

    @classmethod
    def of(cls, rows: Iterable[FigureRow]) -> "Observations":
        names = FigureRow._fields[:-1]
        numbers: dict[str, dict[str, int]] = {name: {} for name in names}
        codes: dict[str, list[int]] = {name: [] for name in names}
        values = []
        for row in rows:
            for name, label in zip(names, row[:-1], strict=True):
                column = numbers[name]
                codes[name].append(column.setdefault(str(label), len(column)))
            values.append(row.value)
        return cls(
            {name: np.array(column, np.int32) for name, column in codes.items()},
            {name: tuple(labels) for name, labels in numbers.items()},
            np.array(values, np.float64),
        )

    def __len__(self) -> int:
        return len(self.values)
