"""The quality score of a report, and what would raise it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.report import MOST, Finding, Report, Score, Severity

Make = Callable[..., Finding]
INFO, WARNING, VIOLATION = Severity

FINDINGS = st.builds(
    lambda rule, severity, entity: Finding(
        severity, rule, {}, focus=f"urn:{entity}", shape="Event"
    ),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(Severity),
    st.integers(1, 9),
)


def test_data_without_findings_score_a_hundred() -> None:
    assert Score.of(Report(rows=3, checked={"Event": 4})) == Score(100.0, {})


def test_nothing_checked_has_no_score() -> None:
    assert Score.of(Report()).to_json() == {"value": None, "raise": []}


def test_a_violation_costs_a_point_a_warning_half_and_a_notice_none(finding: Make) -> None:
    """Of ten entities one is wrong and one doubtful: 85."""
    findings = [
        finding("Event-name", VIOLATION, "urn:1"),
        finding("Event-url", WARNING, "urn:2"),
        finding("gone", INFO),
    ]
    score = Score.of(Report(findings=findings, checked={"Event": 10}))
    assert score.value == 85.0
    assert score.gains == {("Event-name", VIOLATION): 10.0, ("Event-url", WARNING): 5.0}


def test_an_entity_is_lost_once_and_shared_by_its_rules(finding: Make) -> None:
    """Two rules broken by one entity gain half an entity each."""
    findings = [finding(rule, VIOLATION, "urn:1") for rule in ("a", "b", "a")]
    score = Score.of(Report(findings=findings, checked={"Event": 4}))
    assert score.value == 75.0
    assert score.gains == {("a", VIOLATION): 12.5, ("b", VIOLATION): 12.5}


def test_rows_of_a_source_count_as_entities(finding: Make) -> None:
    """Two cells of one row cost that row once."""
    findings = [finding("bad-number", WARNING, row=2, value=text) for text in ("x", "y")]
    assert Score.of(Report(findings=findings, rows=5)).value == 90.0


def test_only_perfect_data_score_a_hundred(finding: Make) -> None:
    """One entity among a hundred thousand: 99.9."""
    findings = [finding("a", VIOLATION, "urn:1")]
    assert Score.of(Report(findings=findings, checked={"Event": 100_000})).value == 99.9


def test_findings_beyond_the_stored_maximum_count_too(finding: Make) -> None:
    """A report stores only so many findings of a rule, but counts them all."""
    report = Report(checked={"Event": 4 * MOST})
    report.extend(finding("a", VIOLATION, f"urn:{number}") for number in range(2 * MOST))
    assert Score.of(report).value == 50.0


@given(st.lists(FINDINGS), st.integers(0, 20))
def test_score_and_gains_add_up_to_a_hundred(findings: list[Finding], checked: int) -> None:
    """The score is between 0 and 100, and the gains make up the difference to 100."""
    score = Score.of(Report(findings=findings, checked={"Event": checked}))
    if score.value is not None:
        assert 0 <= score.value <= 100
        assert score.value + sum(score.gains.values()) == pytest.approx(100, abs=0.11)


@given(st.lists(FINDINGS, min_size=1), st.integers(9, 20))
def test_repairing_never_lowers_the_score(findings: list[Finding], checked: int) -> None:
    """Without any of its findings, the data score as high or higher."""
    before = Score.of(Report(findings=findings, checked={"Event": checked})).value
    after = Score.of(Report(findings=findings[1:], checked={"Event": checked})).value
    assert before is not None
    assert after is not None
    assert after >= before
