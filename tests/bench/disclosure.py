"""Attack a thousand random pools: `python tests/bench/disclosure.py [POOLS [FIRST]]`.

Each is released several times; in between members leave, join, correct figures, revert corrections
and complete their years one after another, for everyone and for classes (`KINDS`). The attacker
has every published figure and its sums, all releases, and any single member's figures; it computes
by linear programming the bounds of each suppressed figure, and of what few partners changed between
any two releases. None may be recovered, that is known within ten, or p% of the largest contributor
to the figure or the change. Figures that somebody knows as well without a release, from those
before it and from who joined and left, are counted separately, such as the rest of a published
figure after the attacker has left. Results are printed next to those of primary suppression alone,
which the attack breaks, with the share of figures that are new, repeated or suppressed in later
releases; exit code 1 if any figure is recovered.
"""

import sys
import time
from collections import Counter

import numpy as np
from attacking import Attack
from random_pools import KINDS, history

from parvis.statistics.disclosure.release import COMPLEMENTARY, ControlledRelease

P = (15.0, 20.0, 25.0)
CONTROL = 30.0
"""Seconds of processor for the attack on primary suppression alone, in each pool."""


def naive(release: ControlledRelease) -> ControlledRelease:
    """Publish everything that breaks no rule by itself."""
    published = release.published.copy()
    for place, reasons in release.reasons.items():
        published[place] |= reasons == {COMPLEMENTARY}
    return ControlledRelease(release.pooled, published, {}, 0, 0)


def counts(release: ControlledRelease, name: str) -> Counter[str]:
    """Count the figures of a release: published, repeated and suppressed."""
    visible = np.array([not key.hidden for key in release.pooled.keys])
    published, repeated = int(release.published.sum()), len(release.repeats)
    sizes = {"figures": int(visible.sum()), "told": published, "repeated": repeated}
    return Counter({f"{name} {status}": size for status, size in sizes.items()})


def main(pools: int, first: int) -> int:
    """Release and attack; return how many figures were recovered."""
    start, total = time.process_time(), Counter[str]()
    for seed in range(first, first + pools):
        p, kind = P[seed % len(P)], KINDS[seed % len(KINDS)]
        releases = history(seed, kind, p=p)
        attack, naive_attack = Attack(p), Attack(p)
        for number, release in enumerate(releases):
            attack.add(release)
            naive_attack.add(naive(release))
            total += counts(release, "later" if number else "first")
            total["unproved"] += release.unproved
        recovered = attack.recovered()
        # Where there is nothing to recover, every programme is solved: hours, for a few pools.
        total["open"] += any(naive_attack.recoveries(seconds=CONTROL))
        total.update(
            releases=len(releases), recovered=len(recovered), known=len(attack.already_known)
        )
        if recovered:
            print(f"pool {seed} ({kind}): {recovered[:3]}", flush=True)  # noqa: T201
        if (seed - first) % 50 == 49:
            print(f"{seed - first + 1} pools: {total['recovered']} recovered", flush=True)  # noqa: T201
    shares = []
    for name in ("first", "later"):
        figures = max(total[f"{name} figures"], 1)
        published, repeated = (
            100 * total[f"{name} {status}"] / figures for status in ("told", "repeated")
        )
        shares.append(f"{name} releases: {published:.1f} % told, {repeated:.1f} % repeated")
    print(  # noqa: T201 - the benchmark's output
        f"{pools} pools, {total['releases']} releases: {total['recovered']} recovered,"
        f" {total['known']} known as well without, {total['unproved']} unproved;"
        f" {'; '.join(shares)};"
        f" primary suppression alone gives figures away in {total['open']} pools;"
        f" {time.process_time() - start:.0f} s of processor"
    )
    return total["recovered"]


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    sys.exit(bool(main(*numbers, *(1000, 0)[len(numbers) :])))
