"""Agreements that the ODRL profile accepts, and those that it refuses."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from parvis.errors import PolicyError
from parvis.governance import DISCOVER, READ, Policies, RuleKind

Read = Callable[..., Policies]
RULE = "odrl:target <events> ; odrl:assignee parvis:everyone ; odrl:action odrl:read"
HEAD = """
<agreement> a odrl:Agreement ; odrl:profile parvis:profile-1 ; odrl:conflict odrl:prohibit ;
    odrl:assigner <theatre> ; dct:title "Entente"@fr, "The agreement"@en .
"""


def test_an_agreement_is_read_with_its_title_date_project_and_rules(read: Read) -> None:
    policies = read(
        f'odrl:permission [ {RULE} ] ; dct:dateAccepted "2025-03-01"^^xsd:date ;'
        " dct:isPartOf <project>"
    )
    (agreement,) = policies.agreements
    assert agreement.title == {"fr": "Entente", "en": "The agreement"}
    assert agreement.accepted == date(2025, 3, 1)
    assert agreement.project == "https://pool.example/project"
    assert agreement.assigner == "https://pool.example/theatre"
    assert policies.agreement(agreement.iri) is agreement


def test_a_rule_of_several_actions_and_targets_becomes_several_rules(read: Read) -> None:
    """ODRL's compact form means one rule for each combination (ODRL §2.7.1)."""
    policies = read(
        "odrl:permission [ odrl:target <a>, <b> ; odrl:assignee parvis:everyone ;"
        " odrl:action odrl:read, parvis:discover ]"
    )
    pairs = {(rule.target[-1], rule.action) for rule in policies.rules}
    assert pairs == {("a", READ), ("b", READ), ("a", DISCOVER), ("b", DISCOVER)}


def test_duties_and_instants_are_read(read: Read) -> None:
    """A duty stays with its permission, an instant keeps its offset."""
    policies = read(
        "odrl:permission [ odrl:target <a> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:aggregate ; odrl:duty [ odrl:action odrl:anonymize ] ] ;"
        "odrl:obligation [ odrl:target <a> ; odrl:assignee parvis:host ; odrl:action odrl:delete ;"
        " odrl:constraint [ odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;"
        ' odrl:rightOperand "2027-07-01T00:00:00-04:00"^^xsd:dateTime ] ]'
    )
    permission = next(rule for rule in policies.rules if rule.kind is RuleKind.PERMISSION)
    obligation = next(rule for rule in policies.rules if rule.kind is RuleKind.OBLIGATION)
    assert permission.duties == ("http://www.w3.org/ns/odrl/2/anonymize",)
    assert obligation.constraints[0].right == datetime(2027, 7, 1, 4, tzinfo=UTC)


def write_constrained_permission(left: str, operator: str, right: str) -> str:
    """Write a permission with a constraint in Turtle."""
    return (
        f"odrl:permission [ {RULE} ; odrl:constraint [ odrl:leftOperand {left} ;"
        f" odrl:operator {operator} ; odrl:rightOperand {right} ] ]"
    )


