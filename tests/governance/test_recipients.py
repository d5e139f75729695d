"""Recipients that may receive figures aggregated from a partner's data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from parvis.errors import PolicyError
from parvis.governance import (
    AGGREGATE,
    ANONYMOUS,
    DISCOVER,
    EVERYONE,
    READ,
    DecisionCode,
    Policies,
    Reader,
    decide,
    filter_readable_by_some,
    may_reach,
)
from parvis.governance.wording import describe_rule

Read = Callable[..., Policies]
BASE = "https://pool.example/"
DATA, RELEASE = f"{BASE}data", f"{BASE}release"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOST, THEATRE, MUSEUM, HALL, UNKNOWN_KIND = (
    f"{BASE}{name}" for name in ("host", "theatre", "museum", "hall", "unknown-kind")
)


def write_recipient_condition(recipient: str) -> str:
    """Write a condition on the recipient in Turtle."""
    return (
        " ; odrl:constraint [ odrl:leftOperand odrl:recipient ; odrl:operator odrl:isA ;"
        f" odrl:rightOperand {recipient} ]"
    )


def write_rule(kind: str, recipient: str = "") -> str:
    """Write a rule on aggregating the data in Turtle."""
    condition = write_recipient_condition(recipient) if recipient else ""
    return (
        f"odrl:{kind} [ odrl:target <data> ; odrl:assignee parvis:host ;"
        f" odrl:action odrl:aggregate{condition} ]"
    )


READING = (
    "odrl:permission [ odrl:target <release> ; odrl:assignee parvis:everyone ;"
    " odrl:action odrl:read ]"
)


def list_recipients(policies: Policies) -> set[str]:
    """Return the parties that may receive aggregated figures."""
    parties = (HOST, THEATRE, MUSEUM, HALL, UNKNOWN_KIND, EVERYONE)
    return {party for party in parties if may_reach(policies, DATA, party)}


def test_a_permission_without_recipient_reaches_everyone(read: Read) -> None:
    """Without a permission nobody is reached."""
    assert EVERYONE in list_recipients(read(write_rule("permission")))
    assert list_recipients(read(READING)) == set()


def test_a_permission_reaches_the_recipients_it_names_and_its_assigner(read: Read) -> None:
    """A collection, a kind of organisation that a party must have stated, or a party."""
    assert list_recipients(read(write_rule("permission", "kind:museum"))) == {THEATRE, MUSEUM}
    assert list_recipients(read(write_rule("permission", "parvis:members"))) == {THEATRE}
    rules = f"{write_rule('permission', 'kind:museum')} ; {write_rule('permission', '<hall>')}"
    assert list_recipients(read(rules)) == {THEATRE, MUSEUM, HALL}


def test_a_prohibited_recipient_is_not_reached_by_what_everyone_receives(read: Read) -> None:
    """A party whose kind is not stated may be of the prohibited kind: it is not reached either."""
    rules = f"{write_rule('permission')} ; {write_rule('prohibition', 'kind:producer')}"
    assert list_recipients(read(rules)) == {HOST, THEATRE, MUSEUM, HALL}


def test_aggregating_without_a_stated_recipient_is_denied_where_rules_name_recipients(
    read: Read,
) -> None:
    """The condition is undecidable, in a permission and in a prohibition."""
    host = Reader(HOST)
    policies = read(write_rule("permission", "<hall>"))
    assert not decide(policies, host, AGGREGATE, DATA, NOW).allowed
    assert decide(policies, host, AGGREGATE, DATA, NOW, recipient=HALL).allowed
    assert not decide(policies, host, AGGREGATE, DATA, NOW, recipient=EVERYONE).allowed
    rules = f"{write_rule('permission')} ; {write_rule('prohibition', '<hall>')}"
    assert not decide(read(rules), host, AGGREGATE, DATA, NOW).allowed
    assert decide(read(rules), host, AGGREGATE, DATA, NOW, recipient=MUSEUM).allowed


def test_a_release_is_readable_by_those_whom_all_its_contributions_may_reach(read: Read) -> None:
    """Though its own agreement opens it to all; the third party and the partner read it."""
    rules = f"{READING} ; {write_rule('permission', 'kind:museum')}"
    policies = replace(read(rules), made_of={RELEASE: frozenset({DATA})})
    assert decide(policies, Reader(MUSEUM), READ, RELEASE, NOW).allowed
    assert decide(policies, Reader(HOST), READ, RELEASE, NOW).allowed
    assert decide(policies, Reader(THEATRE), READ, RELEASE, NOW).allowed
    for reader in (ANONYMOUS, Reader(HALL), Reader(UNKNOWN_KIND)):
        decision = decide(policies, reader, READ, RELEASE, NOW)
        assert (decision.allowed, decision.reason.code) == (False, DecisionCode.OTHER_RECIPIENT)
        assert "lets go to others only" in decision.reason.in_words("en")
        assert not decide(policies, reader, DISCOVER, RELEASE, NOW).allowed
    assert filter_readable_by_some(policies, [RELEASE], NOW) == [RELEASE]


def test_a_release_is_closed_when_a_contributor_no_longer_permits_aggregation(
    read: Read,
) -> None:
    """Until the release is made again without the contribution."""
    policies = replace(read(READING), made_of={RELEASE: frozenset({DATA})})
    assert not decide(policies, Reader(MUSEUM), READ, RELEASE, NOW).allowed


def test_an_unknown_recipient_is_refused(read: Read) -> None:
    """A misspelt name would exclude nobody; the description of a rule names its recipients."""
    with pytest.raises(PolicyError, match="stranger"):
        read(write_rule("permission", "<stranger>"))
    rule = read(write_rule("permission", "parvis:members")).rules[0]
    assert describe_rule(rule, {})["en"].endswith("for the members of the pool only.")
    assert describe_rule(rule, {})["fr"].endswith("pour les membres de la mutualisation seulement.")
