"""The changes between two reports on the same dataset, finding by finding."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

from parvis.config.json_data import to_json
from parvis.report.report import Finding, Report

NEW, SAME, REPAIRED = "new", "same", "repaired"

OF_ITSELF = frozenset({"gone"})
"""Rules about the effect of a submission, not about errors in its data: never compared."""

Key = tuple[str | None, ...]


@dataclass(frozen=True)
class ReportChanges:
    """Findings marked as new, the same, or repaired: the current ones first, in their order.

    Findings are the same by rule, focus node, path and value, and by column where a row has them,
    since a row may move. Findings about the submission itself are unmarked. Rules with more
    findings than are kept cannot be compared: they are in `uncompared`, and unmarked too.
    """

    marked_findings: list[tuple[str, Finding]]
    uncompared: list[str]

    @classmethod
    def of(cls, before: Report, now: Report) -> Self:
        # Beyond the kept findings, nobody knows which ones are new.
        uncompared = {rule for report in (before, now) for rule, _ in report.more}
        unmarked = uncompared | OF_ITSELF
        marked: list[tuple[str, Finding]] = []
        # Several findings of one key are matched one by one.
        unmatched = Counter(map(_key, before.findings))
        for finding in now.findings:
            key = _key(finding)
            if finding.rule in unmarked:
                marked.append(("", finding))
            else:
                marked.append((SAME if unmatched[key] > 0 else NEW, finding))
                unmatched[key] -= 1
        left = {key: count for key, count in unmatched.items() if count > 0}
        for finding in before.findings:
            key = _key(finding)
            if finding.rule not in unmarked and left.get(key, 0) > 0:
                left[key] -= 1
                marked.append((REPAIRED, finding))
        return cls(marked, sorted(uncompared))

    def counts(self) -> dict[str, int]:
        totals = Counter(mark for mark, _ in self.marked_findings)
        return {mark: totals[mark] for mark in (NEW, REPAIRED, SAME)}

    def findings_of(self, mark: str) -> list[Finding]:
        return [finding for finding_mark, finding in self.marked_findings if finding_mark == mark]

    def to_json(self) -> dict[str, Any]:
        # The findings that are the same are only counted.
        return {
            "counts": self.counts(),
            "uncompared": self.uncompared,
            NEW: to_json(self.findings_of(NEW)),
            REPAIRED: to_json(self.findings_of(REPAIRED)),
        }


def _key(finding: Finding) -> Key:
    column = finding.place.column if finding.place and finding.focus is None else None
    return finding.rule, finding.focus, finding.path, finding.value, column
