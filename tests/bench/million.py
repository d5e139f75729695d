"""Pool a million observations: `python tests/bench/million.py [OBSERVATIONS [CELLS]] [--profile]`.

The observations are those of box offices: of one performance each, in one month, discipline and
area of the event, every other dimension stated, written as N-Triples in one file for each partner,
as the record holds them. They are read, made columns and pooled: wanted 30 s before disclosure
control. Then so many cells are released, months, quarters, seasons and years, with their audit:
wanted 120 s. Seconds are of the processor. `--profile` tells which functions take the most.
"""

import argparse
import cProfile
import gzip
import pstats
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TypeVar

from rdflib.namespace import QB, RDF, XSD

from parvis.config import Disclosure
from parvis.pooling.publics.reading import read_figures
from parvis.pooling.publics.strata import read_strata
from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.disclosure.release import ControlledRelease, DisclosureRules, control_release
from parvis.statistics.figures import build_figures, published_shares
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import AVAILABLE, PUBLIC, REVENUE, SALES, FigureRow
from parvis.store.record.content import lines_of
from parvis.vocab.namespaces import CONCEPT, PARVIS

PARTNERS, YEARS = 30, (2024, 2025)
SOLD, GIVEN = SALES
MEASURES = (SOLD, GIVEN, REVENUE, AVAILABLE)
AGES, P = Disclosure().ages, 20.0
BASE = "https://pool.example/"
LINE, TOP = "{:<44}{:>10}{:>14}", 25
Result = TypeVar("Result")


def write_partner(file: Path, partner: int, count: int) -> None:
    """Write observations of one partner, sorted as in the record."""
    draw, strata = random.Random(partner), read_strata(AGES)  # noqa: S311 - the same every time
    totals = {
        PARVIS[name]: f"{CONCEPT}{code}/total"
        for name, code in (
            ("place", "place"),
            ("residenceArea", "area"),
            ("ageGroup", "age"),
            ("public", "public"),
            ("language", "language"),
            ("channel", "channel"),
            ("priceType", "price-type"),
        )
    }
    areas = draw.sample(strata.codes("area"), 2)
    disciplines = draw.sample(strata.codes("discipline"), 2)
    texts = []
    for number in range(count):
        performance, which = divmod(number, len(MEASURES))
        draw.seed(partner * count + performance)
        month, measure = f"{draw.choice(YEARS)}-{draw.randint(1, 12):02}", MEASURES[which]
        objects = {
            RDF.type: QB.Observation,
            QB.dataSet: f"{BASE}dataset/p{partner}",
            QB.measureType: measure,
            PARVIS.contributor: f"{BASE}party/p{partner}",
            PARVIS.refPeriod: f"{CONCEPT}period/{month}",
            PARVIS.discipline: draw.choice(disciplines),
            PARVIS.eventArea: draw.choice(areas),
            PARVIS.performance: f"{BASE}event/p{partner}-{performance}",
            **totals,
        }
        lines = [f"<{predicate}> <{value}> .\n" for predicate, value in objects.items()]
        lines.append(f'<{measure}> "{draw.randrange(20, 400)}"^^<{XSD.decimal}> .\n')
        lines.append(f'<{PARVIS.asOf}> "{month}-28"^^<{XSD.date}> .\n')
        subject = f"<{BASE}observation/p{partner}-{number:07}> "
        texts.append("".join(subject + line for line in sorted(lines)))
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as out:
        out.writelines(texts)


def read_all(folder: Path) -> Iterator[FigureRow]:
    """Read the figures of all partners from their files."""
    for file in sorted(folder.iterdir()):
        publisher = f"{BASE}party/{file.name.removesuffix('.nt.gz')}"
        yield from read_figures(lines_of(file), publisher, publisher, "")


def timed(what: str, wanted: str, work: Callable[[], Result], *, profiled: bool) -> Result:
    """Tell how long some work takes, and what takes the most of it."""
    profile, start = cProfile.Profile(), time.process_time()
    if profiled:
        profile.enable()
    result = work()
    profile.disable()
    seconds = time.process_time() - start
    print(LINE.format(what, f"{seconds:.1f} s", wanted), flush=True)  # noqa: T201
    if profiled:
        pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(TOP)
    return result


