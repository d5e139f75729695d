"""Write events as a calendar (iCalendar, RFC 5545).

icalendar defines the time zone. For events it takes 0.2 ms each, and the lines of a thousand are
wanted in 60 ms: they are written here (`tests/bench/event_lists.py`); the tests read them with it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from parvis import __version__
from parvis.catalog.codelists import scheme
from parvis.i18n import N_, choose_text, say
from parvis.pooling.serving.events.entities import CANCELLED, POSTPONED, Event, Place
from parvis.pooling.serving.events.json_forms import uid_of, uid_of_iri
from parvis.rdf.moments import is_day, to_moment, to_seconds
from parvis.vocab.iris import DatasetKey

MEDIA_TYPE = "text/calendar"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The stamp of an event of which no change is known."""
OCTETS = 75
"""How long a line is at most, without its end (§3.1)."""
END = "\r\n"
DEFINED = range(1970, 2102)
"""The years for which a time zone is defined, two rules each. Times of others are universal."""
REFRESH = "PT12H"
"""How often a calendar that is subscribed to is read again (RFC 7986 §5.7)."""
STATUSES = {CANCELLED: "CANCELLED", POSTPONED: "TENTATIVE"}
NAME = N_("Events · parvis")
POSTPONED_TO_LATER = N_("Postponed: {name}")
CANCELLED_EVENT = N_("Cancelled: {name}")
TITLES = {CANCELLED: CANCELLED_EVENT, POSTPONED: POSTPONED_TO_LATER}

# Control characters, but for the tab, stand in no text (§3.1).
_NO_SIGNS = str.maketrans("", "", "-:")
_SPECIAL = re.compile(r"\r\n|[\\;,\x00-\x08\x0a-\x1f\x7f]")
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,"} | dict.fromkeys(("\n", "\r", "\r\n"), "\\n")
_YEAR = re.compile(r"[0-9]{4}")
_URI = re.compile(r"[\x21-\x7e]+")


def write_calendar(
    events: Iterable[Event],
    lang: str,
    zone: ZoneInfo,
    changed: Mapping[DatasetKey, datetime | None],
) -> bytes:
    """Return a calendar in a language; hours are by the clock of the pool's `zone`.

    An event's stamp is when the latest of its datasets `changed`: equal content gives equal bytes.
    """
    listed = list(events)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//parvis//parvis {__version__}//{lang.upper()}",
        "CALSCALE:GREGORIAN",
        f"NAME:{_text(say(lang, NAME))}",
        f"X-WR-CALNAME:{_text(say(lang, NAME))}",
        f"X-WR-TIMEZONE:{zone.key}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    texts = (text for event in listed for text in (event.start, event.end) if not is_day(text))
    years = {int(text[:4]) for text in texts if _YEAR.match(text)}.intersection(DEFINED)
    parts = [_fold(lines)]
    if years:
        parts.append(_define_zone(zone.key, min(years), max(years)))
    for event in listed:
        stamps = [stamp for key in event.datasets if (stamp := changed.get(key))]
        parts.append(_fold(_write_event(event, lang, zone, max(stamps, default=EPOCH))))
    parts.append(f"END:VCALENDAR{END}")
    return "".join(parts).encode()


@lru_cache(16)
def _define_zone(name: str, first: int, last: int) -> str:
    """Return the definition of a time zone (VTIMEZONE), for the years of some events."""
    from icalendar import Timezone  # noqa: PLC0415 - few processes write calendars

    # By the clock of the zone, an instant may be of the year before or after.
    first_date, last_date = date(first - 1, 1, 1), date(last + 2, 1, 1)
    zone = Timezone.from_tzid(name, first_date=first_date, last_date=last_date)
    text: str = zone.to_ical().decode()
    return text


