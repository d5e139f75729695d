"""Who may do what: closed world, prohibition wins, what cannot be told denies."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from parvis.errors import UsageError
from parvis.governance import (
    AGGREGATE,
    ANONYMOUS,
    DISCOVER,
    DISTRIBUTE,
    READ,
    USE,
    DecisionCode,
    Policies,
    Reader,
    decide,
    filter_discoverable,
    filter_readable,
    filter_readable_by_some,
)

Read = Callable[..., Policies]
BASE = "https://pool.example/"
DATA = f"{BASE}data"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOST, THEATRE, MUSEUM, HALL, UNKNOWN_KIND = (
    Reader(f"{BASE}{name}") for name in ("host", "theatre", "museum", "hall", "unknown-kind")
)
DPV = "https://w3id.org/dpv#"
RESEARCH = "https://w3id.org/dpv#ResearchAndDevelopment"


def rule(kind: str, assignee: str, action: str = "odrl:read", condition: str = "") -> str:
    """Write one rule about the data."""
    extra = f" ; odrl:constraint [ {condition} ]" if condition else ""
    return (
        f"odrl:{kind} [ odrl:target <data> ; odrl:assignee {assignee} ;"
        f" odrl:action {action}{extra} ]"
    )


def until(instant: str, operator: str = "lt") -> str:
    """Write a condition of date."""
    return (
        f"odrl:leftOperand odrl:dateTime ; odrl:operator odrl:{operator} ;"
        f' odrl:rightOperand "{instant}"^^xsd:dateTime'
    )


FOR_RESEARCH = (
    "odrl:leftOperand odrl:purpose ; odrl:operator odrl:isA ;"
    " odrl:rightOperand dpv:ResearchAndDevelopment"
)
RECIPROCITY = (
    "odrl:leftOperand parvis:contributesStratum ; odrl:operator odrl:eq ;"
    " odrl:rightOperand parvis:sameStratum"
)
ELAPSED = (
    "odrl:leftOperand odrl:elapsedTime ; odrl:operator odrl:gteq ;"
    ' odrl:rightOperand "P3Y"^^xsd:duration'
)


def test_what_no_agreement_permits_is_denied(read: Read) -> None:
    """The world is closed, for the owner too, and an unknown dataset is not spoken of."""
    policies = read(rule("permission", "<museum>"))
    assert decide(policies, MUSEUM, READ, DATA, NOW).allowed
    for reader in (ANONYMOUS, HALL, THEATRE, Reader(f"{BASE}stranger")):
        decision = decide(policies, reader, READ, DATA, NOW)
        assert (decision.allowed, decision.reason.code) == (False, DecisionCode.NO_PERMISSION)
    assert decide(policies, MUSEUM, READ, f"{BASE}x", NOW).reason.code is DecisionCode.NO_AGREEMENT


def test_everyone_is_the_anonymous_reader_too(read: Read) -> None:
    """What is open to everyone needs no token."""
    policies = read(rule("permission", "parvis:everyone"))
    assert decide(policies, ANONYMOUS, READ, DATA, NOW).allowed
    assert decide(policies, Reader(f"{BASE}stranger"), READ, DATA, NOW).allowed


def test_members_signed_an_agreement_or_are_listed(read: Read) -> None:
    """Assigners are members, and so are the listed ones; nobody else."""
    policies = read(rule("permission", "parvis:members") + " . <museum> odrl:partOf parvis:members")
    allowed = [r for r in (THEATRE, MUSEUM, HALL) if decide(policies, r, READ, DATA, NOW).allowed]
    assert allowed == [THEATRE, MUSEUM]


def test_an_agreements_own_list_admits_those_in_it(read: Read) -> None:
    """A list may hold lists."""
    policies = read(
        rule("permission", "<list>")
        + " . <list> a odrl:PartyCollection . <inner> a odrl:PartyCollection ;"
        " odrl:partOf <list> . <museum> odrl:partOf <inner>"
    )
    assert decide(policies, MUSEUM, READ, DATA, NOW).allowed
    assert not decide(policies, HALL, READ, DATA, NOW).allowed


def test_all_but_one_party(read: Read) -> None:
    """A prohibition wins over a permission to everyone."""
    policies = read(
        rule("permission", "parvis:everyone") + " ; " + rule("prohibition", "<museum>", "odrl:use")
    )
    assert decide(policies, HALL, READ, DATA, NOW).allowed
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED


def test_all_but_a_kind_of_organisation_and_its_narrower_kinds(read: Read) -> None:
    """To exclude producers excludes theatre companies, and who does not state a known kind."""
    policies = read(
        rule("permission", "parvis:everyone")
        + " ; "
        + rule("prohibition", "kind:producer", "odrl:use")
    )
    excluded = [
        reader
        for reader in (THEATRE, MUSEUM, HALL, UNKNOWN_KIND, Reader(f"{BASE}stranger"))
        if not decide(policies, reader, READ, DATA, NOW).allowed
    ]
    assert excluded == [THEATRE, UNKNOWN_KIND, Reader(f"{BASE}stranger")]


def test_a_kind_of_organisation_may_be_admitted(read: Read) -> None:
    """A permission to a kind opens to its narrower kinds, and not to those of no kind."""
    policies = read(rule("permission", "kind:producer"))
    assert decide(policies, THEATRE, READ, DATA, NOW).allowed
    assert not decide(policies, MUSEUM, READ, DATA, NOW).allowed
    assert not decide(policies, UNKNOWN_KIND, READ, DATA, NOW).allowed


def test_use_stands_for_all_but_discover(read: Read) -> None:
    """Read, aggregate and distribute are parts of use; reading alone is not using."""
    policies = read(rule("permission", "<museum>", "odrl:use"))
    for action in (USE, READ, AGGREGATE, DISTRIBUTE, DISCOVER):
        assert decide(policies, MUSEUM, action, DATA, NOW).allowed
    reading = read(rule("permission", "<museum>"))
    for action in (USE, AGGREGATE, DISTRIBUTE):
        assert not decide(reading, MUSEUM, action, DATA, NOW).allowed


def test_who_may_read_may_discover_and_not_the_other_way(read: Read) -> None:
    """Knowing that a dataset exists is less than reading it."""
    assert decide(read(rule("permission", "<museum>")), MUSEUM, DISCOVER, DATA, NOW).allowed
    shown = read(rule("permission", "<museum>", "parvis:discover"))
    assert decide(shown, MUSEUM, DISCOVER, DATA, NOW).allowed
    assert not decide(shown, MUSEUM, READ, DATA, NOW).allowed


def test_a_prohibition_to_use_leaves_what_was_permitted_to_be_seen(read: Read) -> None:
    """Discover stands apart from use, and a prohibition to discover takes reading along."""
    seen = rule("permission", "parvis:everyone", "odrl:read, parvis:discover")
    used = read(f"{seen} ; {rule('prohibition', '<museum>', 'odrl:use')}")
    assert decide(used, MUSEUM, DISCOVER, DATA, NOW).allowed
    assert not decide(used, MUSEUM, READ, DATA, NOW).allowed
    hidden = read(f"{seen} ; {rule('prohibition', '<museum>', 'parvis:discover')}")
    assert not decide(hidden, MUSEUM, DISCOVER, DATA, NOW).allowed
    assert not decide(hidden, MUSEUM, READ, DATA, NOW).allowed


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("lt", [True, False, False]),
        ("lteq", [True, True, False]),
        ("gteq", [False, True, True]),
        ("gt", [False, False, True]),
    ],
)
def test_dates_are_compared_as_instants(read: Read, operator: str, expected: list[bool]) -> None:
    """08:00 in Montréal is noon in UTC; each operator has its own edge."""
    policies = read(
        rule("permission", "<museum>", condition=until("2026-06-01T08:00:00-04:00", operator))
    )
    step = timedelta(microseconds=1)
    answers = [
        decide(policies, MUSEUM, READ, DATA, moment).allowed
        for moment in (NOW - step, NOW, NOW + step)
    ]
    assert answers == expected


def test_out_of_its_dates_a_permission_says_so(read: Read) -> None:
    """The reason names the condition that does not hold."""
    policies = read(rule("permission", "<museum>", condition=until("2026-01-01T00:00:00Z")))
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.OUT_OF_DATES
    assert decide(policies, MUSEUM, DISCOVER, DATA, NOW).reason.code is DecisionCode.OUT_OF_DATES


def test_a_purpose_must_be_stated_and_fit(read: Read) -> None:
    """A missing purpose denies; a narrower one fits; a token's purposes count unless overruled."""
    policies = read(rule("permission", "<museum>", condition=FOR_RESEARCH))
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.NO_PURPOSE
    other = decide(policies, MUSEUM, READ, DATA, NOW, purpose="https://w3id.org/dpv#Marketing")
    assert other.reason.code is DecisionCode.OTHER_PURPOSE
    for purpose in (RESEARCH, "https://w3id.org/dpv#AcademicResearch"):
        assert decide(policies, MUSEUM, READ, DATA, NOW, purpose=purpose).allowed
    token = Reader(MUSEUM.iri, frozenset({RESEARCH}))
    assert decide(policies, token, READ, DATA, NOW).allowed
    assert not decide(policies, token, READ, DATA, NOW, purpose=f"{BASE}marketing").allowed