def time_pooling(count: int, *, profiled: bool) -> None:
    """Write, read and pool observations."""
    with tempfile.TemporaryDirectory() as temporary:
        for partner in range(PARTNERS):
            write_partner(Path(temporary) / f"p{partner}.nt.gz", partner, count // PARTNERS)
        observations = timed(
            f"{count:,} observations read to columns",
            "",
            lambda: Observations.of(read_all(Path(temporary))),
            profiled=profiled,
        )
    pooled = timed(
        f"{len(observations):,} rows pooled",
        "30 s with both",
        lambda: aggregate(observations, read_strata(AGES)),
        profiled=profiled,
    )
    print(f"{len(pooled.keys):,} figures")  # noqa: T201


def invent_rows(spread: int) -> list[FigureRow]:
    """Invent the months of partners, in some of `spread` areas and half as many disciplines."""
    draw, strata = random.Random(spread), read_strata(AGES)  # noqa: S311 - the same every time
    totals = {name: f"{CONCEPT}{name}/total" for name in ("place", "area", "age", "public")}
    totals |= {name: f"{CONCEPT}{name}/total" for name in ("language", "channel")}
    sizes = [code for code in strata.codes("size") if not code.endswith("total")]
    areas, disciplines = strata.codes("area")[:spread], strata.codes("discipline")[: spread // 2]
    rows = []
    for partner in range(PARTNERS):
        room, price = draw.choice((80, 150, 300, 600)), draw.randint(20, 60)
        named = {**totals, "size": draw.choice(sizes)}
        places = product(draw.sample(disciplines, 2), draw.sample(areas, 2))
        for (discipline, event), year, month in product(places, YEARS, range(1, 13)):
            seats = float(room * draw.randint(1, 8))
            sold = float(int(seats * draw.uniform(0.3, 0.95)))
            where = {**named, "discipline": discipline, "event": event}
            where |= {"period": f"{CONCEPT}period/{year}-{month:02}"}
            values = {SOLD: sold, GIVEN: (seats - sold) // 10, REVENUE: sold * price}
            rows += [
                FigureRow(contributor=f"m{partner}", measure=measure, value=value, **where)
                for measure, value in values.items()
            ]
            known = {**where, "contributor": f"m{partner}{PUBLIC}"}
            rows.append(FigureRow(measure=AVAILABLE, value=seats, **known))
    return rows


def time_release(cells: int, *, profiled: bool) -> None:
    """Release a pool of about so many cells, and tell how large its blocks are."""
    pooled = _pool_about(cells)
    visible = sum(not key.hidden for key in pooled.keys)
    print(f"{len(pooled.keys):,} figures in {_block_sizes(pooled)}: {visible:,} cells")  # noqa: T201

    def release() -> ControlledRelease:
        return control_release(pooled, (), DisclosureRules(Disclosure(), P))

    released = timed(f"{visible:,} cells released", "120 s", release, profiled=profiled)
    figures = build_figures(released, b"key", Disclosure().base)
    shares = published_shares(figures)
    print(f"published: {shares}; {released.proved:,} proved, {released.unproved} not")  # noqa: T201


def _pool_about(cells: int) -> PooledFigures:
    """Pool ever more areas, until there are so many cells."""
    for spread in (4, 6, 8, 10, 12, 16, 19):
        pooled = aggregate(Observations.of(invent_rows(spread)), read_strata(AGES))
        if sum(not key.hidden for key in pooled.keys) >= cells:
            break
    return pooled


def _block_sizes(pooled: PooledFigures) -> str:
    """Tell into how many blocks sums join the figures, the largest first."""
    root = list(range(len(pooled.keys)))

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    for total, parts in pooled.relations:
        for part in parts:
            root[find(part)] = find(total)
    sizes = sorted(Counter(map(find, range(len(root)))).values(), reverse=True)
    return f"{len(sizes)} blocks ({', '.join(map(str, sizes[:6]))} …)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Time the pooling and the release."""
    parser = argparse.ArgumentParser()
    parser.add_argument("observations", nargs="?", type=int, default=1_000_000)
    parser.add_argument("cells", nargs="?", type=int, default=5000)
    parser.add_argument("--profile", action="store_true")
    choices = parser.parse_args(arguments)
    if choices.observations:
        time_pooling(choices.observations, profiled=choices.profile)
    if choices.cells:
        time_release(choices.cells, profiled=choices.profile)


if __name__ == "__main__":
    main()