OUTSIDE = {
    "an unknown operand": (
        write_constrained_permission("odrl:spatial", "odrl:eq", "<montreal>"),
        "http://www.w3.org/ns/odrl/2/spatial",
    ),
    "an unknown operator": (
        write_constrained_permission(
            "odrl:dateTime", "odrl:isAnyOf", '"2027-01-01T00:00:00Z"^^xsd:dateTime'
        ),
        "http://www.w3.org/ns/odrl/2/isAnyOf",
    ),
    "a date and time without offset": (
        write_constrained_permission(
            "odrl:dateTime", "odrl:lt", '"2027-01-01T00:00:00"^^xsd:dateTime'
        ),
        "2027-01-01T00:00:00",
    ),
    "a date alone": (
        write_constrained_permission("odrl:dateTime", "odrl:lt", '"2027-01-01"^^xsd:date'),
        "2027-01-01",
    ),
    "an unreadable date": (
        write_constrained_permission("odrl:dateTime", "odrl:lt", '"bientôt"^^xsd:dateTime'),
        "bientôt",
    ),
    "a purpose in words": (
        write_constrained_permission("odrl:purpose", "odrl:isA", '"recherche"'),
        "recherche",
    ),
    "a duration in words": (
        write_constrained_permission("odrl:elapsedTime", "odrl:lt", '"trois ans"'),
        "trois ans",
    ),
    "another contribution": (
        write_constrained_permission("parvis:contributesStratum", "odrl:eq", "<other>"),
        "https://pool.example/other",
    ),
    "an unknown action": (
        f"odrl:permission [ {RULE}, odrl:play ]",
        "http://www.w3.org/ns/odrl/2/play",
    ),
    "an obligation that is none": (
        f"odrl:obligation [ {RULE} ]",
        "http://www.w3.org/ns/odrl/2/read",
    ),
    "a duty that is unknown": (
        f"odrl:permission [ {RULE} ; odrl:duty [ odrl:action odrl:compensate ] ]",
        "http://www.w3.org/ns/odrl/2/compensate",
    ),
    "two assignees": (
        "odrl:permission [ odrl:target <a> ; odrl:action odrl:read ; odrl:assignee <a>, <b> ]",
        "http://www.w3.org/ns/odrl/2/assignee",
    ),
    "no assignee": (
        "odrl:permission [ odrl:target <a> ; odrl:action odrl:read ]",
        "http://www.w3.org/ns/odrl/2/assignee",
    ),
    "an assignee whom nobody knows": (
        "odrl:prohibition [ odrl:target <a> ; odrl:assignee <musem> ; odrl:action odrl:use ]",
        "https://pool.example/musem",
    ),
    "a kind of organisation that does not exist": (
        "odrl:prohibition [ odrl:target <a> ; odrl:assignee kind:musem ; odrl:action odrl:use ]",
        "organization-type/musem",
    ),
    "a target in words": (
        'odrl:permission [ odrl:target "all" ; odrl:assignee <hall> ; odrl:action odrl:read ]',
        "all",
    ),
    "a refinement": (
        f"odrl:permission [ {RULE} ; odrl:remedy [] ]",
        "http://www.w3.org/ns/odrl/2/remedy",
    ),
    "inheritance": (
        f"odrl:permission [ {RULE} ] ; odrl:inheritFrom <other>",
        "http://www.w3.org/ns/odrl/2/inheritFrom",
    ),
    "no rule": ("", "odrl:permission"),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_term_outside_the_profile_is_refused_by_name(read: Read, name: str) -> None:
    """The error names the agreement and the term."""
    rules, term = OUTSIDE[name]
    with pytest.raises(PolicyError) as raised:
        read(rules)
    assert "https://pool.example/agreement" in str(raised.value)
    assert term in str(raised.value)


HEADS = {
    "another profile": (HEAD.replace("parvis:profile-1", "<mine>"), "https://pool.example/mine"),
    "another way with conflicts": (HEAD.replace("odrl:prohibit", "odrl:perm"), "odrl/2/perm"),
    "no assigner": (HEAD.replace("odrl:assigner <theatre> ;", ""), "odrl/2/assigner"),
    "an assigner whom nobody knows": (HEAD.replace("<theatre>", "<theater>"), "/theater"),
    "a title in one language": (HEAD.replace(', "The agreement"@en', ""), "dct:title @en"),
    "a date that is none": (f'{HEAD} <agreement> dct:dateAccepted "mars" .', "mars"),
    "a policy of another kind": (f"{HEAD} <offer> a odrl:Offer .", "odrl/2/Offer"),
    "rules outside any agreement": (f"{HEAD} <x> odrl:permission [ {RULE} ] .", "odrl:Agreement"),
    "a stranger in a list": (
        f"{HEAD} <list> a odrl:PartyCollection . <musem> odrl:partOf <list> .",
        "https://pool.example/musem",
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_an_agreement_outside_the_charter_is_refused_by_name(read: Read, name: str) -> None:
    """Profile, conflict rule, assigner and both titles are required; lists contain parties only."""
    head, term = HEADS[name]
    with pytest.raises(PolicyError, match=r"https://pool\.example/") as raised:
        read(f"odrl:permission [ {RULE} ]", head=head)
    assert term in str(raised.value)
