"""Where offerings meet publics: events and the pooled figures of their area and discipline.

An event meets the public of a stratum where it takes place in its area (or a part of it), in its
discipline (or a part of it).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parvis.statistics.cube import CubeFigure, lies_within
from parvis.statistics.relays import Above

ELSEWHERE = 3
"""How many other areas are named in which a discipline is offered."""

Bounds = Mapping[str, tuple[int, int]]
"""The youngest and the oldest age of a concept, in years; other concepts have no bounds."""


@dataclass(frozen=True)
class Lists:
    """Terms of the code lists: wider concepts, bounds of age, and the concepts that mean all."""

    above: Above
    bounds: Bounds
    totals: frozenset[str]


@dataclass(frozen=True)
class Offering:
    """Events of one discipline in one area, for the same audiences, possibly none."""

    discipline: str
    area: str
    audiences: tuple[str, ...]
    events: int

    def may_be_for(self, public: str, lists: Lists) -> bool:
        """Return whether a public may be one of its audiences; where none is stated, it may."""
        return not self.audiences or any(
            lies_within(audience, public, lists.above)
            or lies_within(public, audience, lists.above)
            or overlap(audience, public, lists.bounds)
            for audience in self.audiences
        )


@dataclass(frozen=True)
class MatchScope:
    """The scope of the comparison, by concept; None for everything."""

    public: str | None = None
    area: str | None = None
    discipline: str | None = None


@dataclass(frozen=True)
class OfferingMatch:
    """An area and a discipline: how many events, for whom, and the figures of their publics.

    `figures` are those of the requested ages, all ages first; `audiences` counts an event once
    for each audience that it has.
    """

    area: str
    discipline: str
    events: int = 0
    audiences: tuple[tuple[str, int], ...] = ()
    figures: tuple[CubeFigure, ...] = ()

    @property
    def has_published_figures(self) -> bool:
        return any(figure.value is not None for figure in self.figures)


@dataclass(frozen=True)
class UnservedPublic:
    """The figure of a public without offering in its area, and where its discipline is offered.

    `other_events` counts events of the same discipline and area that are for other ages.
    """

    figure: CubeFigure
    other_events: int
    other_areas: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class OfferingMatches:
    """Offerings that meet their public, publics without offering, offerings without public.

    `events` and `figures` count the events and the published figures within the scope: where there
    are none, that nothing is without its match says nothing.
    """

    met: tuple[OfferingMatch, ...] = ()
    unserved: tuple[UnservedPublic, ...] = ()
    uncounted: tuple[OfferingMatch, ...] = ()
    events: int = 0
    figures: int = 0


@dataclass
class _Group:
    """The offerings and figures of one area and discipline."""

    offerings: list[Offering] = field(default_factory=list)
    figures: list[CubeFigure] = field(default_factory=list)


def match_offerings(
    offerings: Sequence[Offering], figures: Iterable[CubeFigure], scope: MatchScope, lists: Lists
) -> OfferingMatches:
    """Compare offerings and figures within a scope.

    `figures` are of one measure and one period, and of every public, language and channel.
    """
    in_scope = [offering for offering in offerings if _is_in_scope(offering, scope, lists)]
    groups: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
    for figure in figures:
        if {figure.area, figure.discipline} & lists.totals:
            continue
        # Figures of all ages concern any public, others only that of their age.
        concerned = (
            scope.public is None
            or figure.age in lists.totals
            or scope.public not in lists.bounds
            or overlap(figure.age, scope.public, lists.bounds)
        )
        if concerned and _is_in_scope(figure, scope, lists):
            groups[figure.area, figure.discipline].figures.append(figure)
    keys = list(groups)
    requested = [
        offering
        for offering in in_scope
        if scope.public is None or offering.may_be_for(scope.public, lists)
    ]
    for offering in requested:
        # A figure also counts what lies within its area and discipline.
        wider = [key for key in keys if _lies_in(offering, key, lists)]
        for key in wider or [(offering.area, offering.discipline)]:
            groups[key].offerings.append(offering)
    rows = [_summarize(key, group, lists) for key, group in sorted(groups.items())]
    return OfferingMatches(
        met=tuple(row for row in rows if row.events and row.has_published_figures),
        unserved=tuple(_list_unserved(groups, in_scope, offerings, lists)),
        uncounted=tuple(row for row in rows if row.events and not row.has_published_figures),
        events=sum(offering.events for offering in requested),
        figures=sum(f.value is not None for group in groups.values() for f in group.figures),
    )


def overlap(first: str, second: str, bounds: Bounds) -> bool | None:
    """Return whether two concepts of age have years in common; None where one has no bounds.

    >>> overlap("teens", "0-13", {"teens": (13, 17), "0-13": (0, 13)})
    True
    """
    if first not in bounds or second not in bounds:
        return None
    (low, high), (bottom, top) = bounds[first], bounds[second]
    return low <= top and bottom <= high


def _is_in_scope(subject: Offering | CubeFigure, scope: MatchScope, lists: Lists) -> bool:
    pairs = ((subject.area, scope.area), (subject.discipline, scope.discipline))
    return all(
        holder is None or lies_within(concept, holder, lists.above) for concept, holder in pairs
    )


def _lies_in(offering: Offering, key: tuple[str, str], lists: Lists) -> bool:
    area, discipline = key
    in_area = lies_within(offering.area, area, lists.above)
    return in_area and lies_within(offering.discipline, discipline, lists.above)


def _summarize(key: tuple[str, str], group: _Group, lists: Lists) -> OfferingMatch:
    """Count the events of a group, and sort its figures."""
    counts: Counter[str] = Counter()
    for offering in group.offerings:
        counts.update(dict.fromkeys(offering.audiences, offering.events))

    def rank(figure: CubeFigure) -> tuple[object, ...]:
        bounds = lists.bounds.get(figure.age, (999, 999))
        return figure.age not in lists.totals, (bounds, figure.age)

    return OfferingMatch(
        *key,
        events=sum(offering.events for offering in group.offerings),
        audiences=tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        figures=tuple(sorted(group.figures, key=rank)),
    )


def _list_unserved(
    groups: Mapping[tuple[str, str], _Group],
    in_scope: Sequence[Offering],
    offerings: Sequence[Offering],
    lists: Lists,
) -> Iterator[UnservedPublic]:
    """Yield the published figures of publics without offering, the largest first."""
    unserved: list[UnservedPublic] = []
    for key, group in groups.items():
        local = [offering for offering in in_scope if _lies_in(offering, key, lists)]
        totals = [figure for figure in group.figures if figure.age in lists.totals and figure.value]
        # Where there is no event at all, the figure of all ages stands for its parts.
        candidates = totals if totals and not local else group.figures
        figures = [f for f in candidates if f.value and not _is_served(f, local, lists)]
        # The other areas in which the discipline is offered most, with their events.
        counts: Counter[str] = Counter()
        for offering in offerings if figures else ():
            in_area = lies_within(offering.area, key[0], lists.above)
            if lies_within(offering.discipline, key[1], lists.above) and not in_area:
                counts[offering.area] += offering.events
        ranking = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        events = sum(offering.events for offering in local)
        unserved += [UnservedPublic(f, events, tuple(ranking[:ELSEWHERE])) for f in figures]
    yield from sorted(unserved, key=lambda row: (-(row.figure.value or 0), row.figure.iri))


def _is_served(figure: CubeFigure, local: Sequence[Offering], lists: Lists) -> bool:
    """Return whether any local offering may be for the age of a figure."""
    if figure.age in lists.totals or figure.age not in lists.bounds:
        return bool(local)
    # Only audiences with bounds of age exclude an age: an event for everyone, for families or for
    # no stated audience may be for any, and a public must not be reported as unserved wrongly.
    return any(
        not offering.audiences
        or any(
            overlap(audience, figure.age, lists.bounds) is not False
            for audience in offering.audiences
        )
        for offering in local
    )
