"""Values as partners write them, to canonical lexical forms (XSD 1.1 part 2)."""

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import ZoneInfo

from parvis.i18n import N_
from parvis.mapping.language.plan import Reading, Value
from parvis.vocab.prefixes import PREFIXES

XSD = PREFIXES["xsd"]
DATE_TIME = f"{XSD}dateTime"
TEMPORAL = "https://w3id.org/parvis/fn#dateOrDateTime"
"""A mapping's datatype that gives an xsd:date where no time is told, else an xsd:dateTime."""

Converted = tuple[str, str]
"""A lexical form and its datatype."""


class Refused(Exception):  # noqa: N818 - a value is refused; nothing is wrong with the program
    """A value that cannot be what the mapping says; the engine makes a finding of it."""

    def __init__(self, rule: str, template: str, **fields: object) -> None:
        """Keep the rule's code and the sentence with its fields."""
        super().__init__(rule, template, fields)
        self.rule = rule
        self.template = template
        self.fields = fields


TRUE = frozenset({"true", "1", "oui", "o", "vrai", "yes", "y", "x"})
FALSE = frozenset({"false", "0", "non", "n", "faux", "no"})
SPACES = re.compile(r"[\s\u00a0\u202f]+")
FIGURES = re.compile(r"(?<!\d)(\d{1,2})\s?[/.\s-]\s?(\d{1,2})\s?[/.\s-]\s?(\d{4})(?!\d)")
DECEMBER = 12
TIMES: tuple[Callable[[str], dt.date], ...] = (dt.datetime.fromisoformat,)
DATES = (dt.date.fromisoformat, *TIMES)
LONGEST_DATE = len("2026-01-31")
MINUTE = dt.timedelta(minutes=1)
FARTHEST = dt.timedelta(hours=14)
MOST_DIGITS = 400
"""The digits that a number may have: no double has more, and longer ones only cost memory."""
WORDY = re.compile(r"[^\W\d_]{3}")
"""A written month has at least three letters in a row."""

NOT_DATE = N_("“{value}” is not a date")
AMBIGUOUS = N_("“{value}” is {first} or {second}: “dateformats” in the mapping would settle it")
NOT_DATETIME = N_("“{value}” is not a date with a time")
NOT_NUMBER = N_("“{value}” is not a number as this source writes them")
NOT_WHOLE = N_("“{value}” is not a whole number")
NOT_BOOLEAN = N_("“{value}” is neither yes nor no")
NOT_YEAR = N_("“{value}” is not a year")


def moment(text: str, reading: Reading) -> dt.datetime | dt.date:
    """Read a date or a date and time: ISO 8601, the declared formats, then words (fr, en).

    Naive times are in the source's zone and come out in its `timezone_out`; without a zone, all
    stay as they are. Figures that may be two dates are refused, never guessed at.
    """
    found = _parse(text, reading)
    if not isinstance(found, dt.datetime):
        return found
    try:
        return _told_in(found, reading)
    except OverflowError as error:
        raise Refused("bad-date", NOT_DATE, value=text) from error


def _told_in(found: dt.datetime, reading: Reading) -> dt.datetime:
    """Give a moment in the zone it is told in, its offset one that XSD has (§3.3.7.1)."""
    if reading.timezone:
        aware = found if found.tzinfo else found.replace(tzinfo=_zone(reading.timezone))
        found = aware.astimezone(_zone(reading.timezone_out))
    offset = found.utcoffset()
    if offset is None or (not offset % MINUTE and abs(offset) <= FARTHEST):
        return found
    minutes = round(offset / MINUTE) if abs(offset) <= FARTHEST else 0
    return found.astimezone(dt.timezone(minutes * MINUTE))


@cache
def _zone(name: str) -> ZoneInfo:
    """Give a time zone; the library's own cache takes longer than reading a date."""
    return ZoneInfo(name)


