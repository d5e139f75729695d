"""Figures of many contributors, rolled up to the strata of the pool and added.

Each contributor's figures are rolled up alone: a figure it gives for a stratum counts as given,
else those that nest in it are added. Then contributors are added, figure by figure. What they do
not break down is kept as a part of its own (`UNSPECIFIED`), so that every total is the exact sum
of its parts: this is what disclosure control has to know.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from parvis.statistics.observations import Flags, Floats, Ints, Observations
from parvis.statistics.strata import ADDS, BASE, DIMENSIONS, LAYERS, REST, UNSPECIFIED, Key, Strata

_KEPT = ("contributor", "measure")


class Unfit(NamedTuple):
    """Figures of a contributor that cannot be compared with the pool's strata.

    `dimension` is where, `code` what; empty for parts that exceed their total.
    """

    contributor: str
    measure: str
    dimension: str
    code: str
    number: int


@dataclass(frozen=True)
class Pooled:
    """What each contributor (columns) brings to each figure (rows); all add up by `relations`.

    A relation is a figure's row and the rows of its parts, which are disjoint and complete.
    """

    keys: tuple[Key, ...]
    contributors: tuple[str, ...]
    values: Floats
    relations: tuple[tuple[int, tuple[int, ...]], ...]
    unfit: tuple[Unfit, ...] = ()


@dataclass
class _Frame:
    """Columns of numbers for what figures are of, and the values."""

    codes: dict[str, Ints]
    values: Floats


def aggregate(seen: Observations, strata: Strata) -> Pooled:
    """Roll observations up and add them; tells what could not be compared.

    Totals come first, each where it was given: who gives one place by age and another by channel
    has a total of both.
    """
    rolling = _Rolling(strata, {name: list(labels) for name, labels in seen.labels.items()})
    frame = _Frame(dict(seen.codes), seen.values)
    apart = {layer: rolling.alone(frame, layer) for layer in LAYERS}
    totals = _greatest([rolling.total(apart[layer], layer) for layer in LAYERS])
    layers = {layer: rolling.layer(apart[layer], totals, layer) for layer in LAYERS}
    return _Table(rolling, layers).pooled()


class _Rolling:
    """Rolls dimensions up, and keeps what does not fit."""

    def __init__(self, strata: Strata, names: dict[str, list[str]]) -> None:
        """Take the labels that codes are numbers of; targets are added to them."""
        self.strata, self.names, self.unfit = strata, names, list[Unfit]()

    def alone(self, frame: _Frame, layer: str) -> _Frame:
        """Leave a figure broken down by one layer at most."""
        for other in LAYERS:
            if other != layer:
                frame = self.total(frame, other, dropping=False)
                frame.codes.pop(other)
        return frame

    def total(self, frame: _Frame, layer: str, *, dropping: bool = True) -> _Frame:
        """Give the totals of a layer, without its column if it is to be dropped."""
        found = _rolled(frame, layer, self.names, self.strata, whole=True)
        if dropping:
            found.codes.pop(layer)
        return found

    def layer(self, frame: _Frame, totals: _Frame, layer: str) -> _Frame:
        """Give the figures of a layer with their totals, rolled up in all other dimensions."""
        parts = _rolled(frame, layer, self.names, self.strata, unfit=self.unfit)
        if (code := self.strata.total(layer)) not in self.names[layer]:
            self.names[layer].append(code)
        total = self.names[layer].index(code)
        inside = parts.codes[layer] != total
        codes = {name: column[inside] for name, column in parts.codes.items()}
        whole = {**totals.codes, layer: np.full(len(totals.values), total, np.int32)}
        joined = {name: np.concatenate([codes[name], whole[name]]) for name in codes}
        found = _Frame(joined, np.concatenate([parts.values[inside], totals.values]))
        for name in DIMENSIONS[: -len(LAYERS)]:
            told = self.unfit if layer == LAYERS[0] else None
            found = _rolled(found, name, self.names, self.strata, unfit=told)
        return found


def _greatest(frames: Sequence[_Frame]) -> _Frame:
    """Take of several ways to one total the greatest: each is of what is known at least."""
    names = list(frames[0].codes)
    codes = {name: np.concatenate([one.codes[name] for one in frames]) for name in names}
    values = np.concatenate([one.values for one in frames])
    order = np.lexsort([codes[name] for name in names])
    codes, values = {name: column[order] for name, column in codes.items()}, values[order]
    starts = _starts(codes, len(values))
    if not len(starts):
        return _Frame(codes, values)
    greatest = np.maximum.reduceat(values, starts)
    return _Frame({name: column[starts] for name, column in codes.items()}, greatest)


def _rolled(  # noqa: PLR0913 - what is rolled, and what is wanted of it
    frame: _Frame,
    name: str,
    names: dict[str, list[str]],
    strata: Strata,
    *,
    unfit: list[Unfit] | None = None,
    whole: bool = False,
) -> _Frame:
    """Roll one dimension up; to its total alone if it is the `whole` that is wanted.

    Figures that agree in everything else form a group; groups with the same codes share a plan.
    What does not fit is told to `unfit`.
    """
    nesting, labels = strata.nestings[name], names[name]
    others = [one for one in frame.codes if one != name]
    order = np.lexsort([frame.codes[one] for one in (name, *others)])
    codes = {one: some[order] for one, some in frame.codes.items()}
    codes, values = _summed(codes, frame.values[order])
    starts = _starts({one: codes[one] for one in others}, len(values))
    ends = np.append(starts[1:], len(values))[: len(starts)]
    alike: defaultdict[bytes, list[int]] = defaultdict(list)
    column = codes[name]
    for group, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        alike[column[start:end].tobytes()].append(group)
    number = {label: place for place, label in enumerate(labels)}
    rolled: list[tuple[Ints, int, Floats]] = []
    for pattern, groups in alike.items():
        given = [labels[one] for one in np.frombuffer(pattern, np.int32)]
        first = starts[np.array(groups)]
        for target, places in nesting.plan(given).items():
            if whole and target != nesting.total:
                continue
            if target not in number:
                number[target] = len(labels)
                labels.append(target)
            added = sum((values[first + place] for place in places), np.zeros(len(first)))
            rolled.append((first, number[target], added))
        if unfit is not None and name != "place":
            unfit += _unfit(name, nesting.unused(given), codes, first, names)
    return _joined(rolled, codes, others, name)


def _summed(codes: dict[str, Ints], values: Floats) -> tuple[dict[str, Ints], Floats]:
    """Add the figures of one contributor that have the same key: one of each dataset it gives."""
    starts = _starts(codes, len(values))
    if len(starts) == len(values):
        return codes, values
    return {one: some[starts] for one, some in codes.items()}, np.add.reduceat(values, starts)


def _starts(codes: Mapping[str, Ints], size: int) -> Ints:
    """Tell where a new group begins in sorted columns."""
    if not size:
        return np.zeros(0, np.int32)
    new = np.zeros(size, bool)
    new[0] = True
    for column in codes.values():
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new).astype(np.int32)


def _joined(
    rolled: Sequence[tuple[Ints, int, Floats]],
    codes: Mapping[str, Ints],
    others: Sequence[str],
    name: str,
) -> _Frame:
    """Put together what was rolled up."""
    rows = np.concatenate([one[0] for one in rolled]) if rolled else np.zeros(0, np.int32)
    found = {one: codes[one][rows] for one in others}
    numbers = [np.full(len(first), code, np.int32) for first, code, _ in rolled]
    found[name] = np.concatenate(numbers) if rolled else np.zeros(0, np.int32)
    values = np.concatenate([one[2] for one in rolled]) if rolled else np.zeros(0)
    return _Frame(found, values)


def _unfit(
    name: str,
    unused: Sequence[str],
    codes: Mapping[str, Ints],
    first: Ints,
    names: Mapping[str, Sequence[str]],
) -> Iterator[Unfit]:
    """Tell whose figures do not fit, with their number."""
    if unused:
        pairs = np.stack([codes[one][first] for one in _KEPT])
        who, counts = np.unique(pairs, axis=1, return_counts=True)
        for (contributor, measure), count in zip(who.T.tolist(), counts.tolist(), strict=True):
            told = names["contributor"][contributor], names["measure"][measure]
            yield from (Unfit(*told, name, code, count) for code in unused)


class _Table:
    """The figures of each measure and period as a dense array, where totals are completed."""

    def __init__(self, rolling: _Rolling, layers: Mapping[str, _Frame]) -> None:
        """Take what was rolled up."""
        self.names: Mapping[str, Sequence[str]] = rolling.names
        self.strata, self.unfit, self.layers = rolling.strata, rolling.unfit, layers
        self.who = tuple(rolling.names["contributor"])
        self.keys: list[Key] = []
        self.rows: list[Floats] = []
        self.relations: list[tuple[int, tuple[int, ...]]] = []

    def pooled(self) -> Pooled:
        """Give the figures that somebody brings something to, and how they add up."""
        for measure, period in self._blocks():
            self._block(measure, period)
        self._relate_bases()
        values = np.array(self.rows) if self.rows else np.zeros((0, len(self.who)))
        told = _told(self.unfit)
        return Pooled(tuple(self.keys), self.who, values, tuple(self.relations), told)

    def _blocks(self) -> list[tuple[str, str]]:
        """Give the measures and periods that there are."""
        found = set()
        for frame in self.layers.values():
            pairs = np.stack([frame.codes["measure"], frame.codes["period"]])
            found |= {tuple(one) for one in np.unique(pairs, axis=1).T.tolist()}
        said = ((self.names["measure"][one], self.names["period"][other]) for one, other in found)
        return sorted(said)

    def _block(self, measure: str, period: str) -> None:
        """Fill one block, layer by layer, and complete it."""
        filled = {layer: self._filled(layer, measure, period) for layer in LAYERS}
        totals = np.maximum.reduce([one[:, :, -1, :] for one in filled.values()])
        wrong = _exceeds(totals)
        self._refuse(measure, "", wrong)
        totals[..., wrong] = 0
        rows: dict[Key, int] = {}
        for layer, cells in filled.items():
            cells[..., wrong] = 0
            cells[:, :, -1, :] = totals
            over = (_exceeds(cells) | (_short(cells))) & ~wrong
            self._refuse(measure, layer, over)
            cells[:, :, :-1, over] = 0
            self._add(measure, period, layer, _completed(cells), rows)

    def _relate_bases(self) -> None:
        """Say that a base is the figure of which it is the base, and the rest."""
        rows = {key: row for row, key in enumerate(self.keys)}
        for base, whole in [one for one in rows.items() if one[0].measure.endswith(BASE)]:
            part = rows.get(base._replace(measure=base.measure.removesuffix(BASE)))
            if part is not None:
                self.relations.append((whole, (part, len(self.keys))))
                self.keys.append(base._replace(measure=base.measure + REST))
                self.rows.append(np.maximum(self.rows[whole] - self.rows[part], 0))

    def _filled(self, layer: str, measure: str, period: str) -> Floats:
        """Give discipline × area × code × contributor, the total last in each."""
        frame, places = self.layers[layer], {}
        for name in ("discipline", "area", layer):
            told = (*self.strata.codes(name), self.strata.total(name))
            place = {code: number for number, code in enumerate(told)}
            places[name] = np.array([place.get(code, -1) for code in self.names[name]], np.int32)
        known = [self.strata.codes(name) for name in ("discipline", "area", layer)]
        cells = np.zeros((*(len(some) + 1 for some in known), len(self.who)))
        mine = (frame.codes["measure"] == self.names["measure"].index(measure)) & (
            frame.codes["period"] == self.names["period"].index(period)
        )
        at = [places[name][frame.codes[name][mine]] for name in ("discipline", "area", layer)]
        np.add.at(cells, (*at, frame.codes["contributor"][mine]), frame.values[mine])
        return cells

    def _refuse(self, measure: str, layer: str, wrong: Flags) -> None:
        """Say whose parts exceed their total."""
        found = (self.who[place] for place in np.flatnonzero(wrong))
        self.unfit += [Unfit(one, measure, layer, "", 1) for one in found]

    def _add(
        self, measure: str, period: str, layer: str, cells: Floats, rows: dict[Key, int]
    ) -> None:
        """Give a row to each figure that is not nought, and relate totals to parts."""
        told = [
            (*self.strata.codes(name), UNSPECIFIED, self.strata.total(name))
            for name in ("discipline", "area", layer)
        ]
        number = np.full(cells.shape[:3], -1)
        for at in np.argwhere(cells.any(axis=3)).tolist():
            codes = [told[axis][place] for axis, place in enumerate(at)]
            layered = (layer, codes[2]) if at[2] < len(told[2]) - 1 else ()
            key = Key(measure, period, codes[0], codes[1], *layered)
            if key not in rows:
                rows[key] = len(self.keys)
                self.keys.append(key)
                self.rows.append(cells[tuple(at)])
            number[tuple(at)] = rows[key]
        known = set(self.relations)
        for axis in range(3):
            turned = np.moveaxis(number, axis, 0)
            for at in np.argwhere(turned[-1] >= 0).tolist():
                parts = turned[:-1, at[0], at[1]]
                said = int(turned[-1, at[0], at[1]]), tuple(int(one) for one in parts if one >= 0)
                if said not in known:
                    self.relations.append(said)
                    known.add(said)


def _exceeds(cells: Floats) -> Flags:
    """Say of which contributors the parts exceed a total by discipline or by area."""
    found = np.zeros(cells.shape[-1], bool)
    for axis in (0, 1):
        turned = np.moveaxis(cells, axis, 0)
        over = turned[:-1].sum(axis=0) > turned[-1] + ADDS
        found |= over.any(axis=tuple(range(over.ndim - 1)))
    return found


def _short(cells: Floats) -> Flags:
    """Say of which contributors the parts of a layer exceed the total."""
    over = cells[:, :, :-1].sum(axis=2) > cells[:, :, -1] + ADDS
    found: Flags = over.any(axis=(0, 1))
    return found


def _completed(cells: Floats) -> Floats:
    """Put before each total the part of it that is not broken down."""
    for axis in range(3):
        turned = np.moveaxis(cells, axis, 0)
        rest = np.maximum(turned[-1] - turned[:-1].sum(axis=0), 0)
        rest[rest <= ADDS] = 0
        cells = np.moveaxis(np.concatenate([turned[:-1], rest[None], turned[-1:]]), 0, axis)
    return cells


def _told(unfit: Sequence[Unfit]) -> tuple[Unfit, ...]:
    """Add what is said several times of the same code."""
    counts: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for one in unfit:
        counts[one[:4]] = max(counts[one[:4]], one.number)
    return tuple(Unfit(*said, count) for said, count in sorted(counts.items()))
