"""Offerings and publics, held against one another: who is met, who lacks what, where.

Everything is what the reader may read: the events, and the pooled figures of one release.
"""

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from parvis.catalog.codelists import MEASURES, scheme
from parvis.governance import Reader
from parvis.pooling.cards import DatasetCard
from parvis.pooling.publics.reaches import bounded
from parvis.pooling.serving.figures.figures import (
    NOT_CONTROLLED,
    TOTALS,
    chosen,
    ends,
    figures,
    of_persons,
    told,
)
from parvis.pooling.serving.figures.relays import concept_of
from parvis.pooling.serving.labels import Row, rows
from parvis.pooling.serving.service import Host
from parvis.statistics.cube import Figure, latest
from parvis.statistics.meetings import (
    Asked,
    Lists,
    Meeting,
    Meetings,
    Offering,
    Unserved,
    meetings,
)
from parvis.vocab.namespaces import CONCEPT

QUERY = files(__package__).joinpath("offerings.rq").read_text(encoding="utf-8")

SCHEMES = {"public": "audience", "area": "area", "discipline": "discipline"}
"""The code list of each part of what is asked."""

_EVERY = TOTALS | {f"{CONCEPT}audience/everyone"}
"""Concepts that leave a part of what is asked open."""

AT_TOTAL = ("public", "language", "channel", "place")
"""What is not broken down in the figures that are compared."""


@dataclass(frozen=True)
class Compared:
    """Offerings beside publics, for one reader: those of a year, or of all that are known.

    `period` is that of the figures; it is None, and `release` too, where none may be read.
    """

    asked: Asked
    year: str | None
    years: tuple[str, ...]
    events: int
    period: str | None
    release: DatasetCard | None
    not_controlled: bool
    found: Meetings

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data, every text in both languages."""
        asked = {name: _concept(name, one) for name, one in asdict(self.asked).items()}
        return {
            "asked": asked | {"year": self.year},
            "events": self.events,
            "figures": {
                "dataset": self.release and str(self.release.key),
                "period": self.period and concept_of(scheme("period"), self.period),
                "controlled": not self.not_controlled,
            },
            "met": [_meeting(one) for one in self.found.met],
            "publics_without_offering": [_unserved(one) for one in self.found.unserved],
            "offerings_without_public": [_meeting(one) for one in self.found.uncounted],
        }


def asked_for(
    public: str | None = None, area: str | None = None, discipline: str | None = None
) -> Asked:
    """Read what one types: codes, labels or IRIs; raises `UsageError` with the nearest ones."""
    texts = {"public": public, "area": area, "discipline": discipline}
    found = {name: scheme(SCHEMES[name]).require(text) for name, text in texts.items() if text}
    return Asked(**{name: None if one in _EVERY else one for name, one in found.items()})


def compared(host: Host, reader: Reader, asked: Asked, year: str | None = None) -> Compared:
    """Hold the offerings of a year, or of all, against the latest pooled figures.

    Raises `NothingPublished`, and as `Host.ask` does.
    """
    readable = figures(host, reader)
    release = chosen(readable, None, host)
    comparable = [one for one in readable if one.graph == release and _comparable(one)]
    period = latest((one.period for one in comparable), ends())
    same = list(_of_one_measure(one for one in comparable if one.period == period))
    offered = rows(host, reader, QUERY)
    some = [_offering(row) for row in offered if year in (None, row.get("year"))]
    cards = {host.iris.graph(card.key): card for card in host.datasets(reader)}
    return Compared(
        asked=asked,
        year=year,
        years=tuple(sorted({row["year"] for row in offered if "year" in row})),
        events=sum(one.events for one in some),
        period=period,
        release=cards.get(release or ""),
        not_controlled=any(one.status == NOT_CONTROLLED for one in same),
        found=meetings(some, same, asked, lists()),
    )


@cache
def lists() -> Lists:
    """Read what the code lists say of what is compared."""
    above = ChainMap(*(dict(scheme(name).above) for name in (*SCHEMES.values(), "age")))
    return Lists(above, bounded("age") | bounded("audience"), TOTALS)


def _comparable(figure: Figure) -> bool:
    """Say whether a figure is of persons, and of all publics, languages, channels and places."""
    return (
        figure.measure in MEASURES
        and of_persons(figure.measure)
        and all(getattr(figure, name) in TOTALS for name in AT_TOTAL)
    )


def _of_one_measure(some: Iterable[Figure]) -> Iterator[Figure]:
    """Keep, of each area and discipline, the measure that tells most of its public."""
    groups: defaultdict[tuple[str, str], list[Figure]] = defaultdict(list)
    for one in some:
        groups[one.area, one.discipline].append(one)
    for group in groups.values():
        told = {one.measure for one in group if one.value is not None}
        measure = min(told or {one.measure for one in group}, key=MEASURES.index)
        yield from (one for one in group if one.measure == measure)


def _offering(row: Row) -> Offering:
    """Read a row of the query."""
    audiences = tuple(sorted(row.get("audiences", "").split()))
    return Offering(row["discipline"], row["area"], audiences, int(row["events"]))


def _concept(name: str, iri: str | None) -> Mapping[str, Any] | None:
    return None if iri is None else concept_of(scheme(SCHEMES[name]), iri)


def _meeting(one: Meeting) -> dict[str, Any]:
    return {
        "area": _concept("area", one.area),
        "discipline": _concept("discipline", one.discipline),
        "events": one.events,
        "audiences": [
            {"public": _concept("public", who), "events": events} for who, events in one.audiences
        ],
        "figures": [told(figure) for figure in one.figures],
    }


def _unserved(one: Unserved) -> dict[str, Any]:
    return {
        "area": _concept("area", one.figure.area),
        "discipline": _concept("discipline", one.figure.discipline),
        "figure": told(one.figure),
        "events_for_others": one.others,
        "elsewhere": [
            {"area": _concept("area", area), "events": events} for area, events in one.elsewhere
        ],
    }
