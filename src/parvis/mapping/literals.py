"""Literals as N-Triples text: each datatype's converter makes and checks the lexical form."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from parvis.mapping.plan import Reading, Value
from parvis.mapping.values import CONVERTERS, NATURAL, TEMPORAL, XSD
from parvis.rdf.ntriples import literal

Write = Callable[[Value], str]

WHOLE = re.compile(r"0|-?[1-9][0-9]*")
FRACTION = re.compile(r"(?:0|-?[1-9][0-9]*)|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]")
CANONICAL: Mapping[str, re.Pattern[str]] = {
    f"{XSD}integer": WHOLE,
    f"{XSD}decimal": FRACTION,
}
"""Forms that are canonical as they stand (XSD 1.1 part 2), where a point is a point."""
REPEATED = frozenset({f"{XSD}date", f"{XSD}dateTime", f"{XSD}gYear", f"{XSD}boolean", TEMPORAL})
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
    canonical = CANONICAL.get(datatype or "")
    if canonical is None or reading.point != "." or reading.group == ".":
        return convert
    end = f'"^^<{datatype}>'
    fits = canonical.fullmatch
    return lambda value: (
        f'"{value}{end}' if isinstance(value, str) and fits(value) else convert(value)
    )


def _plain(reading: Reading, datatype: str | None, language: str | None) -> Write:
    """Give what writes a value that no converter concerns."""
    natural = NATURAL[reading.numbers]

    def write(value: Value) -> str:
        if isinstance(value, str):
            return literal(value, datatype, language)
        text, own = natural(value)
        return literal(text, datatype or (None if language else own), language)

    return write
