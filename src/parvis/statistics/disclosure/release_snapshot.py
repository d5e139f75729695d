"""A release as data, stored so that the next one can be controlled against it.

It holds figures of contributors, so only the third party may read it; they are removed when a
dataset that they came from is deleted. Keyed digests remain, which show whether a figure is still
the same.
"""

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from parvis.statistics.aggregation import PooledFigures
from parvis.statistics.disclosure.release import ControlledRelease, EarlierRelease
from parvis.statistics.rolling_up import Flags
from parvis.statistics.strata import FigureKey


@dataclass(frozen=True)
class ReleaseSnapshot:
    """A release: its figures, which were published, and a digest of the parts of each.

    `repeats` are the figures that an earlier one replaces, with what contributors brought to it,
    and `coverage` the share of venues that figures were published with, None for none; both by
    place. `pooled` is None once the contributors' figures were removed, and `repeats` is empty
    then.
    """

    keys: tuple[FigureKey, ...]
    published: tuple[bool, ...]
    marks: tuple[str, ...]
    pooled: PooledFigures | None
    repeats: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    coverage: Mapping[int, float | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        pooled: PooledFigures,
        published: Flags,
        key: bytes,
        repeats: Mapping[int, Mapping[str, float]] | None = None,
    ) -> Self:
        marks = tuple(compute_marks(pooled, key))
        flags = tuple(map(bool, published.tolist()))
        return cls(pooled.keys, flags, marks, pooled, repeats or {})

    @property
    def earlier(self) -> EarlierRelease | None:
        """This release as the next one of its edition is compared with it; None once removed."""
        return self.as_earlier(same_edition=True)

    def as_earlier(
        self, *, same_edition: bool, gone: Collection[str] = ()
    ) -> EarlierRelease | None:
        """Return this release as a later one is compared with it, or None once removed."""
        if self.pooled is None:
            return None
        published, repeated = np.array(self.published, bool), frozenset(self.repeats)
        return EarlierRelease(self.pooled, published, repeated, same_edition, frozenset(gone))

    def restore_control(self, reasons: Mapping[str, Sequence[int]]) -> ControlledRelease | None:
        """Return the release as it was decided; None once its figures were removed."""
        if self.pooled is None:
            return None
        rules = {int(place): frozenset(numbers) for place, numbers in reasons.items()}
        return ControlledRelease(
            self.pooled, np.array(self.published, bool), rules, 0, 0, self.repeats, self.coverage
        )

    def without_contributions(self) -> Self:
        """Return the release without contributors' figures."""
        return replace(self, pooled=None, repeats={})

    @property
    def published_marks(self) -> set[tuple[FigureKey, str]]:
        """The published figures, each with the digest of its parts."""
        figures = zip(self.keys, self.marks, self.published, strict=True)
        return {(key, mark) for key, mark, published in figures if published}

    def find_frozen(
        self, pooled: PooledFigures, key: bytes, public: Collection[tuple[FigureKey, str]] = ()
    ) -> set[FigureKey]:
        """Return the figures that may not be published, since this release cannot be audited."""
        if self.pooled is not None:
            return set()
        # Of its measures and periods only what was published before, by this release or by others
        # (`public`), and is the same may be published: it reveals nothing new.
        published = self.published_marks | set(public)
        blocks = {(figure.measure, figure.period) for figure in self.keys}
        return {
            figure
            for figure, mark in zip(pooled.keys, compute_marks(pooled, key), strict=True)
            if (figure.measure, figure.period) in blocks and (figure, mark) not in published
        }

    def to_json(self) -> dict[str, Any]:
        parts = self.pooled and {
            "contributors": self.pooled.contributors,
            # Rows are sparse: most contributors bring nothing to most figures.
            "values": [
                {str(place): float(row[place]) for place in np.flatnonzero(row).tolist()}
                for row in self.pooled.values
            ],
            "relations": self.pooled.relations,
        }
        return {
            "keys": [list(key) for key in self.keys],
            "told": self.published,
            "marks": self.marks,
            "made": parts,
            "repeats": self.repeats,
            "coverage": self.coverage,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        keys = tuple(FigureKey(*fields) for fields in document["keys"])
        published, marks = tuple(document["told"]), tuple(document["marks"])
        pooled: PooledFigures | None = None
        if parts := document["made"]:
            values = np.zeros((len(keys), len(parts["contributors"])))
            for row, by_contributor in enumerate(parts["values"]):
                for place, value in by_contributor.items():
                    values[row, int(place)] = value
            relations = tuple((int(total), tuple(addends)) for total, addends in parts["relations"])
            pooled = PooledFigures(keys, tuple(parts["contributors"]), values, relations)
        # A file of version 0.1 has neither of these.
        repeats, coverage = (
            {int(place): value for place, value in document.get(name, {}).items()}
            for name in ("repeats", "coverage")
        )
        return cls(keys, published, marks, pooled, repeats, coverage)


def compute_marks(pooled: PooledFigures, key: bytes) -> list[str]:
    """Return a digest of the parts of each figure, keyed so that nobody else can guess them."""
    marks = []
    for name, row in zip(pooled.keys, pooled.values, strict=True):
        parts = sorted(
            (pooled.contributors[column], float(row[column])) for column in np.flatnonzero(row)
        )
        mark = hmac.new(key, repr((tuple(name), parts)).encode(), "sha256").hexdigest()[:32]
        marks.append(mark)
    return marks
