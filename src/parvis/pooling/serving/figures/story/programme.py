"""What is on the programme of each region in a period, by discipline, as a reader may see it."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from rdflib import URIRef

from parvis.catalog.ontology import ontology
from parvis.governance import Reader
from parvis.pooling.serving.events.filters import EventFilter
from parvis.pooling.serving.service import PoolService
from parvis.rdf.moments import next_midnight, to_seconds
from parvis.vocab.namespaces import SCHEMA


@dataclass(frozen=True)
class Programme:
    """The events of a region, and how many are of each discipline: the most frequent first.

    An event of two disciplines counts in both.
    They are of the period, or `is_later`: of after it, where the pool has no event in it.
    """

    events: int = 0
    is_later: bool = False
    disciplines: dict[str, int] = field(default_factory=dict)

    @property
    def main_discipline(self) -> str | None:
        return next(iter(self.disciplines), None)


def count_programmes(host: PoolService, reader: Reader, period: str) -> dict[str, Programme]:
    """Return the programmes of the areas that have events in a period; those cancelled are not on.

    Raises as `PoolService.ask` does.
    """
    first, last = (
        ontology().value(URIRef(period), step) for step in (SCHEMA.startDate, SCHEMA.endDate)
    )
    if first is None or last is None:
        return {}
    zone = ZoneInfo(host.settings.timezone)
    since = to_seconds(datetime.combine(date.fromisoformat(str(first)), time(), zone))
    until = to_seconds(next_midnight(date.fromisoformat(str(last)), zone))
    events = host.event_index(reader)
    criteria = EventFilter(since=since, until=until)
    # Figures are often of before a pool knew any event. “Coming” would need another page each day.
    is_later = not events.select(criteria).total
    if is_later:
        criteria = EventFilter(since=until)
    programmes = {}
    counts = events.select(criteria).count_by_area_and_discipline()
    for area, (count, by_discipline) in counts.items():
        largest = sorted(by_discipline.items(), key=lambda item: (-item[1], item[0]))
        programmes[area] = Programme(count, is_later, dict(largest))
    return programmes
