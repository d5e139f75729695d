"""What changed between two reports on the same dataset, finding by finding."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from parvis.report.report import Finding, Report

NEW, SAME, REPAIRED = "new", "same", "repaired"

OF_ITSELF = frozenset({"gone"})
"""Rules that tell what a submission does, not what is wrong with its data: never compared."""

Key = tuple[str | None, ...]


@dataclass(frozen=True)
class Since:
    """Findings that are new, the same, or repaired: those of now in their order, then the others.

    Findings are the same by rule, focus node, path and value, and by column where a row has them,
    since a row may move. What tells of the submission itself is unmarked. Rules with more findings
    than are kept cannot be compared: they are in `uncompared`, and unmarked too.
    """

    marked: list[tuple[str, Finding]]
    uncompared: list[str]

    @classmethod
    def of(cls, before: Report, now: Report) -> Self:
        """Compare what was found with what is found now."""
        uncompared = {rule for report in (before, now) for rule, _ in report.more}
        return cls(list(_marked(before, now, uncompared | OF_ITSELF)), sorted(uncompared))

    def counts(self) -> dict[str, int]:
        """Count the findings of each kind."""
        counted = Counter(mark for mark, _ in self.marked)
        return {mark: counted[mark] for mark in (NEW, REPAIRED, SAME)}

    def those(self, mark: str) -> list[Finding]:
        """Give the findings of one kind."""
        return [finding for one, finding in self.marked if one == mark]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data; the findings that are the same are only counted."""
        return {
            "counts": self.counts(),
            "uncompared": self.uncompared,
            NEW: [one.to_json() for one in self.those(NEW)],
            REPAIRED: [one.to_json() for one in self.those(REPAIRED)],
        }


def _marked(before: Report, now: Report, unmarked: set[str]) -> Iterator[tuple[str, Finding]]:
    """Mark each finding; several of one key are matched one by one."""
    known = Counter(map(_key, before.findings))
    for finding in now.findings:
        key = _key(finding)
        if finding.rule in unmarked:
            yield "", finding
        else:
            yield (SAME if known[key] > 0 else NEW), finding
            known[key] -= 1
    left = {key: count for key, count in known.items() if count > 0}
    for finding in before.findings:
        key = _key(finding)
        if finding.rule not in unmarked and left.get(key, 0) > 0:
            left[key] -= 1
            yield REPAIRED, finding


def _key(finding: Finding) -> Key:
    """Tell what a finding is compared by."""
    column = finding.place.column if finding.place and finding.focus is None else None
    return finding.rule, finding.focus, finding.path, finding.value, column
