"""RSS and Atom: one row an entry, its elements as feedparser names them for both.

``id``, ``link``, ``title``, ``summary``, ``author``, ``published``, ``updated`` (ISO 8601),
``tags``, ``content``, ``enclosures``… Any other element is under its name with its prefix.
"""

import calendar
import datetime as dt
import io
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import feedparser

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.sources import refuse_missing
from parvis.mapping.sources.text import refuse_entities
from parvis.report import Report

HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
"""Complaints about how a feed is served, not about its content."""
TEXT_KEYS = ("term", "name", "value", "href")
"""The keys of a structured element's text, in the order tried."""


def read_feed(
    source: LogicalSource, file: Path, needed: set[str], _: Report
) -> Iterator[SourceRow]:
    """Read the entries of a feed, numbered from 1; an element that no entry has is an error."""
    body = file.read_bytes()
    if not body:
        raise SourceError("{file} is empty", file=file.name)
    refuse_entities(file)
    try:
        # Parsed from a stream: feedparser could take a text for an address and fetch it.
        feed = feedparser.parse(io.BytesIO(body), sanitize_html=False)
    except (ValueError, LookupError) as error:  # an unknown encoding is declared
        raise _invalid_feed(file, error) from error
    complaint = feed.get("bozo_exception")
    # After an error in the XML the parser would go on with a guess.
    if not feed.version or (complaint is not None and not isinstance(complaint, HARMLESS)):
        raise _invalid_feed(file, complaint or "no RSS, no Atom")
    missing = set(needed)
    origin = RowOrigin.from_source(source, file.name)
    for number, entry in enumerate(feed.entries, 1):
        cells = {name: _to_text(name, entry) for name in entry}
        missing -= cells.keys()
        yield SourceRow(origin, number, cells)
    if feed.entries:
        refuse_missing(file, missing, N_("{file}: no entry has “{missing}”"))


def _invalid_feed(file: Path, reason: object) -> SourceError:
    return SourceError("{file} is not a valid feed: {reason}", file=file.name, reason=reason)


def _to_text(name: str, entry: Mapping[str, object]) -> object:
    """Return an element as text, a repeated one as several, a date in ISO 8601."""
    date = entry.get(f"{name}_parsed")
    if isinstance(date, time.struct_time):
        return dt.datetime.fromtimestamp(calendar.timegm(date), dt.UTC).isoformat()
    value = entry[name]
    return [_text_of(part) for part in value] if isinstance(value, list) else _text_of(value)


def _text_of(value: object) -> object:
    if isinstance(value, Mapping):
        return next((str(value[key]) for key in TEXT_KEYS if value.get(key)), None)
    return value if isinstance(value, bool) else str(value)
