"""Random pools, and the releases of their figures over time.

Partners leave and join, correct figures, and take corrections back; they complete their years part
after part, one or a few of them at a time, which is what happens most.
"""

import random
from collections.abc import Sequence

from attacking import THRESHOLDS, Attack

from parvis.statistics.aggregation import PooledFigures, aggregate
from parvis.statistics.nesting import Nesting
from parvis.statistics.observations import Observations
from parvis.statistics.release import (
    ControlledRelease,
    DisclosureRules,
    EarlierRelease,
    control_release,
)
from parvis.statistics.strata import DIMENSIONS, LAYERS, FigureKey, FigureRow, Strata, owner
from parvis.statistics.stratum import Stratum

HALVES = {"2025-01/06": (1, 181), "2025-07/12": (182, 365)}
"""A partner whose year is not complete gives the first of them only: nothing of it counts."""
MONTHS = 12
KINDS = ("members", "classes", "completions", "partial years", "corrections", "taken back", "all")
"""What happens between the releases of a pool."""


def strata(disciplines: int = 2, areas: int = 3) -> Strata:
    """Give a small hierarchy."""
    codes = {
        "discipline": tuple(f"d{one}" for one in range(disciplines)),
        "area": tuple(f"a{one}" for one in range(areas)),
        "age": ("0-17", "18-64", "65+"),
        "channel": ("web", "door"),
    }
    ages = {"0-17": (0, 17), "18-64": (18, 64), "65+": (65, 200), "18-24": (18, 24)}
    ages |= {"25-64": (25, 64), "0-13": (0, 13)}
    found = {
        name: Nesting(name, "*", codes.get(name, ()), bounds=ages if name == "age" else {})
        for name in DIMENSIONS
    }
    periods = {"2025": (1, 365), **HALVES}
    found["period"] = Nesting("period", None, ("2025",), bounds=periods)
    return Strata(found)


def rows(
    seed: int, *, contributors: int | None = None, disciplines: Sequence[str] = ("d0", "d1")
) -> list[FigureRow]:
    """Invent figures: contributors of different sizes, that break down more or less."""
    draw = random.Random(seed)  # noqa: S311 - the same pools every time
    sizes, layers = draw.choice(SIZES), draw.choice(BROKEN)
    dense = draw.choice([1, 2])
    found = []
    for number in range(contributors or draw.randint(4, 14)):
        name, size, layer = f"m{number}", draw.choice(sizes), draw.choice(layers)
        some = min(draw.randint(dense, 2), len(disciplines))
        for discipline in draw.sample(disciplines, some):
            for area in draw.sample(["a0", "a1", "a2"], draw.randint(dense, 3)):
                found += _stratum(draw, name, size, layer, discipline, area)
    return found


SIZES = ([3, 12, 40, 300, 2000], [40, 60, 90], [8, 12, 30, 45], [200, 300, 500, 900])
BROKEN = (("age",), ("age", "channel"), ("age", "channel", None), ("channel", "age", "age"))


def _stratum(  # noqa: PLR0913, PLR0917 - what is drawn
    draw: random.Random, name: str, size: int, layer: str | None, discipline: str, area: str
) -> list[FigureRow]:
    """Invent the figures of a contributor in one discipline and area."""

    def row(value: int, code: str = "*") -> FigureRow:
        told = {**dict.fromkeys(LAYERS, "*"), **({layer: code} if layer else {})}
        age, public, language, channel = (told[one] for one in LAYERS)
        where = ("2025", "*", discipline, area)
        return FigureRow(name, "attendance", *where, age, public, language, channel, value)

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
    """Release a random pool for all and for classes, twice, some figures for classes only.

    A class has one discipline; some owners give figures to all and others to a class. `together`:
    each is held against all before it.
    """
    hierarchy, draw = strata(), random.Random(f"{seed} editions")  # noqa: S311 - the same every time
    some = rows(seed, contributors=draw.randint(8, 14), disciplines=disciplines)
    members = sorted({one.contributor for one in some})
    kept = set(draw.sample(members, draw.choice([1, 3, 5])))
    theirs = {"d0": kept, "d1": kept if seed % 2 else set(sorted(kept)[:2])}
    published: list[tuple[str, ControlledRelease]] = []
    for _ in range(2):
        whole = [one for one in some if one.contributor not in kept]
        for discipline in (None, *disciplines):
            more = [one for one in some if one.contributor in theirs.get(discipline or "", ())]
            reserved = [one._replace(contributor=f"{one.contributor} reserved 1") for one in more]
            second = _second(draw, seed, whole) if discipline and seed % 3 == 0 else []
            seen = Observations.of([*whole, *reserved, *second])
            pooled = Stratum(discipline=discipline).of(aggregate(seen, hierarchy))
            before = published if together else []
            published.append((discipline or "", _release(before, discipline or "", pooled, p)))
        gone = draw.choice(members)
        some = [one for one in some if one.contributor != gone]
    return [made for _, made in published]


