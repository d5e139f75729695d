"""Where offerings meet publics: events beside the pooled figures of their area and discipline.

An event meets the public of a stratum where it takes place in its area (or a part of it), in its
discipline (or a part of it). Whether it is *for* an age is only said of audiences that have
bounds of age: an event for everyone, for families or for no stated audience may be for any age,
so that a public is said to be without offering only where nothing could be for it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parvis.statistics.cube import Above, Figure, within

ELSEWHERE = 3
"""How many other areas are named in which a discipline is offered."""

Bounds = Mapping[str, tuple[int, int]]
"""The youngest and the oldest age of a concept, in years; one that has none has no bounds."""


@dataclass(frozen=True)
class Offering:
    """Events of one discipline in one area, for the same audiences, which may be none."""

    discipline: str
    area: str
    audiences: tuple[str, ...]
    events: int


@dataclass(frozen=True)
class Asked:
    """What is looked at, by concept; None for everything."""

    public: str | None = None
    area: str | None = None
    discipline: str | None = None


@dataclass(frozen=True)
class Lists:
    """What the code lists say: wider concepts, bounds of age, and the concepts that mean all."""

    above: Above
    bounds: Bounds
    totals: frozenset[str]


@dataclass(frozen=True)
class Meeting:
    """An area and a discipline: how many events, for whom, and the figures of their publics.

    `figures` are those of the ages asked for, all ages first; `audiences` counts an event once
    for each audience that it has.
    """

    area: str
    discipline: str
    events: int = 0
    audiences: tuple[tuple[str, int], ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def published(self) -> bool:
        """Say whether at least one of the figures may be told."""
        return any(one.value is not None for one in self.figures)


@dataclass(frozen=True)
class Unserved:
    """The figure of a public for which nothing is offered there, and where its discipline is.

    `others` counts events of the same discipline and area that are for other ages.
    """

    figure: Figure
    others: int
    elsewhere: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Meetings:
    """Offerings that meet their public, publics without offering, offerings without public."""

    met: tuple[Meeting, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    uncounted: tuple[Meeting, ...] = ()


@dataclass
class _Group:
    """What comes together in one area and discipline."""

    offerings: list[Offering] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)


def meetings(
    offerings: Sequence[Offering], figures: Iterable[Figure], asked: Asked, lists: Lists
) -> Meetings:
    """Hold offerings and figures against one another, as far as both are of what is asked.

    `figures` are of one measure and one period, and of every public, language and channel.
    """
    near = [one for one in offerings if _of(one, asked, lists)]
    aimed = [one for one in near if _aimed(one.audiences, asked.public, lists)]
    told = [one for one in figures if _of(one, asked, lists) and _broken_down(one, lists)]
    groups = _grouped(aimed, [one for one in told if _told_of(one, asked.public, lists)], lists)
    rows = [_meeting(key, group, lists) for key, group in sorted(groups.items())]
    return Meetings(
        met=tuple(one for one in rows if one.events and one.published),
        unserved=tuple(_unserved(groups, near, offerings, lists)),
        uncounted=tuple(one for one in rows if one.events and not one.published),
    )


def overlap(one: str, other: str, bounds: Bounds) -> bool | None:
    """Say whether two concepts of age have years in common; None where one has no bounds.

    >>> overlap("teens", "0-13", {"teens": (13, 17), "0-13": (0, 13)})
    True
    """
    if one not in bounds or other not in bounds:
        return None
    (low, high), (bottom, top) = bounds[one], bounds[other]
    return low <= top and bottom <= high


def _of(one: Offering | Figure, asked: Asked, lists: Lists) -> bool:
    """Say whether something lies in the area and the discipline asked for."""
    pairs = ((one.area, asked.area), (one.discipline, asked.discipline))
    return all(want is None or within(have, want, lists.above) for have, want in pairs)


def _broken_down(figure: Figure, lists: Lists) -> bool:
    """Say whether a figure is of one area and one discipline."""
    return not {figure.area, figure.discipline} & lists.totals


def _aimed(audiences: tuple[str, ...], public: str | None, lists: Lists) -> bool:
    """Say whether what has these audiences may be for a public."""
    if public is None or not audiences:
        return True
    return any(
        within(one, public, lists.above)
        or within(public, one, lists.above)
        or overlap(one, public, lists.bounds)
        for one in audiences
    )


def _told_of(figure: Figure, public: str | None, lists: Lists) -> bool:
    """Say whether a figure tells of a public: of an age in it, or of all ages."""
    if public is None or figure.age in lists.totals or public not in lists.bounds:
        return True
    return bool(overlap(figure.age, public, lists.bounds))


def _grouped(
    offerings: list[Offering], figures: list[Figure], lists: Lists
) -> dict[tuple[str, str], _Group]:
    """Bring together what is of one area and discipline; a figure also has what lies within."""
    found: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
    for figure in figures:
        found[figure.area, figure.discipline].figures.append(figure)
    told = list(found)
    for one in offerings:
        homes = [key for key in told if _inside(one, key, lists)]
        for key in homes or [(one.area, one.discipline)]:
            found[key].offerings.append(one)
    return found


def _inside(one: Offering, key: tuple[str, str], lists: Lists) -> bool:
    area, discipline = key
    return within(one.area, area, lists.above) and within(one.discipline, discipline, lists.above)


def _meeting(key: tuple[str, str], group: _Group, lists: Lists) -> Meeting:
    """Count the events of a group, and put its figures in order."""
    counted: Counter[str] = Counter()
    for one in group.offerings:
        counted.update(dict.fromkeys(one.audiences, one.events))
    figures = sorted(group.figures, key=lambda one: (one.age not in lists.totals, _age(one, lists)))
    return Meeting(
        *key,
        events=sum(one.events for one in group.offerings),
        audiences=tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))),
        figures=tuple(figures),
    )


def _age(figure: Figure, lists: Lists) -> tuple[tuple[int, int], str]:
    return lists.bounds.get(figure.age, (999, 999)), figure.age


def _unserved(
    groups: Mapping[tuple[str, str], _Group],
    near: Sequence[Offering],
    offerings: Sequence[Offering],
    lists: Lists,
) -> Iterator[Unserved]:
    """Give the published figures of publics for which nothing is offered, the largest first.

    Where there is no event at all, the figure of all ages is told, and its parts are not.
    """
    found = []
    for key, group in groups.items():
        here = [one for one in near if _inside(one, key, lists)]
        every = [one for one in group.figures if one.age in lists.totals and one.value]
        for figure in every if every and not here else group.figures:
            if figure.value and not _served(figure, here, lists):
                others = sum(one.events for one in here)
                found.append(Unserved(figure, others, _elsewhere(key, offerings, lists)))
    yield from sorted(found, key=lambda one: (-(one.figure.value or 0), one.figure.iri))


def _served(figure: Figure, here: Sequence[Offering], lists: Lists) -> bool:
    """Say whether anything that is offered there may be for the age of a figure."""
    if figure.age in lists.totals or figure.age not in lists.bounds:
        return bool(here)
    return any(
        not one.audiences
        or any(overlap(who, figure.age, lists.bounds) is not False for who in one.audiences)
        for one in here
    )


def _elsewhere(
    key: tuple[str, str], offerings: Sequence[Offering], lists: Lists
) -> tuple[tuple[str, int], ...]:
    """Name the other areas in which a discipline is offered most."""
    area, discipline = key
    counted: Counter[str] = Counter()
    for one in offerings:
        if within(one.discipline, discipline, lists.above) and not within(
            one.area, area, lists.above
        ):
            counted[one.area] += one.events
    ranking = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(ranking[:ELSEWHERE])
