"""How right counts of distinct people are, and what they cost, beside sketches and intersections.

Towns of 200,000 people and 12 partners, whose lists overlap as the town says. In most runs the bins
of a cell are drawn as the protocol fills them, in some the real messages are computed and added up.

``python tests/bench/distinct.py [--runs N] [--real N] [--cache FOLDER] [--only accuracy|cost]``
"""

import argparse
import json
import random
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import peers
from measuring import FailedError, measure_command

sys.path.append(str(Path(__file__).parents[2]))  # the lists of people are those of the tests

from parvis.statistics.distinct import estimating
from parvis.statistics.distinct.estimating import Estimate, merge, shared_audience
from parvis.statistics.distinct.rounds import ALL, TOTAL, Cell, Family, Kind, Round, draw_kits
from parvis.statistics.distinct.sampling import draw_phantoms
from parvis.statistics.distinct.sketching import Message, read_message
from tests.people_sketch import Person, sketch

TOWN, PARTNERS = 200_000, 12
REGIONS = tuple(f"{number:02}" for number in range(1, 18))
DISCIPLINES = ("circus", "comedy", "dance", "literature", "museum", "music", "opera", "theatre")
ROUND = Round(
    project="bench",
    number=1,
    kind=Kind.DISTINCT,
    partners=tuple(f"partner-{number:02}" for number in range(PARTNERS)),
    start=date(2026, 1, 1),
    end=date(2026, 12, 31),
    until=date(2027, 1, 31),
    key_holder="notaire",
    regions=REGIONS,
    disciplines=DISCIPLINES,
)
OVERLAP = replace(ROUND, kind=Kind.OVERLAP, regions=(), disciplines=())
PROGRAM = """
import json, sys, time
kind, sizes = sys.argv[1], json.loads(sys.argv[2])
lists = [[f"{p}@exemple.ca" for p in range(start, start + size)] for start, size in sizes]
start = time.process_time()
if kind == "psi":
    import private_set_intersection.python as psi
    client, server = psi.client.CreateWithNewKey(False), psi.server.CreateWithNewKey(False)
    setup = server.CreateSetupMessage(1e-9, len(lists[0]), lists[1])
    reply = server.ProcessRequest(client.CreateRequest(lists[0]))
    answer = client.GetIntersectionSize(setup, reply)
else:
    import datasketches as ds
    if kind == "theta":
        union = ds.theta_union(14)
        for listed in lists:
            sketch = ds.update_theta_sketch(14)
            for person in listed:
                sketch.update(person)
            union.update(sketch)
        answer = union.get_result().get_estimate()
    else:
        union = ds.hll_union(14)
        for listed in lists:
            sketch = ds.hll_sketch(14)
            for person in listed:
                sketch.update(person)
            union.update(sketch)
        answer = union.get_estimate()
print(json.dumps([answer, time.process_time() - start]))
"""


def draw_town(rng: np.random.Generator) -> np.ndarray:
    """Return who is on which list: people who go out, and those who do not, differ."""
    eagerness = rng.beta(0.4, 2.0, TOWN)
    sizes = rng.uniform(0.03, 0.35, PARTNERS)
    return rng.random((PARTNERS, TOWN)) < np.minimum(1.0, np.outer(sizes, eagerness * 4))


def fill(round_: Round, cell: Cell, people: int, rng: np.random.Generator) -> np.ndarray:
    """Return the sum of a cell as its messages make it: each partner's phantoms are drawn too."""
    bins = round_.bins(cell)
    epsilon, delta = round_.epsilon_of(cell), round_.delta_of_cell
    phantoms = sum(draw_phantoms(epsilon, delta) for _ in round_.members(cell))
    vector = np.zeros(bins, np.uint16)
    places = rng.integers(0, bins, people + phantoms)
    vector[places] = rng.integers(0, 1 << 16, len(places))
    return vector


def holds(estimate: Estimate, truth: int) -> bool:
    return estimate.low <= truth <= estimate.high


