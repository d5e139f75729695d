"""The figures of all releases as one system of unknowns and sums.

A figure that did not change is one unknown in all releases, one that did change is another. Between
two of them stand what was gained and what was lost, which may be what one contributor brings alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from parvis.statistics.aggregation import Pooled
from parvis.statistics.moves import EXACT
from parvis.statistics.observations import Flags, Floats, Ints
from parvis.statistics.strata import Key, owner, part


class System:
    """Unknowns by number: of each what contributors bring, and which figure it is.

    One without a key is what was gained or lost between two figures; `changes` are those with which
    somebody came or went. `relations` are unknowns and coefficients that sum to nought.
    """

    def __init__(self, contributors: Iterable[str]) -> None:
        """Begin without any; beside contributors stand their partners, whoever reads what."""
        names = set(contributors)
        everyone = sorted({*names, *map(part, names), *map(owner, names)})
        self.contributors = {one: place for place, one in enumerate(everyone)}
        self._parts, self._owners = self._places(part), self._places(owner)
        self.values: list[Floats] = []
        self.keys: list[Key | None] = []
        self.relations: dict[tuple[tuple[int, ...], tuple[float, ...]], None] = {}
        self._versions: defaultdict[Key, dict[bytes, int]] = defaultdict(dict)
        self.changes: list[int] = []

    def add(self, pooled: Pooled) -> list[int]:
        """Take in the figures of a release; gives the unknown that each is."""
        places = [self.contributors[one] for one in pooled.contributors]
        wide = np.zeros((len(pooled.keys), len(self.contributors)))
        wide[:, places] = pooled.values
        found = [self._figure(key, row) for key, row in zip(pooled.keys, wide, strict=True)]
        for whole, parts in pooled.relations:
            self._relate(
                [found[whole], *(found[one] for one in parts)], [1.0] + [-1.0] * len(parts)
            )
        return found

    def _places(self, name: Callable[[str], str]) -> Ints:
        return np.array([self.contributors[name(one)] for one in self.contributors], np.int32)

    def _figure(self, key: Key, row: Floats) -> int:
        """Give the unknown of a figure made of these parts, and relate it to former ones."""
        known = self._versions[key]
        mark = np.round(row, 3).tobytes()
        if mark not in known:
            number = self._unknown(row, key)
            for former in known.values():
                self._change(former, number)
            known[mark] = number
        return known[mark]

    def _unknown(self, row: Floats, key: Key | None) -> int:
        self.values.append(row)
        self.keys.append(key)
        return len(self.values) - 1

    def _change(self, former: int, latter: int) -> None:
        """Put what was gained and what was lost between two figures, as far as there is any."""
        before, after = self.values[former], self.values[latter]
        by, figures, signs = self._net(after - before), [latter, former], [1.0, -1.0]
        for some, sign in ((by, -1.0), (-by, 1.0)):
            if (some > 0).any():
                figures.append(self._unknown(np.maximum(some, 0), None))
                signs.append(sign)
        if (self._present(before) != self._present(after)).any():
            self.changes += figures[2:]
        self._relate(figures, signs)

    def _net(self, by: Floats) -> Floats:
        """Give what changed, a partner's gains and losses held against one another.

        Who may read its figures may have changed, or what they go into: they are the same figures.
        """
        gained, lost = (self._added(self._owners, np.maximum(some, 0)) for some in (by, -by))
        mixed = (gained > 0) & (lost > 0)
        found = np.where(mixed[self._owners], 0, by) + np.where(mixed, gained - lost, 0)
        found[np.abs(found) < EXACT] = 0
        return np.asarray(found)

    def _present(self, row: Floats) -> Flags:
        """Say which parts are in a figure, whoever may read them."""
        return self._added(self._parts, row) > 0

    def _added(self, places: Ints, row: Floats) -> Floats:
        return np.asarray(np.bincount(places, row, len(row)), np.float64)

    def _relate(self, figures: Sequence[int], signs: Sequence[float]) -> None:
        """Say that figures, so signed, sum to nought."""
        if len(set(figures)) > 1:
            self.relations[tuple(figures), tuple(signs)] = None
