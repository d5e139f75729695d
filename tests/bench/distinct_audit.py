"""What messages of distinct people reveal of one person, measured by an attacker's best test.

Two worlds differ by one person on one list. The attacker holds all messages and knows all else of
the lists, and the other partners work for it: they add no phantoms, so that one partner's alone
hide the person. From the occupied bins of each cell that the person touches, it computes the ratio
of likelihoods of the two worlds, and says which one it is in. A lower bound of ε, at 95 %, follows
from how often it is right (Clopper and Pearson), δ being granted: it must be below the stated ε.

``python tests/bench/distinct_audit.py [--runs N] [--cache FOLDER]``
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from unittest import mock

import numpy as np
import peers

sys.path.append(str(Path(__file__).parents[2]))  # the lists of people are those of the tests

from parvis.statistics.distinct import sketching
from parvis.statistics.distinct.rounds import Cell, Family, Kind, Round, draw_kits
from parvis.statistics.distinct.sampling import fewest_phantoms
from parvis.statistics.distinct.sketching import Message, read_message
from tests.people_sketch import Person, sketch

PEOPLE = 10
"""People of the honest partner, apart from the one who is or is not on its list."""
TARGET = Person(b"cible@exemple.ca", "06", {"dance": 3, "music": 2, "theatre": 1})
HONEST = "alma"
PILOT = 4
"""For so many runs that are counted, one by which the threshold of the test is chosen."""
Scores = list[float]

THETA = """
import json, sys
from datasketches import theta_intersection, theta_union, update_theta_sketch
runs, people = int(sys.argv[1]), int(sys.argv[2])
scores = [[], []]
for world in (0, 1):
    for run in range(runs):
        sketches = []
        for partner in range(3):
            sketch = update_theta_sketch(12)
            for person in range(people):
                sketch.update(f"{run} {person + 10 * partner}")
            sketches.append(sketch)
        if world:
            sketches[0].update(f"{run} target")
        union = theta_union(12)
        for sketch in sketches:
            union.update(sketch)
        scores[world].append(union.get_result().get_estimate())
print(json.dumps(scores))
"""


def make_round(kind: Kind, partners: int, bits: int = 13) -> Round:
    slugs = tuple(sorted([HONEST, *(f"partner-{n}" for n in range(1, partners))]))
    is_distinct = kind is Kind.DISTINCT
    return Round(
        project="audit",
        number=1,
        kind=kind,
        partners=slugs,
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        until=date(2027, 1, 31),
        key_holder="notaire",
        regions=("06",) if is_distinct else (),
        disciplines=("dance", "music", "theatre") if is_distinct else (),
        bits=bits,
    )


def send_all(round_: Round, *, present: bool, people: int = PEOPLE) -> tuple[list[Message], bytes]:
    """Return the messages of a world by the real code, and the key; colluders add no phantoms."""
    kits = draw_kits(round_)
    messages = []
    others = {"dance": 1, "music": 1, "theatre": 1}
    for slug, kit in kits.items():
        listed = [Person(f"{slug} {n}".encode(), "06", others) for n in range(people)]
        if slug == HONEST:
            listed += [TARGET] if present else []
            body = sketch(round_, kit, listed)
        else:
            with mock.patch.object(sketching, "draw_phantoms", return_value=0):
                body = sketch(round_, kit, listed)
        messages.append(read_message(body, round_))
    return messages, kits[HONEST].key


def add_vectors(round_: Round, messages: Sequence[Message]) -> dict[Cell, np.ndarray]:
    sums = {
        cell: np.zeros(round_.bins(cell), np.uint16)
        for cell in round_.cells
        if len(round_.members(cell)) > 1
    }
    for message in messages:
        start = 0
        for cell in round_.cells_of(message.partner):
            size = round_.bins(cell)
            sums[cell] += np.frombuffer(message.payload, "<u2", size, start)
            start += 2 * size
    return sums


def score_without_key(round_: Round, messages: Sequence[Message]) -> float:
    """Return how likely the person is there: the ratio of likelihoods, in logarithms."""
    score = 0.0
    for cell, vector in add_vectors(round_, messages).items():
        members = round_.members(cell)
        if HONEST in members:
            bins = len(vector)
            empty = 1 - np.count_nonzero(vector) * 65_536 / 65_535 / bins
            balls = -bins * math.log(max(empty, 1 / bins))
            score += _ratio(round_, cell, balls - len(members) * PEOPLE)
    for message in messages:
        for code, count in message.counts.items():
            if message.partner == HONEST:
                cell = Cell(Family.WITHOUT, code)
                centre = fewest_phantoms(round_.epsilon_of(cell), round_.delta_of_cell)
                score += _ratio(round_, cell, count + centre - PEOPLE)
    return score


def _ratio(round_: Round, cell: Cell, balls: float) -> float:
    """Return the ratio of likelihoods of so many balls: phantoms and the person, or phantoms."""
    epsilon = round_.epsilon_of(cell)
    noise = balls - fewest_phantoms(epsilon, round_.delta_of_cell)
    return float(epsilon) * (abs(noise) - abs(noise - 1))


def bound(successes: int, runs: int, level: float, *, upper: bool) -> float:
    """Return Clopper and Pearson's bound of a probability, by bisection."""
    low, high = 0.0, 1.0
    logs = [
        math.lgamma(runs + 1) - math.lgamma(k + 1) - math.lgamma(runs - k + 1)
        for k in range(runs + 1)
    ]
    tail = range(successes + 1) if upper else range(successes, runs + 1)
    if (upper and successes == runs) or (not upper and successes == 0):
        return 1.0 if upper else 0.0
    for _ in range(50):
        middle = (low + high) / 2
        first, second = math.log(middle), math.log1p(-middle)
        mass = sum(math.exp(logs[k] + k * first + (runs - k) * second) for k in tail)
        # The mass of a lower tail falls as the probability grows, that of an upper one grows.
        is_below = mass > level if upper else mass < level
        low, high = (middle, high) if is_below else (low, middle)
    return (low + high) / 2


