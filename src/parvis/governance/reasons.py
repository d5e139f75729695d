"""Why a decision fell as it did: a code, the rule and agreement that decided, a sentence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from parvis.governance.policies import Agreement, Rule, Stratum
from parvis.i18n import LANGUAGES, N_, day, say
from parvis.vocab.namespaces import CONCEPT


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
