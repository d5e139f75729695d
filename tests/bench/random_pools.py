"""Random pools, and the releases of their figures over time.

Partners leave and join, correct figures, and revert corrections; they complete their years in
parts, one or a few of them at a time, which is the most frequent case.
"""

import random
from collections.abc import Sequence

from attacking import THRESHOLDS, Attack

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
    DIMENSIONS,
    LAYERS,
    FigureKey,
    FigureRow,
    Strata,
    Stratum,
    owner,
)

HALVES = {"2025-01/06": (1, 181), "2025-07/12": (182, 365)}
"""A partner with an incomplete year contributes only the first: none of it counts."""
MONTHS = 12
KINDS = ("members", "classes", "completions", "partial years", "corrections", "taken back", "all")
"""Kinds of changes between the releases of a pool."""


def strata(disciplines: int = 2, areas: int = 3) -> Strata:
    """Return a small hierarchy."""
    codes = {
        "discipline": tuple(f"d{index}" for index in range(disciplines)),
        "area": tuple(f"a{index}" for index in range(areas)),
        "age": ("0-17", "18-64", "65+"),
        "channel": ("web", "door"),
    }
    ages = {"0-17": (0, 17), "18-64": (18, 64), "65+": (65, 200), "18-24": (18, 24)}
    ages |= {"25-64": (25, 64), "0-13": (0, 13)}
    nestings = {
        name: Nesting(name, "*", codes.get(name, ()), bounds=ages if name == "age" else {})
        for name in DIMENSIONS
    }
    periods = {"2025": (1, 365), **HALVES}
    nestings["period"] = Nesting("period", None, ("2025",), bounds=periods)
    return Strata(nestings)


def rows(
    seed: int, *, contributors: int | None = None, disciplines: Sequence[str] = ("d0", "d1")
) -> list[FigureRow]:
    """Invent figures of contributors of different sizes and breakdowns."""
    draw = random.Random(seed)  # noqa: S311 - the same pools every time
    sizes, layers = draw.choice(SIZES), draw.choice(BROKEN)
    dense = draw.choice([1, 2])
    figures = []
    for number in range(contributors or draw.randint(4, 14)):
        name, size, layer = f"m{number}", draw.choice(sizes), draw.choice(layers)
        amount = min(draw.randint(dense, 2), len(disciplines))
        for discipline in draw.sample(disciplines, amount):
            for area in draw.sample(["a0", "a1", "a2"], draw.randint(dense, 3)):
                figures += _stratum(draw, name, size, layer, discipline, area)
    return figures


SIZES = ([3, 12, 40, 300, 2000], [40, 60, 90], [8, 12, 30, 45], [200, 300, 500, 900])
BROKEN = (("age",), ("age", "channel"), ("age", "channel", None), ("channel", "age", "age"))


def _stratum(  # noqa: PLR0913, PLR0917 - what is drawn
    draw: random.Random, name: str, size: int, layer: str | None, discipline: str, area: str
) -> list[FigureRow]:
    """Invent the figures of a contributor in one discipline and area."""

    def row(value: int, code: str = "*") -> FigureRow:
        codes_ = {**dict.fromkeys(LAYERS, "*"), **({layer: code} if layer else {})}
        age, public, language, channel = (codes_[layer_] for layer_ in LAYERS[:4])
        context = ("2025", "*", discipline, area)
        return FigureRow(name, "attendance", *context, age, public, language, channel, value)

    codes = {"age": ["0-17", "18-24", "25-64", "65+"], "channel": ["web", "door"]}.get(
        layer or "", []
    )
    values = [int(draw.gammavariate(2, size / 2)) for _ in codes]
    total = (
        sum(values) + draw.choice([0, 0, 0, 7]) if codes else int(draw.gammavariate(2, 2 * size))
    )
    return [*(row(value, code) for value, code in zip(values, codes, strict=True)), row(total)]


def editions(
    seed: int, *, p: float, disciplines: Sequence[str] = ("d0", "d1"), together: bool = True
) -> list[ControlledRelease]:
    """Release a random pool twice, for everyone and for classes, some figures for classes only.

    A class has one discipline; some owners contribute to all, others to a class. `together`:
    each release is controlled against all before it.
    """
    hierarchy, draw = strata(), random.Random(f"{seed} editions")  # noqa: S311 - the same every time
    figures = rows(seed, contributors=draw.randint(8, 14), disciplines=disciplines)
    members = sorted({figure.contributor for figure in figures})
    reserved_members = set(draw.sample(members, draw.choice([1, 3, 5])))
    class_members = {
        "d0": reserved_members,
        "d1": reserved_members if seed % 2 else set(sorted(reserved_members)[:2]),
    }
    published: list[tuple[str, ControlledRelease]] = []
    for _ in range(2):
        shared = [figure for figure in figures if figure.contributor not in reserved_members]
        for discipline in (None, *disciplines):
            class_figures = [
                figure
                for figure in figures
                if figure.contributor in class_members.get(discipline or "", ())
            ]
            reserved = [
                figure._replace(contributor=f"{figure.contributor} reserved 1")
                for figure in class_figures
            ]
            second = _second(draw, seed, shared) if discipline and seed % 3 == 0 else []
            observations = Observations.of([*shared, *reserved, *second])
            pooled = Stratum(discipline=discipline).of(aggregate(observations, hierarchy))
            before = published if together else []
            published.append((discipline or "", _release(before, discipline or "", pooled, p)))
        leaver = draw.choice(members)
        figures = [figure for figure in figures if figure.contributor != leaver]
    return [release for _, release in published]


