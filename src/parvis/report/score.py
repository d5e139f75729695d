"""The quality of data in one number, and what would raise it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any, Self

from parvis.report.report import Finding, Kind, Report, Severity

WEIGHTS = {
    Severity.INFO: Fraction(0),
    Severity.WARNING: Fraction(1, 2),
    Severity.VIOLATION: Fraction(1),
}
"""The part of a point that a finding costs: nothing for a notice."""

Subject = tuple[str | None, ...]
Broken = dict[Kind, Fraction]


@dataclass(frozen=True)
class Score:
    """A number from 0 to 100: the share of focus nodes and rows that are in order.

    Each focus node, once per shape that targets it, and each row of a source counts one point: none
    with a violation, half a point with a warning. `value` is their mean in per cent, None if
    nothing was checked. `gains` are the points that repairing each rule would bring: the loss of a
    node or row is shared among the rules that it breaks, by their weights, so that all gains
    together lead to 100. Each finding that was counted but not kept is taken as one about a subject
    of its own.
    """

    value: float | None
    gains: Mapping[Kind, float]

    @classmethod
    def of(cls, report: Report) -> Self:
        looked_at = sum(report.checked.values()) + report.rows
        if not looked_at:
            return cls(None, {})
        lost: Broken = defaultdict(Fraction)
        by_subject: dict[Subject, Broken] = {}
        for finding in report.findings:
            rule = finding.rule, finding.severity
            by_subject.setdefault(_subject_of(finding), {})[rule] = WEIGHTS[finding.severity]
        for broken in by_subject.values():
            total_weight = sum(broken.values())
            for kind, weight in broken.items():
                lost[kind] += max(broken.values()) * weight / total_weight if total_weight else 0
        for kind, count in report.more.items():
            lost[kind] += count * WEIGHTS[kind[1]]
        total = max(Fraction(looked_at), sum(lost.values(), Fraction(0)))
        gains = {kind: float(100 * loss / total) for kind, loss in lost.items() if loss}
        remains = 100 * (1 - sum(lost.values(), Fraction(0)) / total)
        order = sorted(gains, key=lambda kind: (-gains[kind], kind))
        return cls(
            # The value is rounded down, so that 100 means perfect.
            value=floor(remains * 10) / 10,
            gains={kind: gains[kind] for kind in order},
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "raise": [
                {"rule": rule, "severity": severity.name.lower(), "points": round(points, 2)}
                for (rule, severity), points in self.gains.items()
            ],
        }


def _subject_of(finding: Finding) -> Subject:
    # A finding is about a focus node under a shape, else about a row, else about all data.
    if finding.focus is not None:
        return finding.focus, finding.shape
    place = finding.place
    if place is not None and place.row is not None:
        return place.file, place.sheet, str(place.row)
    return (finding.rule,)
