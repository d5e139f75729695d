"""How long a release takes: `python tests/bench/releasing.py [OBSERVATIONS [TO_AGGREGATE]]`.

A pool of many contributors, months, places and strata is aggregated, then controlled with its
audit; figures are printed, in seconds of processor. A larger number is aggregated alone, before
control. The target: 100,000 observations to 2,000 figures in 60 s, a million aggregated in 30 s.
"""

import random
import sys
import time
from collections.abc import Iterator

from parvis.config import Disclosure
from parvis.statistics.aggregation import aggregate
from parvis.statistics.figures import build_figures, published_shares
from parvis.statistics.nesting import Nesting
from parvis.statistics.observations import Observations
from parvis.statistics.release import DisclosureRules, control_release
from parvis.statistics.strata import DIMENSIONS, LAYERS, FigureRow, Strata

DAYS = 31
YEARS, MEASURES = ("2024", "2025"), ("attendance", "tickets")
AGES = {"0-17": (0, 17), "18-34": (18, 34), "35-64": (35, 64), "65+": (65, 200)}
CHANNELS = ("web", "door", "phone", "school")
DISCIPLINES = tuple(f"d{one}" for one in range(5))
AREAS = tuple(f"{one:02}" for one in range(9))
SIZES = (20, 60, 150, 400)


def strata() -> Strata:
    """Give a hierarchy as large as the pool's own."""
    codes = {"discipline": DISCIPLINES, "area": AREAS, "age": tuple(AGES), "channel": CHANNELS}
    found = {
        name: Nesting(name, "*", codes.get(name, ()), bounds=AGES if name == "age" else {})
        for name in DIMENSIONS
    }
    bounds = {}
    for number, year in enumerate(YEARS):
        first = number * 12 * DAYS
        bounds[year] = first, first + 12 * DAYS - 1
        for month in range(12):
            begins = first + month * DAYS
            bounds[f"{year}-{month + 1:02}"] = begins, begins + DAYS - 1
    found["period"] = Nesting("period", None, YEARS, bounds=bounds)
    return Strata(found)


def rows(count: int, contributors: int = 60) -> Iterator[FigureRow]:
    """Invent monthly figures of places, by age or by channel."""
    draw, made = random.Random(count), 0  # noqa: S311 - the same every time
    while made < count:
        who = f"m{draw.randrange(contributors)}"
        where = f"p{draw.randrange(20)}", draw.choice(DISCIPLINES), draw.choice(AREAS)
        layer, measure, year = (
            draw.choice(("age", "channel")),
            draw.choice(MEASURES),
            draw.choice(YEARS),
        )
        size = SIZES[hash_of(who, len(SIZES))]
        for month in range(1, 13):
            for code in AGES if layer == "age" else CHANNELS:
                told = {**dict.fromkeys(LAYERS, "*"), layer: code}
                age, public, language, channel = (told[one] for one in LAYERS)
                value = draw.randrange(size)
                period = f"{year}-{month:02}"
                yield FigureRow(who, measure, period, *where, age, public, language, channel, value)
                made += 1


def hash_of(text: str, size: int) -> int:
    """Give a number for a text, the same every time."""
    return sum(text.encode()) % size


def released(count: int) -> None:
    """Time a whole release."""
    seen, began = Observations.of(rows(count)), time.process_time()
    pooled = aggregate(seen, strata())
    added = time.process_time()
    made = control_release(pooled, (), DisclosureRules(Disclosure(), 20.0))
    done = time.process_time()
    some = build_figures(made, b"key", 5)
    told = sum(one.value is not None for one in some)
    print(  # noqa: T201 - a benchmark tells
        f"{len(seen):,} observations, {len(pooled.contributors)} contributors: {len(some):,}"
        f" figures, {told:,} told {published_shares(some)}, {made.proved:,} proved,"
        f" {made.unproved} not;"
        f" aggregated in {added - began:.1f} s, controlled in {done - added:.1f} s:"
        f" {60 / (done - began):.1f} times within 60 s"
    )


def aggregated(count: int) -> None:
    """Time adding up alone."""
    seen, began = Observations.of(rows(count)), time.process_time()
    pooled = aggregate(seen, strata())
    took = time.process_time() - began
    print(  # noqa: T201 - a benchmark tells
        f"{len(seen):,} observations aggregated to {len(pooled.keys):,} figures in {took:.1f} s:"
        f" {30 / took:.1f} times within 30 s"
    )


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    aggregated(given[1] if len(given) > 1 else 1_000_000)
    released(given[0] if given else 100_000)
