"""What is invented: venues, what happens there and when, and who came."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal

SEED = 20261124
YEAR = 2025
"""The year of all figures: the last one that is over."""
BRACKETS = ("0-11", "12-17", "18-34", "35-54", "55-plus")
"""The age brackets of the pool's releases."""
AGE_SHARES = {
    "dance": (0.08, 0.07, 0.28, 0.34, 0.23),
    "museums": (0.19, 0.09, 0.16, 0.29, 0.27),
}
BANDS = (
    *("0-11", "12-17", "18-24", "25-34", "35-44"),
    *("45-54", "55-64", "65-74", "75-plus"),
)
"""The age brackets of halls and theatres."""
BAND_SHARES = (0.06, 0.06, 0.06, 0.08, 0.13, 0.15, 0.18, 0.17, 0.11)
MONDAY = 0
PARTICIPANTS = (3180, 1240, 860, 220, 5500)
"""People at the libraries' activities, by the strata of the loans."""

Caller = Literal["presenter", "magazine"]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Venue:
    """A place; `other` and `other_street` are what people from elsewhere write."""

    key: str
    name: str
    street: str
    city: str
    postal: str
    region: str
    kind: str
    seats: int
    latitude: float
    longitude: float
    other: str
    other_street: str
    wikidata: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that happens at a venue; `start` is local time, no `minutes` means all day."""

    title: str
    by: str
    discipline: str
    public: str
    venue: Venue
    start: datetime
    minutes: int = 90
    price: float = 0.0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A count of 2025: its measure and strata."""

    measure: str
    discipline: str
    area: str
    age: str
    value: int


