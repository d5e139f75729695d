"""Closed projects, and invalid agreements that reach a decision all the same."""

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


def test_a_closed_project_permits_nothing_from_its_closing_on(read: Read) -> None:
    """It permits until a microsecond before; decisions change at the closing."""
    policies = read(f"{TO_MUSEUM} ]{CLOSED}")
    assert decide(policies, MUSEUM, READ, DATA, BEFORE).allowed
    decision = decide(policies, MUSEUM, READ, DATA, END)
    assert (decision.allowed, decision.reason.code) == (False, DecisionCode.PROJECT_CLOSED)
    assert not decide(policies, MUSEUM, DISCOVER, DATA, END).allowed
    assert good_until(policies, BEFORE) == END
    assert good_until(policies, END) is None


def test_rules_that_survive_the_closing_still_apply(read: Read) -> None:
    """Prohibitions apply after the closing in any case."""
    surviving_rules = f"{TO_MUSEUM} , parvis:discover ; parvis:survivesClosing true ] ; {NOT_HALL}"
    policies = read(f"{surviving_rules}{CLOSED}")
    assert decide(policies, MUSEUM, READ, DATA, END).allowed
    assert decide(policies, HALL, READ, DATA, END).reason.code is DecisionCode.PROHIBITED


def test_the_description_of_readers_says_until_when_a_project_permits_reading(read: Read) -> None:
    """Until the closing it shows the day, afterwards no reader."""
    policies = read(f"{TO_MUSEUM} ]{CLOSED}")
    names = {f"{BASE}museum": {"fr": "le Musée", "en": "the Museum"}}
    assert "closed, September 1, 2026" in describe_readers(policies, DATA, names, BEFORE)["en"]
    assert "Museum" not in describe_readers(policies, DATA, names, END)["en"]


def test_a_duration_is_written_in_words(read: Read) -> None:
    """Nobody at a partner reads P5Y."""
    kept = (
        " ; odrl:constraint [ odrl:leftOperand odrl:elapsedTime ; odrl:operator odrl:lteq ;"
        ' odrl:rightOperand "P5Y"^^xsd:duration ]'
    )
    description = describe_rule(read(f"{TO_MUSEUM}{kept} ]").rules[0], {})
    assert description["en"].endswith("within 5 years of the submission.")
    assert description["fr"].endswith("dans les 5 ans suivant le dépôt.")


def test_a_rule_is_described_in_both_languages(read: Read) -> None:
    """The parties, the action and the last day; the members of a list are not named."""
    until = (
        " ; odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:lt ;"
        ' odrl:rightOperand "2027-07-01T00:00:00-04:00"^^xsd:dateTime ]'
    )
    listed = TO_MUSEUM.replace("<museum>", "<list>") + until
    policies = read(f"{listed} ] . <list> a odrl:PartyCollection . <museum> odrl:partOf <list>")
    description = describe_rule(policies.rules[0], {})
    assert description["en"] == (
        "The parties that the agreement lists may read these data, until June 30, 2027."
    )
    assert description["fr"] == (
        "Les parties que liste l’entente peuvent lire ces données, jusqu’au 30 juin 2027."
    )


def test_each_rule_is_a_sentence_whose_verb_agrees_with_its_party(read: Read) -> None:
    """A party, several, a kind of organisation and nobody; what is asked in return stands in it."""
    theatre = "https://w3id.org/parvis/concept/organization-type/theatre"
    figures = "odrl:duty [ odrl:action odrl:anonymize ]"
    rules = read(
        "odrl:permission [ odrl:target <data> ; odrl:assignee parvis:host ; odrl:action"
        f" odrl:aggregate ; {figures} ] ; odrl:prohibition"
        f" [ odrl:target <data> ; odrl:assignee <{theatre}> ; odrl:action odrl:use ] ,"
        " [ odrl:target <data> ; odrl:assignee parvis:everyone ; odrl:action odrl:distribute ]"
        f" . <{theatre}> a skos:Concept"
    ).rules
    names = {theatre: {"fr": "théâtre", "en": "theatre"}}
    assert {describe_rule(rule, names)["fr"] for rule in rules} == {
        (
            "Le tiers de confiance peut compter ces données dans les chiffres mutualisés, sans que"
            " personne soit reconnaissable dans le résultat."
        ),
        (
            "Les organismes du type «\u00a0théâtre\u00a0» ne peuvent pas lire ces données ni s’en"
            " servir."
        ),
        "Personne ne peut redistribuer ces données.",
    }


