"""A question of access, and what one rule says of it: yes, no, or it cannot be told."""

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
    Kind,
    Policies,
    Rule,
    Stratum,
)
from parvis.i18n import LANGUAGES, N_, day, say
from parvis.vocab.namespaces import CONCEPT


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
TOGETHER = "/total"
"""What a concept that takes all of a list together ends with."""


@dataclass(frozen=True)
class Question:
    """All that a rule is held against; `recipient` is who would have what comes of the action."""

    policies: Policies
    reader: Reader
    action: str
    target: str
    at: datetime
    purposes: frozenset[str]
    recipient: str | None = None

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
            return self._is_for(constraint)
        if constraint.left == CONTRIBUTES:
            return not self.lacking() if self.asked else None
        if constraint.left == RECIPIENT:
            return self.received_by(str(constraint.right))
        return None

    def received_by(self, assignee: str) -> bool | None:
        """Say whether who would have what comes of it is among some; of everyone only some are."""
        if self.recipient is None:
            return None
        if self.recipient == EVERYONE:
            return True if assignee == EVERYONE else None
        return self.policies.parties.includes(assignee, self.recipient)

    @property
    def asked(self) -> frozenset[Stratum]:
        """Give the strata that the target holds; none where that is not known."""
        return self.policies.strata.get(self.target, frozenset())

    def lacking(self) -> tuple[Stratum, ...]:
        """Give the strata of the target that the reader does not give, or no longer gives."""
        ends = ((one, self.given_until(one)) for one in self.asked)
        return tuple(sorted(one for one, end in ends if end is None or self.at >= end))

    def given_until(self, stratum: Stratum) -> datetime | None:
        """Tell until when the reader gives a stratum of the target, over or not.

        A release is made of the parts of its strata: who gives a part of one gives it.
        """
        given = self.reader.contributes
        if self.target not in self.policies.made_of:
            return given.get(stratum)
        return max((end for one, end in given.items() if _within(one, stratum)), default=None)

    def _is_for(self, constraint: Constraint) -> bool | None:
        """Say whether one of the purposes is that of a condition.

        A narrower one is it too, unless the condition names it exactly (`odrl:eq`); then it cannot
        be told, nor of a wider one: so neither opens a permission or evades a prohibition.
        """
        wanted, within = str(constraint.right), self.policies.parties.within
        narrower = any(within(purpose, wanted) for purpose in self.purposes)
        if wanted in self.purposes or (narrower and constraint.operator == str(ODRL2.isA)):
            return True
        wider = any(within(wanted, purpose) for purpose in self.purposes)
        return None if narrower or wider else False


def _within(part: Stratum, stratum: Stratum) -> bool:
    """Say whether a stratum is another, or a part of it where that takes all together."""
    pairs = zip(part, stratum, strict=False)
    return all(one == other or other.endswith(TOGETHER) for one, other in pairs)


def _together(answers: Iterable[bool | None]) -> bool | None:
    """Join answers with *and*, in Kleene's logic: no wins, then unknown."""
    found = set(answers)
    if False in found:
        return False
    return None if None in found else True


# Why a decision fell as it did: a code, the rule and agreement that decided, a sentence.


class Code(StrEnum):
    """What decided; each is a concept of the scheme ``decision``."""

    PERMITTED = "permitted"
    RECIPROCATED = "reciprocated"
    HOST = "host"
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
    Code.PERMITTED: N_("The agreement “{agreement}” permits it."),
    Code.RECIPROCATED: N_(
        "The agreement “{agreement}” permits it to those who contribute the same figures: these"
        " contributions count until {until}."
    ),
    Code.HOST: N_("The trusted third party looks after all the data entrusted to it."),
    Code.PROHIBITED: N_("The agreement “{agreement}” forbids it."),
    Code.RETENTION_OVER: N_(
        "The time of keeping set by the agreement “{agreement}” is over: nobody may read the data."
    ),
    Code.RETENTION_UNKNOWN: N_(
        "It cannot yet be told whether the time of keeping set by the agreement “{agreement}” is"
        " over: until then nobody may read the data."
    ),
    Code.NO_AGREEMENT: N_("No agreement speaks of this dataset."),
    Code.NO_PERMISSION: N_("No agreement permits it."),
    Code.OUT_OF_DATES: N_("The agreement “{agreement}” does not permit it at this date."),
    Code.NO_PURPOSE: N_("The agreement “{agreement}” asks that a purpose be stated."),
    Code.OTHER_PURPOSE: N_("The agreement “{agreement}” permits it for another purpose."),
    Code.NO_CONTRIBUTION: N_(
        "The agreement “{agreement}” permits it to those who contribute the same figures; no"
        " such contribution is recorded."
    ),
    Code.CONTRIBUTION_OVER: N_(
        "The agreement “{agreement}” permits it to those who contribute the same figures; a"
        " contribution counted until {until}, and none has followed."
    ),
    Code.ELAPSED_UNKNOWN: N_(
        "The agreement “{agreement}” sets a duration whose beginning is not recorded."
    ),
    Code.PROJECT_CLOSED: N_(
        "The project of the agreement “{agreement}” is closed, and the agreement lets this not"
        " survive it."
    ),
    Code.OTHER_RECIPIENT: N_(
        "Figures of a partner went into it that its agreement lets go to others only."
    ),
    Code.UNKNOWN_ACTION: N_("The charter does not know this action."),
}


@dataclass(frozen=True)
class Reason:
    """What decided, with the rule and its agreement when there is one.

    Where a contribution is asked for, `lacking` are the strata that the reader does not give now,
    and `until` tells when the first of those that it gave, or gives, ceases to count.
    """

    code: Code
    rule: Rule | None = None
    agreement: Agreement | None = None
    lacking: tuple[Stratum, ...] = ()
    until: datetime | None = None

    @property
    def iri(self) -> str:
        """Give the concept of the reason."""
        return f"{CONCEPT}decision/{self.code}"

    @property
    def template(self) -> str:
        """Give the English template of the sentence, which is its key for translation."""
        return _SENTENCES[self.code]

    @property
    def text(self) -> dict[str, str]:
        """Give the sentence in every language."""
        return {lang: self.in_words(lang) for lang in LANGUAGES}

    def in_words(self, lang: str) -> str:
        """Say the reason in one language, with the agreement's title in that language."""
        title = self.agreement.title[lang] if self.agreement else ""
        until = "" if self.until is None else day(lang, self.until)
        return say(lang, self.template, agreement=title, until=until)


@dataclass(frozen=True)
class Decision:
    """The answer to one question of access, never without its reason."""

    allowed: bool
    reason: Reason