def epsilon_bound(worlds: tuple[Scores, Scores], delta: float) -> float:
    """Return the lower bound of ε, at 95 %, of the best threshold, chosen on other runs."""
    pilots = tuple(np.array(scores[: len(scores) // (PILOT + 1)]) for scores in worlds)
    counted = tuple(np.array(scores[len(scores) // (PILOT + 1) :]) for scores in worlds)
    best = (0.0, 0.0, 1)
    for threshold in np.unique(np.concatenate(pilots)):
        for side in (1, -1):
            # The attacker says « there » above the threshold, or « not there » below it.
            there, absent = (
                float(np.mean(side * scores >= side * threshold)) for scores in reversed(pilots)
            )
            right, wrong = (there, absent) if side > 0 else (absent, there)
            floor = 1 / len(pilots[0])
            gain = math.log(max(right - delta, floor) / max(wrong, floor))
            # Of rare answers nothing can be proved: those are preferred that come often.
            gain -= 1.5 * math.sqrt(1 / max(right, floor) / len(counted[0]))
            best = max(best, (gain, float(threshold), side))
    _, threshold, side = best
    there, absent = (int(np.sum(side * scores >= side * threshold)) for scores in reversed(counted))
    right, wrong = (there, absent) if side > 0 else (absent, there)
    runs = len(counted[0])
    least = bound(right, runs, 0.025, upper=False) - delta
    return max(0.0, math.log(max(least, 1e-12) / bound(wrong, runs, 0.025, upper=True)))


def audit(
    runs: int,
    round_: Round,
    score: Callable[[Round, Sequence[Message], bytes], float],
    people: int = PEOPLE,
) -> float:
    total = runs + runs // PILOT
    worlds: tuple[Scores, Scores] = ([], [])
    for present in (False, True):
        for _ in range(total):
            messages, key = send_all(round_, present=present, people=people)
            worlds[present].append(score(round_, messages, key))
    return epsilon_bound(worlds, float(Fraction(round_.delta)))


def score_with_key(round_: Round, messages: Sequence[Message], key: bytes) -> float:
    """Return whether the bin of the person is occupied in the total, or in the union of all."""
    kit = draw_kits(round_)[HONEST]
    counted = sketching.PeopleSketch(round_, type(kit)(kit.round, kit.draw, HONEST, key, kit.seeds))
    counted.add(TARGET.identifier)
    first = round_.cells[0]
    (place,) = np.flatnonzero(np.frombuffer(counted._occupy()[first], np.uint8))  # noqa: SLF001
    return float(add_vectors(round_, messages)[first][place] != 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "parvis-bench")
    arguments = parser.parse_args()
    runs = arguments.runs
    cases = (
        ("distinct, three partners", make_round(Kind.DISTINCT, 3), "without"),
        ("overlap, two partners", make_round(Kind.OVERLAP, 2), "without"),
        ("overlap, three partners", make_round(Kind.OVERLAP, 3), "without"),
        ("distinct, with the key", make_round(Kind.DISTINCT, 3, bits=10), "with"),
    )
    failed = False
    for name, round_, knows in cases:
        start = time.process_time()
        if knows == "with":
            # 60 people on each list, and phantoms: a fifth of the bins are occupied.
            value = audit(runs, round_, score_with_key, people=60)
        else:
            value = audit(runs, round_, lambda r, m, _: score_without_key(r, m))
            failed |= value >= float(round_.epsilon)
        seconds = time.process_time() - start
        print(f"{name}: ε ≥ {value:.2f}, stated {round_.epsilon} ({seconds:.0f} s)", flush=True)  # noqa: T201
    scores = peers.SKETCHES.run(arguments.cache, THETA, str(runs + runs // PILOT), str(PEOPLE))
    worlds = json.loads(scores)
    print(f"theta sketches, without their key: ε ≥ {epsilon_bound(tuple(worlds), 1e-6):.2f}")  # noqa: T201
    sys.exit(failed)


if __name__ == "__main__":
    main()
