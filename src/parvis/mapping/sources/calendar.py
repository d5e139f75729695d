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
DATES = ("DTSTART", "DTSTAMP", "LAST-MODIFIED")
MOST = 1_000
"""Occurrences of a component."""
AHEAD = dt.timedelta(days=366)
"""How long a recurrence without an end is followed, after the last date that the calendar names."""
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
            cells = {name: _to_text(value) for name, value in component.items()}
            missing -= cells.keys()
            cells[END] = _to_text(_end_of(component, _start_of(component)))
            if occurrences is None or not occurrences.recurs(component):
                yield SourceRow(origin, number, cells | _name_occurrence(component))
                continue
            for start in occurrences.of(component):
                cells |= {"DTSTART": start.isoformat(), END: _to_text(_end_of(component, start))}
                yield SourceRow(origin, number, cells | {OCCURRENCE: _compact(start)})
    except ValueError as error:
        raise SourceError(
            "{file} is not a valid calendar: {reason}", file=file.name, reason=error
        ) from error
    refuse_missing(file, missing, N_("{file}: no component has the property “{missing}”"))


def _start_of(component: Any) -> dt.date | None:  # noqa: ANN401 - icalendar has no type of one
    return getattr(component.get("DTSTART"), "dt", None)


def _end_of(component: Any, start: dt.date | None) -> dt.date | None:  # noqa: ANN401 - the same
    """Return the end of the occurrence that begins at a moment; None where it has none."""
    first = _start_of(component)
    if start is None or first is None:
        return None
    if (last := getattr(component.get("DTEND"), "dt", None)) is not None:
        length = last - first
    elif (length := getattr(component.get("DURATION"), "dt", None)) is None:
        return None
    # The end of whole days is the day after the last (§3.6.1).
    end = start + (length if isinstance(start, dt.datetime) else max(length - DAY, DAY * 0))
    return end if isinstance(end, dt.date) else None


def _name_occurrence(component: Any) -> dict[str, object]:  # noqa: ANN401 - the same
    """Return which of several occurrences a component of its own replaces, if any."""
    moved = component.get("RECURRENCE-ID")
    return {} if moved is None else {OCCURRENCE: _compact(moved.dt)}


def _compact(start: dt.date) -> str:
    return start.strftime("%Y%m%dT%H%M" if isinstance(start, dt.datetime) else "%Y%m%d")


class Occurrences:
    """The occurrences of a calendar's components, by RRULE, RDATE and EXDATE (§3.8.5)."""

    def __init__(self, components: Iterable[Any]) -> None:
        named = (part[name].dt for part in components for name in DATES if name in part)
        self.horizon = max(map(_to_naive, named), default=EPOCH) + AHEAD
        # An occurrence that was moved is a component of its own.
        self.moved = {
            (str(part.get("UID")), _to_naive(part["RECURRENCE-ID"].dt))
            for part in components
            if "RECURRENCE-ID" in part
        }

    @staticmethod
    def recurs(component: Any) -> bool:  # noqa: ANN401 - icalendar has no type of one
        return _start_of(component) is not None and bool({"RRULE", "RDATE"} & component.keys())

    def of(self, component: Any) -> Iterator[dt.date]:  # noqa: ANN401 - the same
        """Yield the starts, at the same time of the clock in summer and winter."""
        from dateutil.rrule import rruleset, rrulestr  # noqa: PLC0415 - few calendars recur

        first = _start_of(component)
        if first is None:
            return
        start = _to_naive(first)
        dates = rruleset()
        dates.rdate(start)
        for rule in _as_list(component.get("RRULE")):
            dates.rrule(rrulestr(self._bound(rule, first), dtstart=start))
        for name, add in (("RDATE", dates.rdate), ("EXDATE", dates.exdate)):
            for moments in _as_list(component.get(name)):
                for moment in moments.dts:
                    add(_to_naive(moment.dt, first))
        uid = str(component.get("UID"))
        for moment in islice(dates, MOST):
            if (uid, moment) not in self.moved:
                if isinstance(first, dt.datetime):
                    yield moment.replace(tzinfo=first.tzinfo)
                else:
                    yield moment.date()

    def _bound(self, rule: Any, first: dt.date) -> str:  # noqa: ANN401 - the same
        """Return a rule that ends, by its own number or date or at the horizon."""
        if "COUNT" in rule:
            return str(rule.to_ical().decode())
        endless = type(rule)({name: part for name, part in rule.items() if name != "UNTIL"})
        until = [_to_naive(last, first) for last in rule.get("UNTIL", ())] or [self.horizon]
        return f"{endless.to_ical().decode()};UNTIL={until[0]:%Y%m%dT%H%M%S}"


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
