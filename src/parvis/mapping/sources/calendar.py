"""iCalendar: one row a component, its properties as text (RFC 5545)."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import icalendar

from parvis.errors import SourceError
from parvis.i18n import within_quotes
from parvis.mapping.engine.rows import Origin, Row
from parvis.mapping.language.plan import Source
from parvis.mapping.sources.text import opened
from parvis.report import Report


def read_calendar(source: Source, file: Path, needed: set[str], report: Report) -> Iterator[Row]:
    """Read the components that the iterator names, events by default.

    Dates come in ISO 8601 with the offset of their own zone. All properties are optional in a
    calendar, but one that no component has is an error, as a missing column.
    """
    with opened(file, source.encoding, report) as stream:
        text = stream.read()
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except ValueError as error:
        raise SourceError(
            "{file} is not a valid calendar: {reason}", file=file.name, reason=error
        ) from error
    unseen = set(needed)
    origin = Origin.of(source, file.name)
    for number, component in enumerate(calendar.walk(source.iterator or "VEVENT"), 1):
        cells = _cells(component, file)
        unseen -= cells.keys()
        yield Row(origin, number, cells)
    if unseen:
        raise SourceError(
            "{file}: no component has the property “{missing}”",
            file=file.name,
            missing=within_quotes(sorted(unseen)),
        )


def _cells(component: icalendar.Component, file: Path) -> dict[str, object]:
    """Give a component's properties; some are parsed only when they are asked for."""
    try:
        return {name: _plain(value) for name, value in component.items()}
    except ValueError as error:
        raise SourceError(
            "{file} is not a valid calendar: {reason}", file=file.name, reason=error
        ) from error


def _plain(value: object) -> object:
    """Write a property as text, a repeated or listed one as several."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if categories := getattr(value, "cats", None):
        return [str(one) for one in categories]
    moment = getattr(value, "dt", None)
    if isinstance(moment, dt.date):
        return moment.isoformat()
    if position := getattr(value, "latitude", None):
        return [str(position), str(getattr(value, "longitude", ""))]
    return str(value)
