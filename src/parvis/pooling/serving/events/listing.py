"""Lists of events for a reader: the one function that pages, files and frames call."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from parvis.config import clock
from parvis.errors import LimitError, UsageError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.serving.events.entities import Event, Place
from parvis.pooling.serving.events.filters import LONGEST, EventFilter, read_filter
from parvis.pooling.serving.events.selection import EventSelection, ReaderEvents
from parvis.pooling.serving.search import find_iris
from parvis.pooling.serving.service import PoolService

PAGE = 100
"""Events of a page, at most."""
MOST = 20_000
"""Events or places of one file, and entities among which words are looked for."""
TOO_MANY = N_("these are {count} events, and a file has {most} at most: choose fewer days")
NO_CURSOR = N_("“{text}” is no cursor of this list: begin again at its first page")
LONGEST_CURSOR = 3_000

Listed = TypeVar("Listed", Event, Place)


def read_criteria(host: PoolService, values: Mapping[str, str]) -> EventFilter:
    """Read the filters of an address by the pool's clock; raises `UsageError`."""
    zone = ZoneInfo(host.settings.timezone)
    return read_filter(values, clock.now().astimezone(zone).date(), zone)


def select_events(host: PoolService, reader: Reader, criteria: EventFilter) -> EventSelection:
    """Return the events that a reader may know of and that meet the criteria.

    Raises as `PoolService.ask` does.
    """
    events = host.event_index(reader)
    if not criteria.words:
        return events.select(criteria)
    iris = host.use_text_index(
        reader,
        lambda index, graphs: find_iris(
            index, graphs, criteria.words, host.snapshot().partner_words, MOST
        ),
    )
    return events.select(criteria, iris)


def require_few(events: EventSelection) -> list[str]:
    """Return the names of all; raises `LimitError` for more events than a file may have."""
    if events.total > MOST:
        raise LimitError(TOO_MANY, count=events.total, most=MOST)
    return events.names(MOST)


@dataclass(frozen=True)
class ListPage(Generic[Listed]):
    """Some items of a list, how many the list has, and the cursor of the next page, if any."""

    items: Sequence[Listed]
    total: int
    following: str = ""


# A cursor names the last item of a page: what is published meanwhile neither repeats items nor
# leaves any out.


def cut_page(events: EventSelection, cursor: str = "", size: int = PAGE) -> ListPage[Event]:
    """Return the page that follows a cursor; raises `UsageError` for one that is wrong."""
    items, last = events.page(_read_cursor(cursor) if cursor else None, size)
    return ListPage(items, events.total, _write_cursor(last) if last else "")


def cut_places(
    events: ReaderEvents, among: Collection[str] | None, cursor: str, size: int
) -> ListPage[Place]:
    """Return the page of places, of all or of some, that follows a cursor."""
    after = _read_cursor(cursor)[1] if cursor else ""
    names, total = events.list.list_places(after, size + 1, among)
    more = len(names) > size
    following = _write_cursor((0.0, names[size - 1])) if more else ""
    return ListPage(events.places(names[:size]), total, following)


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
