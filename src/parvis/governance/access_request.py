"""Evaluate the rules of agreements for one question of access: true, false or unknown (None)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rdflib.namespace import ODRL2

from parvis.governance.dates import compare, instant_of
from parvis.governance.parties import EVERYONE
from parvis.governance.policies import (
    CONTRIBUTES,
    PURPOSE,
    RECIPIENT,
    Agreement,
    Constraint,
    Policies,
    Rule,
    RuleKind,
    Stratum,
)
from parvis.i18n import LANGUAGES, N_, day, say
from parvis.vocab.namespaces import CONCEPT


@dataclass(frozen=True)
class Reader:
    """A party by its IRI, or an anonymous reader; `purposes` are those it has declared.

    `host` is true for a steward, who works for the third party. `address` is the network address,
    which only distinguishes anonymous readers. `contributes` is until when each stratum that it
    contributed counts, expired or not.
    """

    iri: str | None = None
    purposes: frozenset[str] = frozenset()
    host: bool = False
    address: str = ""
    # A mapping cannot be hashed; two readers that differ here only are still not equal.
    contributes: Mapping[Stratum, datetime] = field(default_factory=dict, hash=False)


ANONYMOUS = Reader()
TOGETHER = "/total"
"""The end of the IRI of a concept that is the total of its list."""


@dataclass(frozen=True)
class AccessRequest:
    """A question of access; `recipient` is the party that would receive the result."""

    policies: Policies
    reader: Reader
    action: str
    target: str
    at: datetime
    purposes: frozenset[str]
    recipient: str | None = None

    def rules(self, kind: RuleKind, actions: Iterable[str]) -> list[Rule]:
        """Return the rules of one kind about the target and one of these actions."""
        rules = self.policies.rules_on(self.target)
        return [rule for rule in rules if rule.kind is kind and rule.action in actions]

    def applies(self, rule: Rule) -> bool | None:
        """Return whether a rule concerns this reader and its conditions hold."""
        return _all_true((self.concerns(rule), self.all_hold(rule)))

    def outlasts(self, rule: Rule) -> bool:
        """Return whether a permission still counts: its project is open, or it survives."""
        agreement = self.policies.agreement(rule.agreement)
        closed = agreement.closed if agreement else None
        return rule.survives or closed is None or self.at < closed

    def concerns(self, rule: Rule) -> bool | None:
        """Return whether a rule's assignee includes the reader."""
        return self.policies.parties.includes(rule.assignee, self.reader.iri)

    def all_hold(self, rule: Rule) -> bool | None:
        """Return whether all conditions of a rule hold."""
        return _all_true(self.holds(constraint) for constraint in rule.constraints)

    def holds(self, constraint: Constraint) -> bool | None:
        """Return whether a condition holds.

        Elapsed time is unknown where nobody knows when the data were received.
        """
        instant = instant_of(constraint, self.policies.received.get(self.target))
        if instant is not None:
            return compare(self.at, constraint.operator, instant)
        if constraint.left == PURPOSE and self.purposes:
            return self._has_purpose(constraint)
        if constraint.left == CONTRIBUTES:
            return not self.lacking() if self.strata else None
        if constraint.left == RECIPIENT and self.recipient is not None:
            assignee = str(constraint.right)
            # Of everyone, only some parties are in a collection.
            if self.recipient == EVERYONE:
                return True if assignee == EVERYONE else None
            return self.policies.parties.includes(assignee, self.recipient)
        return None

    @property
    def is_of_owner(self) -> bool:
        """Whether the reader entrusted the target to the pool, by an agreement that it signed."""
        agreements = (
            self.policies.agreement(r.agreement) for r in self.policies.rules_on(self.target)
        )
        owners = {agreement.assigner for agreement in agreements if agreement}
        return self.reader.iri in owners

    @property
    def strata(self) -> frozenset[Stratum]:
        """Return the strata of the target; none where they are unknown."""
        return self.policies.strata.get(self.target, frozenset())

    def lacking(self) -> tuple[Stratum, ...]:
        """Return the strata of the target that the reader does not, or no longer, contribute."""
        ends = ((stratum, self.contributed_until(stratum)) for stratum in self.strata)
        return tuple(sorted(stratum for stratum, end in ends if end is None or self.at >= end))

    def contributed_until(self, stratum: Stratum) -> datetime | None:
        """Return until when the reader's contribution of a stratum counts, expired or not."""
        contributions = self.reader.contributes
        if self.target not in self.policies.made_of:
            return contributions.get(stratum)
        # A release is made of the parts of its strata: a part of a stratum is a contribution to it.
        # Contributions of other settings may have fewer dimensions: they are no part of it.
        ends = (
            end
            for part, end in contributions.items()
            if len(part) == len(stratum)
            and all(
                concept == total or total.endswith(TOGETHER)
                for concept, total in zip(part, stratum, strict=True)
            )
        )
        return max(ends, default=None)

    def _has_purpose(self, constraint: Constraint) -> bool | None:
        """Return whether one of the purposes meets a condition.

        A narrower purpose meets it, unless the condition is exact (`odrl:eq`): then the answer is
        unknown, as for a broader one, so that neither opens a permission or evades a prohibition.
        """
        required, within = str(constraint.right), self.policies.parties.within
        narrower = any(within(purpose, required) for purpose in self.purposes)
        if required in self.purposes or (narrower and constraint.operator == str(ODRL2.isA)):
            return True
        broader = any(within(required, purpose) for purpose in self.purposes)
        return None if narrower or broader else False


