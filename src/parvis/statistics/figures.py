"""Figures of a release as they are published, and how much of the pool they cover."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from parvis.statistics.disclosure.release import ControlledRelease
from parvis.statistics.strata import FigureKey, owner

STEPS = (3, 4, 5, 10, 20, 50, 100)
"""Published numbers of contributors: at least so many."""


def round_figure(value: int, name: str, key: bytes, base: int) -> int:
    """Round a figure to a multiple of a base; figures are whole, and margins rounded on their own.

    >>> round_figure(20, "all", b"key", 5), round_figure(22, "all", b"key", 5) in {20, 25}
    (20, True)
    """
    quotient, remainder = divmod(value, base)
    if not remainder:
        return value
    # A keyed digest decides between the two multiples, so that the same figure of the same content
    # is always the same (rule 6); the nearer one is drawn more often, so that it is unbiased.
    digest = hmac.new(key, f"{name}\n{value}".encode(), sha256).digest()
    drawn = int.from_bytes(digest[:8], "big")
    return base * (quotient + (drawn * base < remainder * (1 << 64)))


@dataclass(frozen=True)
class ReleaseFigure:
    """One figure: its rounded `value` if it is published, and what only the third party may see.

    `contributions` are the part of each contributor, of a `repeated` figure as it was when it was
    last published; `reasons` are the rules by which it is not published as it is now (`current`).
    `coverage` is the share of the known venues that it was published with.
    """

    key: FigureKey
    value: int | None
    contributions: Mapping[str, float]
    reasons: frozenset[int]
    current: Mapping[str, float] = field(default_factory=dict)
    repeated: bool = False
    coverage: float | None = None

    @property
    def contributors(self) -> frozenset[str]:
        return frozenset(map(owner, self.contributions))

    @property
    def changes(self) -> dict[str, float]:
        """What each contributor changed since a repeated figure was last published."""
        before = self.contributions if self.repeated else self.current
        names = sorted({*self.current, *before})
        changes = {name: self.current.get(name, 0.0) - before.get(name, 0.0) for name in names}
        return {name: change for name, change in changes.items() if change}

    @property
    def total(self) -> float:
        """The exact figure, which is never published."""
        return sum(self.contributions.values())


def build_figures(controlled: ControlledRelease, key: bytes, base: int) -> list[ReleaseFigure]:
    """Return the figures of a release, published or not, in their order."""
    pooled, release = controlled.pooled, []
    for place, (name, row) in enumerate(zip(pooled.keys, pooled.values, strict=True)):
        if name.hidden:
            continue
        current = {
            pooled.contributors[column]: float(row[column]) for column in np.flatnonzero(row)
        }
        # A repeated figure is rounded from its former value, so that it is published unchanged.
        repeated = controlled.repeats.get(place)
        parts, value = (current if repeated is None else repeated), None
        if controlled.published[place] or repeated is not None:
            value = round_figure(round(sum(parts.values())), "\n".join(name), key, base)
        figure = ReleaseFigure(
            key=name,
            value=value,
            contributions=parts,
            reasons=controlled.reasons.get(place, frozenset()),
            current=current,
            repeated=repeated is not None,
            coverage=controlled.coverage.get(place),
        )
        release.append(figure)
    return sorted(release, key=lambda figure: figure.key)


def contributor_step(count: int, least: int) -> str:
    """Return the step of a number of contributors.

    >>> contributor_step(7, 3), contributor_step(3, 3), contributor_step(5, 4)
    ('5+', '3+', '5+')
    """
    return f"{max(number for number in (least, *STEPS) if number <= max(count, least))}+"


def published_shares(pool: Iterable[ReleaseFigure]) -> dict[str, float]:
    """Return the share of the figures that is published, and the share of what they count."""
    release = list(pool)
    published = [figure for figure in release if figure.value is not None]
    # Each layer counts the same persons again: the share is of all that the figures count.
    total = sum(figure.total for figure in release)
    counted = sum(figure.total for figure in published)
    return {
        "figures": round(len(published) / len(release), 4) if release else 0.0,
        "counted": round(counted / total, 4) if total else 0.0,
    }