class Invention:
    """All that happens in the invented season, and what it counted."""

    def __init__(self, facts: Facts) -> None:
        """Invent everything once, in one order."""
        self.facts = facts
        self.rng = random.Random(SEED)  # noqa: S311 - figures for a demo, no secret
        self.venues = {key: Venue(key, **venue) for key, venue in facts["venues"].items()}
        self.shows = [one for show in facts["shows"] for one in self._tour(show)]
        self.activities = [one for row in facts["activities"] for one in self._series(row)]
        self.festival = list(self._festival(facts["festival"]))
        self.figures = {name: self._figures(row) for name, row in facts["figures"].items()}
        self.tickets = {label: self._tickets(row) for label, row in facts["tickets"].items()}
        self.survey = {label: self._survey(row) for label, row in facts["survey"].items()}

    def by(self, *names: str) -> list[Occasion]:
        """Give what some organisations do."""
        return [one for one in (*self.shows, *self.activities) if one.by in names]

    def about(self, size: float) -> int:
        """Give a count near a size."""
        return max(1, round(size * self.rng.uniform(0.85, 1.15)))

    def region(self, code: str) -> str:
        """Name a region."""
        return str(self.facts["regions"][code])

    def public(self, code: str) -> str:
        """Name an audience."""
        return str(self.facts["publics"][code])

    def called(self, by: str, caller: Caller) -> str:
        """Name an organisation as others do."""
        names = self.facts["organizations"].get(by, {})
        return str(names.get(caller, by))

    def neq(self, by: str, teller: str = "") -> str:
        """Give an organisation's number, as somebody has it."""
        mistaken = self.facts["mistakes"].get(teller, {})
        return str(mistaken.get(by) or self.facts["organizations"].get(by, {}).get("neq", ""))

    def wikidata(self, venue: Venue, teller: str = "") -> str:
        """Give a venue's number, as somebody has it."""
        mistaken = self.facts["mistakes"].get(teller, {})
        return str(mistaken.get(venue.key, venue.wikidata))

    def _tour(self, show: Facts) -> Iterator[Occasion]:
        """Give a show's nights, stop by stop, Mondays off, days of road between stops."""
        day, night = show["opening"], 0
        for stop, nights in show["stops"].items():
            for _ in range(nights):
                day += timedelta(days=day.weekday() == MONDAY)
                yield Occasion(
                    title=show["title"],
                    by=show["company"],
                    discipline=show["discipline"],
                    public=show["public"],
                    venue=self.venues[stop],
                    start=day,
                    price=float(show["price"]),
                    cancelled=night in show.get("cancelled", ()),
                )
                day, night = day + timedelta(days=1), night + 1
            day += timedelta(days=self.rng.randint(3, 9))

    def _series(self, row: Facts) -> Iterator[Occasion]:
        """Give the dates of an activity that comes back, from venue to venue."""
        for turn in range(row["times"]):
            yield Occasion(
                title=row["title"],
                by=row["by"],
                discipline=row["discipline"],
                public=row["public"],
                venue=self.venues[row["venues"][turn % len(row["venues"])]],
                start=row["first"] + timedelta(days=turn * row["every"]),
                minutes=row["minutes"],
                cancelled=turn == row["times"] - 2 and row["every"] == 21,
            )

    def _festival(self, row: Facts) -> Iterator[Occasion]:
        """Fill the festival's slots with its acts, in turn."""
        for turn in range(row["days"] * len(row["slots"])):
            day, slot = divmod(turn, len(row["slots"]))
            act = row["acts"][turn % len(row["acts"])]
            place = row["places"][turn % len(row["places"])]
            on = row["first"] + timedelta(days=day)
            at = time.fromisoformat(row["slots"][slot])
            yield Occasion(
                title=act["title"],
                by=act["artist"],
                discipline=act["discipline"],
                public=act["public"],
                venue=self.venues[place],
                start=datetime.combine(on, at),
                price=0.0 if place == "conteurs" else 18.0,
                cancelled=turn == 17,
            )

    def _figures(self, row: Facts) -> list[Figure]:
        """Give counts by area and age, their total with them."""
        found = []
        for area, size in row["areas"].items():
            total = sum(self.about(size * share) for share in row["shares"])
            # Chances of its own: those of the other figures stay as they are.
            chance = random.Random(f"{area} {total}")  # noqa: S311 - invented figures
            theatre = row["discipline"] == "theatre"
            ages = BANDS if theatre else BRACKETS
            shares = BAND_SHARES if theatre else AGE_SHARES[row["discipline"]]
            counts = split_shares(total, shares, chance)
            for age, count in zip((*ages, "total"), (*counts, total), strict=True):
                found.append(Figure(row["measure"], row["discipline"], area, age, count))
        return found

    def _tickets(self, row: Facts) -> list[Figure]:
        """Give tickets sold and people who came, whose ages a box office does not know."""
        found = []
        for area, size in row["areas"].items():
            sold = self.about(size)
            came = round(sold * self.rng.uniform(0.91, 0.98))
            found += [
                Figure(measure, row["code"], area, "total", count)
                for measure, count in (("tickets", sold), ("attendance", came))
            ]
        return found

    def _survey(self, row: Facts) -> list[Figure]:
        """Give attendance by the survey's own age brackets."""
        found = []
        for area, size in row["areas"].items():
            counts = [self.about(size * share) for share in (0.34, 0.45, 0.21)]
            ages = ("18-34", "35-64", "65-plus", "total")
            for age, count in zip(ages, (*counts, sum(counts)), strict=True):
                found.append(Figure("attendance", row["code"], area, age, count))
        return found

    def loans(self) -> list[list[int]]:
        """Give the libraries' loans by branch and for all, the total last."""
        branches = [[*row, sum(row)] for row in self.facts["loans"].values()]
        return [*branches, [sum(column) for column in zip(*branches, strict=True)]]


def split_shares(total: int, shares: Sequence[float], rng: random.Random) -> list[int]:
    """Split a count into parts near these shares of it."""
    weights = [share * rng.uniform(0.88, 1.12) for share in shares]
    counts = [round(total * weight / sum(weights)) for weight in weights[:-1]]
    return [*counts, total - sum(counts)]


def by_area(figures: Iterable[Figure]) -> list[tuple[str, list[int]]]:
    """Give the counts of each area in the order of their ages."""
    areas: dict[str, list[int]] = {}
    for figure in figures:
        areas.setdefault(figure.area, []).append(figure.value)
    return list(areas.items())
