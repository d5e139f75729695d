"""To whom what is aggregated from a partner's figures may go, and who is kept from it."""

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


def towards(whom: str) -> str:
    """Write a condition on the recipient."""
    return (
        " ; odrl:constraint [ odrl:leftOperand odrl:recipient ; odrl:operator odrl:isA ;"
        f" odrl:rightOperand {whom} ]"
    )


def aggregating(kind: str, whom: str = "") -> str:
    """Write a rule on aggregating the data."""
    more = towards(whom) if whom else ""
    return (
        f"odrl:{kind} [ odrl:target <data> ; odrl:assignee parvis:host ;"
        f" odrl:action odrl:aggregate{more} ]"
    )


READING = (
    "odrl:permission [ odrl:target <release> ; odrl:assignee parvis:everyone ;"
    " odrl:action odrl:read ]"
)


def reached(policies: Policies) -> set[str]:
    """Give the parties that what is aggregated may go to."""
    every = (HOST, THEATRE, MUSEUM, HALL, UNKNOWN_KIND, EVERYONE)
    return {one for one in every if may_reach(policies, DATA, one)}


def test_a_permission_without_recipient_reaches_everyone(read: Read) -> None:
    """As agreements always said it; without a permission it reaches nobody."""
    assert EVERYONE in reached(read(aggregating("permission")))
    assert reached(read(READING)) == set()


def test_a_permission_reaches_those_it_names_and_not_everyone(read: Read) -> None:
    """A collection or a kind, of which one must be known to be; and whose agreement it is."""
    assert reached(read(aggregating("permission", "kind:museum"))) == {THEATRE, MUSEUM}
    assert reached(read(aggregating("permission", "parvis:members"))) == {THEATRE}
    both = f"{aggregating('permission', 'kind:museum')} ; {aggregating('permission', '<hall>')}"
    assert reached(read(both)) == {THEATRE, MUSEUM, HALL}


def test_a_refused_kind_is_reached_by_nothing_that_everyone_reads(read: Read) -> None:
    """What is for all is for it too; who may be of that kind is not reached either."""
    rules = f"{aggregating('permission')} ; {aggregating('prohibition', 'kind:producer')}"
    assert reached(read(rules)) == {HOST, THEATRE, MUSEUM, HALL}


def test_without_a_recipient_nothing_is_aggregated_for_some(read: Read) -> None:
    """What cannot be told denies: a permission that names some, and a prohibition too."""
    host = Reader(HOST)
    some = read(aggregating("permission", "<hall>"))
    assert not decide(some, host, AGGREGATE, DATA, NOW).allowed
    assert decide(some, host, AGGREGATE, DATA, NOW, recipient=HALL).allowed
    assert not decide(some, host, AGGREGATE, DATA, NOW, recipient=EVERYONE).allowed
    rules = f"{aggregating('permission')} ; {aggregating('prohibition', '<hall>')}"
    assert not decide(read(rules), host, AGGREGATE, DATA, NOW).allowed
    assert decide(read(rules), host, AGGREGATE, DATA, NOW, recipient=MUSEUM).allowed


def test_a_release_is_read_by_those_only_whom_all_that_went_into_it_may_reach(read: Read) -> None:
    """Though its own agreement opens it to all; the third party and the partner read it."""
    rules = f"{READING} ; {aggregating('permission', 'kind:museum')}"
    policies = replace(read(rules), made_of={RELEASE: frozenset({DATA})})
    assert decide(policies, Reader(MUSEUM), READ, RELEASE, NOW).allowed
    assert decide(policies, Reader(HOST), READ, RELEASE, NOW).allowed
    assert decide(policies, Reader(THEATRE), READ, RELEASE, NOW).allowed
    for reader in (ANONYMOUS, Reader(HALL), Reader(UNKNOWN_KIND)):
        found = decide(policies, reader, READ, RELEASE, NOW)
        assert (found.allowed, found.reason.code) == (False, DecisionCode.OTHER_RECIPIENT)
        assert "lets go to others only" in found.reason.in_words("en")
        assert not decide(policies, reader, DISCOVER, RELEASE, NOW).allowed
    assert filter_readable_by_some(policies, [RELEASE], NOW) == [RELEASE]


def test_a_partner_that_lets_nothing_be_aggregated_any_more_closes_what_it_entered(
    read: Read,
) -> None:
    """Until the release is made again, without it."""
    policies = replace(read(READING), made_of={RELEASE: frozenset({DATA})})
    assert not decide(policies, Reader(MUSEUM), READ, RELEASE, NOW).allowed


def test_a_recipient_is_one_that_is_known(read: Read) -> None:
    """A misspelt name would keep nobody out; the rule is told in words, with whom it names."""
    with pytest.raises(PolicyError, match="stranger"):
        read(aggregating("permission", "<stranger>"))
    rule = read(aggregating("permission", "parvis:members")).rules[0]
    assert describe_rule(rule, {})["en"].endswith("received by the members of the pool")
    assert describe_rule(rule, {})["fr"].endswith("reçu par les membres de la mutualisation")
