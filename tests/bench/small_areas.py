"""How often intervals of small areas hold, and whether a library estimates the same.

Regions whose shares vary normally, by an exponential or by two kinds, little or much beside the
errors of their estimates, in 200 worlds of each. The library is samplics (archived in favour of
svy, whose package has no estimates of small areas): an EBLUP by restricted likelihood, which plugs
in the variance between areas where ours averages over it.

``python tests/bench/small_areas.py [--worlds N] [--cache FOLDER]``
"""

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import peers
from measuring import FailedError
from numpy.typing import NDArray

from parvis.statistics.small_areas import DirectEstimate, ShrunkEstimate, shrink

Array = NDArray[np.float64]
MEAN, ERROR, WANTED = 0.2, 0.01, 0.95
AREAS = (4, 6, 17)
RATIOS = (0, 0.3, 1, 3, 10)
"""How much regions vary, in standard deviations of the error of their estimates."""
SHAPES: Mapping[str, Callable[[np.random.Generator, int], Array]] = {
    "normal": lambda chance, size: chance.normal(size=size),
    "exponential": lambda chance, size: chance.exponential(size=size) - 1,
    "two kinds": lambda chance, size: chance.choice(np.array([-1.0, 1.0]), size),
}
PROGRAM = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from samplics.sae import EblupAreaModel
from samplics.utils.types import FitMethod
values, errors = (np.array(part) for part in json.loads(sys.argv[1]))
area, ones = np.arange(len(values)), np.ones((len(values), 1))
start = time.process_time()
model = EblupAreaModel(method=FitMethod.reml)
model.fit(yhat=values, X=ones, area=area, error_std=errors, intercept=False, tol=1e-8)
model.predict(X=ones, area=area, intercept=False)
estimates = [float(model.area_est[a]) for a in area]
print(json.dumps([estimates, time.process_time() - start]))
"""


class World(NamedTuple):
    """The true shares of regions, with the estimates that are made of them."""

    truth: Array
    direct: list[DirectEstimate]


def draw_worlds(worlds: int, areas: int, ratio: float, shape: str) -> Iterator[World]:
    chance = np.random.default_rng([areas, round(10 * ratio), *map(ord, shape)])
    for _ in range(worlds):
        truth = MEAN + ratio * ERROR * SHAPES[shape](chance, areas)
        errors = ERROR * chance.uniform(0.5, 2, areas)
        values = truth + errors * chance.normal(size=areas)
        yield World(truth, [*map(DirectEstimate, values, errors**2)])


def is_within(estimates: list[ShrunkEstimate], truth: Array) -> list[bool]:
    return [e.low <= value <= e.high for e, value in zip(estimates, truth, strict=True)]


def report_coverage(worlds: int) -> bool:
    """Print how often intervals hold, and the error next to that of the areas' own estimates."""
    lowest = 1.0
    for areas, ratio, shape in itertools.product(AREAS, RATIOS, SHAPES):
        held, shrunk_error, direct_error = [], 0.0, 0.0
        for truth, direct in draw_worlds(worlds, areas, ratio, shape):
            estimates = shrink(direct)
            held += is_within(estimates, truth)
            shrunk_error += float(np.sum((np.array([e.value for e in estimates]) - truth) ** 2))
            direct_error += float(np.sum((np.array([d.value for d in direct]) - truth) ** 2))
        share = float(np.mean(held))
        lowest = min(lowest, share)
        part = shrunk_error / direct_error
        print(f"{areas} areas, {shape}, {ratio}: {share:.1%} hold, error × {part:.2f}")  # noqa: T201
    print(f"lowest: {lowest:.1%} (wanted {WANTED:.0%})")  # noqa: T201
    return lowest >= WANTED


def report_peer(cache: Path) -> None:
    """Print how far our estimates are from the library's, in standard deviations of the error."""
    for ratio in (0.3, 1, 3):
        (world,) = draw_worlds(1, max(AREAS), ratio, "normal")
        values = [estimate.value for estimate in world.direct]
        errors = [estimate.variance**0.5 for estimate in world.direct]
        try:
            answer = peers.SMALL_AREAS.run(cache, PROGRAM, json.dumps([values, errors]))
        except FailedError as failure:
            print(f"samplics: {failure}")  # noqa: T201
            return
        theirs, seconds = json.loads(answer)
        ours = [estimate.value for estimate in shrink(world.direct)]
        apart = max(abs(a - b) / e for a, b, e in zip(ours, theirs, errors, strict=True))
        print(f"samplics, {ratio}: at most {apart:.2f} errors apart, {seconds:.2f} s")  # noqa: T201


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "parvis-bench")
    arguments = parser.parse_args()
    is_enough = report_coverage(arguments.worlds)
    report_peer(arguments.cache)
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main())
