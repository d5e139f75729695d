"""One number for how good data are, and what would raise it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.report import MOST, Finding, Report, Score, Severity

Make = Callable[..., Finding]
INFO, WARNING, VIOLATION = Severity

FOUND = st.builds(
    lambda rule, severity, thing: Finding(severity, rule, {}, focus=f"urn:{thing}", shape="Event"),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(Severity),
    st.integers(1, 9),
)


def test_what_is_in_order_has_a_hundred() -> None:
    """Nothing found among what was looked at, nothing to gain."""
    assert Score.of(Report(rows=3, checked={"Event": 4})) == Score(100.0, {})


def test_where_nothing_was_looked_at_there_is_no_score() -> None:
    """Neither a row nor a focus node: not a hundred."""
    assert Score.of(Report()).to_json() == {"value": None, "raise": []}


def test_a_violation_costs_a_point_a_warning_half_a_notice_none(finding: Make) -> None:
    """Of ten things one is wrong and one doubtful: 85."""
    found = [
        finding("Event-name", VIOLATION, "urn:1"),
        finding("Event-url", WARNING, "urn:2"),
        finding("gone", INFO),
    ]
    score = Score.of(Report(findings=found, checked={"Event": 10}))
    assert score.value == 85.0
    assert score.gains == {("Event-name", VIOLATION): 10.0, ("Event-url", WARNING): 5.0}


def test_a_thing_is_lost_once_and_its_rules_share_that(finding: Make) -> None:
    """Two rules broken by the same thing bring half a thing each."""
    found = [finding(rule, VIOLATION, "urn:1") for rule in ("a", "b", "a")]
    score = Score.of(Report(findings=found, checked={"Event": 4}))
    assert score.value == 75.0
    assert score.gains == {("a", VIOLATION): 12.5, ("b", VIOLATION): 12.5}


def test_rows_of_a_source_count_as_things(finding: Make) -> None:
    """Two cells of one row cost that row."""
    found = [finding("bad-number", WARNING, row=2, value=text) for text in ("x", "y")]
    assert Score.of(Report(findings=found, rows=5)).value == 90.0


def test_a_hundred_is_only_said_of_what_is_perfect(finding: Make) -> None:
    """One thing among a hundred thousand: 99.9."""
    found = [finding("a", VIOLATION, "urn:1")]
    assert Score.of(Report(findings=found, checked={"Event": 100_000})).value == 99.9


def test_findings_that_are_only_counted_cost_too(finding: Make) -> None:
    """More findings than are kept: each is one thing more."""
    report = Report(checked={"Event": 4 * MOST})
    report.extend(finding("a", VIOLATION, f"urn:{number}") for number in range(2 * MOST))
    assert Score.of(report).value == 50.0


@given(st.lists(FOUND), st.integers(0, 20))
def test_all_gains_together_lead_to_a_hundred(found: list[Finding], checked: int) -> None:
    """Whatever is found, the score is from 0 to 100 and its gains are what lacks."""
    score = Score.of(Report(findings=found, checked={"Event": checked}))
    if score.value is not None:
        assert 0 <= score.value <= 100
        assert score.value + sum(score.gains.values()) == pytest.approx(100, abs=0.11)


@given(st.lists(FOUND, min_size=1), st.integers(9, 20))
def test_repairing_never_lowers_the_score(found: list[Finding], checked: int) -> None:
    """Without any one of its findings, data are as good or better."""
    whole = Score.of(Report(findings=found, checked={"Event": checked})).value
    less = Score.of(Report(findings=found[1:], checked={"Event": checked})).value
    assert whole is not None
    assert less is not None
    assert less >= whole