def test_a_purpose_and_a_duration_are_described_without_their_codes(read: Read) -> None:
    """A partner reads neither the local name of a purpose nor an ISO 8601 duration."""
    conditions = (
        " ; odrl:constraint [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isA ;"
        " odrl:rightOperand <https://w3id.org/dpv#AcademicResearch> ] ,"
        " [ odrl:leftOperand odrl:elapsedTime ; odrl:operator odrl:lteq ;"
        ' odrl:rightOperand "P5Y"^^xsd:duration ]'
    )
    description = describe_rule(read(f"{TO_MUSEUM}{conditions} ]").rules[0], {})
    assert "recherche universitaire" in description["fr"]
    assert "dans les 5 ans suivant le dépôt" in description["fr"]
    assert "within 5 years of the submission" in description["en"]


@pytest.mark.parametrize(
    "parts",
    [
        "<list> odrl:partOf <list> .",
        "<in> a odrl:PartyCollection ; odrl:partOf <list> . <list> odrl:partOf <in> .",
    ],
)
def test_a_collection_that_contains_itself_is_refused(read: Read, parts: str) -> None:
    """Directly or through another collection."""
    with pytest.raises(PolicyError, match="part of itself"):
        read(f"{TO_MUSEUM} ] . <list> a odrl:PartyCollection . {parts} <x> rdfs:label 'x'")


STRANGE = {
    "an unknown operand": Constraint("https://x.example/o", "eq", "1"),
    "an unknown operator": Constraint(DATE_TIME, "https://x.example/op", END),
    "a date without offset": Constraint(
        DATE_TIME,
        "http://www.w3.org/ns/odrl/2/lt",
        datetime(2030, 1, 1),  # noqa: DTZ001 - on purpose
    ),
    "a date in words": Constraint(DATE_TIME, "http://www.w3.org/ns/odrl/2/lt", "demain"),
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("kind", RuleKind)
def test_an_invalid_condition_in_a_decision_denies(name: str, kind: RuleKind) -> None:
    """It fulfils no permission and lifts no prohibition."""
    parties = Parties(by_iri={"a": Party("a")})
    action = DELETE if kind is RuleKind.OBLIGATION else READ
    invalid_rule = Rule(kind, "data", "a", action, "x", (STRANGE[name],))
    valid_rule = Rule(RuleKind.PERMISSION, "data", "a", READ, "x")
    rules = (invalid_rule,) if kind is RuleKind.PERMISSION else (invalid_rule, valid_rule)
    policies = Policies((Agreement("x", "owner", {"fr": "E", "en": "A"}, rules),), parties)
    assert not decide(policies, Reader("a"), READ, "data", END).allowed
    change = good_until(policies, BEFORE)
    assert change is None or change > BEFORE


def test_party_collections_in_a_cycle_admit_listed_parties_only() -> None:
    """The evaluation ends, and admits nobody else."""
    cyclic = Parties(
        by_iri={"a": Party("a"), "b": Party("b")},
        collections={"x": frozenset({"y", "a"}), "y": frozenset({"x"})},
        broader={"k": frozenset({"k", "l"}), "l": frozenset({"k"})},
    )
    rule = Rule(RuleKind.PERMISSION, "data", "x", READ, "e")
    policies = Policies((Agreement("e", "a", {"fr": "E", "en": "A"}, (rule,)),), cyclic)
    allowed = [
        party for party in "ab" if decide(policies, Reader(party), READ, "data", END).allowed
    ]
    assert allowed == ["a"]
    closed = replace(policies.agreements[0], closed=END)
    assert not decide(Policies((closed,), cyclic), ANONYMOUS, READ, "data", END).allowed