def _release(
    published: Sequence[tuple[str, ControlledRelease]],
    edition: str,
    pooled: PooledFigures,
    p: float,
) -> ControlledRelease:
    """Release figures, controlled against all earlier releases; former members are excluded."""
    owners = _owners(pooled)
    earlier = [
        EarlierRelease(
            pooled=release.pooled,
            published=release.published,
            repeated=frozenset(release.repeats),
            same_edition=name == edition,
            gone=_owners(release.pooled) - owners,
        )
        for name, release in published
    ]
    return control_release(pooled, earlier, DisclosureRules(THRESHOLDS, p))


def _owners(pooled: PooledFigures) -> frozenset[str]:
    return frozenset(map(owner, pooled.contributors))


def _second(draw: random.Random, seed: int, shared: Sequence[FigureRow]) -> list[FigureRow]:
    """Let some contributors to all contribute other figures to the classes only."""
    owners = sorted({figure.contributor for figure in shared})[: draw.choice([1, 2, 4])]
    additional = rows(seed + 104729, contributors=4)
    names = dict(zip(sorted({figure.contributor for figure in additional}), owners, strict=False))
    return [
        figure._replace(contributor=f"{names[figure.contributor]} reserved 2")
        for figure in additional
        if figure.contributor in names
    ]


def releases(
    seed: int,
    *,
    p: float,
    later: bool = True,
    contributors: int | None = None,
    disciplines: Sequence[str] = ("d0", "d1"),
) -> list[ControlledRelease]:
    """Release a random pool; then again after somebody left, joined or corrected figures."""
    draw = random.Random(f"{seed} later")  # noqa: S311 - the same every time
    states = [rows(seed, contributors=contributors, disciplines=disciplines)]
    if later:
        for _ in range(draw.randint(0, 2)):
            states.append(change_members(draw, states[-1], seed))
    return release_states(states, p=p)


def release_states(
    states: Sequence[Sequence[FigureRow]], *, p: float, apart: int = 0
) -> list[ControlledRelease]:
    """Release the states of a pool, each controlled against all releases before it.

    The first `apart` partners contribute to a class only, which has its own release.
    """
    hierarchy = strata()
    reserved = sorted({row.contributor for rows in states for row in rows})[:apart]
    published: list[tuple[str, ControlledRelease]] = []
    for rows in states:
        shared = [row for row in rows if row.contributor not in reserved]
        for edition in ("", "class") if apart else ("",):
            class_rows = [row for row in rows if edition and row.contributor in reserved]
            class_rows = [
                row._replace(contributor=f"{row.contributor} reserved 1") for row in class_rows
            ]
            pooled = aggregate(Observations.of([*shared, *class_rows]), hierarchy)
            published.append((edition, _release(published, edition, pooled, p)))
    return [release for _, release in published]


def history(seed: int, kind: str, *, p: float, small: bool = False) -> list[ControlledRelease]:
    """Release a random pool several times; `kind` names the changes in between."""
    if kind == "members":
        return releases(seed, p=p)
    if kind == "classes" and seed % 2:
        return editions(seed, p=p, disciplines=("d0",))
    draw = random.Random(f"{seed} {kind}")  # noqa: S311 - the same every time
    complete = _full(draw, draw.randint(6, 8 if small else 11))
    times = draw.randint(2, 3) if small else draw.choice([3, 3, 4, 5])
    if kind == "completions":
        states = _completions(draw, complete, times)
    elif kind == "partial years":
        states = _partial_years(draw, complete, times)
    else:
        states = [complete]
        for _ in range(times - 1):
            states.append(_next(draw, states, kind, seed))
    return release_states(states, p=p, apart=draw.choice([1, 2, 5]) if kind == "classes" else 0)


def _full(draw: random.Random, members: int) -> list[FigureRow]:
    """Invent partners with figures of most areas: much of the pool can be published."""
    sizes, layers = draw.choice(SIZES[1:]), draw.choice(BROKEN[:2])
    complete = []
    for number in range(members):
        size = draw.choice(sizes) * draw.choice([1, 1, 1, 1, 8])
        layer = draw.choice(layers)
        for area in draw.sample(["a0", "a1", "a2"], draw.choice([1, 2, 3, 3])):
            complete += _stratum(draw, f"m{number:02}", size, layer, "d0", area)
    return complete


