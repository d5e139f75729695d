"""Figures of many contributors, rolled up to the strata of the pool and added.

Each contributor's figures are rolled up separately: a figure it provides for a stratum is taken as
it is, otherwise those that nest in the stratum are added. Then contributors are added, figure by
figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from parvis.statistics.strata import (
    ADDS,
    BASE,
    DIMENSIONS,
    LAYERS,
    REST,
    UNSPECIFIED,
    FigureKey,
    FigureRow,
    Strata,
)

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
    def of(cls, rows: Iterable[FigureRow]) -> Self:
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


class IncomparableFigures(NamedTuple):
    """Figures of a contributor that cannot be compared with the pool's strata.

    `dimension` and `code` locate them; both are empty for parts that exceed their total.
    """

    contributor: str
    measure: str
    dimension: str
    code: str
    number: int


@dataclass(frozen=True)
class PooledFigures:
    """Values of figures (rows) by contributor (columns); all add up by `relations`.

    A relation is a figure's row and the rows of its parts, which are disjoint and complete.
    """

    keys: tuple[FigureKey, ...]
    contributors: tuple[str, ...]
    values: Floats
    relations: tuple[tuple[int, tuple[int, ...]], ...]
    unfit: tuple[IncomparableFigures, ...] = ()


@dataclass
class _Frame:
    """A column of label numbers for each dimension, and the values."""

    codes: dict[str, Ints]
    values: Floats


def aggregate(observations: Observations, strata: Strata) -> PooledFigures:
    """Roll observations up to the strata and add them by figure; report what does not fit."""
    roll_up = _RollUp(strata, {name: list(texts) for name, texts in observations.labels.items()})
    frame = _Frame(dict(observations.codes), observations.values)
    by_layer = {layer: roll_up.separate_layer(frame, layer) for layer in LAYERS}
    # Totals come first, over all layers: a contributor that breaks one place down by age and
    # another by channel has a total of both.
    totals = _merge_totals([roll_up.compute_total(by_layer[layer], layer) for layer in LAYERS])
    layers = {layer: roll_up.roll_up_layer(by_layer[layer], totals, layer) for layer in LAYERS}
    return _Table(roll_up, layers).build()


class _RollUp:
    """Rolls dimensions up, and collects what does not fit.

    `labels` are the texts that codes are numbers of; codes of the pool are added to them.
    """

    def __init__(self, strata: Strata, labels: dict[str, list[str]]) -> None:
        self.strata, self.labels, self.unfit = strata, labels, list[IncomparableFigures]()

    def separate_layer(self, frame: _Frame, layer: str) -> _Frame:
        """Return the figures broken down by one layer at most, the other layers summed."""
        for summed_layer in LAYERS:
            if summed_layer != layer:
                frame = self.compute_total(frame, summed_layer)
        return frame

    def compute_total(self, frame: _Frame, layer: str) -> _Frame:
        """Return the totals of a layer, without its column."""
        total = self._roll_up(frame, layer, total_only=True)
        total.codes.pop(layer)
        return total

    def roll_up_layer(self, frame: _Frame, totals: _Frame, layer: str) -> _Frame:
        """Return the figures of a layer with their totals, rolled up in all other dimensions."""
        parts = self._roll_up(frame, layer, report=True)
        if (code := self.strata.total(layer)) not in self.labels[layer]:
            self.labels[layer].append(code)
        total = self.labels[layer].index(code)
        is_part = parts.codes[layer] != total
        part_codes = {name: column[is_part] for name, column in parts.codes.items()}
        total_codes = {**totals.codes, layer: np.full(len(totals.values), total, np.int32)}
        codes = {name: np.concatenate([part_codes[name], total_codes[name]]) for name in part_codes}
        rolled = _Frame(codes, np.concatenate([parts.values[is_part], totals.values]))
        for name in DIMENSIONS[: -len(LAYERS)]:
            # Totals are the same in all layers: what does not fit is reported with the first.
            rolled = self._roll_up(rolled, name, report=layer == LAYERS[0])
        return rolled

    def _roll_up(
        self, frame: _Frame, name: str, *, report: bool = False, total_only: bool = False
    ) -> _Frame:
        """Roll one dimension up, to all its strata or to its total only."""
        nesting, labels = self.strata.nestings[name], self.labels[name]
        group_by = [column for column in frame.codes if column != name]
        order = np.lexsort([frame.codes[column] for column in (name, *group_by)])
        codes = {key: column[order] for key, column in frame.codes.items()}
        values = frame.values[order]
        starts = _find_starts(codes, len(values))
        if len(starts) < len(values):
            # One contributor may provide the same figure in several datasets: they are added.
            codes = {key: column[starts] for key, column in codes.items()}
            values = np.add.reduceat(values, starts)
        starts = _find_starts({key: codes[key] for key in group_by}, len(values))
        ends = np.append(starts[1:], len(values))[: len(starts)]
        # Groups with the same codes share a plan: there are far fewer plans than groups.
        groups_by_codes: defaultdict[bytes, list[int]] = defaultdict(list)
        for group, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            groups_by_codes[codes[name][start:end].tobytes()].append(group)
        numbers = {label: number for number, label in enumerate(labels)}
        rows, targets, sums = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)], [np.zeros(0)]
        for pattern, groups in groups_by_codes.items():
            provided = [labels[code] for code in np.frombuffer(pattern, np.int32)]
            first = starts[np.array(groups)]
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
                self._report_unused(name, nesting.list_unused(provided), codes, first)
        row = np.concatenate(rows)
        rolled = {key: codes[key][row] for key in group_by}
        return _Frame({**rolled, name: np.concatenate(targets)}, np.concatenate(sums))

    def _report_unused(
        self, name: str, unused: Sequence[str], codes: Mapping[str, Ints], first: Ints
    ) -> None:
        """Record whose figures are in no stratum, with their number."""
        if not unused:
            return
        pairs = np.stack([codes[column][first] for column in ("contributor", "measure")])
        pairs, counts = np.unique(pairs, axis=1, return_counts=True)
        for (contributor, measure), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            names = self.labels["contributor"][contributor], self.labels["measure"][measure]
            self.unfit += [IncomparableFigures(*names, name, code, count) for code in unused]


def _merge_totals(frames: Sequence[_Frame]) -> _Frame:
    """Merge totals computed along several layers.

    A total is the greatest of them, since each layer sums only the parts it has.
    """
    names = list(frames[0].codes)
    codes = {name: np.concatenate([frame.codes[name] for frame in frames]) for name in names}
    values = np.concatenate([frame.values for frame in frames])
    order = np.lexsort([codes[name] for name in names])
    codes, values = {name: column[order] for name, column in codes.items()}, values[order]
    starts = _find_starts(codes, len(values))
    if not len(starts):
        return _Frame(codes, values)
    greatest = np.maximum.reduceat(values, starts)
    return _Frame({name: column[starts] for name, column in codes.items()}, greatest)


def _find_starts(codes: Mapping[str, Ints], size: int) -> Ints:
    """Return where each group of equal codes begins in sorted columns."""
    if not size:
        return np.zeros(0, np.int32)
    new = np.zeros(size, bool)
    new[0] = True
    for column in codes.values():
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new).astype(np.int32)


class _Table:
    """The figures of each measure and period as a dense array, where totals are completed."""

    def __init__(self, roll_up: _RollUp, layers: Mapping[str, _Frame]) -> None:
        self.labels: Mapping[str, Sequence[str]] = roll_up.labels
        self.strata, self.unfit, self.layers = roll_up.strata, roll_up.unfit, layers
        self.contributors = tuple(roll_up.labels["contributor"])
        self.keys: list[FigureKey] = []
        self.rows: list[Floats] = []
        self.relations: dict[tuple[int, tuple[int, ...]], None] = {}

    def build(self) -> PooledFigures:
        """Return the figures that are not zero for every contributor, and how they add up."""
        blocks: set[tuple[str, str]] = set()
        for frame in self.layers.values():
            pairs = np.stack([frame.codes["measure"], frame.codes["period"]])
            for measure, period in np.unique(pairs, axis=1).T.tolist():
                blocks.add((self.labels["measure"][measure], self.labels["period"][period]))
        for measure, period in sorted(blocks):
            self._add_block(measure, period)
        # A base is the sum of the figure of which it is the base, and of a rest.
        rows = {key: row for row, key in enumerate(self.keys)}
        for base, base_row in [pair for pair in rows.items() if pair[0].measure.endswith(BASE)]:
            part = rows.get(base._replace(measure=base.measure.removesuffix(BASE)))
            if part is not None:
                self.relations[base_row, (part, len(self.keys))] = None
                self.keys.append(base._replace(measure=base.measure + REST))
                self.rows.append(np.maximum(self.rows[base_row] - self.rows[part], 0))
        values = np.array(self.rows) if self.rows else np.zeros((0, len(self.contributors)))
        numbers: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
        for unfit in self.unfit:
            numbers[unfit[:4]] = max(numbers[unfit[:4]], unfit.number)
        unfits = tuple(
            IncomparableFigures(*fields, number) for fields, number in sorted(numbers.items())
        )
        return PooledFigures(
            tuple(self.keys), self.contributors, values, tuple(self.relations), unfits
        )

    def _add_block(self, measure: str, period: str) -> None:
        """Fill the figures of one measure and period, layer by layer, and complete them."""
        arrays = {layer: self._fill(layer, measure, period) for layer in LAYERS}
        totals = np.maximum.reduce([cells[:, :, -1, :] for cells in arrays.values()])
        wrong = _parts_exceed_total(totals, (0, 1))
        self._report_excess(measure, "", wrong)
        totals[..., wrong] = 0
        rows: dict[FigureKey, int] = {}
        for layer, cells in arrays.items():
            cells[..., wrong] = 0
            cells[:, :, -1, :] = totals
            over = _parts_exceed_total(cells, (0, 1, 2)) & ~wrong
            self._report_excess(measure, layer, over)
            cells[:, :, :-1, over] = 0
            # Before each total comes the part of it that is not broken down: every total is then
            # the exact sum of its parts, as disclosure control needs it.
            complete = cells
            for axis in range(3):
                along = np.moveaxis(complete, axis, 0)
                missing = np.maximum(along[-1] - along[:-1].sum(axis=0), 0)
                missing[missing <= ADDS] = 0
                along = np.concatenate([along[:-1], missing[None], along[-1:]])
                complete = np.moveaxis(along, 0, axis)
            self._add_cells(FigureKey(measure, period, "", "", layer), complete, rows)

    def _fill(self, layer: str, measure: str, period: str) -> Floats:
        """Return discipline × area × code × contributor, the total last in each."""
        frame, axes = self.layers[layer], ("discipline", "area", layer)
        in_block = (frame.codes["measure"] == self.labels["measure"].index(measure)) & (
            frame.codes["period"] == self.labels["period"].index(period)
        )
        shape: list[int] = []
        indices: list[Ints] = []
        for name in axes:
            codes = (*self.strata.codes(name), self.strata.total(name))
            place = {code: number for number, code in enumerate(codes)}
            places = np.array([place.get(code, -1) for code in self.labels[name]], np.int32)
            indices.append(places[frame.codes[name][in_block]])
            shape.append(len(codes))
        cells = np.zeros((*shape, len(self.contributors)))
        contributors = frame.codes["contributor"][in_block]
        np.add.at(cells, (*indices, contributors), frame.values[in_block])
        return cells

    def _report_excess(self, measure: str, layer: str, wrong: Flags) -> None:
        """Record the contributors whose parts exceed their total."""
        for place in np.flatnonzero(wrong):
            self.unfit.append(IncomparableFigures(self.contributors[place], measure, layer, "", 1))

    def _add_cells(self, block: FigureKey, cells: Floats, rows: dict[FigureKey, int]) -> None:
        """Add a row for each figure that is not zero, and relate totals to parts."""
        codes = [
            (*self.strata.codes(name), UNSPECIFIED, self.strata.total(name))
            for name in ("discipline", "area", block.layer)
        ]
        numbers = np.full(cells.shape[:3], -1)
        for discipline, area, place in np.argwhere(cells.any(axis=3)).tolist():
            is_total = place == len(codes[2]) - 1
            key = block._replace(
                discipline=codes[0][discipline],
                area=codes[1][area],
                layer="" if is_total else block.layer,
                code="" if is_total else codes[2][place],
            )
            if key not in rows:
                rows[key] = len(self.keys)
                self.keys.append(key)
                self.rows.append(cells[discipline, area, place])
            numbers[discipline, area, place] = rows[key]
        for axis in range(3):
            along = np.moveaxis(numbers, axis, 0)
            for row, column in np.argwhere(along[-1] >= 0).tolist():
                parts = tuple(int(part) for part in along[:-1, row, column] if part >= 0)
                # Layers share their totals, so several of them state the same relation.
                self.relations[int(along[-1, row, column]), parts] = None


def _parts_exceed_total(cells: Floats, axes: Sequence[int]) -> Flags:
    """Return for each contributor whether parts exceed their total along one of the axes."""
    exceeding = np.zeros(cells.shape[-1], bool)
    for axis in axes:
        along = np.moveaxis(cells, axis, 0)
        over = along[:-1].sum(axis=0) > along[-1] + ADDS
        exceeding |= over.any(axis=tuple(range(over.ndim - 1)))
    return exceeding