def simulate(runs: int) -> Iterator[tuple[str, bool, float]]:
    """Yield, for each estimate of each run, its kind, whether it holds, and its relative error."""
    rng = np.random.default_rng(32)
    homes = rng.choice(len(REGIONS), TOWN, p=rng.dirichlet(np.full(len(REGIONS), 0.7)))
    for _ in range(runs):
        lists = draw_town(rng)
        union = lists.any(axis=0)
        truths = {TOTAL: int(union.sum())}
        for index, code in enumerate(REGIONS):
            truths[Cell(Family.RESIDENCE, code)] = int((union & (homes == index)).sum())
        for index, code in enumerate(DISCIPLINES):
            # The partners of a discipline are some of them.
            chosen = lists[index : index + 4].any(axis=0)
            truths[Cell(Family.DISCIPLINE, code)] = int(chosen.sum())
        for cell, truth in truths.items():
            part = estimating._estimate_cell(ROUND, cell, fill(ROUND, cell, truth, rng))  # noqa: SLF001
            estimate = part.estimate()
            yield str(cell.family), holds(estimate, truth), abs(estimate.value / max(truth, 1) - 1)
        yield from simulate_overlap(lists, rng)


def simulate_overlap(
    lists: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[str, bool, float]]:
    counts = lists.sum(axis=0)
    sums = {}
    for cell in OVERLAP.cells:
        alone = OVERLAP.partners.index(cell.code) if cell.code else -1
        people = int(((counts - (lists[alone] if cell.code else 0)) > 0).sum())
        sums[cell] = estimating._estimate_cell(OVERLAP, cell, fill(OVERLAP, cell, people, rng))  # noqa: SLF001
    parts = [(1 - PARTNERS, sums[ALL]), *((1, part) for cell, part in sums.items() if cell.code)]
    shared = estimating._combine(parts).estimate()  # noqa: SLF001
    truth = int((counts > 1).sum())
    yield "overlap", holds(shared, truth), abs(shared.value / truth - 1)