def _completions(
    draw: random.Random, complete: Sequence[FigureRow], times: int
) -> list[list[FigureRow]]:
    """Let partners complete their year month by month, few at a time, in some areas."""
    members = sorted({row.contributor for row in complete})
    started = draw.choice([1, 6, 11])
    months = {(row.contributor, row.area): started for row in complete}
    states = []
    for _ in range(times):
        states.append([_part(row, months[row.contributor, row.area] / MONTHS) for row in complete])
        for member in draw.sample(members, min(draw.choice(FEW), len(members))):
            for contributor, area in list(months):
                if contributor == member and draw.random() < 0.8:
                    months[contributor, area] = min(
                        MONTHS, months[contributor, area] + draw.choice([1, 1, 3, 6])
                    )
    return states


FEW = (1, 1, 1, 2, 3, 4, 6, 9)
"""The number of partners that change something between two releases: usually one."""


def _part(row: FigureRow, share: float) -> FigureRow:
    """Take a part of a figure; parts do not exceed their total."""
    return row._replace(value=int(row.value * share))


def _partial_years(
    draw: random.Random, complete: Sequence[FigureRow], times: int
) -> list[list[FigureRow]]:
    """Let partners contribute half a year, and later the other half."""
    members = sorted({row.contributor for row in complete})
    waiting = draw.sample(members, len(members) // 2)
    first, second = HALVES
    states = []
    for _ in range(times):
        halves = [(row, _part(row, draw.choice([0.2, 0.5]))) for row in complete]
        contributions = [half._replace(period=first) for _, half in halves]
        contributions += [
            row._replace(period=second, value=row.value - half.value)
            for row, half in halves
            if row.contributor not in waiting
        ]
        states.append(contributions)
        waiting = waiting[draw.choice(FEW) :]
    return states


def _next(
    draw: random.Random, states: Sequence[Sequence[FigureRow]], kind: str, seed: int
) -> list[FigureRow]:
    """Let partners correct figures, or apply any change."""
    current = list(states[-1])
    if kind in {"all", "classes"} and draw.random() < 0.4:
        return change_members(draw, current, seed)
    members = sorted({row.contributor for row in current})
    if kind != "corrections" and len(states) > 1 and draw.random() < 0.5:
        reverted = set(draw.sample(members, min(draw.choice(FEW), len(members))))
        unchanged = [row for row in current if row.contributor not in reverted]
        return unchanged + [row for row in states[-2] if row.contributor in reverted]
    for member in draw.sample(members, min(draw.choice(FEW), len(members))):
        current = correct(draw, current, member)
    return current


def correct(draw: random.Random, current: Sequence[FigureRow], member: str) -> list[FigureRow]:
    """Let a partner correct its figures of some areas, or one part of them and its total."""
    areas = sorted({row.area for row in current if row.contributor == member})
    chosen = set(draw.sample(areas, draw.randint(1, len(areas))))
    factor, is_single = draw.choice([0.6, 0.9, 1.1, 1.5, 3]), draw.random() < 0.5
    code = draw.choice(["0-17", "18-24", "25-64", "65+"])
    amount = draw.choice([3, 15, 80])
    corrected = []
    for row in current:
        if row.contributor == member and row.area in chosen:
            if is_single and (row.age == code or (row.age, row.channel) == ("*", "*")):
                row = row._replace(value=row.value + amount)  # noqa: PLW2901
            elif not is_single:
                row = _part(row, factor)  # noqa: PLW2901
        corrected.append(row)
    return corrected


def change_members(draw: random.Random, before: Sequence[FigureRow], seed: int) -> list[FigureRow]:
    """Let members leave or join, or one correct a figure."""
    members = sorted({figure.contributor for figure in before})
    event = draw.choice(["leave", "leave", "join", "correct", "both"])
    leavers = draw.sample(members, min(draw.choice([1, 1, 2, 4]), len(members) - 1))
    remaining = [
        figure
        for figure in before
        if event not in {"leave", "both"} or figure.contributor not in leavers
    ]
    if event in {"join", "both"}:
        new = rows(seed + 7919 + draw.randint(0, 99), contributors=draw.choice([1, 1, 3]))
        remaining += [
            figure._replace(contributor=f"n{figure.contributor}{draw.randint(0, 1) * 0}")
            for figure in new
        ]
    if event == "correct" and remaining:
        index = draw.randrange(len(remaining))
        remaining[index] = remaining[index]._replace(value=remaining[index].value + 15)
    keys = {figure[:-1]: figure for figure in remaining}
    return list(keys.values())


def attack_pool(
    seed: int,
    p: float,
    contributors: int | None = None,
    disciplines: Sequence[str] = ("d0", "d1"),
) -> tuple[list[ControlledRelease], list[tuple[str, FigureKey]]]:
    """Release a pool and attack it."""
    results = releases(seed, p=p, contributors=contributors, disciplines=disciplines)
    attack = Attack(p)
    for release in results:
        attack.add(release)
    return results, attack.recovered()
