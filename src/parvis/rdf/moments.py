"""Days and instants as statements have them, by the clock of a pool.

Nothing but the standard library is loaded, so that builders start fast.
"""

import re
from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, tzinfo

ZONED_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})")
"""A day with a time zone (XML Schema 1.1, part 2, §3.3.9)."""


def to_moment(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant of a date and time, of a day its first; None for another text.

    Without an offset it is by the clock of `zone`; None for one that no calendar has by that clock.
    """
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        if moment.year in {MINYEAR, MAXYEAR}:
            moment.astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return moment


def without_zone(text: str) -> str:
    """Return a day without the time zone that XML Schema lets it have; another text as it is.

    The day of an event is that of the calendar where it takes place.

    >>> without_zone("2026-11-30-05:00"), without_zone("2026-11-30Z"), without_zone("2026-11")
    ('2026-11-30', '2026-11-30', '2026-11')
    """
    match = ZONED_DAY.fullmatch(text)
    return match[1] if match else text


def is_day(text: str) -> bool:
    """Return whether a text is a day, and no instant."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def next_midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)


def first_second(text: str, zone: tzinfo) -> float | None:
    moment = to_moment(text, zone)
    return to_seconds(moment) if moment else None


def last_second(text: str, zone: tzinfo) -> float | None:
    if is_day(text):
        with_day = date.fromisoformat(text)
        return to_seconds(next_midnight(with_day, zone)) if with_day < date.max else None
    return first_second(text, zone)


def to_seconds(moment: datetime) -> float:
    # `timestamp` fails at the first and last days of the calendar.
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def read_span(
    starts: Iterable[str], ends: Iterable[str], zone: tzinfo
) -> tuple[str, str, float, float] | None:
    """Return the start and the end of an event, and both in seconds since 1970.

    A day begins and ends at midnight. None where no start is stated, or it is no date.
    """
    # An instant says more than a day.
    start, end = (
        max(map(without_zone, sorted(texts)), key=len, default="") for texts in (starts, ends)
    )
    begins, over = first_second(start, zone), last_second(end or start, zone)
    return None if begins is None else (start, end, begins, max(begins, over or begins))
