"""Decide who may do what: deny by default, prohibitions win, an undecidable condition denies."""

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
HOST, THEATRE, COMPANY, MUSEUM, HALL, UNKNOWN_KIND = (
    Reader(f"{BASE}{name}")
    for name in ("host", "theatre", "company", "museum", "hall", "unknown-kind")
)
DPV = "https://w3id.org/dpv#"
RESEARCH = "https://w3id.org/dpv#ResearchAndDevelopment"


def write_rule(kind: str, assignee: str, action: str = "odrl:read", condition: str = "") -> str:
    """Write a rule about the data in Turtle."""
    extra = f" ; odrl:constraint [ {condition} ]" if condition else ""
    return (
        f"odrl:{kind} [ odrl:target <data> ; odrl:assignee {assignee} ;"
        f" odrl:action {action}{extra} ]"
    )


def write_date_condition(instant: str, operator: str = "lt") -> str:
    """Write a date condition in Turtle."""
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


def test_access_without_a_permission_is_denied(read: Read) -> None:
    """By default, and to a dataset without agreement."""
    policies = read(write_rule("permission", "<museum>"))
    assert decide(policies, MUSEUM, READ, DATA, NOW).allowed
    for reader in (ANONYMOUS, HALL, Reader(f"{BASE}stranger")):
        decision = decide(policies, reader, READ, DATA, NOW)
        assert (decision.allowed, decision.reason.code) == (False, DecisionCode.NO_PERMISSION)
    assert decide(policies, MUSEUM, READ, f"{BASE}x", NOW).reason.code is DecisionCode.NO_AGREEMENT


def test_a_partner_always_reads_its_own_data_until_it_is_due_for_deletion(read: Read) -> None:
    """Whatever it permits to others or forbids to its kind; it does not pass on what it reads."""
    rules = write_rule("prohibition", "kind:producer", "odrl:use")
    for policies in (read(rules), read(f"{rules} ; {write_rule('permission', '<museum>')}")):
        for action in (READ, DISCOVER):
            decision = decide(policies, THEATRE, action, DATA, NOW)
            assert (decision.allowed, decision.reason.code) == (True, DecisionCode.OWNER)
        assert not decide(policies, THEATRE, DISTRIBUTE, DATA, NOW).allowed
        assert not decide(policies, HALL, READ, DATA, NOW).allowed
    due = write_rule("obligation", "parvis:host", "odrl:delete")
    decision = decide(read(f"{rules} ; {due}"), THEATRE, READ, DATA, NOW)
    assert decision.reason.code is DecisionCode.RETENTION_OVER


def test_a_permission_to_everyone_includes_anonymous_readers(read: Read) -> None:
    policies = read(write_rule("permission", "parvis:everyone"))
    assert decide(policies, ANONYMOUS, READ, DATA, NOW).allowed
    assert decide(policies, Reader(f"{BASE}stranger"), READ, DATA, NOW).allowed


def test_members_are_the_assigners_of_agreements_and_the_listed_parties(read: Read) -> None:
    policies = read(
        write_rule("permission", "parvis:members") + " . <museum> odrl:partOf parvis:members"
    )
    allowed = [
        reader
        for reader in (THEATRE, MUSEUM, HALL)
        if decide(policies, reader, READ, DATA, NOW).allowed
    ]
    assert allowed == [THEATRE, MUSEUM]


def test_a_party_collection_admits_its_members_and_those_of_nested_collections(read: Read) -> None:
    policies = read(
        write_rule("permission", "<list>")
        + " . <list> a odrl:PartyCollection . <inner> a odrl:PartyCollection ;"
        " odrl:partOf <list> . <museum> odrl:partOf <inner>"
    )
    assert decide(policies, MUSEUM, READ, DATA, NOW).allowed
    assert not decide(policies, HALL, READ, DATA, NOW).allowed