def run_for_real(runs: int) -> Iterator[tuple[str, bool, float]]:
    """Yield the same of messages that are computed, masked and added up, of towns of 20,000."""
    rng = np.random.default_rng(64)
    for _ in range(runs):
        lists = draw_town(rng)[:, : TOWN // 10]
        for round_ in (ROUND, replace(OVERLAP, partners=OVERLAP.partners[:3])):
            kits = draw_kits(round_)
            messages = [
                read_message(sketch(round_, kits[slug], _people(row)), round_)
                for slug, row in zip(round_.partners, lists, strict=False)
            ]
            if round_.kind is Kind.DISTINCT:
                estimate, truth = merge(round_, messages)[TOTAL], int(lists.any(axis=0).sum())
                yield "real total", holds(estimate, truth), abs(estimate.value / truth - 1)
                continue
            truth = int((lists[:3].sum(axis=0) > 1).sum())
            estimate = shared_audience(round_, messages).shared
            yield "real overlap", holds(estimate, truth), abs(estimate.value / truth - 1)


def _people(row: np.ndarray) -> Iterator[Person]:
    for number in np.flatnonzero(row).tolist():
        region, discipline = REGIONS[number % 17], DISCIPLINES[number % 8]
        yield Person(b"%d@exemple.ca" % number, region, {discipline: 1})


def report_accuracy(outcomes: Iterable[tuple[str, bool, float]]) -> bool:
    """Print how many estimates hold; return whether 95 % of totals and overlaps do."""
    groups: dict[str, list[tuple[bool, float]]] = {}
    for name, is_held, error in outcomes:
        groups.setdefault(name, []).append((is_held, error))
    for name, group in groups.items():
        share = sum(is_held for is_held, _ in group) / len(group)
        error = sorted(error for _, error in group)[len(group) // 2]
        print(f"{name}: {share:.1%} of {len(group)} in their interval, median error {error:.2%}")  # noqa: T201
    wanted = [groups[name] for name in ("total", "overlap") if name in groups]
    return all(sum(is_held for is_held, _ in group) >= 0.95 * len(group) for group in wanted)


def report_peers(cache: Path) -> None:
    """Print what the peers make of two lists of 20,000, of which 8,000 are shared."""
    sizes = json.dumps([[0, 20_000], [12_000, 20_000]])
    round_ = replace(OVERLAP, partners=OVERLAP.partners[:2])
    kits, start = draw_kits(round_), time.process_time()
    messages = [
        read_message(
            sketch(
                round_,
                kits[slug],
                [Person(b"%d@exemple.ca" % n) for n in range(first, first + 20_000)],
            ),
            round_,
        )
        for slug, first in zip(round_.partners, (0, 12_000), strict=True)
    ]
    overlap, seconds = shared_audience(round_, messages), time.process_time() - start
    union, shared = overlap.union.value, overlap.shared.value
    print(f"union of 32,000, shared 8,000: {union:.0f}, {shared:.0f}, {seconds:.2f} s")  # noqa: T201
    for name, environment in (
        ("theta", peers.SKETCHES),
        ("hll", peers.SKETCHES),
        ("psi", peers.INTERSECTION),
    ):
        try:
            answer, seconds = json.loads(environment.run(cache, PROGRAM, name, sizes))
            print(f"{name}: {answer:.0f}, {seconds:.2f} s")  # noqa: T201
        except FailedError as error:
            print(f"{name}: {error}")  # noqa: T201


def report_cost() -> bool:
    """Print what a million buyers, and a hundred messages, cost; return whether that is little."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "round.json").write_text(ROUND.to_text(), encoding="utf-8")
        kit = draw_kits(ROUND)[ROUND.partners[0]]
        (folder / "kit.json").write_text(kit.to_text(), encoding="utf-8")
        draw = random.Random(1)  # noqa: S311 - the same file in each run
        with (folder / "buyers.csv").open("w", encoding="utf-8") as stream:
            stream.write("Commande;Client;Courriel;Téléphone;Code postal;Discipline;Billets\n")
            for number in range(1_000_000):
                person = draw.randrange(100_000_000)
                area = f"{'GHJ'[person % 3]}{1 + person % 8}{'ABCEGHJK'[person % 8]} 2B5"
                discipline = ("Théâtre", "Musique", "Danse", "Humour", "Cirque")[person % 5]
                stream.write(
                    f"{number};Client {person};client{person}@exemple{person % 50}.ca;"
                    f"418-555-{person % 10_000:04};{area};{discipline};2\n"
                )
        words = "sketch buyers.csv out --round round.json --kit kit.json --yes"
        command = [sys.executable, "-c", "from parvis.cli import main; main()", *words.split()]
        usage = measure_command(command, folder, 300)
        print(f"1,000,000 buyers: {usage.cpu:.1f} s of processor, {usage.peak / 1e6:.0f} MB")  # noqa: T201
        is_cheap = usage.cpu <= 20 and usage.peak <= 200e6
    round_ = replace(ROUND, partners=tuple(f"partner-{number:03}" for number in range(100)))
    rng = np.random.default_rng(1)
    size = sum(map(round_.bins, round_.cells))
    total = np.zeros(size, np.uint16)
    bodies = []
    for _ in round_.partners[1:]:
        masked = rng.integers(0, 1 << 16, size, np.uint16)
        total += masked
        bodies.append(masked.tobytes())
    # The last one makes the sum that of people.
    occupied = rng.integers(0, 1 << 16, size, np.uint16) * (rng.random(size) < 0.3)
    bodies.append((occupied.astype(np.uint16) - total).tobytes())
    start = time.process_time()
    merge(
        round_,
        [Message(slug, "d", {}, body) for slug, body in zip(round_.partners, bodies, strict=True)],
    )
    seconds = time.process_time() - start
    start = time.process_time()
    for body in bodies:
        zlib.crc32(body)
    checked = time.process_time() - start
    costs = f"merged in {seconds:.2f} s, checksums {checked:.2f} s"
    print(f"100 messages of {2 * size / 1e6:.1f} MB: {costs}")  # noqa: T201
    return is_cheap and seconds <= 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--real", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "parvis-bench")
    parser.add_argument("--only", choices=["accuracy", "cost"])
    arguments = parser.parse_args()
    holds_all = True
    if arguments.only != "cost":
        holds_all = report_accuracy(simulate(arguments.runs))
        report_accuracy(run_for_real(arguments.real))
        report_peers(arguments.cache)
    if arguments.only != "accuracy":
        holds_all &= report_cost()
    sys.exit(not holds_all)


if __name__ == "__main__":
    main()
