"""Duration of a release: `python tests/bench/releasing.py [OBSERVATIONS [TO_AGGREGATE]]`.

A pool of many contributors, months, places and strata is aggregated, then controlled with its
audit; prints processor seconds. A larger number is only aggregated, before
control. The target: 100,000 observations to 2,000 figures in 60 s, a million aggregated in 30 s.
"""

import random
import sys
import time
from collections.abc import Iterator

from parvis.config import Disclosure
from parvis.statistics.aggregation import aggregate
from parvis.statistics.disclosure.release import DisclosureRules, control_release
from parvis.statistics.figures import build_figures, published_shares
from parvis.statistics.nesting import Nesting
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import DIMENSIONS, LAYERS, FigureRow, Strata

DAYS = 31
YEARS, MEASURES = ("2024", "2025"), ("attendance", "tickets")
AGES = {"0-17": (0, 17), "18-34": (18, 34), "35-64": (35, 64), "65+": (65, 200)}
CHANNELS = ("web", "door", "phone", "school")
DISCIPLINES = tuple(f"d{number}" for number in range(5))
AREAS = tuple(f"{number:02}" for number in range(9))
SIZES = (20, 60, 150, 400)


def strata() -> Strata:
    """Return a hierarchy as large as the pool's own."""
    codes = {"discipline": DISCIPLINES, "area": AREAS, "age": tuple(AGES), "channel": CHANNELS}
    nestings = {
        name: Nesting(name, "*", codes.get(name, ()), bounds=AGES if name == "age" else {})
        for name in DIMENSIONS
    }
    bounds = {}
    for number, year in enumerate(YEARS):
        first = number * 12 * DAYS
        bounds[year] = first, first + 12 * DAYS - 1
        for month in range(12):
            first_day = first + month * DAYS
            bounds[f"{year}-{month + 1:02}"] = first_day, first_day + DAYS - 1
    nestings["period"] = Nesting("period", None, YEARS, bounds=bounds)
    return Strata(nestings)


def rows(count: int, contributors: int = 60) -> Iterator[FigureRow]:
    """Invent monthly figures of places, by age or by channel."""
    draw, count_ = random.Random(count), 0  # noqa: S311 - the same every time
    while count_ < count:
        contributor = f"m{draw.randrange(contributors)}"
        context = f"p{draw.randrange(20)}", draw.choice(DISCIPLINES), draw.choice(AREAS)
        layer, measure, year = (
            draw.choice(("age", "channel")),
            draw.choice(MEASURES),
            draw.choice(YEARS),
        )
        size = SIZES[hash_of(contributor, len(SIZES))]
        for month in range(1, 13):
            for code in AGES if layer == "age" else CHANNELS:
                codes = {**dict.fromkeys(LAYERS, "*"), layer: code}
                age, public, language, channel = (codes[layer_] for layer_ in LAYERS[:4])
                value = draw.randrange(size)
                period = f"{year}-{month:02}"
                yield FigureRow(
                    contributor, measure, period, *context, age, public, language, channel, value
                )
                count_ += 1


def hash_of(text: str, size: int) -> int:
    """Return a deterministic number for a text."""
    return sum(text.encode()) % size


def time_release(count: int) -> None:
    """Time a complete release."""
    observations, start = Observations.of(rows(count)), time.process_time()
    pooled = aggregate(observations, strata())
    aggregated_at = time.process_time()
    release = control_release(pooled, (), DisclosureRules(Disclosure(), 20.0))
    end = time.process_time()
    figures = build_figures(release, b"key", 5)
    published = sum(figure.value is not None for figure in figures)
    print(  # noqa: T201 - the benchmark's output
        f"{len(observations):,} observations, {len(pooled.contributors)} contributors:"
        f" {len(figures):,} figures, {published:,} told {published_shares(figures)},"
        f" {release.proved:,} proved,"
        f" {release.unproved} not;"
        f" aggregated in {aggregated_at - start:.1f} s, controlled in {end - aggregated_at:.1f} s:"
        f" {60 / (end - start):.1f} times within 60 s"
    )


def time_aggregation(count: int) -> None:
    """Time the aggregation only."""
    observations, start = Observations.of(rows(count)), time.process_time()
    pooled = aggregate(observations, strata())
    seconds = time.process_time() - start
    print(  # noqa: T201 - the benchmark's output
        f"{len(observations):,} observations aggregated to {len(pooled.keys):,} figures"
        f" in {seconds:.1f} s: {30 / seconds:.1f} times within 30 s"
    )


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    time_aggregation(arguments[1] if len(arguments) > 1 else 1_000_000)
    time_release(arguments[0] if arguments else 100_000)
