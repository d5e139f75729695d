"""Release real figures: `python tests/bench/libraries.py FILE` (bibliomtl_prets_public.json).

Loans of Montréal's libraries by public, each library a contributor, each borough an area, each year
a block. Prints the share of published figures and loans, next to those of a naive greedy
suppression (in each sum none or two figures are suppressed, the smallest first), and how many
figures an attacker recovers from each.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from attacking import Attack

from parvis.config import Disclosure
from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.disclosure.release import (
    COMPLEMENTARY,
    ControlledRelease,
    DisclosureRules,
    control_release,
)
from parvis.statistics.figures import build_figures, published_shares
from parvis.statistics.nesting import Nesting
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import DIMENSIONS, FigureRow, Strata

P, NAME, TOTAL = 20.0, "BIBLIOTHÈQUE", "TOTAL"


def rows(file: Path) -> Iterator[FigureRow]:
    """Read every figure; a contributor is a library, an area its borough."""
    years = json.loads(file.read_text(encoding="utf-8-sig"))
    for year, libraries in years.items():
        for library in libraries:
            area = library[NAME].partition(")")[0].strip("(")
            for public, text in library.items():
                value = text.replace(",", "").replace("\u00a0", "").strip()
                if public != NAME and value.isdigit():
                    audience = "*" if public == TOTAL else public
                    context = (year, "*", "literature", area)
                    yield FigureRow(
                        library[NAME], "loans", *context, "*", audience, "*", "*", int(value)
                    )


def strata(figures: list[FigureRow]) -> Strata:
    """Return the boroughs, audiences and years of the file."""
    publics = tuple(sorted({figure.public for figure in figures} - {"*"}))
    areas, years = (
        tuple(sorted({getattr(figure, attribute) for figure in figures}))
        for attribute in ("area", "period")
    )
    codes = {"discipline": ("literature",), "area": areas, "public": publics}
    nestings = {name: Nesting(name, "*", codes.get(name, ())) for name in DIMENSIONS}
    bounds = {year: (int(year), int(year)) for year in years}
    nestings["period"] = Nesting("period", None, years, bounds=bounds)
    return Strata(nestings)


def suppress_naively(release: ControlledRelease) -> ControlledRelease:
    """Suppress by rule, then the smallest figure of each sum with only one suppressed."""
    published = release.published.copy()
    for place, reasons in release.reasons.items():
        published[place] |= reasons == {COMPLEMENTARY}
    totals = release.pooled.values.sum(axis=1)
    changed = True
    while changed:
        changed = False
        for whole, parts in release.pooled.relations:
            members = [whole, *parts]
            suppressed = [member for member in members if not published[member]]
            remaining = [member for member in members if published[member]]
            if len(suppressed) == 1 and remaining:
                published[min(remaining, key=lambda member: float(totals[member]))] = False
                changed = True
    return ControlledRelease(release.pooled, published, release.reasons, 0, 0)


def main(file: Path) -> int:
    """Release and attack both ways; return how many figures are recovered from the release."""
    figures = list(rows(file))
    pooled: PooledFigures = aggregate(Observations.of(figures), strata(figures))
    release = control_release(pooled, (), DisclosureRules(Disclosure(), P))
    recovered = 0
    for name, edition in (("parvis", release), ("naive greedy", suppress_naively(release))):
        attack = Attack(P)
        attack.add(edition)
        recovered_count = len(attack.recovered())
        recovered = recovered or (recovered_count if name == "parvis" else 0)
        built = build_figures(edition, b"key", 5)
        published = sum(figure.value is not None for figure in built)
        print(  # noqa: T201
            f"{name}: {published} of {len(built)} told, {published_shares(built)},"
            f" {recovered_count} recovered"
        )
    return recovered


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]))))
