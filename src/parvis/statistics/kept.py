"""What is kept of a release so that the next can be held against it, as plain data.

It holds figures of contributors: it is the host's alone, and what figures were made of goes when
a dataset that they came from is deleted. What stays tells, by keyed digests, whether a figure is
still the same.
"""

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from parvis.statistics.aggregation import Pooled
from parvis.statistics.observations import Flags
from parvis.statistics.release import Controlled, Earlier
from parvis.statistics.strata import Key


@dataclass(frozen=True)
class Kept:
    """A release: its figures, which were told, and by digest what each was made of.

    `repeats` are the figures that an earlier one stands for, with what contributors brought to it,
    and `coverage` the share of venues that figures were published with, None for none; both by
    place. `pooled` is None once it was forgotten, and `repeats` are empty then.
    """

    keys: tuple[Key, ...]
    told: tuple[bool, ...]
    marks: tuple[str, ...]
    pooled: Pooled | None
    repeats: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    coverage: Mapping[int, float | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        pooled: Pooled,
        told: Flags,
        key: bytes,
        repeats: Mapping[int, Mapping[str, float]] | None = None,
    ) -> Self:
        """Keep a release."""
        marks = tuple(marks_of(pooled, key))
        return cls(pooled.keys, tuple(map(bool, told.tolist())), marks, pooled, repeats or {})

    @property
    def earlier(self) -> Earlier | None:
        """Return what the next release of its edition is held against, if it is still known."""
        return self.held_against(same_edition=True)

    def held_against(self, *, same_edition: bool, gone: Collection[str] = ()) -> Earlier | None:
        """Return what a release is held against, if it is still known; terms as of `Earlier`."""
        if self.pooled is None:
            return None
        told, repeated = np.array(self.told, bool), frozenset(self.repeats)
        return Earlier(self.pooled, told, repeated, same_edition, frozenset(gone))

    def controlled(self, reasons: Mapping[str, Sequence[int]]) -> Controlled | None:
        """Return the release as it was decided, if it is still known."""
        if self.pooled is None:
            return None
        rules = {int(place): frozenset(numbers) for place, numbers in reasons.items()}
        return Controlled(
            self.pooled, np.array(self.told, bool), rules, 0, 0, self.repeats, self.coverage
        )

    def forgotten(self) -> Self:
        """Return it without what contributors brought."""
        return replace(self, pooled=None, repeats={})

    @property
    def known(self) -> set[tuple[Key, str]]:
        """Give the figures that were told, by what each was made of."""
        marked = zip(self.keys, self.marks, self.told, strict=True)
        return {(key, mark) for key, mark, told in marked if told}

    def frozen(
        self, pooled: Pooled, key: bytes, known: Collection[tuple[Key, str]] = ()
    ) -> set[Key]:
        """Give the figures that may not be told since what was told before cannot be audited.

        Of each measure and period, only what was told then and is the same still may be, or what
        is `known` from other releases: it tells nothing new.
        """
        if self.pooled is not None:
            return set()
        same = self.known | set(known)
        blocks = {(one.measure, one.period) for one in self.keys}
        return {
            one
            for one, mark in zip(pooled.keys, marks_of(pooled, key), strict=True)
            if (one.measure, one.period) in blocks and (one, mark) not in same
        }

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data; of each figure only what is not nought."""
        made = self.pooled and {
            "contributors": self.pooled.contributors,
            "values": [
                {str(place): float(row[place]) for place in np.flatnonzero(row).tolist()}
                for row in self.pooled.values
            ],
            "relations": self.pooled.relations,
        }
        return {
            "keys": [list(one) for one in self.keys],
            "told": self.told,
            "marks": self.marks,
            "made": made,
            "repeats": self.repeats,
            "coverage": self.coverage,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read it back."""
        keys = tuple(Key(*one) for one in found["keys"])
        told, marks = tuple(found["told"]), tuple(found["marks"])
        pooled = _pooled(keys, found["made"]) if found["made"] else None
        # A file of version 0.1 has neither of these.
        repeats, coverage = (
            {int(place): value for place, value in found.get(name, {}).items()}
            for name in ("repeats", "coverage")
        )
        return cls(keys, told, marks, pooled, repeats, coverage)


def marks_of(pooled: Pooled, key: bytes) -> list[str]:
    """Digest what each figure is made of, by a key: nobody else can guess it."""
    found = []
    for name, row in zip(pooled.keys, pooled.values, strict=True):
        made = sorted((pooled.contributors[one], float(row[one])) for one in np.flatnonzero(row))
        found.append(hmac.new(key, repr((tuple(name), made)).encode(), "sha256").hexdigest()[:32])
    return found


def _pooled(keys: tuple[Key, ...], made: Mapping[str, Any]) -> Pooled:
    values = np.zeros((len(keys), len(made["contributors"])))
    for row, some in enumerate(made["values"]):
        for place, value in some.items():
            values[row, int(place)] = value
    relations = tuple((int(whole), tuple(parts)) for whole, parts in made["relations"])
    return Pooled(keys, tuple(made["contributors"]), values, relations)