def _release(
    published: Sequence[tuple[str, ControlledRelease]],
    edition: str,
    pooled: PooledFigures,
    p: float,
) -> ControlledRelease:
    """Release figures, held against all that was published; who left is not published again."""
    owners = _owners(pooled)
    earlier = [
        EarlierRelease(
            pooled=made.pooled,
            told=made.told,
            repeated=frozenset(made.repeats),
            same_edition=name == edition,
            gone=_owners(made.pooled) - owners,
        )
        for name, made in published
    ]
    return control_release(pooled, earlier, DisclosureRules(THRESHOLDS, p))


def _owners(pooled: PooledFigures) -> frozenset[str]:
    return frozenset(map(owner, pooled.contributors))


def _second(draw: random.Random, seed: int, whole: Sequence[FigureRow]) -> list[FigureRow]:
    """Let some that give to all give other figures to the classes only."""
    owners = sorted({one.contributor for one in whole})[: draw.choice([1, 2, 4])]
    more = rows(seed + 104729, contributors=4)
    names = dict(zip(sorted({one.contributor for one in more}), owners, strict=False))
    return [
        one._replace(contributor=f"{names[one.contributor]} reserved 2")
        for one in more
        if one.contributor in names
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
    made = [rows(seed, contributors=contributors, disciplines=disciplines)]
    if later:
        for _ in range(draw.randint(0, 2)):
            made.append(_changed(draw, made[-1], seed))
    return released(made, p=p)


def released(
    states: Sequence[Sequence[FigureRow]], *, p: float, apart: int = 0
) -> list[ControlledRelease]:
    """Release what a pool has at different times, each held against all before it.

    The first `apart` partners give to a class only, which has a release of its own.
    """
    hierarchy = strata()
    reserved = sorted({row.contributor for rows in states for row in rows})[:apart]
    published: list[tuple[str, ControlledRelease]] = []
    for rows in states:
        whole = [row for row in rows if row.contributor not in reserved]
        for edition in ("", "class") if apart else ("",):
            more = [row for row in rows if edition and row.contributor in reserved]
            more = [row._replace(contributor=f"{row.contributor} reserved 1") for row in more]
            pooled = aggregate(Observations.of([*whole, *more]), hierarchy)
            published.append((edition, _release(published, edition, pooled, p)))
    return [made for _, made in published]


def history(seed: int, kind: str, *, p: float, small: bool = False) -> list[ControlledRelease]:
    """Release a random pool several times; `kind` says what happens in between."""
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
    return released(states, p=p, apart=draw.choice([1, 2, 5]) if kind == "classes" else 0)


def _full(draw: random.Random, members: int) -> list[FigureRow]:
    """Invent partners that give figures of most areas: much of the pool can be told."""
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
    """Let partners complete their year month after month, few at a time, in some areas."""
    members = sorted({row.contributor for row in complete})
    started = draw.choice([1, 6, 11])
    months = {(row.contributor, row.area): started for row in complete}
    states = []
    for _ in range(times):
        states.append([_part(row, months[row.contributor, row.area] / MONTHS) for row in complete])
        for member in draw.sample(members, min(draw.choice(FEW), len(members))):
            for who, area in list(months):
                if who == member and draw.random() < 0.8:
                    months[who, area] = min(MONTHS, months[who, area] + draw.choice([1, 1, 3, 6]))
    return states


FEW = (1, 1, 1, 2, 3, 4, 6, 9)
"""How many partners change something between two releases: most often one."""


def _part(row: FigureRow, share: float) -> FigureRow:
    """Take a part of a figure; parts of a total so taken do not exceed it."""
    return row._replace(value=int(row.value * share))


def _partial_years(
    draw: random.Random, complete: Sequence[FigureRow], times: int
) -> list[list[FigureRow]]:
    """Let partners give half a year, and later the other half."""
    members = sorted({row.contributor for row in complete})
    waiting = draw.sample(members, len(members) // 2)
    first, second = HALVES
    states = []
    for _ in range(times):
        halves = [(row, _part(row, draw.choice([0.2, 0.5]))) for row in complete]
        given = [half._replace(period=first) for _, half in halves]
        given += [
            row._replace(period=second, value=row.value - half.value)
            for row, half in halves
            if row.contributor not in waiting
        ]
        states.append(given)
        waiting = waiting[draw.choice(FEW) :]
    return states


def _next(
    draw: random.Random, states: Sequence[Sequence[FigureRow]], kind: str, seed: int
) -> list[FigureRow]:
    """Let partners correct what they gave, or anything happen."""
    now = list(states[-1])
    if kind in {"all", "classes"} and draw.random() < 0.4:
        return _changed(draw, now, seed)
    members = sorted({row.contributor for row in now})
    if kind != "corrections" and len(states) > 1 and draw.random() < 0.5:
        back = set(draw.sample(members, min(draw.choice(FEW), len(members))))
        kept = [row for row in now if row.contributor not in back]
        return kept + [row for row in states[-2] if row.contributor in back]
    for member in draw.sample(members, min(draw.choice(FEW), len(members))):
        now = _corrected(draw, now, member)
    return now


def _corrected(draw: random.Random, now: Sequence[FigureRow], member: str) -> list[FigureRow]:
    """Let a partner correct its figures of some areas, or one part of them and its total."""
    areas = sorted({row.area for row in now if row.contributor == member})
    chosen = set(draw.sample(areas, draw.randint(1, len(areas))))
    factor, only = draw.choice([0.6, 0.9, 1.1, 1.5, 3]), draw.random() < 0.5
    code = draw.choice(["0-17", "18-24", "25-64", "65+"])
    by = draw.choice([3, 15, 80])
    corrected = []
    for row in now:
        if row.contributor == member and row.area in chosen:
            if only and (row.age == code or (row.age, row.channel) == ("*", "*")):
                row = row._replace(value=row.value + by)  # noqa: PLW2901
            elif not only:
                row = _part(row, factor)  # noqa: PLW2901
        corrected.append(row)
    return corrected


def _changed(draw: random.Random, before: Sequence[FigureRow], seed: int) -> list[FigureRow]:
    """Let members leave, or join, or one correct a figure."""
    members = sorted({one.contributor for one in before})
    what = draw.choice(["leave", "leave", "join", "correct", "both"])
    left = draw.sample(members, min(draw.choice([1, 1, 2, 4]), len(members) - 1))
    some = [one for one in before if what not in {"leave", "both"} or one.contributor not in left]
    if what in {"join", "both"}:
        new = rows(seed + 7919 + draw.randint(0, 99), contributors=draw.choice([1, 1, 3]))
        some += [
            one._replace(contributor=f"n{one.contributor}{draw.randint(0, 1) * 0}") for one in new
        ]
    if what == "correct" and some:
        at = draw.randrange(len(some))
        some[at] = some[at]._replace(value=some[at].value + 15)
    keys = {one[:-1]: one for one in some}
    return list(keys.values())


def attacked(
    seed: int,
    p: float,
    contributors: int | None = None,
    disciplines: Sequence[str] = ("d0", "d1"),
) -> tuple[list[ControlledRelease], list[tuple[str, FigureKey]]]:
    """Release a pool and attack it."""
    made = releases(seed, p=p, contributors=contributors, disciplines=disciplines)
    attack = Attack(p)
    for one in made:
        attack.add(one)
    return made, attack.recovered()
