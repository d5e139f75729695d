"""Attack a thousand random pools: `python tests/bench/disclosure.py [POOLS [FIRST]]`.

Each is released several times; in between members leave, join, correct figures, take corrections
back and complete their years one after the other, for all and for classes (`KINDS`). The attacker
has every figure told and its sums, all releases, and any single member's own figures; it asks by
linear programming how far each figure left out can be, and what few partners changed between any
two releases. None may be recovered, that is be known within ten, or p% of the largest contributor
to the figure or the change; those are counted apart that somebody knows as well without what a
release tells, from those before it and from who came and left, such as what is left of a figure
told before when the attacker itself has left. Figures are printed, beside those of primary
suppression alone, which does get attacked successfully, and the share of figures that are new,
repeated or suppressed in releases that follow another; exit code 1 if any is recovered.
"""

import sys
import time
from collections import Counter

import numpy as np
from attacking import Attack
from random_pools import KINDS, history

from parvis.statistics.release import COMPLEMENTARY, ControlledRelease

P = (15.0, 20.0, 25.0)


def naive(made: ControlledRelease) -> ControlledRelease:
    """Tell all that breaks no rule by itself."""
    told = made.told.copy()
    for place, reasons in made.reasons.items():
        told[place] |= reasons == {COMPLEMENTARY}
    return ControlledRelease(made.pooled, told, {}, 0, 0)


def counts(made: ControlledRelease, name: str) -> Counter[str]:
    """Count the figures of a release: told, repeated and suppressed."""
    seen = np.array([not key.hidden for key in made.pooled.keys])
    told, repeated = int(made.told.sum()), len(made.repeats)
    sizes = {"figures": int(seen.sum()), "told": told, "repeated": repeated}
    return Counter({f"{name} {what}": size for what, size in sizes.items()})


def main(pools: int, first: int) -> int:
    """Release and attack; gives how many figures were recovered."""
    began, seen = time.process_time(), Counter[str]()
    for seed in range(first, first + pools):
        p, kind = P[seed % len(P)], KINDS[seed % len(KINDS)]
        releases = history(seed, kind, p=p)
        attack, other = Attack(p), Attack(p)
        for number, made in enumerate(releases):
            attack.add(made)
            other.add(naive(made))
            seen += counts(made, "later" if number else "first")
            seen["unproved"] += made.unproved
        recovered = attack.recovered()
        seen["open"] += any(other.recoveries())
        seen.update(releases=len(releases), recovered=len(recovered), known=len(attack.known))
        if recovered:
            print(f"pool {seed} ({kind}): {recovered[:3]}", flush=True)  # noqa: T201
        if (seed - first) % 50 == 49:
            print(f"{seed - first + 1} pools: {seen['recovered']} recovered", flush=True)  # noqa: T201
    shares = []
    for name in ("first", "later"):
        figures = max(seen[f"{name} figures"], 1)
        told, repeated = (100 * seen[f"{name} {what}"] / figures for what in ("told", "repeated"))
        shares.append(f"{name} releases: {told:.1f} % told, {repeated:.1f} % repeated")
    print(  # noqa: T201 - a benchmark tells
        f"{pools} pools, {seen['releases']} releases: {seen['recovered']} recovered,"
        f" {seen['known']} known as well without, {seen['unproved']} unproved; {'; '.join(shares)};"
        f" primary suppression alone gives figures away in {seen['open']} pools;"
        f" {time.process_time() - began:.0f} s of processor"
    )
    return seen["recovered"]


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    sys.exit(bool(main(*numbers, *(1000, 0)[len(numbers) :])))
