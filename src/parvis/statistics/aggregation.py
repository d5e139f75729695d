"""Figures of many contributors, rolled up to the strata of the pool and added.

Each contributor's figures are rolled up separately: a figure it provides for a stratum is taken as
it is, otherwise those that nest in the stratum are added. Then contributors are added, figure by
figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parvis.statistics.rolling_up import (
    Flags,
    Floats,
    Frame,
    IncomparableFigures,
    Ints,
    Observations,
    RollUp,
    merge_totals,
)
from parvis.statistics.strata import (
    ADDS,
    ATTENDANCE,
    BASE,
    LAYERS,
    LEVELS,
    REST,
    SALES,
    UNSPECIFIED,
    FigureKey,
    Strata,
)

AREA_AXIS = 1


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


def aggregate(observations: Observations, strata: Strata) -> PooledFigures:
    """Roll observations up to the strata and add them by figure; report what does not fit."""
    roll_up = RollUp(strata, observations)
    by_layer = roll_up.separate_layers(roll_up.name_totals(observations))
    # Totals come first, over all layers: a contributor that breaks one place down by age and
    # another by channel has a total of both.
    totals = merge_totals([roll_up.compute_total(by_layer[layer], layer) for layer in LAYERS])
    # From here on performances are added: each may have prices and channels of its own.
    totals = roll_up.add_performances(totals)
    by_layer = {layer: roll_up.add_performances(frame) for layer, frame in by_layer.items()}
    levels = {
        level: {
            layer: roll_up.roll_up_layer(by_layer[layer], totals, layer, level) for layer in layers
        }
        for level, layers in LEVELS.items()
        if level in strata.levels
    }
    return _Table(roll_up, levels).build()


class _Table:
    """The figures of each measure and period as a dense array, where totals are completed."""

    def __init__(self, roll_up: RollUp, levels: Mapping[str, Mapping[str, Frame]]) -> None:
        self.labels: Mapping[str, Sequence[str]] = roll_up.labels
        self.strata, self.unfit, self.levels = roll_up.strata, roll_up.unfit, levels
        self.contributors = tuple(roll_up.labels["contributor"])
        self.keys: list[FigureKey] = []
        self.rows: list[Floats] = []
        self.relations: dict[tuple[int, tuple[int, ...]], None] = {}

    def build(self) -> PooledFigures:
        """Return the figures that are not zero for every contributor, and how they add up."""
        for layers in self.levels.values():
            blocks: set[tuple[str, str]] = set()
            for frame in layers.values():
                pairs = np.stack([frame.codes["measure"], frame.codes["period"]])
                for measure, period in np.unique(pairs, axis=1).T.tolist():
                    blocks.add((self.labels["measure"][measure], self.labels["period"][period]))
            for measure, period in sorted(blocks):
                self._add_block(measure, period, layers)
        rows = {key: row for row, key in enumerate(self.keys)}
        self._relate_periods(rows)
        for key, row in rows.items():
            # Who holds a ticket, sold or given, attends: all the more so where they are as many.
            tickets = [rows[k] for m in SALES if (k := key._replace(measure=m)) in rows]
            if key.measure == ATTENDANCE and not key.hidden and tickets:
                self._relate_rest(row, tickets, key._replace(measure=f"{SALES[0]}{REST}"))
        # A base is the sum of the figure of which it is the base, and of a rest.
        for base, base_row in [pair for pair in rows.items() if pair[0].measure.endswith(BASE)]:
            part = rows.get(base._replace(measure=base.measure.removesuffix(BASE)))
            if part is not None:
                rest = base._replace(measure=base.measure + REST)
                self._relate_rest(base_row, [part], rest)
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

    def _relate_periods(self, rows: Mapping[FigureKey, int]) -> None:
        """Relate each period to those it consists of, and to what only one of the two covers."""
        blocks: defaultdict[tuple[str, str], list[FigureKey]] = defaultdict(list)
        for key in rows:
            blocks[key.measure, key.period].append(key)
        related = []
        for whole, parts in self.strata.list_parts():
            for measure in sorted({measure for measure, _ in blocks}):
                pairs = {
                    key: [rows[k] for p in parts if (k := key._replace(period=p)) in rows]
                    for key in blocks[measure, whole]
                    if not key.hidden  # what is not broken down follows from the rest
                }
                numbered = [(rows[key], places) for key, places in pairs.items()]
                parts_of = [rows[key] for part in parts for key in blocks[measure, part]]
                self._drop_inconsistent(measure, numbered, parts_of)
                across = self.strata.years_across(whole)
                years = [rows[key] for year in across for key in blocks[measure, year]]
                self._drop_unrelated(
                    measure, numbered, [rows[key] for key in blocks[measure, whole]], years
                )
                name = f"{whole} {parts[0]}"
                related += [(key, places, name) for key, places in pairs.items() if places]
        # Nothing is related before all is dropped that has to be.
        for key, places, name in related:
            self._relate_rest(
                rows[key], places, key._replace(measure=key.measure + REST, period=name)
            )

    def _drop_inconsistent(
        self,
        measure: str,
        pairs: Iterable[tuple[int, Sequence[int]]],
        parts: Sequence[int],
    ) -> None:
        """Remove the parts of a contributor whose sum exceeds its whole, and report them."""
        wrong = np.zeros(len(self.contributors), bool)
        for row, places in pairs:
            # A contributor without the whole may have some parts: a year that is not complete.
            over = sum((self.rows[place] for place in places), -self.rows[row]) > ADDS
            wrong |= over & (self.rows[row] > 0)
        if wrong.any():
            self._report_excess(measure, "period", wrong)
            for row in parts:
                self.rows[row] = np.where(wrong, 0, self.rows[row])

    def _drop_unrelated(
        self,
        measure: str,
        pairs: Iterable[tuple[int, Sequence[int]]],
        season: Sequence[int],
        years: Sequence[int],
    ) -> None:
        """Remove a contributor's season that its months do not add up to, if it has those years.

        What it shares with them is not known: what it tells of them could not be audited.
        """
        wrong = np.zeros(len(self.contributors), bool)
        for row, places in pairs:
            lacking = self.rows[row] - sum(self.rows[place] for place in places) > ADDS
            wrong |= lacking & (sum(self.rows[year] for year in years) > 0)
        if wrong.any():
            self._report_excess(measure, "period", wrong)
            for row in season:
                self.rows[row] = np.where(wrong, 0, self.rows[row])

    def _relate_rest(self, whole: int, parts: Sequence[int], rest: FigureKey) -> None:
        """Relate a figure to its parts, to what they lack, and to what they have beyond it.

        Neither of the latter is ever published, under keys derived from that of the rest.
        """
        # Where neither is, everyone may know it: the parts are exactly the whole.
        lacking = self.rows[whole] - sum(self.rows[part] for part in parts)
        beyond = np.where(lacking < -ADDS, -lacking, 0)
        if beyond.any():
            both = self._add_row(rest._replace(code=f"{rest.code} both"), self.rows[whole] + beyond)
            row = self._add_row(rest._replace(code=f"{rest.code} beyond"), beyond)
            self.relations[both, (whole, row)] = None
            whole = both
        lacking = np.where(lacking > ADDS, lacking, 0)
        remains = (self._add_row(rest, lacking),) if lacking.any() else ()
        self.relations[whole, (*parts, *remains)] = None

    def _add_row(self, key: FigureKey, values: Floats) -> int:
        self.keys.append(key)
        self.rows.append(values)
        return len(self.keys) - 1

    def _add_block(self, measure: str, period: str, layers: Mapping[str, Frame]) -> None:
        """Fill the figures of one measure and period, layer by layer, and complete them."""
        wanted = {"measure": measure, "period": period}
        numbers = {name: self.labels[name].index(text) for name, text in wanted.items()}
        frames = {layer: frame.select(numbers) for layer, frame in layers.items()}
        shared = [self._find_codes(name, frames.values()) for name in ("discipline", "area")]
        axes = {
            layer: (*shared, self._find_codes(layer, [frame])) for layer, frame in frames.items()
        }
        arrays = {layer: self._fill(frame, layer, axes[layer]) for layer, frame in frames.items()}
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
                # Where nobody breaks it down by area, as periods shorter than a year, none is left.
                missing[(missing <= ADDS) | (axis == AREA_AXIS and not along[:-1].any())] = 0
                along = np.concatenate([along[:-1], missing[None], along[-1:]])
                complete = np.moveaxis(along, 0, axis)
            codes = [(*texts[:-1], UNSPECIFIED, texts[-1]) for texts in axes[layer]]
            self._add_cells(FigureKey(measure, period, "", "", layer), codes, complete, rows)

    def _find_codes(self, name: str, frames: Iterable[Frame]) -> tuple[str, ...]:
        """Return the codes of a dimension that occur in frames, and its total, which is last."""
        numbers = np.unique(np.concatenate([frame.codes[name] for frame in frames]))
        present = {self.labels[name][number] for number in numbers.tolist()}
        codes = (code for code in self.strata.codes(name) if code in present)
        return (*codes, self.strata.total(name))

    def _fill(self, frame: Frame, layer: str, axes: Sequence[Sequence[str]]) -> Floats:
        """Return discipline × area × code × contributor, the total last in each."""
        indices: list[Ints] = []
        for name, codes in zip(("discipline", "area", layer), axes, strict=True):
            place = {code: number for number, code in enumerate(codes)}
            places = np.array([place.get(code, -1) for code in self.labels[name]], np.int32)
            indices.append(places[frame.codes[name]])
        cells = np.zeros((*map(len, axes), len(self.contributors)))
        np.add.at(cells, (*indices, frame.codes["contributor"]), frame.values)
        return cells

    def _report_excess(self, measure: str, layer: str, wrong: Flags) -> None:
        """Record the contributors whose parts exceed their total."""
        for place in np.flatnonzero(wrong):
            self.unfit.append(IncomparableFigures(self.contributors[place], measure, layer, "", 1))

    def _add_cells(
        self,
        block: FigureKey,
        codes: Sequence[Sequence[str]],
        cells: Floats,
        rows: dict[FigureKey, int],
    ) -> None:
        """Add a row for each figure that is not zero, and relate totals to parts."""
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
                if parts:
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
