"""A question of access, and what one rule says of it: yes, no, or it cannot be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rdflib.namespace import ODRL2

from parvis.governance.dates import compare, instant_of
from parvis.governance.policies import (
    CONTRIBUTES,
    PURPOSE,
    Constraint,
    Kind,
    Policies,
    Rule,
    Stratum,
)


@dataclass(frozen=True)
class Reader:
    """One who asks: a party by its IRI, or anonymous; `purposes` are those it has declared.

    `host` tells the steward, whom the third party has charged with its work.
    `address` is from where, which decides nothing: it tells one anonymous reader from another.
    `contributes` tells until when each stratum that it gave counts, over or not.
    """

    iri: str | None = None
    purposes: frozenset[str] = frozenset()
    host: bool = False
    address: str = ""
    contributes: Mapping[Stratum, datetime] = field(default_factory=dict, hash=False)


ANONYMOUS = Reader()


@dataclass(frozen=True)
class Question:
    """All that a rule is held against."""

    policies: Policies
    reader: Reader
    action: str
    target: str
    at: datetime
    purposes: frozenset[str]

    def rules(self, kind: Kind, actions: Iterable[str]) -> list[Rule]:
        """Give the rules of one kind about the target and one of these actions."""
        on = self.policies.rules_on(self.target)
        return [rule for rule in on if rule.kind is kind and rule.action in actions]

    def applies(self, rule: Rule) -> bool | None:
        """Say whether a rule speaks of this reader, under conditions that hold now."""
        return _together((self.concerns(rule), self.all_hold(rule)))

    def outlasts(self, rule: Rule) -> bool:
        """Say whether a permission still counts: its project is open, or it survives that."""
        agreement = self.policies.agreement(rule.agreement)
        closed = agreement.closed if agreement else None
        return rule.survives or closed is None or self.at < closed

    def concerns(self, rule: Rule) -> bool | None:
        """Say whether the reader is among a rule's assignees."""
        return self.policies.parties.includes(rule.assignee, self.reader.iri)

    def all_hold(self, rule: Rule) -> bool | None:
        """Say whether all conditions of a rule hold."""
        return _together(self.holds(constraint) for constraint in rule.constraints)

    def holds(self, constraint: Constraint) -> bool | None:
        """Say whether one condition holds.

        Elapsed time cannot be told of data of which nobody knows when they came.
        """
        instant = instant_of(constraint, self.policies.received.get(self.target))
        if instant is not None:
            return compare(self.at, constraint.operator, instant)
        if constraint.left == PURPOSE and self.purposes:
            return self._is_for(constraint.operator, str(constraint.right))
        if constraint.left == CONTRIBUTES:
            return not self.lacking() if self.asked else None
        return None

    @property
    def asked(self) -> frozenset[Stratum]:
        """Give the strata that the target holds; none where that is not known."""
        return self.policies.strata.get(self.target, frozenset())

    def lacking(self) -> tuple[Stratum, ...]:
        """Give the strata of the target that the reader does not give, or no longer gives."""
        given = self.reader.contributes
        return tuple(sorted(one for one in self.asked if one not in given or self.at >= given[one]))

    def _is_for(self, operator: str, wanted: str) -> bool:
        if operator == str(ODRL2.eq):
            return wanted in self.purposes
        return any(self.policies.parties.within(purpose, wanted) for purpose in self.purposes)


def _together(answers: Iterable[bool | None]) -> bool | None:
    """Join answers with *and*, in Kleene's logic: no wins, then unknown."""
    found = set(answers)
    if False in found:
        return False
    return None if None in found else True