def _all_true(answers: Iterable[bool | None]) -> bool | None:
    """Combine answers with *and* in Kleene's logic: false has precedence, then unknown."""
    values = set(answers)
    if False in values:
        return False
    return None if None in values else True


class DecisionCode(StrEnum):
    """The reason of a decision; each is a concept of the scheme ``decision``."""

    PERMITTED = "permitted"
    RECIPROCATED = "reciprocated"
    HOST = "host"
    OWNER = "owner"
    PROHIBITED = "prohibited"
    RETENTION_OVER = "retention-over"
    RETENTION_UNKNOWN = "retention-unknown"
    NO_AGREEMENT = "no-agreement"
    NO_PERMISSION = "no-permission"
    OUT_OF_DATES = "out-of-dates"
    NO_PURPOSE = "no-purpose"
    OTHER_PURPOSE = "other-purpose"
    NO_CONTRIBUTION = "no-contribution"
    CONTRIBUTION_OVER = "contribution-over"
    ELAPSED_UNKNOWN = "elapsed-unknown"
    PROJECT_CLOSED = "project-closed"
    OTHER_RECIPIENT = "other-recipient"
    UNKNOWN_ACTION = "unknown-action"


_SENTENCES = {
    DecisionCode.PERMITTED: N_("The agreement “{agreement}” permits it."),
    DecisionCode.RECIPROCATED: N_(
        "The agreement “{agreement}” permits it to those who contribute the same figures: these"
        " contributions count until {until}."
    ),
    DecisionCode.HOST: N_("The trusted third party looks after all the data entrusted to it."),
    DecisionCode.OWNER: N_("A partner may always read its own data."),
    DecisionCode.PROHIBITED: N_("The agreement “{agreement}” forbids it."),
    DecisionCode.RETENTION_OVER: N_(
        "The time of keeping set by the agreement “{agreement}” is over: nobody may read the data."
    ),
    DecisionCode.RETENTION_UNKNOWN: N_(
        "It cannot yet be told whether the time of keeping set by the agreement “{agreement}” is"
        " over: until then nobody may read the data."
    ),
    DecisionCode.NO_AGREEMENT: N_("No agreement speaks of this dataset."),
    DecisionCode.NO_PERMISSION: N_("No agreement permits it."),
    DecisionCode.OUT_OF_DATES: N_("The agreement “{agreement}” does not permit it at this date."),
    DecisionCode.NO_PURPOSE: N_("The agreement “{agreement}” asks that a purpose be stated."),
    DecisionCode.OTHER_PURPOSE: N_("The agreement “{agreement}” permits it for another purpose."),
    DecisionCode.NO_CONTRIBUTION: N_(
        "The agreement “{agreement}” permits it to those who contribute the same figures; no"
        " such contribution is recorded."
    ),
    DecisionCode.CONTRIBUTION_OVER: N_(
        "The agreement “{agreement}” permits it to those who contribute the same figures; a"
        " contribution counted until {until}, and none has followed."
    ),
    DecisionCode.ELAPSED_UNKNOWN: N_(
        "The agreement “{agreement}” sets a duration whose beginning is not recorded."
    ),
    DecisionCode.PROJECT_CLOSED: N_(
        "The project of the agreement “{agreement}” is closed, and the agreement lets this not"
        " survive it."
    ),
    DecisionCode.OTHER_RECIPIENT: N_(
        "Figures of a partner went into it that its agreement lets go to others only."
    ),
    DecisionCode.UNKNOWN_ACTION: N_("The charter does not know this action."),
}


@dataclass(frozen=True)
class Reason:
    """The reason of a decision, with the rule and its agreement if there is one.

    Where a contribution is required, `lacking` are the strata that the reader does not contribute
    now, and `until` is when the first of its contributions expires or expired.
    """

    code: DecisionCode
    rule: Rule | None = None
    agreement: Agreement | None = None
    lacking: tuple[Stratum, ...] = ()
    until: datetime | None = None

    @property
    def iri(self) -> str:
        """Return the concept of the reason."""
        return f"{CONCEPT}decision/{self.code}"

    @property
    def template(self) -> str:
        """Return the English template of the sentence, which is its key for translation."""
        return _SENTENCES[self.code]

    @property
    def text(self) -> dict[str, str]:
        """Return the sentence in every language."""
        return {lang: self.in_words(lang) for lang in LANGUAGES}

    def in_words(self, lang: str) -> str:
        """Return the sentence in one language."""
        title = self.agreement.title[lang] if self.agreement else ""
        until = "" if self.until is None else day(lang, self.until)
        return say(lang, self.template, agreement=title, until=until)


@dataclass(frozen=True)
class AccessDecision:
    """The answer to a question of access, with its reason."""

    allowed: bool
    reason: Reason
