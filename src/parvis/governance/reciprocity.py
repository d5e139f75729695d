"""Reciprocity: who gives figures of a stratum may receive those of the same stratum.

A stratum is a combination of concepts, such as a discipline, an area and an age bracket, in an
order that is the pool's own. A dataset holds those of its observations; a reader gives those of
the observations that it submitted itself, each until an instant. The same stratum is the very
same combination: who gives a total has not given its parts.

Not everything that is given counts: a contribution has a least size, quality and freshness, and
must be plausible, so that nobody receives the others' figures for a row of one person.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from parvis.governance.access import decide
from parvis.governance.policies import CONTRIBUTES, READ, Kind, Policies
from parvis.governance.question import Code, Decision, Reader
from parvis.i18n import LANGUAGES, N_, say

MOST_ALIKE = 0.5
"""Of a giver's figures, the share that one number may be; places and their total are two."""
MOST_COPIED = 0.5
"""Of a giver's figures, the share that may be those of another: a few are equal by chance."""
MOST_TIMES = 10
"""How many times the many smaller figures together one may be: a total is about once its parts."""
MANY = 0.5
"""The share of the figures that are many."""


class Lack(StrEnum):
    """What a contribution lacks in order to count."""

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


PLAUSIBILITY = frozenset({Lack.ALIKE, Lack.OUTSIZED, Lack.COPIED, Lack.PAUSE})
"""What the steward may look at and confirm; the others only a better file mends."""
_SENTENCES = {
    Lack.PERSONS: N_("a figure of {persons} persons at least is missing"),
    Lack.FIGURES: N_(
        "figures are missing: the file gives fewer than {figures} of this discipline, or of this"
        " area"
    ),
    Lack.SCORE: N_("quality is missing: the score of the report is below {score}"),
    Lack.PERIOD: N_("a period is missing that is in the pool’s list and has begun"),
    Lack.RECENT: N_(
        "a recent period is missing: this one ended more than {recent_days} days before the figures"
        " were given"
    ),
    Lack.ALIKE: N_(
        "the third party’s confirmation is missing: more than half of the figures are one number"
    ),
    Lack.OUTSIZED: N_(
        "the third party’s confirmation is missing: this figure is out of proportion to the others"
        " of the file"
    ),
    Lack.COPIED: N_(
        "the third party’s confirmation is missing: half of the figures or more are those of"
        " another partner"
    ),
    Lack.PAUSE: N_(
        "some time is missing: figures were withdrawn less than {pause_days} days before these"
        " were given"
    ),
    Lack.WEIGHED: N_("it is not examined yet: the next publication does that"),
}


@dataclass(frozen=True)
class Minimum:
    """What a contribution must have to count, as the third party sets it.

    `persons` of its greatest figure; `figures` of its discipline and of its area in the file;
    `score` of the report, to 100; `recent_days` between the end of its period and the day of
    giving, at most, and `pause_days` between a withdrawal and that day, at least.
    """

    persons: int
    figures: int
    score: float
    recent_days: int
    pause_days: int

    def in_words(self, lack: str, lang: str) -> str:
        """Say in a language what is missing."""
        return say(lang, _SENTENCES[Lack(lack)], **asdict(self))

    def texts(self, lack: str) -> dict[str, str]:
        """Say in each language what is missing."""
        return {lang: self.in_words(lack, lang) for lang in LANGUAGES}


@dataclass(frozen=True)
class Gift:
    """What is known of the figures of one stratum and period, and of the file that gives them.

    `persons` is their greatest figure. Of the figures of the file that are above zero, `figures`
    are of the same discipline, or of the same area if these are fewer; the share `below` is less
    than half of `persons`, and they are `smaller` together; `alike` is the share that one number
    makes up. `copied` is the share of strata and periods in which another partner has the same
    greatest figure. `withdrawn` is the day on which the giver's figures were last withdrawn.
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
    given: date
    withdrawn: date | None = None


def weigh(gift: Gift, minimum: Minimum, *, confirmed: bool = False) -> tuple[Lack, ...]:
    """Return what a contribution lacks to count; nothing for one that counts.

    What is `confirmed` is plausible: the steward has looked at the file.
    """
    begun = gift.begins is not None and gift.begins <= gift.given
    oldest = gift.given - timedelta(days=minimum.recent_days)
    resumed = gift.given - timedelta(days=minimum.pause_days)
    lacking = {
        Lack.PERSONS: gift.persons < minimum.persons,
        Lack.FIGURES: gift.figures < minimum.figures,
        Lack.SCORE: gift.score is None or gift.score < minimum.score,
        Lack.PERIOD: not begun,
        Lack.RECENT: gift.ends is not None and gift.ends < oldest,
        Lack.ALIKE: gift.alike > MOST_ALIKE,
        Lack.OUTSIZED: gift.below > MANY and gift.persons > MOST_TIMES * gift.smaller,
        Lack.COPIED: gift.copied >= MOST_COPIED,
        Lack.PAUSE: gift.withdrawn is not None and gift.withdrawn > resumed,
    }
    return tuple(
        lack
        for lack, lacks in lacking.items()
        if lacks and not (confirmed and lack in PLAUSIBILITY)
    )


@dataclass(frozen=True)
class Standing:
    """What a party receives at an instant, and what is withheld from it, each by its decision.

    Only datasets that ask for a contribution of the same strata are told; both by their IRIs.
    """

    at: datetime
    received: tuple[tuple[str, Decision], ...]
    withheld: tuple[tuple[str, Decision], ...]


def standing(policies: Policies, reader: Reader, targets: Iterable[str], at: datetime) -> Standing:
    """Tell what a reader receives for what it gives, of the datasets that ask for something.

    What it would not receive whatever it gave is left out, so also what holds no figure yet. Raises
    `UsageError` for an instant without offset.
    """
    asked = [target for target in targets if reciprocal(policies, target)]
    decisions = [(target, decide(policies, reader, READ, target, at)) for target in asked]
    lacking = {Code.NO_CONTRIBUTION, Code.CONTRIBUTION_OVER}
    return Standing(
        at,
        tuple(one for one in decisions if one[1].allowed),
        tuple(one for one in decisions if one[1].reason.code in lacking and one[1].reason.lacking),
    )


def reciprocal(policies: Policies, target: str) -> bool:
    """Say whether some permission to a dataset asks for a contribution."""
    return any(
        rule.kind is Kind.PERMISSION and any(one.left == CONTRIBUTES for one in rule.constraints)
        for rule in policies.rules_on(target)
    )