def test_a_prohibition_for_a_purpose_holds_until_another_purpose_is_stated(read: Read) -> None:
    """Who does not say why may be doing what is forbidden."""
    policies = read(
        rule("permission", "parvis:everyone")
        + " ; "
        + rule("prohibition", "parvis:everyone", "odrl:use", FOR_RESEARCH)
    )
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED
    assert decide(policies, MUSEUM, READ, DATA, NOW, purpose=f"{BASE}teaching").allowed


@pytest.mark.parametrize("operator", ["isA", "eq"])
def test_a_prohibition_for_a_purpose_holds_for_narrower_and_against_wider_ones(
    read: Read, operator: str
) -> None:
    """Nobody evades it by another word for the same; a permission is opened by no wider word."""
    condition = (
        f"odrl:leftOperand odrl:purpose ; odrl:operator odrl:{operator} ;"
        " odrl:rightOperand dpv:Advertising"
    )
    everyone = rule("permission", "parvis:everyone")
    forbidding = f"{everyone} ; {rule('prohibition', 'parvis:everyone', 'odrl:use', condition)}"
    opening = rule("permission", "parvis:everyone", condition=condition)
    forbidden, opened = (
        {
            name: decide(policies, MUSEUM, READ, DATA, NOW, purpose=f"{DPV}{name}").allowed
            for name in ("TargetedAdvertising", "Advertising", "Marketing", "AcademicResearch")
        }
        for policies in (read(forbidding), read(opening))
    )
    assert forbidden == {
        "TargetedAdvertising": False,
        "Advertising": False,
        "Marketing": False,
        "AcademicResearch": True,
    }
    assert opened == {
        "TargetedAdvertising": operator == "isA",
        "Advertising": True,
        "Marketing": False,
        "AcademicResearch": False,
    }


