"""iCalendar: one row a component, its properties as text (RFC 5545)."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import refuse_missing
from parvis.mapping.sources.text import open_text
from parvis.report import Report


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
    missing = set(needed)
    origin = RowOrigin.from_source(source, file.name)
    try:
        calendar = icalendar.Calendar.from_ical(text)
        for number, component in enumerate(calendar.walk(source.iterator or "VEVENT"), 1):
            # Some properties are parsed only here, when they are read.
            cells = {name: _to_text(value) for name, value in component.items()}
            missing -= cells.keys()
            yield SourceRow(origin, number, cells)
    except ValueError as error:
        raise SourceError(
            "{file} is not a valid calendar: {reason}", file=file.name, reason=error
        ) from error
    refuse_missing(file, missing, N_("{file}: no component has the property “{missing}”"))


def _to_text(value: object) -> object:
    """Return a property as text, a repeated or listed one as several texts."""
    if isinstance(value, list):
        return [_to_text(part) for part in value]
    if categories := getattr(value, "cats", None):
        return [str(part) for part in categories]
    moment = getattr(value, "dt", None)
    if isinstance(moment, dt.date):
        return moment.isoformat()
    if position := getattr(value, "latitude", None):
        return [str(position), str(getattr(value, "longitude", ""))]
    return str(value)
