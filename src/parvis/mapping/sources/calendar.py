"""iCalendar: one row a component, its properties as text (RFC 5545).

Two names are added to its properties: ``END``, the last day or the instant of the end, whether the
calendar says it by DTEND or DURATION, and ``OCCURRENCE``, the start of each of several. A mapping
that reads the latter gets one row an occurrence, so that its key may hold it.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import refuse_missing
from parvis.mapping.sources.text import open_text
from parvis.report import Report

END, OCCURRENCE = "END", "OCCURRENCE"
RECURRENCE = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE"})
"""Properties that are read as occurrences, and are no values of an event."""
DATES = ("DTSTART", "DTSTAMP", "LAST-MODIFIED")
FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
"""How often what is presented recurs; more often, a rule is followed by no one."""
MOST, MOST_OF_ALL = 1_000, 50_000
"""Occurrences of a component, and of all in a calendar."""
AHEAD = dt.timedelta(days=366)
"""How long a recurrence is followed after the last date that the calendar names."""
DAY = dt.timedelta(days=1)
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - by any clock


def read_calendar(
    source: LogicalSource, file: Path, needed: set[str], report: Report
) -> Iterator[SourceRow]:
    """Read the components that the iterator names, events by default.

    Dates are in ISO 8601 with the offset of their own zone.
    """
    import icalendar  # noqa: PLC0415 - it takes longer to load than a small table to read

    with open_text(file, source.encoding, report) as stream:
        text = stream.read()
    # A calendar need not have any property, but one that no component has is a missing column.
    missing = needed - {END, OCCURRENCE}
    origin = RowOrigin.from_source(source, file.name)
    try:
        calendar = icalendar.Calendar.from_ical(text)
        components = list(calendar.walk(source.iterator or "VEVENT"))
        recurs = OCCURRENCE in needed | source.optional
        occurrences = Occurrences(components) if recurs else None
        for number, component in enumerate(components, 1):
            # Some properties are parsed only here, when they are read.
            cells = {
                name: _to_text(value)
                for name, value in component.items()
                if name not in RECURRENCE - needed
            }
            missing -= cells.keys()
            length = _length_of(component)
            cells[END] = _to_text(_end_of(_moment(component, "DTSTART"), length))
            if occurrences is None or not occurrences.recurs(component):
                moved = _moment(component, "RECURRENCE-ID")
                name = {} if moved is None else {OCCURRENCE: _compact(moved)}
                yield SourceRow(origin, number, cells | name)
                continue
            for start in occurrences.of(component):
                cells |= {"DTSTART": start.isoformat(), END: _to_text(_end_of(start, length))}
                yield SourceRow(origin, number, cells | {OCCURRENCE: _compact(start)})
    except (ValueError, OverflowError) as error:  # the latter beyond the year 9999
        raise SourceError(
            "{file} is not a valid calendar: {reason}", file=file.name, reason=error
        ) from error
    refuse_missing(file, missing, N_("{file}: no component has the property “{missing}”"))


def _moment(component: Any, name: str) -> dt.date | None:  # noqa: ANN401 - icalendar has no type of one
    """Return a property's date or instant; the first of several, the beginning of a period."""
    value = component.get(name)
    value = getattr(value[0] if isinstance(value, list) and value else value, "dt", None)
    value = value[0] if isinstance(value, tuple) else value
    return value if isinstance(value, dt.date) else None


def _length_of(component: Any) -> dt.timedelta | None:  # noqa: ANN401 - the same
    """Return how long a component takes, by DTEND or DURATION; None where neither says it."""
    start, end = _moment(component, "DTSTART"), _moment(component, "DTEND")
    if start is not None and end is not None:
        return _to_naive(end, start) - _to_naive(start)
    duration = getattr(component.get("DURATION"), "dt", None)
    return duration if isinstance(duration, dt.timedelta) else None


def _end_of(start: dt.date | None, length: dt.timedelta | None) -> dt.date | None:
    if start is None or length is None:
        return None
    # The end of whole days is the day after the last (§3.6.1).
    return start + (length if isinstance(start, dt.datetime) else max(length - DAY, DAY * 0))


