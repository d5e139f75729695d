"""Literals as N-Triples text: each datatype's converter makes and checks the lexical form.

Most values of a clean file are canonical as they stand: they are recognised, and taken as they
are. All others go through their converter.
"""

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo

from parvis.mapping.forms import Framed, Write, shortened
from parvis.mapping.plan import Reading, Value
from parvis.mapping.values import CONVERTERS, DATE_TIME, FARTHEST, NATURAL, TEMPORAL, XSD
from parvis.rdf.ntriples import ending, escaped, literal

Recognise = Callable[[str], object]
"""Says whether a text is a canonical form (XSD 1.1 part 2) of what the source means by it."""

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
FRACTION = re.compile(r"(?:0|-?[1-9][0-9]{0,17})|-?(?:0|[1-9][0-9]{0,17})\.[0-9]{0,17}[1-9]")
MOMENT = re.compile(
    r"([0-9]{4}-[01][0-9]-[0-3][0-9])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([+-].{5})"
)
REPEATED = frozenset({f"{XSD}date", f"{XSD}gYear", f"{XSD}boolean", TEMPORAL})
"""Datatypes whose values come again and again in a column, and take long to read."""
REMEMBERED = 4_096


def writer(reading: Reading, datatype: str | None, language: str | None = None) -> Write:
    """Give what writes one value as a literal; it raises `Refused`."""
    converter = CONVERTERS.get(datatype or "")
    if converter is None:
        return _plain(reading, datatype, language)

    def convert(value: Value) -> str:
        text, kind = converter(value, reading)
        return f'"{text}"^^<{kind}>'

    if datatype in REPEATED:
        return lru_cache(REMEMBERED, typed=True)(convert)
    form = framed(reading, datatype)
    return convert if form is None else shortened(convert, form)


def framed(reading: Reading, datatype: str | None) -> Framed | None:
    """Give the form of a datatype's canonical values, if they can be recognised."""
    recognise = _recognised(reading, datatype)
    return recognise and Framed(recognise, '"', ending(datatype))


def _recognised(reading: Reading, datatype: str | None) -> Recognise | None:
    """Give what recognises a datatype's canonical forms, as a source writes them."""
    if datatype == DATE_TIME:
        return _moments(ZoneInfo(reading.timezone_out) if reading.timezone else None)
    point = reading.point == "." and reading.group != "."
    if datatype == f"{XSD}integer" and point:
        return WHOLE.fullmatch
    if datatype == f"{XSD}decimal" and point:
        return FRACTION.fullmatch
    return None


def _moments(zone: ZoneInfo | None) -> Recognise:
    """Recognise moments told in a zone, if there is one, on days on which it keeps one offset."""

    @lru_cache(REMEMBERED)
    def kept(day: str, offset: str) -> bool:
        try:
            start = dt.datetime.fromisoformat(f"{day}T00:00:00{offset}")
            inside = start.astimezone(zone) if zone else start
            end = (inside + dt.timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            return False
        near = abs(start.utcoffset() or FARTHEST) < FARTHEST
        return near and inside.isoformat()[10:] == f"T00:00:00{offset}" and end[19:] == offset

    def recognise(text: str) -> bool:
        found = MOMENT.fullmatch(text)
        return found is not None and kept(*found.groups())

    return recognise


def _plain(reading: Reading, datatype: str | None, language: str | None) -> Write:
    """Give what writes a value that no converter concerns."""
    natural, end = NATURAL[reading.numbers], ending(datatype, language)

    def write(value: Value) -> str:
        if isinstance(value, str):
            return f'"{escaped(value)}{end}'
        text, own = natural(value)
        return literal(text, datatype or (None if language else own), language)

    return write
