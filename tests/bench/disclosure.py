"""Attack a thousand random pools: `python tests/bench/disclosure.py [POOLS [FIRST [editions]]]`.

Each is released once or more, members leaving, joining and correcting figures in between. The
attacker has every figure told and its sums, all releases, and any single member's own figures; it
asks by linear programming how far each figure left out can be. None may be recovered, that is be
known within ten, or p% of the largest contributor; those are counted apart that somebody knows as
well without what a release tells, from those before it and from who came and left, such as what is
left of a figure told before when the attacker itself has left. Figures are printed, beside those of
primary suppression alone, which does get attacked successfully; exit code 1 if any is recovered.
With the word `editions` each is released for all and for two classes, whose partners let other
figures go to the class only.
"""

import sys
import time
from collections import Counter

from attacking import Attack, editions, releases

from parvis.statistics.release import COMPLEMENTARY, Controlled

P = (15.0, 20.0, 25.0)


def naive(made: Controlled) -> Controlled:
    """Tell all that breaks no rule by itself."""
    told = made.told.copy()
    for place, reasons in made.reasons.items():
        told[place] |= reasons == {COMPLEMENTARY}
    return Controlled(made.pooled, told, {}, 0, 0)


def main(pools: int, first: int, *, classes: bool = False) -> int:
    """Release and attack; gives how many figures were recovered."""
    began, seen = time.process_time(), Counter[str]()
    for seed in range(first, first + pools):
        p = P[seed % len(P)]
        some = editions(seed, p=p) if classes else releases(seed, p=p)
        attack, other = Attack(p), Attack(p)
        for one in some:
            attack.add(one)
            other.add(naive(one))
            seen["told"] += int(one.told.sum())
            seen["figures"] += sum(not key.hidden for key in one.pooled.keys)
        found = attack.recovered()
        seen["open"] += any(other.recoveries())
        seen.update(releases=len(some), recovered=len(found), known=len(attack.known))
        if found:
            print(f"pool {seed}: {found[:3]}", flush=True)  # noqa: T201 - a benchmark tells
    print(  # noqa: T201
        f"{pools} pools, {seen['releases']} releases, {seen['figures']:,} figures, {seen['told']:,}"
        f" told ({100 * seen['told'] / seen['figures']:.1f} %): {seen['recovered']} recovered,"
        f" {seen['known']} known as well without; primary suppression alone gives figures away in"
        f" {seen['open']} pools; {time.process_time() - began:.0f} s of processor"
    )
    return seen["recovered"]


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:] if one.isdigit()]
    first = given[1] if len(given) > 1 else 0
    sys.exit(bool(main(given[0] if given else 1000, first, classes="editions" in sys.argv)))
