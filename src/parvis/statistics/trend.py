"""The trend of pooled figures: each next to that of the same period of the year before.

Two figures compare where the same contributors brought something to both, and both are published.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parvis.statistics.cube import CubeFigure
from parvis.statistics.figures import ReleaseFigure

YEAR = re.compile(r"\d{4}")


def year_before(period: str) -> str | None:
    """Return the same period of the year before; None for a period that names no year.

    >>> year_before("period/2026-Q1"), year_before("period/2025-2026"), year_before("period/m1")
    ('period/2025-Q1', 'period/2024-2025', None)
    """
    head, slash, code = period.rpartition("/")
    earlier = YEAR.sub(lambda year: f"{int(year[0]) - 1:04}", code)
    return None if earlier == code else f"{head}{slash}{earlier}"


def are_comparable(figure: ReleaseFigure, before: ReleaseFigure) -> bool:
    """Return whether two figures are published, of the same contributors, whatever each brought."""
    # Sums over those who are in both periods would be figures of their own: next to the published
    # ones, what is left is that of whoever joined or left, often of one partner. Where nobody did,
    # the index is a ratio of two published figures and reveals nothing more than them. That they
    # are of the same contributors is no secret either: disclosure control takes for known which
    # partners each figure is of. Of a figure that is repeated it is those of its last publication,
    # so that this does not change while the figure does not.
    published = figure.value is not None and before.value is not None
    return published and figure.contributors == before.contributors


@dataclass(frozen=True)
class YearChange:
    """A published figure and that of the same stratum, in the same period of the year before.

    `comparable` is true if both are of the same contributors.
    """

    figure: CubeFigure
    before: CubeFigure
    comparable: bool

    @property
    def index(self) -> float | None:
        """100 times the figure by that of the year before; None where they do not compare."""
        value, base = self.figure.value, self.before.value
        return 100 * value / base if self.comparable and value is not None and base else None

    def compute_margin(self, rounding_base: int) -> float | None:
        """Return by how many points the rounding of both figures moves the index at most."""
        value, base, off = self.figure.value, self.before.value, rounding_base - 1
        if self.index is None or value is None or base is None or base <= off:
            return None
        return 100 * (value + off) / (base - off) - self.index


def list_changes(figures: Iterable[CubeFigure]) -> list[YearChange]:
    """Return each published figure that has one of a year before, be it suppressed, in their order.

    `figures` are of one release. A release that marks none as comparable was made before figures
    were marked: nothing is known of it.
    """
    by_stratum: Mapping[tuple[str, ...], CubeFigure] = {f.stratum: f for f in figures}
    if not any(figure.comparable_with for figure in by_stratum.values()):
        return []
    changes = []
    for (measure, period, *layers), figure in by_stratum.items():
        earlier = year_before(period)
        if figure.value is None or earlier is None:
            continue
        before = by_stratum.get((measure, earlier, *layers))
        if before is not None:
            changes.append(YearChange(figure, before, figure.comparable_with == before.iri))
    return changes
