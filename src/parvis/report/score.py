"""How good data are, in one number, and what would raise it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
"""What a thing loses of its point by its gravest finding: a notice costs nothing."""

Thing = tuple[str | None, ...]
Broken = dict[Kind, Fraction]


@dataclass(frozen=True)
class Score:
    """A number from 0 to 100: the share of what was looked at that is in order.

    Looked at were each focus node, once for each shape that targets it, and each row of a source.
    Each gives one point: none with a violation, half a one with a warning. `value` is their mean
    in per cent, None if nothing was looked at. `gains` are the points that repairing each rule
    would bring: what a thing loses is shared among the rules that it breaks, by their weights, so
    that all gains together lead to 100. Findings that were counted but not kept are taken for one
    thing each.
    """

    value: float | None
    gains: Mapping[Kind, float]

    @classmethod
    def of(cls, report: Report) -> Self:
        """Score a report."""
        looked_at = sum(report.checked.values()) + report.rows
        if not looked_at:
            return cls(None, {})
        lost = _lost(report)
        whole = max(Fraction(looked_at), sum(lost.values(), Fraction(0)))
        gains = {kind: float(100 * one / whole) for kind, one in lost.items() if one}
        remains = 100 * (1 - sum(lost.values(), Fraction(0)) / whole)
        order = sorted(gains, key=lambda kind: (-gains[kind], kind))
        return cls(
            value=floor(remains * 10) / 10,  # 100 is only said of what is perfect
            gains={kind: gains[kind] for kind in order},
        )

    def to_json(self) -> dict[str, Any]:
        """Give the score as plain data."""
        return {
            "value": self.value,
            "raise": [
                {"rule": rule, "severity": severity.name.lower(), "points": round(points, 2)}
                for (rule, severity), points in self.gains.items()
            ],
        }


def _lost(report: Report) -> Broken:
    """Share what is lost among the rules."""
    lost: Broken = defaultdict(Fraction)
    for broken in _broken(report.findings).values():
        total = sum(broken.values())
        for kind, weight in broken.items():
            lost[kind] += max(broken.values()) * weight / total if total else 0
    for kind, count in report.more.items():
        lost[kind] += count * WEIGHTS[kind[1]]
    return lost


def _broken(findings: Iterable[Finding]) -> dict[Thing, Broken]:
    """Give the rules that each thing breaks, with their weights."""
    found: dict[Thing, Broken] = {}
    for finding in findings:
        kind = finding.rule, finding.severity
        found.setdefault(_thing(finding), {})[kind] = WEIGHTS[finding.severity]
    return found


def _thing(finding: Finding) -> Thing:
    """Tell what a finding is about: a focus node under a shape, else a row, else all."""
    if finding.focus is not None:
        return finding.focus, finding.shape
    place = finding.place
    if place is not None and place.row is not None:
        return place.file, place.sheet, str(place.row)
    return (finding.rule,)