def _parse(text: str, reading: Reading) -> dt.date:
    """Parse in the order told by `moment`; a moment without time is a plain date."""
    for parse in DATES if len(text) <= LONGEST_DATE else TIMES:
        try:
            return parse(text)
        except ValueError:
            continue
    found = {one: None for form in reading.dateformats if (one := _formatted(text, form))}
    if len(found) > 1:
        first, second, *_ = sorted(found, key=str)
        raise Refused("ambiguous-date", AMBIGUOUS, value=text, first=first, second=second)
    return next(iter(found), None) or _words(text)


def _formatted(text: str, form: str) -> dt.date | None:
    """Read a date by one declared format, if it has it."""
    try:
        found = dt.datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the source's
    except ValueError:
        return None
    return found if "%H" in form or "%I" in form else found.date()


def _words(text: str) -> dt.date:
    """Read a date written with a month's name; figures alone would be a guess."""
    _refuse_two_readings(text)
    if not WORDY.search(text) or not re.search(r"\d{4}", text):
        raise Refused("bad-date", NOT_DATE, value=text)
    import dateparser  # noqa: PLC0415 - it takes as long to load as a small file to convert

    found = dateparser.parse(
        text,
        languages=["fr", "en"],
        settings={"STRICT_PARSING": True, "DEFAULT_LANGUAGES": ["fr"]},
    )
    if found is None:
        raise Refused("bad-date", NOT_DATE, value=text)
    return found if re.search(r"\d\s*(?:h|:)", text) else found.date()


def _refuse_two_readings(text: str) -> None:
    """Refuse figures of which either may be the month, whatever words stand around them."""
    figures = FIGURES.search(text)
    if figures is None:
        return
    left, right, year = (int(figure) for figure in figures.groups())
    if left != right and min(left, right) >= 1 and max(left, right) <= DECEMBER and year:
        first, second = sorted((dt.date(year, left, right), dt.date(year, right, left)))
        raise Refused("ambiguous-date", AMBIGUOUS, value=text, first=first, second=second)


def date(value: Value, reading: Reading) -> Converted:
    """Give an xsd:date; of a date and time, the local day."""
    found = moment(str(value), reading)
    day = found.date() if isinstance(found, dt.datetime) else found
    return day.isoformat(), f"{XSD}date"


def date_time(value: Value, reading: Reading) -> Converted:
    """Give an xsd:dateTime with its zone; a day without a time is refused, not made midnight."""
    found = moment(str(value), reading)
    if not isinstance(found, dt.datetime):
        raise Refused("bad-datetime", NOT_DATETIME, value=value)
    text = found.isoformat(timespec="seconds")
    return text.replace("+00:00", "Z"), DATE_TIME


def temporal(value: Value, reading: Reading) -> Converted:
    """Give an xsd:date where no time is told, else an xsd:dateTime."""
    plain = type(moment(str(value), reading)) is dt.date
    return (date if plain else date_time)(value, reading)


def number(value: Value, reading: Reading) -> Decimal:
    """Read a number with the source's own separators; spaces between thousands are no harm."""
    if isinstance(value, int | Decimal):
        return _bounded(Decimal(value), value)
    text = SPACES.sub("", value)
    if reading.group:
        text = text.replace(SPACES.sub("", reading.group), "") if reading.group.strip() else text
    if reading.point != ".":
        text = text.replace(".", "x").replace(reading.point, ".")
    try:
        found = Decimal(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) else None
    except InvalidOperation:
        found = None
    if found is None:
        raise Refused("bad-number", NOT_NUMBER, value=value)
    return _bounded(found, value)


def _bounded(found: Decimal, value: Value) -> Decimal:
    """Refuse a number that would be written with thousands of digits, or is none."""
    if not found.is_finite() or abs(found.adjusted()) + len(found.as_tuple().digits) > MOST_DIGITS:
        raise Refused("bad-number", NOT_NUMBER, value=str(value)[:MOST_DIGITS])
    return found


