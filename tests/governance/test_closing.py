"""When a project is closed, and what is met at run time though it should never have entered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from parvis.errors import PolicyError
from parvis.governance import (
    ANONYMOUS,
    DISCOVER,
    READ,
    Agreement,
    Constraint,
    DecisionCode,
    Parties,
    Party,
    Policies,
    Reader,
    Rule,
    RuleKind,
    decide,
    good_until,
)
from parvis.governance.policies import DATE_TIME, DELETE
from parvis.governance.wording import describe_readers, describe_rule

Read = Callable[..., Policies]
BASE = "https://pool.example/"
DATA, MUSEUM, HALL = f"{BASE}data", Reader(f"{BASE}museum"), Reader(f"{BASE}hall")
END = datetime(2026, 9, 1, 4, tzinfo=UTC)
BEFORE = END - timedelta(microseconds=1)
CLOSED = (
    ' ; dct:isPartOf <p> . <p> parvis:closed "2026-09-01T00:00:00-04:00"^^xsd:dateTime .'
    " <x> rdfs:label 'x'"
)
TO_MUSEUM = "odrl:permission [ odrl:target <data> ; odrl:assignee <museum> ; odrl:action odrl:read"
NOT_HALL = "odrl:prohibition [ odrl:target <data> ; odrl:assignee <hall> ; odrl:action odrl:use ]"


def test_a_closed_project_permits_nothing_from_its_instant_on(read: Read) -> None:
    """A microsecond before it still does; the instant is one at which decisions change."""
    policies = read(f"{TO_MUSEUM} ]{CLOSED}")
    assert decide(policies, MUSEUM, READ, DATA, BEFORE).allowed
    decision = decide(policies, MUSEUM, READ, DATA, END)
    assert (decision.allowed, decision.reason.code) == (False, DecisionCode.PROJECT_CLOSED)
    assert not decide(policies, MUSEUM, DISCOVER, DATA, END).allowed
    assert good_until(policies, BEFORE) == END
    assert good_until(policies, END) is None


def test_what_an_agreement_says_survives_does(read: Read) -> None:
    """And so do its prohibitions, whatever survives."""
    survivor = f"{TO_MUSEUM} , parvis:discover ; parvis:survivesClosing true ] ; {NOT_HALL}"
    policies = read(f"{survivor}{CLOSED}")
    assert decide(policies, MUSEUM, READ, DATA, END).allowed
    assert decide(policies, HALL, READ, DATA, END).reason.code is DecisionCode.PROHIBITED


def test_a_page_says_until_when_a_project_lets_read(read: Read) -> None:
    """Before the closing with its day, afterwards not at all."""
    policies = read(f"{TO_MUSEUM} ]{CLOSED}")
    names = {f"{BASE}museum": {"fr": "le Musée", "en": "the Museum"}}
    assert "closed, September 1, 2026" in describe_readers(policies, DATA, names, BEFORE)["en"]
    assert "Museum" not in describe_readers(policies, DATA, names, END)["en"]


def test_a_rule_is_told_in_words_in_both_languages(read: Read) -> None:
    """Whom it is for, what, until when; a list is not told by its members."""
    until = (
        " ; odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;"
        ' odrl:rightOperand "2027-07-01T00:00:00-04:00"^^xsd:dateTime ]'
    )
    listed = TO_MUSEUM.replace("<museum>", "<list>") + until
    policies = read(f"{listed} ] . <list> a odrl:PartyCollection . <museum> odrl:partOf <list>")
    told = describe_rule(policies.rules[0], {})
    assert told["en"] == (
        "permission: read, for the parties that the agreement lists; until July 1, 2027"
    )
    assert "1 juillet 2027" in told["fr"]


@pytest.mark.parametrize(
    "parts",
    [
        "<list> odrl:partOf <list> .",
        "<in> a odrl:PartyCollection ; odrl:partOf <list> . <list> odrl:partOf <in> .",
    ],
)
def test_a_collection_that_holds_itself_is_refused(read: Read, parts: str) -> None:
    """Directly or by way of another, in one line in each language."""
    with pytest.raises(PolicyError, match="part of itself"):
        read(f"{TO_MUSEUM} ] . <list> a odrl:PartyCollection . {parts} <x> rdfs:label 'x'")


STRANGE = {
    "an unknown operand": Constraint("https://x.example/o", "eq", "1"),
    "an unknown operator": Constraint(DATE_TIME, "https://x.example/op", END),
    "a date without offset": Constraint(
        DATE_TIME,
        "http://www.w3.org/ns/odrl/2/lt",
        datetime(2030, 1, 1),  # noqa: DTZ001 - meant
    ),
    "a date in words": Constraint(DATE_TIME, "http://www.w3.org/ns/odrl/2/lt", "demain"),
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("kind", RuleKind)
def test_what_is_met_at_run_time_denies(name: str, kind: RuleKind) -> None:
    """A permission under a condition that cannot be told opens nothing; others close."""
    parties = Parties(known={"a": Party("a")})
    action = DELETE if kind is RuleKind.OBLIGATION else READ
    strange = Rule(kind, "data", "a", action, "x", (STRANGE[name],))
    sound = Rule(RuleKind.PERMISSION, "data", "a", READ, "x")
    rules = (strange,) if kind is RuleKind.PERMISSION else (strange, sound)
    policies = Policies((Agreement("x", "a", {"fr": "E", "en": "A"}, rules),), parties)
    assert not decide(policies, Reader("a"), READ, "data", END).allowed
    turn = good_until(policies, BEFORE)
    assert turn is None or turn > BEFORE


def test_parties_that_hold_one_another_at_run_time_include_who_is_listed_only() -> None:
    """A cycle that was met all the same neither loops nor admits anyone else."""
    looped = Parties(
        known={"a": Party("a"), "b": Party("b")},
        collections={"x": frozenset({"y", "a"}), "y": frozenset({"x"})},
        broader={"k": frozenset({"k", "l"}), "l": frozenset({"k"})},
    )
    rule = Rule(RuleKind.PERMISSION, "data", "x", READ, "e")
    policies = Policies((Agreement("e", "a", {"fr": "E", "en": "A"}, (rule,)),), looped)
    allowed = [who for who in "ab" if decide(policies, Reader(who), READ, "data", END).allowed]
    assert allowed == ["a"]
    closed = replace(policies.agreements[0], closed=END)
    assert not decide(Policies((closed,), looped), ANONYMOUS, READ, "data", END).allowed