@pytest.mark.parametrize(
    ("condition", "code"),
    [(RECIPROCITY, DecisionCode.NO_CONTRIBUTION), (ELAPSED, DecisionCode.ELAPSED_UNKNOWN)],
)
def test_a_condition_that_cannot_be_told_denies(
    read: Read, condition: str, code: DecisionCode
) -> None:
    """It does not open a permission, and it does not lift a prohibition."""
    permitted = read(rule("permission", "<museum>", condition=condition))
    assert decide(permitted, MUSEUM, READ, DATA, NOW).reason.code is code
    forbidden = read(
        rule("permission", "<museum>")
        + " ; "
        + rule("prohibition", "<museum>", "odrl:use", condition)
    )
    assert decide(forbidden, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED


def test_data_due_for_deletion_is_unreadable_at_once(read: Read) -> None:
    """At the instant itself nobody reads or discovers any more, the host included."""
    policies = read(
        rule("permission", "parvis:everyone")
        + " ; "
        + rule("obligation", "parvis:host", "odrl:delete", until("2026-06-01T12:00:00Z", "gteq"))
    )
    before = NOW - timedelta(microseconds=1)
    for reader in (ANONYMOUS, MUSEUM, HOST):
        for action in (READ, DISCOVER):
            assert decide(policies, reader, action, DATA, before).allowed
            decision = decide(policies, reader, action, DATA, NOW)
            assert (decision.allowed, decision.reason.code) == (False, DecisionCode.RETENTION_OVER)


def test_a_time_of_keeping_that_cannot_be_told_denies(read: Read) -> None:
    """Until receptions are recorded, a duration of keeping may be over."""
    policies = read(
        rule("permission", "parvis:everyone")
        + " ; "
        + rule("obligation", "parvis:host", "odrl:delete", ELAPSED)
    )
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.RETENTION_UNKNOWN


def test_the_host_reads_what_it_keeps_unless_forbidden(read: Read) -> None:
    """The steward sees everything entrusted; to aggregate it needs a permission."""
    policies = read(rule("permission", "<museum>"))
    decision = decide(policies, HOST, READ, DATA, NOW)
    assert (decision.allowed, decision.reason.code) == (True, DecisionCode.HOST)
    assert decide(policies, HOST, DISCOVER, DATA, NOW).allowed
    assert not decide(policies, HOST, AGGREGATE, DATA, NOW).allowed
    forbidden = read(rule("prohibition", "parvis:host", "odrl:use"))
    assert decide(forbidden, HOST, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED


def test_the_host_may_aggregate_under_its_duty(read: Read) -> None:
    """The decision says by which rule, so that the duty is known."""
    policies = read(
        "odrl:permission [ odrl:target <data> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:aggregate ; odrl:duty [ odrl:action odrl:anonymize ] ]"
    )
    decision = decide(policies, HOST, AGGREGATE, DATA, NOW)
    assert decision.allowed
    assert decision.reason.rule is not None
    assert decision.reason.rule.duties == ("http://www.w3.org/ns/odrl/2/anonymize",)


def test_an_unknown_action_is_denied(read: Read) -> None:
    """What the charter does not know cannot be permitted."""
    decision = decide(read(rule("permission", "<museum>")), MUSEUM, f"{BASE}copy", DATA, NOW)
    assert (decision.allowed, decision.reason.code) == (False, DecisionCode.UNKNOWN_ACTION)


def test_an_instant_without_offset_is_a_mistake(read: Read) -> None:
    """An hour is not an instant until its zone is known."""
    with pytest.raises(UsageError, match="lacks its offset"):
        decide(read(rule("permission", "<museum>")), MUSEUM, READ, DATA, NOW.replace(tzinfo=None))


def test_lists_of_datasets_keep_their_order(read: Read) -> None:
    """Readable and discoverable answer for many datasets at once."""
    policies = read(
        "odrl:permission [ odrl:target <b>, <a> ; odrl:assignee <museum> ; odrl:action odrl:read ],"
        " [ odrl:target <c> ; odrl:assignee <museum> ; odrl:action parvis:discover ]"
    )
    targets = [f"{BASE}{name}" for name in "dcba"]
    assert filter_readable(policies, MUSEUM, targets, NOW) == [f"{BASE}b", f"{BASE}a"]
    assert filter_discoverable(policies, MUSEUM, targets, NOW) == [
        f"{BASE}{name}" for name in "cba"
    ]
    assert filter_readable(policies, ANONYMOUS, targets, NOW) == []


def test_the_members_store_holds_what_some_party_may_read_for_some_purpose(read: Read) -> None:
    """What only the host may read, or nobody, stays out."""
    policies = read(
        f"{rule('permission', '<museum>', condition=FOR_RESEARCH)} ;"
        " odrl:permission [ odrl:target <kept> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:aggregate ]"
    )
    assert filter_readable_by_some(policies, [DATA, f"{BASE}kept"], NOW) == [DATA]


def test_a_reason_says_which_agreement_decided_in_both_languages(read: Read) -> None:
    """The sentence carries the agreement's title in the same language."""
    reason = decide(read(rule("permission", "<museum>")), MUSEUM, READ, DATA, NOW).reason
    assert reason.agreement is not None
    assert reason.text["en"] == "The agreement “The agreement” permits it."
    assert "Entente" in reason.text["fr"]
    assert reason.iri == "https://w3id.org/parvis/concept/decision/permitted"
