"""Sentences on who does not come: of 100 inhabitants, and what was on the programme near them."""

from math import ceil, floor
from typing import NamedTuple

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment
from parvis.i18n import LANGUAGES, N_, NN_, both, number
from parvis.pooling.publics.sentences.sentence import count_texts
from parvis.pooling.publics.sentences.words import TOTAL, Texts, find_words, phrase, say_when

ESTIMATE, LEAST_ABSENCE = "estimate", "least-absence"
"""What a sentence states: an estimate with its interval, or a lower bound alone."""
HUNDRED = 100
ALMOST_ALL = 0.995
"""The share from which fewer than 1 of 100 came, rounded."""

ABOUT = N_(
    "{where}, about {share} of 100 inhabitants (between {low} and {high}) took no ticket {when}"
    " from the partners that count people together"
)
MORE_THAN_99 = N_(
    "{where}, more than 99 of 100 inhabitants took no ticket {when} from the partners that count"
    " people together"
)
AND_AT_LEAST = N_(
    "{statement}, and at least {least} of 100 came to none of the partners of the pool"
)
AT_LEAST = N_(
    "{where}, at least {least} of 100 inhabitants came to none of the partners of the pool {when}"
)
UNKNOWN = N_(
    "{where}, it is not known how many inhabitants came to none of the partners of the pool {when}"
)
OF_AGE = N_("{where}, among those aged {age}")
EVERYWHERE = N_("All regions together")
YET, AND_ON = N_("{statement}; yet {events} on there"), N_("{statement}; {events} on there")
YET_LATER = N_("{statement}; {events} on there after that")
MOST_OF_ALL = N_("{statement}, most of all {discipline}")
EVENTS = NN_("{number} event was put", "{number} events were put")


class AbsenceFigures(NamedTuple):
    """Shares of inhabitants who did not come, from 0 to 1; None where it is not known.

    `share` is between `low` and `high`; `at_least` holds without any estimate of people.
    `events` were on in the area, most of them in a `discipline`; `is_later` if after the period.
    """

    share: float | None
    low: float | None
    high: float | None
    at_least: float | None
    events: int
    is_later: bool
    discipline: str | None


def describe_absence(area: str, age: str, period: str, figures: AbsenceFigures) -> dict[str, str]:
    """Return who does not come of an area and an age in a period, without a full stop."""
    fields: dict[str, Texts] = {"where": _say_where(area, age), "when": say_when(period)}
    if figures.at_least is not None:
        fields["least"] = _count(floor(_of_hundred(figures.at_least)))
    if figures.share is None or figures.low is None or figures.high is None:
        statement = both(UNKNOWN if figures.at_least is None else AT_LEAST, **fields)
    else:
        fields |= {
            "share": _count(round(_of_hundred(figures.share))),
            "low": _count(floor(_of_hundred(figures.low))),
            "high": _count(ceil(_of_hundred(figures.high))),
        }
        template = MORE_THAN_99 if figures.share >= ALMOST_ALL else ABOUT
        statement = both(template, **fields)
        if figures.at_least is not None:
            statement = both(AND_AT_LEAST, statement=statement, least=fields["least"])
    if not figures.events:
        return statement
    # That people do not come in spite of the programme is said only where it is known.
    is_known = figures.share is not None or figures.at_least is not None
    events = count_texts(EVENTS, figures.events)
    template = YET_LATER if figures.is_later else YET if is_known else AND_ON
    statement = both(template, statement=statement, events=events)
    if figures.discipline is None:
        return statement
    discipline = phrase("", "discipline", figures.discipline)
    return both(MOST_OF_ALL, statement=statement, discipline=discipline)


def _say_where(area: str, age: str) -> dict[str, str]:
    words = find_words("area", area)
    where = both(EVERYWHERE)
    if last_segment(area) != TOTAL:
        where = {lang: words[lang][:1].upper() + words[lang][1:] for lang in LANGUAGES}
    if last_segment(age) == TOTAL:
        return where
    labels = scheme("age").label(age)
    return both(OF_AGE, where=where, age=labels | {"en": labels["en"].removesuffix(" years")})


def _of_hundred(share: float) -> float:
    # 0.57 is 56.999… of 100.
    return round(HUNDRED * share, 4)


def _count(value: int) -> dict[str, str]:
    return {lang: number(lang, value) for lang in LANGUAGES}