def _write_event(event: Event, lang: str, zone: ZoneInfo, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{uid_of(event)}"
    yield f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield from _write_times(event, zone)
    name = choose_text(lang, event.names)
    if event.status in TITLES:  # many calendars show no status
        name = say(lang, TITLES[event.status], name=name)
    yield f"SUMMARY:{_text(name)}"
    if description := choose_text(lang, event.descriptions):
        yield f"DESCRIPTION:{_text(description)}"
    if event.place is not None:
        yield from _write_place(event.place, lang)
    if _URI.fullmatch(address := event.url or event.iri):
        yield f"URL:{address}"
    if event.disciplines or event.audiences:
        yield f"CATEGORIES:{_list_labels(event.disciplines, event.audiences, lang)}"
    yield f"STATUS:{STATUSES.get(event.status, 'CONFIRMED')}"
    # What one may go to takes no time of a day.
    yield "TRANSP:TRANSPARENT"
    for series, _ in event.series:
        yield f"RELATED-TO;RELTYPE=PARENT:{uid_of_iri(series)}"
    yield "END:VEVENT"


@lru_cache(4_096)
def _list_labels(disciplines: tuple[str, ...], audiences: tuple[str, ...], lang: str) -> str:
    labels = [scheme("discipline").label(iri)[lang] for iri in disciplines]
    labels += [scheme("audience").label(iri)[lang] for iri in audiences]
    return ",".join(map(_text, labels))


def _write_times(event: Event, zone: ZoneInfo) -> Iterator[str]:
    """Yield the start and the end; of days, the day after the last one (§3.6.1)."""
    start = _local(event.start, zone)
    if start is not None:
        yield _write_time("DTSTART", start, zone)
        end = _local(event.end, zone)
        if end is None and is_day(event.end):
            # Its last day is stated and not its hour: until the end of that day.
            day = date.fromisoformat(event.end)
            end = datetime.combine(min(day, date.max - timedelta(1)), start.time().max, zone)
        # Two times of one zone compare by its clock, which turns back once a year.
        if end is not None and to_seconds(end) > to_seconds(start):
            yield _write_time("DTEND", end, zone)
        return
    day = date.fromisoformat(event.start)
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    last = to_moment(event.end, zone)
    last_day = last.astimezone(zone).date() if last else day
    after = min(max(last_day, day), date.max - timedelta(1)) + timedelta(1)
    yield f"DTEND;VALUE=DATE:{after:%Y%m%d}"


def _write_time(name: str, moment: datetime, zone: ZoneInfo) -> str:
    """Write an instant by the clock of the pool; as universal where that does not say which.

    An hour that the clock has twice is the first one to calendars (§3.3.5).
    """
    if moment.fold or moment.year not in DEFINED[1:-1]:
        return f"{name}:{moment.astimezone(UTC).isoformat()[:19].translate(_NO_SIGNS)}Z"
    return f"{name};TZID={zone.key}:{moment:%Y%m%dT%H%M%S}"


def _local(text: str, zone: ZoneInfo) -> datetime | None:
    """Return an instant by the clock of the pool; None for a day, or for nothing."""
    if is_day(text):
        return None
    moment = to_moment(text, zone)
    return moment.astimezone(zone) if moment else None


def _write_place(place: Place, lang: str) -> Iterator[str]:
    names = [choose_text(lang, place.names)]
    if place.holder is not None:
        names.append(choose_text(lang, place.holder.names))
    parts = [
        *names,
        *(place.address.get(part, "") for part in ("streetAddress", "addressLocality")),
    ]
    if parts := list(dict.fromkeys(filter(None, parts))):
        yield f"LOCATION:{_text(', '.join(parts))}"
    if place.position is not None:
        longitude, latitude = place.position
        yield f"GEO:{latitude:.6f};{longitude:.6f}"


def _text(text: str) -> str:
    """Return a text as lines have it (§3.3.11)."""
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], ""), text)


def _fold(lines: Iterable[str]) -> str:
    """Return lines with their ends, those that are too long in several (§3.1)."""
    folded = []
    for line in lines:
        if len(line) <= OCTETS and line.isascii():
            folded.append(line)
            continue
        octets = line.encode()
        at, room = 0, OCTETS
        while len(octets) - at > room:
            cut = at + room
            while octets[cut] & 0xC0 == 0x80:  # noqa: PLR2004 - within a character of UTF-8
                cut -= 1
            folded.append((b" " * (room < OCTETS) + octets[at:cut]).decode())
            at, room = cut, OCTETS - 1
        folded.append((b" " * (room < OCTETS) + octets[at:]).decode())
    return END.join(folded) + END
