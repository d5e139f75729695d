"""Figures of contributors, rolled up to the codes of the pool, dimension by dimension.

Each contributor's figures are rolled up separately: a figure it provides for a stratum is taken as
it is, otherwise those that nest in the stratum are added.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from parvis.statistics.strata import (
    DIMENSIONS,
    LAYERS,
    MONTH,
    PRICE,
    PROGRAMMED,
    YEAR,
    FigureRow,
    Strata,
    part,
)

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LARGEST_KEY = 2**62
PIECE = 50_000
"""Rows that are made columns at a time."""


@dataclass(frozen=True)
class Observations:
    """Figures as columns: for each dimension `codes`, which are places in `labels`; the values."""

    codes: Mapping[str, Ints]
    labels: Mapping[str, tuple[str, ...]]
    values: Floats

    @classmethod
    def of(cls, rows: Iterable[FigureRow]) -> Self:
        names = [name for name in FigureRow._fields if name != "value"]
        numbers = {name: defaultdict[str, int](count().__next__) for name in names}
        codes = {name: array("i") for name in names}
        values = array("d")
        rest = iter(rows)
        # Column by column in large pieces: a million rows have fifteen million labels.
        while piece := [*islice(rest, PIECE)]:
            columns = dict(zip(FigureRow._fields, zip(*piece, strict=True), strict=True))
            values.extend(columns["value"])
            for name in names:
                codes[name].extend(map(numbers[name].__getitem__, columns[name]))
        return cls(
            {name: np.array(column, np.int32) for name, column in codes.items()},
            {name: tuple(map(str, labels)) for name, labels in numbers.items()},
            np.array(values, np.float64),
        )

    def __len__(self) -> int:
        return len(self.values)


class IncomparableFigures(NamedTuple):
    """Figures of a contributor that cannot be compared with the pool's strata.

    `dimension` and `code` locate them; both are empty for parts that exceed their total.
    """

    contributor: str
    measure: str
    dimension: str
    code: str
    number: int


@dataclass
class Frame:
    """A column of label numbers for each dimension, and the values."""

    codes: dict[str, Ints]
    values: Floats

    def select(self, wanted: Mapping[str, int]) -> Self:
        """Return the figures that have these codes."""
        chosen = np.logical_and.reduce([self.codes[name] == code for name, code in wanted.items()])
        codes = {column: numbers[chosen] for column, numbers in self.codes.items()}
        return type(self)(codes, self.values[chosen])

    def append(self, codes: Mapping[str, Ints]) -> Self:
        """Return it with more figures, which are zero."""
        columns = {name: np.concatenate([self.codes[name], codes[name]]) for name in self.codes}
        more = len(columns["measure"]) - len(self.values)
        return type(self)(columns, np.concatenate([self.values, np.zeros(more)]))

    def number_groups(self) -> Ints:
        """Return for each figure the number of its codes, the same for the same codes."""
        order = np.lexsort(list(self.codes.values()))
        starts = find_starts(
            {name: column[order] for name, column in self.codes.items()}, len(order)
        )
        numbers = np.zeros(len(order), np.int32)
        numbers[starts] = 1
        groups = np.empty(len(order), np.int32)
        groups[order] = np.cumsum(numbers) - 1
        return groups

    def without(self, name: str) -> Self:
        """Return it without a column: figures that only that told apart are added later."""
        codes = {column: numbers for column, numbers in self.codes.items() if column != name}
        return type(self)(codes, self.values)


class RollUp:
    """Rolls dimensions up, and collects what does not fit.

    `labels` are the texts that codes are numbers of; codes of the pool are added to them.
    """

    def __init__(self, strata: Strata, observations: Observations) -> None:
        self.strata, self.unfit = strata, list[IncomparableFigures]()
        self.labels = {name: list(texts) for name, texts in observations.labels.items()}
        self.nestings = dict(strata.nestings)

    def name_totals(self, observations: Observations) -> Frame:
        """Return observations with the code of the total where a dimension is left out."""
        codes = dict(observations.codes)
        for name, nesting in self.strata.nestings.items():
            if nesting.total is not None and "" in self.labels[name]:
                texts = [label or nesting.total for label in self.labels[name]]
                self.labels[name] = list(dict.fromkeys(texts))
                numbers = [self.labels[name].index(text) for text in texts]
                codes[name] = np.array(numbers, np.int32)[codes[name]]
        return Frame(codes, observations.values)

    def separate_layers(self, frame: Frame) -> dict[str, Frame]:
        """Return for each layer the figures that it alone breaks down, the other layers summed."""
        priced = PRICE in self.nestings
        frame = self.compute_total(frame, PRICE) if priced else frame.without(PRICE)
        alone = {}
        for place, layer in enumerate(LAYERS):
            alone[layer] = frame
            for later in LAYERS[place + 1 :]:
                alone[layer] = self.compute_total(alone[layer], later)
            frame = self.compute_total(frame, layer)
        return alone

    def compute_total(self, frame: Frame, layer: str) -> Frame:
        """Return the totals of a layer, without its column."""
        column = frame.codes[layer]
        if not len(column) or (column[0] == column).all():
            # One code for all: whatever it is, it is all there is.
            return frame.without(layer)
        return self._roll_up(frame, layer, total_only=True).without(layer)

    def add_performances(self, frame: Frame) -> Frame:
        """Add the figures of performances up, with those of the months that had none.

        Between a box office's first month and its last, a month without figures is one without
        performances: of a house that is dark in summer, a year would never be complete.
        """
        frame = add_equal(frame.without("performance"))
        if MONTH not in self.strata.shorter or not len(frame.values):
            return frame
        bounds = self.strata.shorter[MONTH].bounds
        months = sorted(self.strata.shorter[MONTH].targets, key=bounds.__getitem__)
        self.labels["period"] += [code for code in months if code not in self.labels["period"]]
        labels = self.labels["period"]
        place = {code: number for number, code in enumerate(months)}
        month = np.array([place.get(code, -1) for code in labels])[frame.codes["period"]]
        counted = np.array([text in PROGRAMMED for text in self.labels["measure"]])
        of_box_office = counted[frame.codes["measure"]]
        groups = frame.without("period").number_groups()
        # A group that has other periods too, as years, is complete without.
        only_months = np.ones(len(month), bool)
        only_months[groups[month < 0]] = False
        chosen = np.flatnonzero(of_box_office & only_months[groups])
        names = [part(text) for text in self.labels["contributor"]]
        house = np.array([names.index(name) for name in names])[frame.codes["contributor"]]
        first, last = np.full(len(names), len(months)), np.full(len(names), -1)
        np.minimum.at(first, house[chosen], month[chosen])
        np.maximum.at(last, house[chosen], month[chosen])
        _, one_of_each = np.unique(groups[chosen], return_index=True)
        rows = chosen[one_of_each]
        lengths = last[house[rows]] - first[house[rows]] + 1
        before = np.repeat(np.cumsum(lengths) - lengths, lengths)
        dark = np.arange(lengths.sum()) - before + np.repeat(first[house[rows]], lengths)
        numbers = np.array([labels.index(code) for code in months], np.int32)
        codes = {name: column[np.repeat(rows, lengths)] for name, column in frame.codes.items()}
        return frame.append(codes | {"period": numbers[dark]})

    def roll_up_layer(self, frame: Frame, totals: Frame, layer: str, level: str) -> Frame:
        """Return the figures of a layer with their totals, rolled up in all other dimensions."""
        self.nestings["period"] = self.strata.levels[level]
        parts = self._roll_up(frame, layer, report=True)
        if (code := self.strata.total(layer)) not in self.labels[layer]:
            self.labels[layer].append(code)
        total = self.labels[layer].index(code)
        is_part = parts.codes[layer] != total
        part_codes = {name: column[is_part] for name, column in parts.codes.items()}
        total_codes = {**totals.codes, layer: np.full(len(totals.values), total, np.int32)}
        codes = {name: np.concatenate([part_codes[name], total_codes[name]]) for name in part_codes}
        rolled = Frame(codes, np.concatenate([parts.values[is_part], totals.values]))
        for name in DIMENSIONS[: -len(LAYERS)]:
            # Totals are the same in all layers: what does not fit is reported with the first.
            report = layer == LAYERS[0]
            rolled = self._roll_up(
                rolled, name, report=report, total_only=name == "area" and level != YEAR
            )
        return rolled

    def _roll_up(
        self, frame: Frame, name: str, *, report: bool = False, total_only: bool = False
    ) -> Frame:
        """Roll one dimension up, to all its strata or to its total only."""
        nesting, labels = self.nestings[name], self.labels[name]
        group_by = [column for column in frame.codes if column != name]
        order = np.lexsort([frame.codes[column] for column in (name, *group_by)])
        codes = {key: column[order] for key, column in frame.codes.items()}
        values = frame.values[order]
        starts = find_starts(codes, len(values))
        if len(starts) < len(values):
            # One contributor may provide the same figure in several datasets: they are added.
            codes = {key: column[starts] for key, column in codes.items()}
            values = np.add.reduceat(values, starts)
        starts = find_starts({key: codes[key] for key in group_by}, len(values))
        ends = np.append(starts[1:], len(values))[: len(starts)]
        numbers = {label: number for number, label in enumerate(labels)}
        rows, targets, sums = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)], [np.zeros(0)]
        # Groups with the same codes share a plan: there are far fewer plans than groups.
        for pattern, first in _group_by_codes(codes[name], starts, ends):
            provided = [labels[code] for code in pattern]
            for target, places in nesting.plan(provided).items():
                if total_only and target != nesting.total:
                    continue
                if target not in numbers:
                    numbers[target] = len(labels)
                    labels.append(target)
                rows.append(first)
                targets.append(np.full(len(first), numbers[target], np.int32))
                sums.append(sum((values[first + place] for place in places), np.zeros(len(first))))
            if report and name != "place":
                unused = nesting.list_unused(provided)
                if name == "period":
                    # What is no part of a year may be published as a season, quarter or month.
                    unused = [code for code in unused if code not in self._shorter_periods]
                self._report_unused(name, unused, codes, first)
        row = np.concatenate(rows)
        rolled = {key: codes[key][row] for key in group_by}
        return Frame({**rolled, name: np.concatenate(targets)}, np.concatenate(sums))

    @cached_property
    def _shorter_periods(self) -> frozenset[str]:
        return frozenset(code for n in self.strata.shorter.values() for code in n.targets)

    def _report_unused(
        self, name: str, unused: Sequence[str], codes: Mapping[str, Ints], first: Ints
    ) -> None:
        """Record whose figures are in no stratum, with their number."""
        if not unused:
            return
        pairs = np.stack([codes[column][first] for column in ("contributor", "measure")])
        pairs, counts = np.unique(pairs, axis=1, return_counts=True)
        for (contributor, measure), times in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            names = self.labels["contributor"][contributor], self.labels["measure"][measure]
            self.unfit += [IncomparableFigures(*names, name, code, times) for code in unused]


def _group_by_codes(
    codes: Ints, starts: Ints, ends: Ints
) -> Iterator[tuple[tuple[int, ...], Ints]]:
    """Yield the distinct lists of codes of groups, and where the groups of each start."""
    lengths = ends - starts
    for length in np.unique(lengths).tolist():
        first = starts[lengths == length]
        patterns, which = number_rows(codes[first[:, None] + np.arange(length)])
        order = np.argsort(which, kind="stable")
        bounds = np.searchsorted(which[order], np.arange(len(patterns) + 1))
        for number, pattern in enumerate(patterns.tolist()):
            yield tuple(pattern), first[order[bounds[number] : bounds[number + 1]]]


def number_rows(rows: Ints) -> tuple[Ints, NDArray[np.intp]]:
    """Return the distinct rows of a table in their order, and the number of each row among them."""
    # Rows as one number each are sorted several times faster than as rows (`np.unique` by axis).
    keys, most = np.zeros(len(rows), np.int64), 1
    for column in rows.T:
        width = int(column.max(initial=0)) + 1
        if most * width > LARGEST_KEY:
            distinct, keys = np.unique(keys, return_inverse=True)
            most = len(distinct)
        keys, most = keys * width + column, most * width
    _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    return rows[first], numbers


def add_equal(frame: Frame) -> Frame:
    """Add up the figures that have the same codes."""
    order = np.lexsort(list(frame.codes.values()))
    codes = {name: column[order] for name, column in frame.codes.items()}
    starts = find_starts(codes, len(order))
    if not len(starts):
        return frame
    sums = np.add.reduceat(frame.values[order], starts)
    return Frame({name: column[starts] for name, column in codes.items()}, sums)


def merge_totals(frames: Sequence[Frame]) -> Frame:
    """Merge totals computed along several layers.

    A total is the greatest of them, since each layer sums only the parts it has.
    """
    names = list(frames[0].codes)
    codes = {name: np.concatenate([frame.codes[name] for frame in frames]) for name in names}
    values = np.concatenate([frame.values for frame in frames])
    order = np.lexsort([codes[name] for name in names])
    codes, values = {name: column[order] for name, column in codes.items()}, values[order]
    starts = find_starts(codes, len(values))
    if not len(starts):
        return Frame(codes, values)
    greatest = np.maximum.reduceat(values, starts)
    return Frame({name: column[starts] for name, column in codes.items()}, greatest)


def find_starts(codes: Mapping[str, Ints], size: int) -> Ints:
    """Return where each group of equal codes begins in sorted columns."""
    if not size:
        return np.zeros(0, np.int32)
    new = np.zeros(size, bool)
    new[0] = True
    for column in codes.values():
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new).astype(np.int32)
