"""Attack pools of box offices: `python tests/bench/box_office_disclosure.py [POOLS [FIRST]]`.

Each has tickets, gifts, attendance and revenue by month, quarter, season and year, by discipline,
area of the event, area of residence and size of organisation. With `--changing` each is released
several times, its members joining, leaving, correcting and completing. The attacker knows
everything published, the seats of every room, that attendance is tickets sold and given (not with
`--at-the-door`), and any one member's figures; no suppressed figure may become known within ten, or
p % of the largest contributor. Exit code 1 if one does.
"""

import argparse
import sys
import time
from collections import Counter

from box_office_pools import KINDS, invent_history, invent_runs, release_runs, seats_of
from informed import InformedAttack, without_known

from parvis.statistics.strata import FigureKey

P = (15.0, 20.0, 25.0)


def attack_pool(
    seed: int, *, changing: bool, adds_up: bool = True, small: bool = False
) -> tuple[Counter[str], list[tuple[str, FigureKey]]]:
    """Release a pool and attack it; return how much was published, and what was recovered."""
    kind, p = KINDS[seed % len(KINDS)], P[seed % len(P)]
    alone = [invent_runs(seed, disciplines=1 if small else None)]
    states = invent_history(seed, kind) if changing else alone
    attack = InformedAttack(
        p, adds_up=adds_up, seats=seats_of(run for runs in states for run in runs)
    )
    counts: Counter[str] = Counter()
    for release in release_runs(states, p=p):
        attack.add(release)
        pooled = without_known(release)
        counts["releases"] += 1
        counts["cells"] += sum(not key.hidden for key in pooled.pooled.keys)
        counts["published"] += int(pooled.published.sum())
        counts["repeated"] += len(pooled.repeats)
        counts["unproved"] += release.unproved
    recovered = attack.recovered()
    counts["recovered"], counts["known"] = len(recovered), len(attack.already_known)
    return counts, recovered


def main(pools: int, first: int, *, changing: bool, adds_up: bool) -> int:
    """Attack pools; return how many figures were recovered."""
    start, total = time.process_time(), Counter[str]()
    for seed in range(first, first + pools):
        counts, recovered = attack_pool(seed, changing=changing, adds_up=adds_up)
        total += counts
        if recovered:
            print(f"pool {seed}: {len(recovered)} recovered, {recovered[:3]}", flush=True)  # noqa: T201
        if (seed - first) % 10 == 9:
            print(f"{seed - first + 1} pools: {dict(total)}", flush=True)  # noqa: T201
    print(  # noqa: T201 - the benchmark's output
        f"{pools} pools, {total['releases']} releases: {total['recovered']} recovered,"
        f" {total['known']} known as well without, {total['unproved']} unproved;"
        f" {total['published'] / max(total['cells'], 1):.1%} of {total['cells']:,} cells published,"
        f" {total['repeated'] / max(total['cells'], 1):.1%} repeated;"
        f" {time.process_time() - start:.0f} s of processor"
    )
    return total["recovered"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("pools", nargs="?", type=int, default=300)
    parser.add_argument("first", nargs="?", type=int, default=0)
    parser.add_argument("--changing", action="store_true")
    parser.add_argument("--at-the-door", action="store_true")
    choices = parser.parse_args()
    recovered_ = main(
        choices.pools,
        choices.first,
        changing=choices.changing,
        adds_up=not choices.at_the_door,
    )
    sys.exit(bool(recovered_))
