"""Suppressed figures of box offices are not recovered by who knows the rooms and one member's own.

`PARVIS_POOLS` small pools are attacked (10), other ones each day, and a tenth as many that change
between releases; the bench `box_office_disclosure.py` attacks hundreds, larger ones too.
"""

import os

import numpy as np
from attacking import THRESHOLDS
from box_office_disclosure import attack_pool
from box_office_pools import invent_history, invent_runs, release_runs, rows_of, seats_of
from box_office_pools import strata as small_strata
from informed import InformedAttack

from parvis.statistics.aggregation import aggregate
from parvis.statistics.disclosure.release import ControlledRelease
from parvis.statistics.disclosure.rules import Knowledge, find_unsafe
from parvis.statistics.rolling_up import Observations
from tests.seeds import seeds_of_today

POOLS = int(os.environ.get("PARVIS_POOLS", "10"))
P = 20.0


def test_nothing_is_recovered_from_random_pools_of_box_offices() -> None:
    """By a reader and each member, from tickets, gifts, attendance and revenue together."""
    published = 0
    for seed in seeds_of_today(POOLS):
        counts, recovered = attack_pool(seed, changing=False, small=True)
        assert not recovered, f"pool {seed}: {recovered[:3]}"
        assert not counts["unproved"], f"pool {seed}"
        published += counts["published"]
    assert published >= POOLS


def test_nothing_is_recovered_as_members_join_leave_and_correct() -> None:
    """Nor from all releases of a pool together."""
    releases = 0
    for seed in seeds_of_today(max(POOLS // 10, 1)):
        counts, recovered = attack_pool(seed, changing=True, small=True)
        assert not recovered, f"pool {seed}: {recovered[:3]}"
        releases += counts["releases"]
    assert releases >= 2 * (POOLS // 10)


def test_the_attack_recovers_what_is_suppressed_by_rules_alone() -> None:
    """This proves the attack: without complementary suppression it succeeds."""
    runs = invent_runs(4)
    pooled = aggregate(Observations.of(rows_of(runs)), small_strata())
    unsafe = find_unsafe(Knowledge.of(pooled.values, pooled.contributors), THRESHOLDS, P)
    published = ~np.logical_or.reduce(list(unsafe.values()))
    published &= [not key.hidden for key in pooled.keys]
    attack = InformedAttack(P, seats=seats_of(runs))
    attack.add(ControlledRelease(pooled, published, {}, 0, 0))
    assert attack.recovered()


def test_the_attacker_believes_nothing_that_is_not_so() -> None:
    """The real figures fit all bounds of seats and all identities: else its bounds were wrong."""
    for kind in ("members", "corrections", "completions"):
        states = invent_history(2, kind)
        attack = InformedAttack(P, seats=seats_of(run for runs in states for run in runs))
        for release in release_runs(states[:2], p=P):
            attack.add(release)
        totals = [sum(figure.values()) for figure in attack.values]
        assert attack.limits
        for places, seats in attack.limits:
            assert sum(totals[place] for place in places) <= sum(seats.values())
        for whole, parts in attack.identities:
            assert totals[whole] == sum(totals[part] for part in parts)
