"""Release real figures: `python tests/bench/libraries.py FILE` (bibliomtl_prets_public.json).

Loans of Montréal's libraries by public, each library a contributor, each borough an area, each year
a block. Printed: the share of figures told and of loans they count, beside a naive greedy
suppression (each sum has none or two figures left out, the smallest first), and how many figures an
attacker recovers from each.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from attacking import Attack

from parvis.config import Disclosure
from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.figures import build_figures, published_shares
from parvis.statistics.nesting import Nesting
from parvis.statistics.observations import Observations
from parvis.statistics.release import (
    COMPLEMENTARY,
    ControlledRelease,
    DisclosureRules,
    control_release,
)
from parvis.statistics.strata import DIMENSIONS, FigureRow, Strata

P, NAME, TOTAL = 20.0, "BIBLIOTHÈQUE", "TOTAL"


def rows(file: Path) -> Iterator[FigureRow]:
    """Read every figure; a contributor is a library, an area its borough."""
    years = json.loads(file.read_text(encoding="utf-8-sig"))
    for year, libraries in years.items():
        for one in libraries:
            area = one[NAME].partition(")")[0].strip("(")
            for public, text in one.items():
                value = text.replace(",", "").replace("\u00a0", "").strip()
                if public != NAME and value.isdigit():
                    said = "*" if public == TOTAL else public
                    where = (year, "*", "literature", area)
                    yield FigureRow(one[NAME], "loans", *where, "*", said, "*", "*", int(value))


def strata(some: list[FigureRow]) -> Strata:
    """Tell boroughs, publics and years as they are in the file."""
    publics = tuple(sorted({one.public for one in some} - {"*"}))
    areas, years = (tuple(sorted({getattr(one, at) for one in some})) for at in ("area", "period"))
    codes = {"discipline": ("literature",), "area": areas, "public": publics}
    found = {name: Nesting(name, "*", codes.get(name, ())) for name in DIMENSIONS}
    bounds = {year: (int(year), int(year)) for year in years}
    found["period"] = Nesting("period", None, years, bounds=bounds)
    return Strata(found)


def naive(made: ControlledRelease) -> ControlledRelease:
    """Leave out what breaks a rule by itself, then the smallest of each sum that lacks only one."""
    told = made.told.copy()
    for place, reasons in made.reasons.items():
        told[place] |= reasons == {COMPLEMENTARY}
    totals = made.pooled.values.sum(axis=1)
    lone = True
    while lone:
        lone = False
        for whole, parts in made.pooled.relations:
            some = [whole, *parts]
            left = [one for one in some if not told[one]]
            others = [one for one in some if told[one]]
            if len(left) == 1 and others:
                told[min(others, key=lambda one: float(totals[one]))] = False
                lone = True
    return ControlledRelease(made.pooled, told, made.reasons, 0, 0)


def main(file: Path) -> int:
    """Release and attack both ways; gives how many figures are recovered from the release."""
    some = list(rows(file))
    pooled: PooledFigures = aggregate(Observations.of(some), strata(some))
    made = control_release(pooled, (), DisclosureRules(Disclosure(), P))
    recovered = 0
    for name, one in (("parvis", made), ("naive greedy", naive(made))):
        attack = Attack(P)
        attack.add(one)
        found = len(attack.recovered())
        recovered = recovered or (found if name == "parvis" else 0)
        known = build_figures(one, b"key", 5)
        told = sum(figure.value is not None for figure in known)
        print(f"{name}: {told} of {len(known)} told, {published_shares(known)}, {found} recovered")  # noqa: T201
    return recovered


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]))))