def test_a_prohibition_wins_over_a_permission_to_everyone(read: Read) -> None:
    policies = read(
        write_rule("permission", "parvis:everyone")
        + " ; "
        + write_rule("prohibition", "<museum>", "odrl:use")
    )
    assert decide(policies, HALL, READ, DATA, NOW).allowed
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED


def test_a_prohibition_of_a_kind_of_organisation_includes_narrower_and_unstated_kinds(
    read: Read,
) -> None:
    """A party whose kind is not stated may be of the prohibited kind: it is denied too.

    The partner that forbids it reads its own data all the same.
    """
    policies = read(
        write_rule("permission", "parvis:everyone")
        + " ; "
        + write_rule("prohibition", "kind:producer", "odrl:use")
    )
    excluded = [
        reader
        for reader in (THEATRE, COMPANY, MUSEUM, HALL, UNKNOWN_KIND, Reader(f"{BASE}stranger"))
        if not decide(policies, reader, READ, DATA, NOW).allowed
    ]
    assert excluded == [COMPANY, UNKNOWN_KIND, Reader(f"{BASE}stranger")]


def test_a_permission_to_a_kind_of_organisation_includes_its_narrower_kinds(read: Read) -> None:
    """A party whose kind is not stated is not admitted."""
    policies = read(write_rule("permission", "kind:producer"))
    assert decide(policies, THEATRE, READ, DATA, NOW).allowed
    assert not decide(policies, MUSEUM, READ, DATA, NOW).allowed
    assert not decide(policies, UNKNOWN_KIND, READ, DATA, NOW).allowed


def test_use_includes_reading_aggregating_distributing_and_discovering(read: Read) -> None:
    """A permission to read does not permit use, nor its other parts."""
    policies = read(write_rule("permission", "<museum>", "odrl:use"))
    for action in (USE, READ, AGGREGATE, DISTRIBUTE, DISCOVER):
        assert decide(policies, MUSEUM, action, DATA, NOW).allowed
    read_only = read(write_rule("permission", "<museum>"))
    for action in (USE, AGGREGATE, DISTRIBUTE):
        assert not decide(read_only, MUSEUM, action, DATA, NOW).allowed


def test_a_permission_to_read_includes_discovery_but_not_the_reverse(read: Read) -> None:
    assert decide(read(write_rule("permission", "<museum>")), MUSEUM, DISCOVER, DATA, NOW).allowed
    discoverable = read(write_rule("permission", "<museum>", "parvis:discover"))
    assert decide(discoverable, MUSEUM, DISCOVER, DATA, NOW).allowed
    assert not decide(discoverable, MUSEUM, READ, DATA, NOW).allowed


def test_a_prohibition_of_use_leaves_a_permitted_discovery(read: Read) -> None:
    """Discovery is not part of use; a prohibition of discovery prohibits reading too."""
    permission = write_rule("permission", "parvis:everyone", "odrl:read, parvis:discover")
    use_prohibited = read(f"{permission} ; {write_rule('prohibition', '<museum>', 'odrl:use')}")
    assert decide(use_prohibited, MUSEUM, DISCOVER, DATA, NOW).allowed
    assert not decide(use_prohibited, MUSEUM, READ, DATA, NOW).allowed
    discovery_prohibited = read(
        f"{permission} ; {write_rule('prohibition', '<museum>', 'parvis:discover')}"
    )
    assert not decide(discovery_prohibited, MUSEUM, DISCOVER, DATA, NOW).allowed
    assert not decide(discovery_prohibited, MUSEUM, READ, DATA, NOW).allowed


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
    """08:00 in Montréal is noon in UTC; each operator treats the instant itself in its own way."""
    policies = read(
        write_rule(
            "permission",
            "<museum>",
            condition=write_date_condition("2026-06-01T08:00:00-04:00", operator),
        )
    )
    step = timedelta(microseconds=1)
    answers = [
        decide(policies, MUSEUM, READ, DATA, moment).allowed
        for moment in (NOW - step, NOW, NOW + step)
    ]
    assert answers == expected