def _compact(start: dt.date) -> str:
    return start.strftime("%Y%m%dT%H%M" if isinstance(start, dt.datetime) else "%Y%m%d")


class Occurrences:
    """The occurrences of a calendar's components, by RRULE, RDATE and EXDATE (§3.8.5)."""

    def __init__(self, components: Iterable[Any]) -> None:
        parts = list(components)
        named = (moment for part in parts for name in DATES if (moment := _moment(part, name)))
        self.horizon = max(map(_to_naive, named), default=EPOCH) + AHEAD
        self.left = MOST_OF_ALL
        # An occurrence that was moved is a component of its own.
        self.moved = {
            (str(part.get("UID")), _to_naive(moment))
            for part in parts
            if (moment := _moment(part, "RECURRENCE-ID"))
        }

    @staticmethod
    def recurs(component: Any) -> bool:  # noqa: ANN401 - icalendar has no type of one
        has_rule = bool({"RRULE", "RDATE"} & component.keys())
        return has_rule and _moment(component, "DTSTART") is not None

    def of(self, component: Any) -> Iterator[dt.date]:  # noqa: ANN401 - the same
        """Yield the starts, at the same time of the clock in summer and winter."""
        first = _moment(component, "DTSTART")
        if first is None:
            return
        starts = {_to_naive(first), *_dates_of(component, "RDATE", first)}
        for rule in _as_list(component.get("RRULE")):
            starts.update(self._follow(rule, first))
        uid, excluded = str(component.get("UID")), _dates_of(component, "EXDATE", first)
        remaining = sorted(starts - excluded)[: min(MOST, self.left)]
        self.left -= len(remaining)
        for moment in remaining:
            if (uid, moment) in self.moved:
                continue
            if isinstance(first, dt.datetime):
                yield moment.replace(tzinfo=first.tzinfo)
            else:
                yield moment.date()

    def _follow(self, rule: Any, first: dt.date) -> Iterator[dt.datetime]:  # noqa: ANN401 - the same
        """Yield the moments of a rule, up to its own number or date and to the horizon."""
        from dateutil.rrule import rrulestr  # noqa: PLC0415 - few calendars recur

        parts = {name: part for name, part in rule.items() if name not in {"COUNT", "UNTIL"}}
        if rule.get("FREQ", [""])[0] not in FREQUENCIES or min(rule.get("INTERVAL", [1])) < 1:
            return
        until = [self.horizon, *(_to_naive(last, first) for last in rule.get("UNTIL", ()))]
        text = f"{type(rule)(parts).to_ical().decode()};UNTIL={min(until):%Y%m%dT%H%M%S}"
        count = min([MOST, *rule.get("COUNT", ())])
        yield from islice(rrulestr(text, dtstart=_to_naive(first)), count)


def _dates_of(component: Any, name: str, first: dt.date) -> set[dt.datetime]:  # noqa: ANN401 - the same
    """Return the moments of a list of dates, by the clock of the first occurrence."""
    lists = (moments.dts for moments in _as_list(component.get(name)))
    values = (moment.dt for moments in lists for moment in moments)
    starts = (value[0] if isinstance(value, tuple) else value for value in values)
    return {_to_naive(start, first) for start in starts}


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - a property, or several
    return value if isinstance(value, list) else [] if value is None else [value]


def _to_naive(moment: dt.date, like: dt.date | None = None) -> dt.datetime:
    """Return a moment by the clock of its own zone, or of another moment's."""
    if not isinstance(moment, dt.datetime):
        return dt.datetime.combine(moment, dt.time())
    zone = like.tzinfo if isinstance(like, dt.datetime) else None
    return (moment.astimezone(zone) if zone and moment.tzinfo else moment).replace(tzinfo=None)


def _to_text(value: object) -> object:
    """Return a property as text, a repeated or listed one as several texts."""
    if value is None:
        return None
    if isinstance(value, list):
        return [_to_text(part) for part in value]
    if categories := getattr(value, "cats", None):
        return [str(part) for part in categories]
    moment = getattr(value, "dt", value)
    if isinstance(moment, dt.date):
        return moment.isoformat()
    if position := getattr(value, "latitude", None):
        return [str(position), str(getattr(value, "longitude", ""))]
    return str(value)
