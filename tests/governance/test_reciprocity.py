"""Reciprocity: readers receive figures of the strata to which they contribute."""

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
from parvis.governance.access_request import AccessRequest
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


def build_policies(read: Read, *strata: Stratum, kind: str = "permission") -> Policies:
    """Return the reciprocity rule on a dataset of these strata."""
    return replace(read(f"odrl:{kind} {RECIPROCITY}"), strata={DATA: frozenset(strata)})


def build_contributor(*strata: Stratum, until: datetime = LATER) -> Reader:
    """Return a reader who contributes to strata until an instant."""
    return Reader(f"{BASE}museum", contributes=dict.fromkeys(strata, until))


def test_a_contributor_to_all_strata_of_a_dataset_reads_it(read: Read) -> None:
    """Further contributions do no harm; a readable dataset is discoverable."""
    policies = build_policies(read, THEATRE)
    decision = decide(policies, build_contributor(THEATRE, DANCE), READ, DATA, NOW)
    assert (decision.allowed, decision.reason.code) == (True, DecisionCode.RECIPROCATED)
    assert decision.reason.until == LATER
    assert "July 1, 2026" in decision.reason.in_words("en")
    assert "1er juillet 2026" in decision.reason.in_words("fr")
    assert decide(policies, build_contributor(THEATRE), DISCOVER, DATA, NOW).allowed


def test_a_contributor_lacking_a_stratum_is_denied_with_its_name(
    read: Read,
) -> None:
    """A dataset is one graph, read as a whole or not at all."""
    policies = build_policies(read, THEATRE, DANCE)
    decision = decide(policies, build_contributor(THEATRE), READ, DATA, NOW)
    assert (decision.allowed, decision.reason.code) == (False, DecisionCode.NO_CONTRIBUTION)
    assert decision.reason.lacking == (DANCE,)
    assert not decide(policies, ANONYMOUS, READ, DATA, NOW).allowed


def test_a_contribution_to_a_stratum_of_a_release_needs_all_its_dimensions() -> None:
    """A contribution recorded with fewer dimensions, under other settings, does not count."""
    release = Policies(made_of={DATA: frozenset()})

    def find_end(*stratum: str) -> datetime | None:
        request = AccessRequest(release, build_contributor(stratum), READ, DATA, NOW, frozenset())
        return request.contributed_until(("theatre", "area/total"))

    assert find_end("theatre", "06") == find_end("theatre", "area/total") == LATER
    assert find_end("dance", "06") is None
    assert find_end("theatre") is find_end() is None


def test_a_contribution_counts_until_its_end(read: Read) -> None:
    """At that instant it is over, and the reason gives the instant."""
    policies, reader = build_policies(read, THEATRE), build_contributor(THEATRE)
    just_before = LATER - datetime.resolution
    assert decide(policies, reader, READ, DATA, just_before).allowed
    decision = decide(policies, reader, READ, DATA, LATER)
    assert (decision.allowed, decision.reason.code) == (False, DecisionCode.CONTRIBUTION_OVER)
    assert decision.reason.until == LATER


def test_a_dataset_of_unknown_strata_is_denied(read: Read) -> None:
    """The condition is undecidable: it fulfils no permission and lifts no prohibition."""
    unknown = replace(build_policies(read), strata={})
    assert not decide(unknown, build_contributor(THEATRE), READ, DATA, NOW).allowed
    assert not decide(build_policies(read), build_contributor(THEATRE), READ, DATA, NOW).allowed
    prohibited = replace(build_policies(read, kind="prohibition"), strata={})
    assert (
        decide(prohibited, build_contributor(), READ, DATA, NOW).reason.code
        is DecisionCode.PROHIBITED
    )
    assert (
        assess_reciprocity(build_policies(read), build_contributor(THEATRE), [DATA], NOW).withheld
        == ()
    )


def test_the_members_store_holds_what_a_contribution_would_open(read: Read) -> None:
    """Otherwise a contribution would open nothing until the next publication."""

    def is_readable_by_others(policies: Policies) -> bool:
        # The partner reads its own data in any case.
        stranger = replace(policies.agreements[0], assigner=f"{BASE}former-partner")
        others = replace(policies, agreements=(stranger,))
        return filter_readable_by_some(others, [DATA], NOW) == [DATA]

    assert is_readable_by_others(build_policies(read, THEATRE))
    assert not is_readable_by_others(replace(build_policies(read), strata={}))


def test_the_assessment_lists_received_and_withheld_datasets_with_reasons(read: Read) -> None:
    """Datasets without reciprocity are left out."""
    policies = build_policies(read, THEATRE)
    received = assess_reciprocity(policies, build_contributor(THEATRE), [DATA, f"{BASE}other"], NOW)
    assert [iri for iri, _ in received.received] == [DATA]
    assert received.withheld == ()
    withheld = assess_reciprocity(policies, build_contributor(DANCE), [DATA], NOW)
    assert [decision.reason.lacking for _, decision in withheld.withheld] == [(THEATRE,)]


def test_the_description_of_readers_says_that_a_contribution_is_required(read: Read) -> None:
    """In both languages, on the page of the dataset."""
    texts = describe_readers(build_policies(read, THEATRE), DATA, {}, NOW)
    assert "In return for figures of the same strata." in texts["en"]
    assert "En retour de chiffres des mêmes strates." in texts["fr"]


STRATA = st.frozensets(st.sampled_from([("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(strata=STRATA, contributed=STRATA, added=STRATA)
def test_a_larger_contribution_never_opens_less(
    read: Read,
    strata: frozenset[Stratum],
    contributed: frozenset[Stratum],
    added: frozenset[Stratum],
) -> None:
    """A dataset is readable if it has strata and the reader contributes to all of them."""
    policies = build_policies(read, *strata)
    before = decide(policies, build_contributor(*contributed), READ, DATA, NOW).allowed
    after = decide(policies, build_contributor(*contributed, *added), READ, DATA, NOW).allowed
    assert before == (bool(strata) and strata <= contributed)
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
    submitted=GIVEN_ON,
    withdrawn=GIVEN_ON - timedelta(days=90),
)


@pytest.mark.parametrize(
    ("change", "shortfall"),
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
def test_a_contribution_counts_from_a_minimum_of_size_quality_and_plausibility(
    change: dict[str, Any], shortfall: Shortfall | None
) -> None:
    """The steward's confirmation settles only doubts on plausibility."""
    contribution = replace(SOUND, **change)
    assert find_shortfalls(contribution, LEAST) == (() if shortfall is None else (shortfall,))
    confirmed = find_shortfalls(contribution, LEAST, confirmed=True)
    assert confirmed == (() if shortfall in {None, *PLAUSIBILITY} else (shortfall,))


@pytest.mark.parametrize("shortfall", Shortfall)
def test_a_shortfall_is_described_in_both_languages(shortfall: Shortfall) -> None:
    """With its threshold, where there is one."""
    texts = LEAST.texts(shortfall)
    assert texts["fr"] != texts["en"]
    assert "{" not in texts["fr"] + texts["en"]
