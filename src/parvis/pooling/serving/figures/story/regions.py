"""The 17 regions: the audiences that live in each, and the events that are on or coming there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from parvis.catalog.codelists import region_tiles
from parvis.governance import Reader
from parvis.pooling.publics.sentences.words import list_restrictions
from parvis.pooling.serving.events.filters import EventFilter
from parvis.pooling.serving.figures.rates import Rates, residents_of
from parvis.pooling.serving.service import PoolService
from parvis.rdf.moments import to_seconds
from parvis.statistics.cube import CubeFigure


@dataclass(frozen=True)
class Region:
    """A region: the figure of the audiences that live there, its rate, and its coming events.

    The figure is None where nobody was counted; of a suppressed one there is no rate.
    """

    area: str
    figure: CubeFigure | None
    rate: float | None
    events: int


def list_regions(rates: Rates, events: Mapping[str, int]) -> list[Region]:
    """Return all regions, with the figures of residents of a portrait."""
    figures = {
        figure.area: figure
        for figure in rates.portrait.figures
        if list_restrictions(figure) == ["area"]
    }
    regions = []
    for area in region_tiles():
        figure = figures.get(area)
        rate = figure and rates.by_residents.get(residents_of(figure))
        per_thousand = rate.per_thousand if rate else None
        regions.append(Region(area, figure, per_thousand, events.get(area, 0)))
    return regions


def count_coming_events(host: PoolService, reader: Reader, day: date) -> dict[str, int]:
    """Return how many events a reader may see in each region from a day on.

    One that lasts counts until its last day; one that is cancelled or postponed does not.
    """
    midnight = datetime.combine(day, time(), ZoneInfo(host.settings.timezone))
    criteria = EventFilter(since=to_seconds(midnight))
    counts = host.event_index(reader).select(criteria).count_by_area()
    return {area: counts[area] for area in region_tiles() if area in counts}
