"""Who gives figures of a stratum receives those of the same stratum, and nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.governance import (
    ANONYMOUS,
    DISCOVER,
    READ,
    DecisionCode,
    Minimum,
    Policies,
    Reader,
    Shortfall,
    Stratum,
    StratumContribution,
    assess_reciprocity,
    decide,
    filter_readable_by_some,
    find_shortfalls,
)
from parvis.governance.question import AccessRequest
from parvis.governance.reciprocity import PLAUSIBILITY
from parvis.governance.wording import describe_readers

Read = Callable[..., Policies]
BASE = "https://pool.example/"
DATA = f"{BASE}data"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
THEATRE, DANCE = ("theatre", "06"), ("dance", "06")
RECIPROCITY = (
    "[ odrl:target <data> ; odrl:assignee parvis:everyone ; odrl:action odrl:read ;"
    " odrl:constraint [ odrl:leftOperand parvis:contributesStratum ; odrl:operator odrl:eq ;"
    " odrl:rightOperand parvis:sameStratum ] ]"
)


def holding(read: Read, *strata: Stratum, kind: str = "permission") -> Policies:
    """Give the rule of reciprocity on a dataset of these strata."""
    return replace(read(f"odrl:{kind} {RECIPROCITY}"), strata={DATA: frozenset(strata)})


def giving(*strata: Stratum, until: datetime = LATER) -> Reader:
    """Give a reader who contributes strata until an instant."""
    return Reader(f"{BASE}museum", contributes=dict.fromkeys(strata, until))


def test_who_gives_every_stratum_of_a_dataset_receives_it(read: Read) -> None:
    """Giving more is no hindrance; knowing of what one may read goes with it."""
    policies = holding(read, THEATRE)
    found = decide(policies, giving(THEATRE, DANCE), READ, DATA, NOW)
    assert (found.allowed, found.reason.code) == (True, DecisionCode.RECIPROCATED)
    assert found.reason.until == LATER
    assert "July 1, 2026" in found.reason.in_words("en")
    assert "1 juillet 2026" in found.reason.in_words("fr")
    assert decide(policies, giving(THEATRE), DISCOVER, DATA, NOW).allowed


def test_who_lacks_one_stratum_receives_nothing_of_the_dataset_and_is_told_which(
    read: Read,
) -> None:
    """A dataset is one graph, which is read whole or not at all."""
    policies = holding(read, THEATRE, DANCE)
    found = decide(policies, giving(THEATRE), READ, DATA, NOW)
    assert (found.allowed, found.reason.code) == (False, DecisionCode.NO_CONTRIBUTION)
    assert found.reason.lacking == (DANCE,)
    assert not decide(policies, ANONYMOUS, READ, DATA, NOW).allowed


def test_a_part_of_a_releases_stratum_has_all_its_dimensions() -> None:
    """A contribution that was recorded by fewer dimensions, under other settings, is no part."""
    release = Policies(made_of={DATA: frozenset()})

    def until(*stratum: str) -> datetime | None:
        request = AccessRequest(release, giving(stratum), READ, DATA, NOW, frozenset())
        return request.given_until(("theatre", "area/total"))

    assert until("theatre", "06") == until("theatre", "area/total") == LATER
    assert until("dance", "06") is None
    assert until("theatre") is until() is None


def test_a_contribution_counts_until_its_instant_and_no_longer(read: Read) -> None:
    """At the instant itself it is over, and the reason says since when."""
    policies, reader = holding(read, THEATRE), giving(THEATRE)
    just_before = LATER - datetime.resolution
    assert decide(policies, reader, READ, DATA, just_before).allowed
    found = decide(policies, reader, READ, DATA, LATER)
    assert (found.allowed, found.reason.code) == (False, DecisionCode.CONTRIBUTION_OVER)
    assert found.reason.until == LATER


def test_where_the_strata_of_a_dataset_are_unknown_nobody_can_give_the_same(read: Read) -> None:
    """What cannot be told denies; so does a prohibition that cannot be told not to apply."""
    unknown = replace(holding(read), strata={})
    assert not decide(unknown, giving(THEATRE), READ, DATA, NOW).allowed
    assert not decide(holding(read), giving(THEATRE), READ, DATA, NOW).allowed
    forbidden = replace(holding(read, kind="prohibition"), strata={})
    assert decide(forbidden, giving(), READ, DATA, NOW).reason.code is DecisionCode.PROHIBITED
    assert assess_reciprocity(holding(read), giving(THEATRE), [DATA], NOW).withheld == ()


def test_the_members_store_holds_what_a_contribution_would_open(read: Read) -> None:
    """Otherwise a gift would open nothing until the next publication."""
    assert filter_readable_by_some(holding(read, THEATRE), [DATA], NOW) == [DATA]
    assert filter_readable_by_some(replace(holding(read), strata={}), [DATA], NOW) == []


def test_a_standing_tells_what_is_received_and_why_something_is_not(read: Read) -> None:
    """Datasets that ask for nothing in return are not told."""
    policies = holding(read, THEATRE)
    received = assess_reciprocity(policies, giving(THEATRE), [DATA, f"{BASE}other"], NOW)
    assert [iri for iri, _ in received.received] == [DATA]
    assert received.withheld == ()
    withheld = assess_reciprocity(policies, giving(DANCE), [DATA], NOW)
    assert [one.reason.lacking for _, one in withheld.withheld] == [(THEATRE,)]


def test_who_may_read_says_that_something_is_asked_in_return(read: Read) -> None:
    """In both languages, on the page of the dataset."""
    texts = describe_readers(holding(read, THEATRE), DATA, {}, NOW)
    assert "In return for figures of the same strata." in texts["en"]
    assert "En retour de chiffres des mêmes strates." in texts["fr"]


STRATA = st.frozensets(st.sampled_from([("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(held=STRATA, given_now=STRATA, more=STRATA)
def test_giving_more_never_narrows_what_is_received(
    read: Read, held: frozenset[Stratum], given_now: frozenset[Stratum], more: frozenset[Stratum]
) -> None:
    """One reads exactly when one gives all that the dataset holds, of which there is something."""
    policies = holding(read, *held)
    before = decide(policies, giving(*given_now), READ, DATA, NOW).allowed
    after = decide(policies, giving(*given_now, *more), READ, DATA, NOW).allowed
    assert before == (bool(held) and held <= given_now)
    assert after or not before


LEAST = Minimum(persons=30, figures=4, score=80, recent_days=1100, pause_days=90)
GIVEN_ON = date(2026, 5, 4)
SOUND = StratumContribution(
    persons=30,
    below=0.75,
    smaller=20,
    figures=4,
    alike=0.5,
    copied=0.25,
    score=80,
    begins=date(2025, 1, 1),
    ends=date(2025, 12, 31),
    given=GIVEN_ON,
    withdrawn=GIVEN_ON - timedelta(days=90),
)


@pytest.mark.parametrize(
    ("change", "lack"),
    [
        ({}, None),
        ({"persons": 29}, Shortfall.PERSONS),
        ({"figures": 3}, Shortfall.FIGURES),
        ({"score": 79.9}, Shortfall.SCORE),
        ({"score": None}, Shortfall.SCORE),
        ({"begins": None, "ends": None}, Shortfall.PERIOD),
        ({"begins": date(2026, 5, 5), "ends": date(2026, 6, 5)}, Shortfall.PERIOD),
        ({"ends": GIVEN_ON - timedelta(days=1101)}, Shortfall.RECENT),
        ({"alike": 0.51}, Shortfall.ALIKE),
        ({"persons": 201}, Shortfall.OUTSIZED),
        ({"persons": 201, "below": 0.5}, None),
        ({"copied": 0.5}, Shortfall.COPIED),
        ({"withdrawn": GIVEN_ON - timedelta(days=89)}, Shortfall.PAUSE),
    ],
)
def test_a_contribution_counts_from_a_least_size_quality_and_plausibility(
    change: dict[str, Any], lack: Shortfall | None
) -> None:
    """Each threshold by itself; what is plausible only the steward's confirmation mends."""
    gift = replace(SOUND, **change)
    assert find_shortfalls(gift, LEAST) == (() if lack is None else (lack,))
    confirmed = find_shortfalls(gift, LEAST, confirmed=True)
    assert confirmed == (() if lack in {None, *PLAUSIBILITY} else (lack,))


@pytest.mark.parametrize("lack", Shortfall)
def test_what_is_missing_is_said_in_both_languages(lack: Shortfall) -> None:
    """With the threshold where there is one."""
    texts = LEAST.texts(lack)
    assert texts["fr"] != texts["en"]
    assert "{" not in texts["fr"] + texts["en"]