def decimal(value: Value, reading: Reading) -> Converted:
    """Give an xsd:decimal without needless zeros."""
    return plain(number(value, reading)), f"{XSD}decimal"


def plain(found: Decimal) -> str:
    """Write a number without exponent or needless zeros.

    >>> plain(Decimal("76620.50")), plain(Decimal("100")), plain(Decimal("-0"))
    ('76620.5', '100', '0')
    """
    text = format(found, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def integer(value: Value, reading: Reading) -> Converted:
    """Give an xsd:integer; a fraction is refused, never cut off."""
    found = number(value, reading)
    if found != found.to_integral_value():
        raise Refused("bad-integer", NOT_WHOLE, value=value)
    return str(int(found)), f"{XSD}integer"


def boolean(value: Value, _: Reading) -> Converted:
    """Give an xsd:boolean from the words people use."""
    word = str(value).casefold()
    if word not in TRUE | FALSE:
        raise Refused("bad-boolean", NOT_BOOLEAN, value=value)
    return ("true" if word in TRUE else "false"), f"{XSD}boolean"


def year(value: Value, _: Reading) -> Converted:
    """Give an xsd:gYear."""
    if not re.fullmatch(r"[0-9]{4}", str(value)):
        raise Refused("bad-year", NOT_YEAR, value=value)
    return str(value), f"{XSD}gYear"


def double(value: Value, reading: Reading) -> Converted:
    """Give an xsd:double in its canonical form; what no double comes near is refused."""
    text = value.replace("E", "e") if isinstance(value, str) else value
    exponent = re.fullmatch(DOUBLE, str(text))
    found = _bounded(Decimal(text), value) if exponent else number(value, reading)
    nearest = float(found)
    if math.isinf(nearest) or (found and not nearest):
        raise Refused("bad-number", NOT_NUMBER, value=value)
    return scientific(Decimal(repr(nearest))), f"{XSD}double"


DOUBLE = r"[+-]?(\d+\.?\d*|\.\d+)e[+-]?\d{1,3}"


def scientific(found: Decimal) -> str:
    """Write a number as the canonical xsd:double (XSD 1.1 part 2, §3.3.5).

    >>> scientific(Decimal("30.50")), scientific(Decimal("0")), scientific(Decimal("1E-7"))
    ('3.05E1', '0.0E0', '1.0E-7')
    """
    sign, digits, _ = found.normalize().as_tuple()
    head, *tail = digits or (0,)
    fraction = "".join(map(str, tail)) or "0"
    return f"{'-' if sign else ''}{head}.{fraction}E{found.adjusted() if found else 0}"


CONVERTERS: dict[str, Callable[[Value, Reading], Converted]] = {
    f"{XSD}date": date,
    f"{XSD}dateTime": date_time,
    TEMPORAL: temporal,
    f"{XSD}decimal": decimal,
    f"{XSD}integer": integer,
    f"{XSD}boolean": boolean,
    f"{XSD}gYear": year,
    f"{XSD}double": double,
}


def natural(value: Value) -> tuple[str, str | None]:
    """Give a value without a declared datatype: JSON keeps its own (RML-Core, natural mapping)."""
    if isinstance(value, bool):
        return ("true" if value else "false"), f"{XSD}boolean"
    if isinstance(value, int):
        return str(value), f"{XSD}integer"
    if isinstance(value, Decimal):
        return plain(value), f"{XSD}decimal"
    return value, None


def _as_double(value: Value) -> tuple[str, str | None]:
    """Give a value as RML-IO has it of JSON: a fraction is an xsd:double."""
    if isinstance(value, Decimal):
        return scientific(value), f"{XSD}double"
    return natural(value)


def _as_text(value: Value) -> tuple[str, str | None]:
    """Give a value without any datatype, as the legacy vocabulary has it."""
    return natural(value)[0], None


NATURAL: dict[str, Callable[[Value], tuple[str, str | None]]] = {
    "decimal": natural,
    "double": _as_double,
    "text": _as_text,
}
"""By `Reading.numbers`."""
