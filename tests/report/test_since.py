"""What changed since the report before."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from parvis.report import MOST, Finding, Report, ReportChanges, Severity

Make = Callable[..., Finding]
WARNING = Severity.WARNING

FOUND = st.lists(
    st.builds(
        lambda rule, thing, value: Finding(WARNING, rule, {}, focus=thing, value=value),
        st.sampled_from("ab"),
        st.sampled_from(["urn:1", "urn:2", None]),
        st.sampled_from(["x", None]),
    )
)


def test_findings_are_new_repaired_or_the_same(finding: Make) -> None:
    """Each is told once; those of now come first."""
    old, kept, new = (finding("a", WARNING, f"urn:{name}") for name in ("old", "kept", "new"))
    since = ReportChanges.of(Report(findings=[old, kept]), Report(findings=[new, kept]))
    assert since.marked == [("new", new), ("same", kept), ("repaired", old)]
    assert since.counts() == {"new": 1, "repaired": 1, "same": 1}


def test_a_row_that_moves_is_the_same(finding: Make) -> None:
    """A line put in above changes no finding; the column and the value tell."""
    before = [finding("bad-number", WARNING, row=2, value="gratis")]
    now = [finding("bad-number", WARNING, row=3, value="gratis")]
    assert ReportChanges.of(Report(findings=before), Report(findings=now)).counts()["same"] == 1


def test_rules_with_more_findings_than_are_kept_are_not_compared(finding: Make) -> None:
    """Nothing is said new or repaired that may only not have been kept; the rule is named."""
    report = Report()
    report.extend(finding("a", WARNING, f"urn:{number}") for number in range(MOST + 1))
    since = ReportChanges.of(Report(), report)
    assert since.uncompared == ["a"]
    assert since.counts() == {"new": 0, "repaired": 0, "same": 0}


@given(FOUND, FOUND)
def test_every_finding_is_marked_once(before: list[Finding], now: list[Finding]) -> None:
    """New and same are those of now, repaired and same as many as there were before."""
    since = ReportChanges.of(Report(findings=before), Report(findings=now))
    counts = since.counts()
    assert [one for mark, one in since.marked if mark != "repaired"] == now
    assert counts["new"] + counts["same"] == len(now)
    assert counts["repaired"] + counts["same"] == len(before)


@given(FOUND)
def test_a_report_differs_in_nothing_from_itself(found: list[Finding]) -> None:
    """The same twice: everything is the same."""
    report = Report(findings=found)
    assert {mark for mark, _ in ReportChanges.of(report, report).marked} <= {"same"}
