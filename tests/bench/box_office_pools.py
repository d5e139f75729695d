"""Random pools of box offices, and their releases as members join, leave, correct and complete.

Each partner gives runs of performances in rooms whose seats are public. The calendar is small: a
year of four months and one of two, quarters of two months, and a season from the third month on.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from attacking import THRESHOLDS

from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.disclosure.release import (
    ControlledRelease,
    DisclosureRules,
    EarlierRelease,
    control_release,
)
from parvis.statistics.nesting import Nesting
from parvis.statistics.rolling_up import Observations
from parvis.statistics.strata import (
    ATTENDANCE,
    AVAILABLE,
    DIMENSIONS,
    MONTH,
    PERFORMANCES,
    PRICE,
    PUBLIC,
    QUARTER,
    REVENUE,
    SALES,
    SEASON,
    FigureKey,
    FigureRow,
    Strata,
    owner,
)

SOLD, GIVEN, ATTENDED = *SALES, ATTENDANCE

MONTHS = tuple(f"m{number}" for number in range(6))
PERIODS: Mapping[str, tuple[int, int]] = {
    **{month: (number, number) for number, month in enumerate(MONTHS)},
    **{f"q{number}": (2 * number, 2 * number + 1) for number in range(3)},
    "s0": (2, 5),
    "y0": (0, 3),
    "y1": (4, 5),
}
"""The first and the last month of each period."""
YEARS = ("y0", "y1")
SHORTER = {SEASON: ("s0",), QUARTER: ("q0", "q1", "q2"), MONTH: MONTHS}
CODES = {
    "discipline": ("d0", "d1"),
    "area": ("r0", "r1"),
    "age": ("0-17", "18+"),
    "event": ("e0", "e1"),
    "size": ("small", "large"),
}
AGES = {"0-17": (0, 17), "18+": (18, 200)}
LARGE = 250
"""The seats of a large partner's room."""
SEATS = ((60, 90, 150), (80, 200, 400, 900), (200, 300, 500), (300, 320))
FEW = (1, 1, 1, 2, 3, 4, 6)
"""How many partners change something between two releases: usually one."""
KINDS = ("members", "corrections", "completions", "all")


@dataclass(frozen=True)
class Run:
    """The performances of a partner in one month, discipline and room."""

    contributor: str
    month: str
    discipline: str
    event: str
    seats: int
    """Those of all performances together."""
    large: bool
    sold: int
    complimentary: int
    revenue: int
    residence: tuple[int, ...] | None
    """Where the audience is from, by area; None where that is not known."""

    def lies_in(self, key: FigureKey) -> bool:
        """Return whether a figure counts this run, or some of its audience."""
        first, last = PERIODS[key.period]
        within = first <= MONTHS.index(self.month) <= last
        codes = key._asdict() | ({key.layer: key.code} if key.layer else {})
        own = {"discipline": self.discipline, "event": self.event, "size": self.size}
        return within and all(codes.get(name, "*") in {"*", code} for name, code in own.items())

    @property
    def size(self) -> str:
        return CODES["size"][self.large]


def strata() -> Strata:
    """Return the small hierarchy: two years, their quarters and months, the season between them."""
    nestings = {
        name: Nesting(name, "*", CODES.get(name, ()), bounds=AGES if name == "age" else {})
        for name in (*DIMENSIONS, PRICE)
    }
    bounds = dict(PERIODS)
    nestings["period"] = Nesting("period", None, YEARS, bounds=bounds)
    shorter = {
        level: Nesting("period", None, codes, bounds=bounds) for level, codes in SHORTER.items()
    }
    return Strata(nestings, shorter)


def invent_runs(
    seed: int, contributors: int | None = None, disciplines: int | None = None
) -> list[Run]:
    """Invent partners with rooms, and what they show in each month."""
    draw = random.Random(f"{seed} runs")  # noqa: S311 - the same pools every time
    seats, busy = draw.choice(SEATS), draw.choice([0.9, 1, 1])
    offered = CODES["discipline"][: disciplines or draw.choice([1, 2])]
    runs = []
    for number in range(contributors or draw.randint(7, 12)):
        name, room, price = f"c{number:02}", draw.choice(seats), draw.randint(15, 60)
        rooms = draw.sample(CODES["event"], draw.choice([1, 1, 1, 2]))
        shown = draw.sample(offered, draw.randint(1, len(offered)))
        located = draw.random() < 0.7
        for event in rooms:
            for discipline in shown:
                for month in MONTHS:
                    if draw.random() < busy:
                        run = Run(
                            name, month, discipline, event, 0, room > LARGE, 0, 0, price, None
                        )
                        runs.append(fill(draw, run, room * draw.randint(1, 2), located=located))
    return runs


def fill(draw: random.Random, run: Run, seats: int, *, located: bool) -> Run:
    """Sell and give seats of a run; its revenue is the price of a ticket before."""
    sold = int(seats * draw.betavariate(4, 2))
    complimentary = min(int(seats * draw.choice([0, 0.02, 0.05, 0.1])), seats - sold)
    near = int((sold + complimentary) * draw.betavariate(5, 2))
    return replace(
        run,
        seats=seats,
        sold=sold,
        complimentary=complimentary,
        revenue=sold * run.revenue,
        residence=(near, sold + complimentary - near) if located else None,
    )


