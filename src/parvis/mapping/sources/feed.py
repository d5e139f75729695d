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
from parvis.i18n import within_quotes
from parvis.mapping.engine.rows import Origin, Row
from parvis.mapping.language.plan import Source
from parvis.report import Report

HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
"""Complaints about how a feed is served, not about what it says."""
TOLD = ("term", "name", "value", "href")
"""Where a structured element keeps what it says, in the order tried."""


def read_feed(source: Source, file: Path, needed: set[str], _: Report) -> Iterator[Row]:
    """Read the entries of a feed, numbered from 1; an element none has is an error.

    A feed that is not well-formed XML, or whose entities unfold, is refused: the parser would
    go on with a guess.
    """
    unseen = set(needed)
    origin = Origin.of(source, file.name)
    entries = _parsed(file).entries
    for number, entry in enumerate(entries, 1):
        cells = {name: _plain(name, entry) for name in entry}
        unseen -= cells.keys()
        yield Row(origin, number, cells)
    if entries and unseen:
        raise SourceError(
            "{file}: no entry has “{missing}”",
            file=file.name,
            missing=within_quotes(sorted(unseen)),
        )


def _parsed(file: Path) -> feedparser.FeedParserDict:
    """Parse a feed from its bytes: a text could be taken for an address and fetched."""
    body = file.read_bytes()
    if not body:
        raise SourceError("{file} is empty", file=file.name)
    if b"<!ENTITY" in body:
        raise SourceError("{file} declares XML entities, which are not read", file=file.name)
    try:
        feed = feedparser.parse(io.BytesIO(body), sanitize_html=False)
    except (ValueError, LookupError) as error:  # of an encoding that is declared and is none
        raise _invalid(file, error) from error
    wrong = feed.get("bozo_exception")
    if not feed.version or (wrong is not None and not isinstance(wrong, HARMLESS)):
        raise _invalid(file, wrong or "no RSS, no Atom")
    return feed


def _invalid(file: Path, reason: object) -> SourceError:
    """Say that a file is no feed."""
    return SourceError("{file} is not a valid feed: {reason}", file=file.name, reason=reason)


def _plain(name: str, entry: Mapping[str, object]) -> object:
    """Write an element as text, a repeated one as several, a date in ISO 8601."""
    parsed = entry.get(f"{name}_parsed")
    if isinstance(parsed, time.struct_time):
        return dt.datetime.fromtimestamp(calendar.timegm(parsed), dt.UTC).isoformat()
    value = entry[name]
    return [_said(one) for one in value] if isinstance(value, list) else _said(value)


def _said(value: object) -> object:
    """Give what a structured element says."""
    if isinstance(value, Mapping):
        return next((str(value[key]) for key in TOLD if value.get(key)), None)
    return value if isinstance(value, bool) else str(value)
