"""Plain literals: those that every engine keeps as they are written, and compares alike.

A store rewrites ``007``, ``1.50`` or ``"1"^^xsd:boolean``, and cannot tell ``"soon"^^xsd:date``
from an unknown datatype; what it would change must be known before it is loaded.
"""

import re
from calendar import monthrange
from collections.abc import Callable

from rdflib import Literal
from rdflib.namespace import RDF, XSD

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,11}|-?(?:0|[1-9][0-9]{0,11})\.[0-9]{0,16}[1-9]")
_DATE = r"(?!0000)([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{0,5}[1-9])?"
_OFFSET = r"Z|[+-](?!00:00)(?:0[0-9]|1[0-3]):[0-5][0-9]"
_DAY = re.compile(_DATE)
_SURE = 28
"""Days that every month has."""
_INSTANT = re.compile(f"{_DATE}T{_TIME}(?:{_OFFSET})?")


def _is_integer(text: str) -> bool:
    return _INTEGER.fullmatch(text) is not None


def _is_decimal(text: str) -> bool:
    return _DECIMAL.fullmatch(text) is not None


def _is_day(text: str) -> bool:
    return _of_the_calendar(_DAY.fullmatch(text))


def _is_instant(text: str) -> bool:
    return _of_the_calendar(_INSTANT.fullmatch(text))


def _of_the_calendar(found: re.Match[str] | None) -> bool:
    """Say whether the day that was read exists."""
    if found is None:
        return False
    day = int(found[3])
    return day <= _SURE or day <= monthrange(int(found[1]), int(found[2]))[1]


_PLAIN: dict[str, Callable[[str], bool]] = {
    str(XSD.integer): _is_integer,
    str(XSD.decimal): _is_decimal,
    str(XSD.boolean): {"true", "false"}.__contains__,
    str(XSD.date): _is_day,
    str(XSD.dateTime): _is_instant,
}
_ALL_PLAIN = frozenset(map(str, (XSD.string, XSD.anyURI)))
_DOUBTFUL = (str(XSD), str(RDF))


def is_plain(text: str, datatype: str) -> bool:
    """Say whether a literal without a language tag is plain (XSD 1.1 Part 2 §2.3.1).

    Datatypes that the engines do not interpret are plain; of XML Schema's and RDF's own, only
    those listed here are, in their canonical form.

    >>> is_plain("7", "http://www.w3.org/2001/XMLSchema#integer")
    True
    >>> is_plain("007", "http://www.w3.org/2001/XMLSchema#integer")
    False
    """
    if test := _PLAIN.get(datatype):
        return test(text)
    return datatype in _ALL_PLAIN or not datatype.startswith(_DOUBTFUL)


def is_plain_literal(literal: Literal) -> bool:
    """Say it of a literal of a small graph."""
    if literal.language is not None or literal.datatype is None:
        return True
    return is_plain(str(literal), str(literal.datatype))