def test_a_permission_outside_its_dates_is_denied_with_that_reason(read: Read) -> None:
    policies = read(
        write_rule("permission", "<museum>", condition=write_date_condition("2026-01-01T00:00:00Z"))
    )
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.OUT_OF_DATES
    assert decide(policies, MUSEUM, DISCOVER, DATA, NOW).reason.code is DecisionCode.OUT_OF_DATES


def test_a_purpose_must_be_stated_and_match(read: Read) -> None:
    """Narrower purposes match; a token's purposes count unless the request states its own."""
    policies = read(write_rule("permission", "<museum>", condition=FOR_RESEARCH))
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.NO_PURPOSE
    decision = decide(policies, MUSEUM, READ, DATA, NOW, purpose="https://w3id.org/dpv#Marketing")
    assert decision.reason.code is DecisionCode.OTHER_PURPOSE
    for purpose in (RESEARCH, "https://w3id.org/dpv#AcademicResearch"):
        assert decide(policies, MUSEUM, READ, DATA, NOW, purpose=purpose).allowed
    token = Reader(MUSEUM.iri, frozenset({RESEARCH}))
    assert decide(policies, token, READ, DATA, NOW).allowed
    assert not decide(policies, token, READ, DATA, NOW, purpose=f"{BASE}marketing").allowed


def test_a_prohibition_for_a_purpose_applies_until_another_purpose_is_stated(read: Read) -> None:
    """A reader without a purpose may have the prohibited one."""
    policies = read(
        write_rule("permission", "parvis:everyone")
        + " ; "
        + write_rule("prohibition", "parvis:everyone", "odrl:use", FOR_RESEARCH)
    )
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED
    assert decide(policies, MUSEUM, READ, DATA, NOW, purpose=f"{BASE}teaching").allowed


@pytest.mark.parametrize("operator", ["isA", "eq"])
def test_a_prohibition_for_a_purpose_applies_to_narrower_and_wider_purposes(
    read: Read, operator: str
) -> None:
    """A wider purpose includes the prohibited one; a wider purpose does not fulfil a permission."""
    condition = (
        f"odrl:leftOperand odrl:purpose ; odrl:operator odrl:{operator} ;"
        " odrl:rightOperand dpv:Advertising"
    )
    open_to_all = write_rule("permission", "parvis:everyone")
    prohibition_rules = (
        f"{open_to_all} ; {write_rule('prohibition', 'parvis:everyone', 'odrl:use', condition)}"
    )
    permission_rule = write_rule("permission", "parvis:everyone", condition=condition)
    prohibited, permitted = (
        {
            name: decide(policies, MUSEUM, READ, DATA, NOW, purpose=f"{DPV}{name}").allowed
            for name in ("TargetedAdvertising", "Advertising", "Marketing", "AcademicResearch")
        }
        for policies in (read(prohibition_rules), read(permission_rule))
    )
    assert prohibited == {
        "TargetedAdvertising": False,
        "Advertising": False,
        "Marketing": False,
        "AcademicResearch": True,
    }
    assert permitted == {
        "TargetedAdvertising": operator == "isA",
        "Advertising": True,
        "Marketing": False,
        "AcademicResearch": False,
    }


