"""Reciprocity: a party that contributes figures of a stratum may receive those of that stratum.

A stratum is a combination of concepts, such as a discipline, an area and an age bracket, in the
pool's own order. A dataset has the strata of its observations; a reader contributes those of the
observations that it submitted, each until an instant. Strata must be equal: a total is no
contribution of its parts.

A contribution counts from a minimum of size, quality and freshness, and must be plausible, so that
nobody receives the figures of others in return for a row of one person.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from parvis.governance.access_request import AccessDecision, DecisionCode, Reader
from parvis.governance.evaluation import decide
from parvis.governance.policies import CONTRIBUTES, READ, Policies, RuleKind
from parvis.i18n import LANGUAGES, N_, say

MOST_ALIKE = 0.5
"""Share of a contributor's figures that may be one number; places and their total are two."""
MOST_COPIED = 0.5
"""Share of a contributor's figures that may equal another's: a few are equal by chance."""
MOST_TIMES = 10
"""Largest ratio of a figure to the sum of many smaller ones: a total is about once its parts."""
MANY = 0.5
"""Share of the figures from which they are many."""


class Shortfall(StrEnum):
    """What a contribution lacks to count."""

    PERSONS = "persons"
    FIGURES = "figures"
    SCORE = "score"
    PERIOD = "period"
    RECENT = "recent"
    ALIKE = "alike"
    OUTSIZED = "outsized"
    COPIED = "copied"
    PAUSE = "pause"
    WEIGHED = "weighed"


PLAUSIBILITY = frozenset({Shortfall.ALIKE, Shortfall.OUTSIZED, Shortfall.COPIED, Shortfall.PAUSE})
"""What a steward may confirm after a review; anything else needs a better file."""
_SENTENCES = {
    Shortfall.PERSONS: N_("a figure of {persons} persons at least is missing"),
    Shortfall.FIGURES: N_(
        "figures are missing: the file gives fewer than {figures} of this discipline, or of this"
        " area"
    ),
    Shortfall.SCORE: N_("quality is missing: the score of the report is below {score}"),
    Shortfall.PERIOD: N_("a period is missing that is in the pool’s list and has begun"),
    Shortfall.RECENT: N_(
        "a recent period is missing: this one ended more than {recent_days} days before the figures"
        " were given"
    ),
    Shortfall.ALIKE: N_(
        "the third party’s confirmation is missing: more than half of the figures are one number"
    ),
    Shortfall.OUTSIZED: N_(
        "the third party’s confirmation is missing: this figure is out of proportion to the others"
        " of the file"
    ),
    Shortfall.COPIED: N_(
        "the third party’s confirmation is missing: half of the figures or more are those of"
        " another partner"
    ),
    Shortfall.PAUSE: N_(
        "some time is missing: figures were withdrawn less than {pause_days} days before these"
        " were given"
    ),
    Shortfall.WEIGHED: N_("it is not examined yet: the next publication does that"),
}


@dataclass(frozen=True)
class Minimum:
    """The minimum for a contribution to count, set by the third party.

    `persons` of its greatest figure; `figures` of its discipline and of its area in the file;
    `score` of the report, to 100; at most `recent_days` between the end of its period and the day
    of submission, and at least `pause_days` between a withdrawal and that day.
    """

    persons: int
    figures: int
    score: float
    recent_days: int
    pause_days: int

    def in_words(self, lack: str, lang: str) -> str:
        """Return in a language what is missing."""
        return say(lang, _SENTENCES[Shortfall(lack)], **asdict(self))

    def texts(self, lack: str) -> dict[str, str]:
        """Return in each language what is missing."""
        return {lang: self.in_words(lack, lang) for lang in LANGUAGES}


@dataclass(frozen=True)
class StratumContribution:
    """A contribution: the figures of one stratum and period, and the file that holds them.

    `persons` is the greatest figure. Of the file's figures above zero, `figures` are of the same
    discipline, or of the same area if these are fewer; the share `below` is less than half of
    `persons`, and they are `smaller` in total; `alike` is the share that is one number. `copied` is
    the share of strata and periods in which another partner has the same greatest figure.
    `withdrawn` is the day on which the contributor's figures were last withdrawn.
    """

    persons: int
    below: float
    smaller: int
    figures: int
    alike: float
    copied: float
    score: float | None
    begins: date | None
    ends: date | None
    submitted: date
    withdrawn: date | None = None


def find_shortfalls(
    gift: StratumContribution, minimum: Minimum, *, confirmed: bool = False
) -> tuple[Shortfall, ...]:
    """Return what a contribution lacks to count.

    A `confirmed` contribution is plausible: a steward has reviewed the file.
    """
    has_begun = gift.begins is not None and gift.begins <= gift.submitted
    oldest = gift.submitted - timedelta(days=minimum.recent_days)
    resumed = gift.submitted - timedelta(days=minimum.pause_days)
    failures = {
        Shortfall.PERSONS: gift.persons < minimum.persons,
        Shortfall.FIGURES: gift.figures < minimum.figures,
        Shortfall.SCORE: gift.score is None or gift.score < minimum.score,
        Shortfall.PERIOD: not has_begun,
        Shortfall.RECENT: gift.ends is not None and gift.ends < oldest,
        Shortfall.ALIKE: gift.alike > MOST_ALIKE,
        Shortfall.OUTSIZED: gift.below > MANY and gift.persons > MOST_TIMES * gift.smaller,
        Shortfall.COPIED: gift.copied >= MOST_COPIED,
        Shortfall.PAUSE: gift.withdrawn is not None and gift.withdrawn > resumed,
    }
    return tuple(
        lack
        for lack, fails in failures.items()
        if fails and not (confirmed and lack in PLAUSIBILITY)
    )


@dataclass(frozen=True)
class ReciprocityStatus:
    """What a party receives at an instant and what is withheld from it, with the decisions.

    Only datasets that require a contribution of the same strata are listed, by their IRIs.
    """

    at: datetime
    received: tuple[tuple[str, AccessDecision], ...]
    withheld: tuple[tuple[str, AccessDecision], ...]


def assess_reciprocity(
    policies: Policies, reader: Reader, targets: Iterable[str], at: datetime
) -> ReciprocityStatus:
    """Return what a reader receives for its contributions, of the datasets that require some.

    Raises `UsageError` for an instant without offset.
    """
    decisions = [
        (target, decide(policies, reader, READ, target, at))
        for target in targets
        if requires_contribution(policies, target)
    ]
    # What no contribution would open is left out, and so is a dataset without figures yet.
    codes = {DecisionCode.NO_CONTRIBUTION, DecisionCode.CONTRIBUTION_OVER}
    return ReciprocityStatus(
        at,
        tuple((target, decision) for target, decision in decisions if decision.allowed),
        tuple(
            (target, decision)
            for target, decision in decisions
            if decision.reason.code in codes and decision.reason.lacking
        ),
    )


def requires_contribution(policies: Policies, target: str) -> bool:
    """Return whether some permission to a dataset requires a contribution."""
    return any(
        rule.kind is RuleKind.PERMISSION and any(c.left == CONTRIBUTES for c in rule.constraints)
        for rule in policies.rules_on(target)
    )
