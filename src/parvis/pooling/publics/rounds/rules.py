"""What may be released of the estimates of a round, and what its members alone may see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.errors import UnknownThing
from parvis.i18n import N_, both
from parvis.ledger import RoundRecord
from parvis.pooling.pool import Pool
from parvis.pooling.publics.release import prepare_editions
from parvis.pooling.publics.rounds.document import read_round
from parvis.statistics.distinct.rounds import Cell, Family, Kind
from parvis.statistics.figures import ReleaseFigure
from parvis.statistics.strata import ATTENDANCE
from parvis.vocab.namespaces import CONCEPT

STEP = 5
"""Shares of audiences are rounded to so many percent."""
LEAST_AUDIENCE = 200
"""People that each audience compared has at least, for sure."""
LEAST_UNIT = 10
"""Estimates are rounded to tens at least."""
TOTALS = {"discipline": f"{CONCEPT}discipline/total", "area": f"{CONCEPT}area/total"}

NO_ATTENDANCE = N_(
    "the attendance of this cell is not published in the last release of the portrait: what hides"
    " it hides its people too"
)
FEW_CONTRIBUTORS = N_(
    "fewer than {least} partners of the round are contributors of the published attendance"
)
FEW_PERSONS = N_("the estimate may be of fewer than {least} people")
MORE_THAN_ENTRIES = N_("more people than entries: the lists are not of the same period or place")
SMALL_AUDIENCE = N_("an audience may have fewer than {least} people")
SMALL_DIFFERENCE = N_(
    "an audience may have fewer than {least} people who are on no other list, so that nobody can be"
    " sure that it has as many at all"
)


@dataclass(frozen=True)
class PlannedFigure:
    """A figure that a round would release: rounded; `why` says why it is not released.

    `discipline` and `area` are concepts; `entries` is the attendance that is published of them.
    """

    discipline: str
    area: str
    value: int
    low: int
    high: int
    entries: int | None = None
    contributors: int = 0
    why: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "discipline": self.discipline,
            "area": self.area,
            "value": self.value if self.why is None else None,
            "low": self.low if self.why is None else None,
            "high": self.high if self.why is None else None,
            "entries": self.entries,
            "contributors": self.contributors,
            "why": self.why,
        }


def plan_release(pool: Pool, record: RoundRecord) -> list[PlannedFigure]:
    """Return what a round of distinct people would release now, as the portrait stands."""
    attendance = _read_attendance(pool, record.period)
    opened, rules = read_round(record), pool.settings.disclosure
    members = frozenset(record.parties)
    cells = (record.result or {}).get("cells", {})
    planned = []
    for cell in opened.cells:
        value, low, high = cells[str(cell)]
        discipline, area = _concepts(cell)
        published = attendance.get((discipline, area))
        contributors = len(published.contributors & members) if published else 0
        why: Mapping[str, str] | None = None
        if published is None or published.value is None:
            why = both(NO_ATTENDANCE)
        elif contributors < rules.contributors:
            why = both(FEW_CONTRIBUTORS, least=rules.contributors)
        elif low < rules.persons:
            why = both(FEW_PERSONS, least=rules.persons)
        elif low > published.value:
            why = both(MORE_THAN_ENTRIES)
        entries = published.value if published else None
        rounded = round_interval(value, low, high)
        planned.append(PlannedFigure(discipline, area, *rounded, entries, contributors, why))
    return planned


def plan_overlap(pool: Pool, record: RoundRecord) -> dict[str, Any]:
    """Return what an overlap tells its members, or everyone: percents rounded to 5, with intervals.

    `why` says why there is none.
    """
    result, least = record.result or {}, LEAST_AUDIENCE
    shares: dict[str, Any] = {"why": None}
    if min(result["fewest"].values()) < least:
        # The unions of three lists or more do not tell the size of one.
        why = SMALL_AUDIENCE if result["by_partner"] else SMALL_DIFFERENCE
        shares["why"] = both(why, least=least)
    elif record.public:
        attendance = _read_attendance(pool, record.period).get(
            (TOTALS["discipline"], TOTALS["area"])
        )
        rules = pool.settings.disclosure
        if attendance is None or attendance.value is None:
            shares["why"] = both(NO_ATTENDANCE)
        elif len(attendance.contributors & frozenset(record.parties)) < rules.contributors:
            shares["why"] = both(FEW_CONTRIBUTORS, least=rules.contributors)
    if shares["why"] is None:
        shares["share"] = round_share(*result["share"])
        shares["by_partner"] = {
            slug: round_share(*share) for slug, share in result["by_partner"].items()
        }
    return shares


def round_interval(value: float, low: float, high: float) -> tuple[int, int, int]:
    """Round an estimate to a power of ten that its interval carries, outwards.

    >>> round_interval(18_031.4, 17_840.2, 18_222.6), round_interval(312.0, 260.4, 361.0)
    ((18000, 17800, 18300), (310, 260, 370))
    """
    unit = LEAST_UNIT
    while 10 * unit <= (high - low) / 2:
        unit *= 10
    return (
        unit * round(value / unit),
        unit * floor(low / unit),
        unit * ceil(high / unit),
    )


def round_share(value: float, low: float, high: float) -> tuple[int, int, int]:
    """Round a share to 5 percent, its interval outwards.

    >>> round_share(0.317, 0.26, 0.371)
    (30, 25, 40)
    """
    parts = (STEP * round(20 * value), STEP * floor(20 * low), STEP * ceil(20 * high))
    whole, least, most = (min(max(part, 0), 100) for part in parts)
    return whole, least, most


def _concepts(cell: Cell) -> tuple[str, str]:
    """Return the discipline and the area of residence of a cell."""
    discipline, area = TOTALS["discipline"], TOTALS["area"]
    if cell.family is Family.RESIDENCE:
        area = scheme("area").codes[cell.code]
    elif cell.family is Family.DISCIPLINE:
        discipline = scheme("discipline").codes[cell.code]
    return discipline, area


def _read_attendance(pool: Pool, period: str) -> dict[tuple[str, str], ReleaseFigure]:
    """Return the attendance of a period in the last release of all, by discipline and area."""
    return {
        (figure.key.discipline, figure.key.area): figure
        for figure in _read_figures(pool)
        if (figure.key.measure, figure.key.period, figure.key.layer) == (ATTENDANCE, period, "")
    }


def _read_figures(pool: Pool) -> Iterator[ReleaseFigure]:
    try:
        editor = next(prepare_editions(pool))
    except UnknownThing:  # a pool without a portrait has published nothing
        return
    if editor.last is not None:
        yield from editor.figures(editor.last)


def is_delivered_to_members(record: RoundRecord) -> bool:
    """Return whether the result of a round is for its members alone."""
    return record.kind == Kind.OVERLAP and not record.public