@pytest.mark.parametrize(
    ("condition", "code"),
    [(RECIPROCITY, DecisionCode.NO_CONTRIBUTION), (ELAPSED, DecisionCode.ELAPSED_UNKNOWN)],
)
def test_an_undecidable_condition_denies(read: Read, condition: str, code: DecisionCode) -> None:
    """It neither fulfils a permission nor lifts a prohibition."""
    permitted = read(write_rule("permission", "<museum>", condition=condition))
    assert decide(permitted, MUSEUM, READ, DATA, NOW).reason.code is code
    prohibited = read(
        write_rule("permission", "<museum>")
        + " ; "
        + write_rule("prohibition", "<museum>", "odrl:use", condition)
    )
    assert decide(prohibited, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED


def test_data_due_for_deletion_is_unreadable_at_once(read: Read) -> None:
    """From that instant nobody reads or discovers them, the third party included."""
    policies = read(
        write_rule("permission", "parvis:everyone")
        + " ; "
        + write_rule(
            "obligation",
            "parvis:host",
            "odrl:delete",
            write_date_condition("2026-06-01T12:00:00Z", "gteq"),
        )
    )
    before = NOW - timedelta(microseconds=1)
    for reader in (ANONYMOUS, MUSEUM, HOST):
        for action in (READ, DISCOVER):
            assert decide(policies, reader, action, DATA, before).allowed
            decision = decide(policies, reader, action, DATA, NOW)
            assert (decision.allowed, decision.reason.code) == (False, DecisionCode.RETENTION_OVER)


def test_an_undecidable_retention_period_denies(read: Read) -> None:
    """Without the date of reception, the retention period may be over."""
    policies = read(
        write_rule("permission", "parvis:everyone")
        + " ; "
        + write_rule("obligation", "parvis:host", "odrl:delete", ELAPSED)
    )
    assert decide(policies, MUSEUM, READ, DATA, NOW).reason.code is DecisionCode.RETENTION_UNKNOWN


def test_the_third_party_reads_all_datasets_unless_prohibited(read: Read) -> None:
    """The steward reads what partners entrust to the pool; aggregating needs a permission."""
    policies = read(write_rule("permission", "<museum>"))
    decision = decide(policies, HOST, READ, DATA, NOW)
    assert (decision.allowed, decision.reason.code) == (True, DecisionCode.HOST)
    assert decide(policies, HOST, DISCOVER, DATA, NOW).allowed
    assert not decide(policies, HOST, AGGREGATE, DATA, NOW).allowed
    prohibited = read(write_rule("prohibition", "parvis:host", "odrl:use"))
    assert decide(prohibited, HOST, READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED


def test_the_third_party_may_aggregate_under_a_duty(read: Read) -> None:
    """The decision names the rule, so that the duty is known."""
    policies = read(
        "odrl:permission [ odrl:target <data> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:aggregate ; odrl:duty [ odrl:action odrl:anonymize ] ]"
    )
    decision = decide(policies, HOST, AGGREGATE, DATA, NOW)
    assert decision.allowed
    assert decision.reason.rule is not None
    assert decision.reason.rule.duties == ("http://www.w3.org/ns/odrl/2/anonymize",)


def test_an_unknown_action_is_denied(read: Read) -> None:
    decision = decide(read(write_rule("permission", "<museum>")), MUSEUM, f"{BASE}copy", DATA, NOW)
    assert (decision.allowed, decision.reason.code) == (False, DecisionCode.UNKNOWN_ACTION)


def test_an_instant_without_offset_is_refused(read: Read) -> None:
    with pytest.raises(UsageError, match="lacks its offset"):
        decide(
            read(write_rule("permission", "<museum>")), MUSEUM, READ, DATA, NOW.replace(tzinfo=None)
        )


def test_filtering_datasets_preserves_their_order(read: Read) -> None:
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
    """What only its partner may read is there, what nobody or only the third party may is not."""
    policies = read(
        f"{write_rule('permission', '<museum>', condition=FOR_RESEARCH)} ;"
        " odrl:permission [ odrl:target <kept> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:aggregate ]"
    )
    targets = [DATA, f"{BASE}kept", f"{BASE}unknown"]
    assert filter_readable_by_some(policies, targets, NOW) == [DATA, f"{BASE}kept"]


def test_a_reason_names_the_deciding_agreement_in_both_languages(read: Read) -> None:
    """Each language uses the agreement's title in that language."""
    reason = decide(read(write_rule("permission", "<museum>")), MUSEUM, READ, DATA, NOW).reason
    assert reason.agreement is not None
    assert reason.text["en"] == "The agreement “The agreement” permits it."
    assert "Entente" in reason.text["fr"]
    assert reason.iri == "https://w3id.org/parvis/concept/decision/permitted"
