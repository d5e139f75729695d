"""An attacker who also knows the seats of rooms, and that attendance is tickets sold and given.

It knows which partners are behind each figure: of each, no more tickets can be sold and given than
it had seats.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import highspy
import numpy as np
from attacking import NEAR, Attack, Stage
from box_office_pools import ATTENDED, GIVEN, SOLD

from parvis.statistics.aggregation import PooledFigures
from parvis.statistics.disclosure.release import ControlledRelease
from parvis.statistics.strata import KNOWN, FigureKey

Seats = Callable[[FigureKey], Mapping[str, float]]
"""The seats that each partner had where a figure counts, in whatever measure."""


class Limit(NamedTuple):
    """Figures that together are no more than the seats of those who bring something to them."""

    places: tuple[int, ...]
    seats: Mapping[str, float]

    def bound(self, member: str, own: float) -> float:
        """Return the bound for a member, who knows its own tickets and the seats of others."""
        return sum(seats for name, seats in self.seats.items() if name != member) + own


class Identity(NamedTuple):
    """A figure of attendance, and the tickets that add up to it."""

    whole: int
    parts: tuple[int, ...]


@dataclass
class InformedAttack(Attack):
    """Everything that releases publish, and what everyone knows of rooms and tickets.

    `adds_up`: attendance is tickets sold and given, as in the six figures; else it is counted at
    the door.
    """

    seats: Seats | None = None
    adds_up: bool = True
    member: str = ""
    limits: list[Limit] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)

    def add(self, release: ControlledRelease) -> None:
        """Add a release, and what follows from seats for its figures."""
        release = without_known(release)
        super().add(release)
        rows: dict[FigureKey, dict[str, int]] = {}
        brought: dict[FigureKey, set[str]] = {}
        names = release.pooled.contributors
        for key, row in zip(release.pooled.keys, release.pooled.values, strict=True):
            amounts = {name: float(value) for name, value in zip(names, row, strict=True) if value}
            if key.measure in {SOLD, GIVEN, ATTENDED} and not key.hidden:
                bare = key._replace(measure="")
                rows.setdefault(bare, {})[key.measure] = self._figure(key, amounts)
                brought.setdefault(bare, set()).update(amounts)
        for bare, places in rows.items():
            seats = self.seats(bare) if self.seats is not None else {}
            tickets = tuple(places[name] for name in (SOLD, GIVEN) if name in places)
            if self.adds_up and tickets and ATTENDED in places:
                sums: Counter[str] = Counter()
                for place in tickets:
                    sums.update(self.values[place])
                # Who counts at the door, or by other periods, does not add up.
                if sums == self.values[places[ATTENDED]]:
                    self.identities.append(Identity(places[ATTENDED], tickets))
            if self.seats is not None:
                known = {name: seats[name] for name in brought[bare]}
                if tickets:
                    self.limits.append(Limit(tickets, known))
                if ATTENDED in places:
                    self.limits.append(Limit((places[ATTENDED],), known))

    def _recovered(self, member: str, rounding: float) -> list[tuple[str, FigureKey]]:
        self.member = member
        own = [self._own(place) for place in range(len(self.values))]
        # Tables found for others serve again only if they fit what this member knows.
        for limit in self.limits:
            sums = self.tables[:, list(limit.places)].sum(axis=1)
            bound = limit.bound(member, sum(own[place] for place in limit.places))
            self.tables = self.tables[sums < bound + NEAR]
        return super()._recovered(member, rounding)

    def _own(self, place: int) -> float:
        return self.values[place].get(self.member, 0.0)

    def solver(self, own: "list[float]", rounding: float, stage: Stage) -> highspy.Highs:  # type: ignore[override]
        """Build the programme after a release, with the bounds of rooms."""
        solver = super().solver(own, rounding, stage)
        for places, seats in self.limits:
            if max(places) < stage.values:
                known = sum(own[place] for place in places)
                bound = Limit(places, seats).bound(self.member, known)
                index = np.array(places, np.int32)
                solver.addRow(
                    -highspy.kHighsInf, bound + rounding, len(index), index, np.ones(len(index))
                )
        for whole, parts in self.identities:
            if max(whole, *parts) < stage.values:
                index = np.array([whole, *parts], np.int32)
                signs = np.array([1.0, *(-1.0 for _ in parts)])
                solver.addRow(-2 * rounding, 2 * rounding, len(index), index, signs)
        return solver


def without_known(release: ControlledRelease) -> ControlledRelease:
    """Return a release without the seats and performances, which are public anyway."""
    pooled = release.pooled
    kept = [n for n, key in enumerate(pooled.keys) if not key.measure.startswith(KNOWN)]
    numbers = {n: place for place, n in enumerate(kept)}
    relations = tuple(
        (numbers[whole], tuple(numbers[part] for part in parts))
        for whole, parts in pooled.relations
        if whole in numbers
    )
    keys = tuple(pooled.keys[n] for n in kept)
    rows = PooledFigures(keys, pooled.contributors, pooled.values[kept], relations)
    repeats = {numbers[n]: row for n, row in release.repeats.items() if n in numbers}
    return ControlledRelease(rows, release.published[kept], {}, 0, 0, repeats)
