"""Lists of events for a reader: the one function that pages, files and frames call."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from parvis.config import clock
from parvis.errors import LimitError, UsageError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.serving.events.entities import Event, Place
from parvis.pooling.serving.events.filters import LONGEST, EventFilter, read_filter
from parvis.pooling.serving.search import find_iris
from parvis.pooling.serving.service import PoolService

PAGE = 100
"""Events of a page, at most."""
MOST = 20_000
"""Events or places of one file, and entities among which words are looked for."""
TOO_MANY = N_("these are {count} events, and a file has {most} at most: choose fewer days")
NO_CURSOR = N_("“{text}” is no cursor of this list: begin again at its first page")
LONGEST_CURSOR = 3_000


def read_criteria(host: PoolService, values: Mapping[str, str]) -> EventFilter:
    """Read the filters of an address by the pool's clock; raises `UsageError`."""
    zone = ZoneInfo(host.settings.timezone)
    return read_filter(values, clock.now().astimezone(zone).date(), zone)


def list_events(host: PoolService, reader: Reader, criteria: EventFilter) -> list[Event]:
    """Return the events that a reader may know of and that meet the criteria, by their start.

    Raises as `PoolService.ask` does.
    """
    events = criteria.select(host.event_index(reader).events)
    if not criteria.words:
        return events
    iris = host.use_text_index(
        reader,
        lambda index, graphs: find_iris(
            index, graphs, criteria.words, host.snapshot().partner_words, MOST
        ),
    )
    return [event for event in events if not iris.isdisjoint((event.iri, *event.members))]


def require_few(events: Sequence[Event]) -> None:
    """Raise `LimitError` for more events than a file may have."""
    if len(events) > MOST:
        raise LimitError(TOO_MANY, count=len(events), most=MOST)


Listed = TypeVar("Listed", Event, Place)


@dataclass(frozen=True)
class ListPage(Generic[Listed]):
    """Some items of a list, how many the list has, and the cursor of the next page, if any."""

    items: Sequence[Listed]
    total: int
    following: str = ""


def cut_page(items: Sequence[Listed], cursor: str = "", size: int = PAGE) -> ListPage[Listed]:
    """Return the page that follows a cursor; raises `UsageError` for one that is wrong.

    A cursor names the last item of a page: what is published meanwhile neither repeats items nor
    leaves any out.
    """
    first = 0
    if cursor:
        first = bisect_right(items, _read_cursor(cursor), key=lambda item: item.key)
    page = items[first : first + size]
    more = first + size < len(items)
    return ListPage(page, len(items), _write_cursor(page[-1].key) if more else "")


def _write_cursor(key: tuple[float, str]) -> str:
    return urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[float, str]:
    wrong = UsageError(NO_CURSOR, text=text[:LONGEST])
    if len(text) > LONGEST_CURSOR or not text.isascii():
        raise wrong
    try:
        key = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError) as error:  # neither Base64 nor JSON
        raise wrong from error
    match key:
        case [float() as begins, str() as iri]:
            return begins, iri
    raise wrong
