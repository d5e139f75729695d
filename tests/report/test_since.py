"""Differences between a report and the previous one."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from parvis.report import MOST, Finding, Report, ReportChanges, Severity

Make = Callable[..., Finding]
WARNING = Severity.WARNING

FINDINGS = st.lists(
    st.builds(
        lambda rule, focus, value: Finding(WARNING, rule, {}, focus=focus, value=value),
        st.sampled_from("ab"),
        st.sampled_from(["urn:1", "urn:2", None]),
        st.sampled_from(["x", None]),
    )
)


def test_findings_are_new_repaired_or_unchanged(finding: Make) -> None:
    """Each appears once; current findings come first."""
    old, same, new = (finding("a", WARNING, f"urn:{name}") for name in ("old", "kept", "new"))
    since = ReportChanges.of(Report(findings=[old, same]), Report(findings=[new, same]))
    assert since.marked_findings == [("new", new), ("same", same), ("repaired", old)]
    assert since.counts() == {"new": 1, "repaired": 1, "same": 1}


def test_a_finding_of_a_moved_row_is_unchanged(finding: Make) -> None:
    """An inserted line changes no finding: column and value identify it."""
    before = [finding("bad-number", WARNING, row=2, value="gratis")]
    after = [finding("bad-number", WARNING, row=3, value="gratis")]
    assert ReportChanges.of(Report(findings=before), Report(findings=after)).counts()["same"] == 1


def test_rules_beyond_the_stored_maximum_are_not_compared(finding: Make) -> None:
    """A finding may be missing only because the maximum was reached; the rule is named."""
    report = Report()
    report.extend(finding("a", WARNING, f"urn:{number}") for number in range(MOST + 1))
    since = ReportChanges.of(Report(), report)
    assert since.uncompared == ["a"]
    assert since.counts() == {"new": 0, "repaired": 0, "same": 0}


@given(FINDINGS, FINDINGS)
def test_every_finding_is_marked_once(before: list[Finding], after: list[Finding]) -> None:
    """New and unchanged are the current findings; repaired and unchanged are the previous ones."""
    since = ReportChanges.of(Report(findings=before), Report(findings=after))
    counts = since.counts()
    assert [current for mark, current in since.marked_findings if mark != "repaired"] == after
    assert counts["new"] + counts["same"] == len(after)
    assert counts["repaired"] + counts["same"] == len(before)


@given(FINDINGS)
def test_a_report_has_no_difference_from_itself(findings: list[Finding]) -> None:
    report = Report(findings=findings)
    assert {mark for mark, _ in ReportChanges.of(report, report).marked_findings} <= {"same"}