def rows_of(runs: Iterable[Run]) -> list[FigureRow]:
    """Return the figures that partners give: totals of runs, and attendance by residence."""
    rows = []
    for number, run in enumerate(runs):
        named = {
            "contributor": run.contributor,
            "period": run.month,
            "discipline": run.discipline,
            "event": run.event,
            "size": run.size,
            "performance": f"{run.contributor} {number}",
        }
        amounts = {SOLD: run.sold, GIVEN: run.complimentary, REVENUE: run.revenue}
        rows += [_row({**named, "measure": name}, value) for name, value in amounts.items()]
        known = {**named, "contributor": run.contributor + PUBLIC}
        amounts = {AVAILABLE: run.seats, PERFORMANCES: 1}
        rows += [_row({**known, "measure": name}, value) for name, value in amounts.items()]
        attended = {**named, "measure": ATTENDED}
        if run.residence is None:
            rows.append(_row(attended, run.sold + run.complimentary))
        else:
            located = zip(CODES["area"], run.residence, strict=True)
            rows += [_row({**attended, "area": area}, value) for area, value in located]
    return rows


def _row(named: Mapping[str, str], value: float) -> FigureRow:
    """Make a row that is broken down by what is named only."""
    totals = {name: "*" for name in FigureRow._fields if name not in {"value", "performance"}}
    return FigureRow(**{**totals, **named}, value=value)


def seats_of(runs: Iterable[Run]) -> Callable[[FigureKey], dict[str, float]]:
    """Return the seats that each partner had where a figure counts."""
    # A run stays in the same room, whatever is corrected later.
    listed = {(run.contributor, run.month, run.discipline, run.event): run for run in runs}.values()

    @cache
    def find(key: FigureKey) -> dict[str, float]:
        seats: defaultdict[str, float] = defaultdict(float)
        for run in listed:
            if run.lies_in(key):
                seats[run.contributor] += run.seats
        return dict(seats)

    return find


def release_runs(states: Sequence[Sequence[Run]], *, p: float) -> list[ControlledRelease]:
    """Release the states of a pool, each controlled against all releases before it."""
    hierarchy, released = strata(), list[ControlledRelease]()
    for runs in states:
        pooled = aggregate(Observations.of(rows_of(runs)), hierarchy)
        members = _owners(pooled)
        earlier = [
            EarlierRelease(
                pooled=before.pooled,
                published=before.published,
                repeated=frozenset(before.repeats),
                gone=_owners(before.pooled) - members,
            )
            for before in released
        ]
        released.append(control_release(pooled, earlier, DisclosureRules(THRESHOLDS, p)))
    return released


def _owners(pooled: PooledFigures) -> frozenset[str]:
    return frozenset(map(owner, pooled.contributors))


def invent_history(seed: int, kind: str) -> list[list[Run]]:
    """Invent the states of a pool; `kind` names the changes in between."""
    draw = random.Random(f"{seed} {kind}")  # noqa: S311 - the same every time
    complete = invent_runs(seed, draw.randint(7, 10), 1)
    if kind == "completions":
        return _complete(draw, complete, draw.randint(2, 3))
    states = [complete]
    for _ in range(draw.randint(1, 2)):
        change = kind if kind != "all" else draw.choice(KINDS[:2])
        states.append(
            _correct(draw, states[-1])
            if change == "corrections"
            else _change_members(draw, states[-1], seed, len(states))
        )
    return states


def _complete(draw: random.Random, runs: Sequence[Run], times: int) -> list[list[Run]]:
    """Let partners give their months one after another, few at a time."""
    members = sorted({run.contributor for run in runs})
    given = dict.fromkeys(members, draw.choice([2, 4]))
    states = []
    for _ in range(times):
        states.append([run for run in runs if MONTHS.index(run.month) < given[run.contributor]])
        for member in draw.sample(members, min(draw.choice(FEW), len(members))):
            given[member] += draw.choice([1, 2, 4])
    return states


def _correct(draw: random.Random, runs: Sequence[Run]) -> list[Run]:
    """Let a few partners correct some of their runs, within the same seats."""
    members = sorted({run.contributor for run in runs})
    chosen = set(draw.sample(members, min(draw.choice(FEW), len(members))))
    share = draw.choice([0.1, 0.5, 1])
    return [
        fill(
            draw,
            replace(run, revenue=run.revenue // max(run.sold, 1) or 20),
            run.seats,
            located=run.residence is not None,
        )
        if run.contributor in chosen and draw.random() < share
        else run
        for run in runs
    ]


def _change_members(draw: random.Random, runs: Sequence[Run], seed: int, change: int) -> list[Run]:
    """Let some partners leave, and others join, whose names are those of this change alone."""
    members = sorted({run.contributor for run in runs})
    leavers = draw.sample(members, min(draw.choice([0, 1, 1, 2, 4]), len(members) - 1))
    stay = [run for run in runs if run.contributor not in leavers]
    joined = invent_runs(seed + 7919 + draw.randint(0, 99), draw.choice([1, 1, 3]), 1)
    if leavers and draw.random() < 0.5:
        return stay
    return [*stay, *(replace(run, contributor=f"n{change}{run.contributor}") for run in joined)]
