"""Convert values as partners write them to canonical lexical forms (XSD 1.1 part 2)."""

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from parvis.i18n import N_
from parvis.mapping.language.plan import Value, ValueFormat
from parvis.vocab import PREFIXES

XSD = PREFIXES["xsd"]
DATE_TIME = f"{XSD}dateTime"
TEMPORAL = "https://w3id.org/parvis/fn#dateOrDateTime"
"""A mapping's datatype that makes an xsd:date of a day and an xsd:dateTime of a time."""

CLOCKS = ("%H:%M", "%I:%M%p")
LexicalForm = tuple[str, str]
"""A lexical form and its datatype."""


class InvalidValue(Exception):  # noqa: N818 - a value is refused; nothing is wrong with the program
    """A value that cannot be what the mapping declares; the engine reports it."""

    def __init__(self, rule: str, template: str, **fields: object) -> None:
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
"""Largest number of digits: no double has more, and longer ones only cost memory."""
WORDY = re.compile(r"[^\W\d_]{3}")
"""A month in words has at least three letters in a row."""
PLAIN = re.compile(r"[\w~-][\w.~-]*")
RESERVED = re.compile(r"[^\w.~-]")
"""What templates percent-encode: all but letters and digits of any script, and ``-._~``."""

NOT_DATE = N_("“{value}” is not a date")
AMBIGUOUS = N_(
    "“{value}” is {first} or {second}: the mapping must say in which order these dates are written"
)
NOT_DATETIME = N_("“{value}” is not a date with a time")
NOT_NUMBER = N_("“{value}” is not a number as this source writes them")
NOT_WHOLE = N_("“{value}” is not a whole number")
NOT_BOOLEAN = N_("“{value}” is neither yes nor no")
NOT_YEAR = N_("“{value}” is not a year")


def read_time(text: str, reading: ValueFormat) -> dt.datetime | dt.date:
    """Read a date or a date and time: ISO 8601, the declared formats, then words (fr, en).

    Naive times are in the source's zone and are converted to its `timezone_out`; without a zone,
    all stay as they are. Figures that may be two dates are refused, never guessed.
    """
    time = _parse(text, reading)
    if not isinstance(time, dt.datetime):
        return time
    try:
        if reading.timezone:
            aware = time if time.tzinfo else time.replace(tzinfo=_zone(reading.timezone))
            time = aware.astimezone(_zone(reading.timezone_out))
        offset = time.utcoffset()
        if offset is None or (not offset % MINUTE and abs(offset) <= FARTHEST):
            return time
        # XSD has offsets of whole minutes, up to 14 hours (§3.3.7.1).
        minutes = round(offset / MINUTE) if abs(offset) <= FARTHEST else 0
        return time.astimezone(dt.timezone(minutes * MINUTE))
    except OverflowError as error:
        raise InvalidValue("bad-date", NOT_DATE, value=text) from error


def until(text: str, clock: str, reading: ValueFormat) -> str:
    """Return when a time of day, ``21:30`` or ``9:30pm``, is first reached after a start.

    In the source's zone, without an offset; nothing after a day.
    """
    start = read_time(text, replace(reading, timezone_out=reading.timezone))
    if not isinstance(start, dt.datetime):
        return ""
    for form in CLOCKS:
        try:
            time = dt.datetime.strptime(clock, form).time()  # noqa: DTZ007 - a time of day
        except ValueError:
            continue
        begins = start.replace(tzinfo=None)
        ends = dt.datetime.combine(begins, time)
        return (ends + dt.timedelta(days=ends <= begins)).isoformat(" ", "minutes")
    raise InvalidValue("bad-date", NOT_DATE, value=clock)


@cache
def _zone(name: str) -> ZoneInfo:
    # The cache of zoneinfo itself takes longer than reading a date.
    return ZoneInfo(name)


def _parse(text: str, reading: ValueFormat) -> dt.date:
    """Parse in the order of `read_time`; a time without hours is a plain date."""
    # A short text is tried as a date first, so that a day does not become midnight.
    for parse in DATES if len(text) <= LONGEST_DATE else TIMES:
        try:
            return parse(text)
        except ValueError:
            continue
    dates: dict[dt.date, None] = {}
    for form in reading.dateformats:
        try:
            parsed = dt.datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the source's
        except ValueError:
            continue
        dates[parsed if "%H" in form or "%I" in form else parsed.date()] = None
    if len(dates) > 1:
        first, second, *_ = sorted(dates, key=str)
        raise InvalidValue("ambiguous-date", AMBIGUOUS, value=text, first=first, second=second)
    return next(iter(dates), None) or _parse_words(text)


def _parse_words(text: str) -> dt.date:
    """Parse a date with its month in words."""
    figures = FIGURES.search(text)
    if figures is not None:
        # Figures of which either may be the month are refused, whatever words surround them.
        left, right, year = (int(figure) for figure in figures.groups())
        if left != right and min(left, right) >= 1 and max(left, right) <= DECEMBER and year:
            first, second = sorted((dt.date(year, left, right), dt.date(year, right, left)))
            raise InvalidValue("ambiguous-date", AMBIGUOUS, value=text, first=first, second=second)
    if not WORDY.search(text) or not re.search(r"\d{4}", text):
        raise InvalidValue("bad-date", NOT_DATE, value=text)
    import dateparser  # noqa: PLC0415 - it takes as long to load as a small file to convert

    parsed = dateparser.parse(
        text,
        languages=["fr", "en"],
        settings={"STRICT_PARSING": True, "DEFAULT_LANGUAGES": ["fr"]},
    )
    if parsed is None:
        raise InvalidValue("bad-date", NOT_DATE, value=text)
    return parsed if re.search(r"\d\s*(?:h|:)", text) else parsed.date()


def date(value: Value, reading: ValueFormat) -> LexicalForm:
    """Return an xsd:date; of a date and time, the local day."""
    parsed = read_time(str(value), reading)
    day = parsed.date() if isinstance(parsed, dt.datetime) else parsed
    return day.isoformat(), f"{XSD}date"


def date_time(value: Value, reading: ValueFormat) -> LexicalForm:
    """Return an xsd:dateTime with its zone; a day without a time is refused, not midnight."""
    parsed = read_time(str(value), reading)
    if not isinstance(parsed, dt.datetime):
        raise InvalidValue("bad-datetime", NOT_DATETIME, value=value)
    text = parsed.isoformat(timespec="seconds")
    return text.replace("+00:00", "Z"), DATE_TIME


def temporal(value: Value, reading: ValueFormat) -> LexicalForm:
    """Return an xsd:date where there is no time, else an xsd:dateTime."""
    # A datetime is a date too for isinstance.
    is_day = type(read_time(str(value), reading)) is dt.date
    return (date if is_day else date_time)(value, reading)


def read_number(value: Value, reading: ValueFormat) -> Decimal:
    """Read a number with the source's own separators; spaces between thousands are allowed."""
    if isinstance(value, int | Decimal):
        return _check_size(Decimal(value), value)
    text = SPACES.sub("", value)
    if reading.group:
        text = text.replace(SPACES.sub("", reading.group), "") if reading.group.strip() else text
    if reading.point != ".":
        # A point that is no separator here makes the text invalid: "x" is never a digit.
        text = text.replace(".", "x").replace(reading.point, ".")
    try:
        parsed = Decimal(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) else None
    except InvalidOperation:
        parsed = None
    if parsed is None:
        raise InvalidValue("bad-number", NOT_NUMBER, value=value)
    return _check_size(parsed, value)


def _check_size(figure: Decimal, value: Value) -> Decimal:
    """Refuse a number that is not finite or would be written with thousands of digits."""
    digits = len(figure.as_tuple().digits)
    if not figure.is_finite() or abs(figure.adjusted()) + digits > MOST_DIGITS:
        raise InvalidValue("bad-number", NOT_NUMBER, value=str(value)[:MOST_DIGITS])
    return figure


def decimal(value: Value, reading: ValueFormat) -> LexicalForm:
    """Return an xsd:decimal without needless zeros."""
    return plain(read_number(value, reading)), f"{XSD}decimal"


def plain(figure: Decimal) -> str:
    """Write a number without exponent or needless zeros.

    >>> plain(Decimal("76620.50")), plain(Decimal("100")), plain(Decimal("-0"))
    ('76620.5', '100', '0')
    """
    text = format(figure, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def integer(value: Value, reading: ValueFormat) -> LexicalForm:
    """Return an xsd:integer; a fraction is refused, never truncated."""
    figure = read_number(value, reading)
    if figure != figure.to_integral_value():
        raise InvalidValue("bad-integer", NOT_WHOLE, value=value)
    return str(int(figure)), f"{XSD}integer"


def boolean(value: Value, _: ValueFormat) -> LexicalForm:
    """Return an xsd:boolean from the words people use."""
    word = str(value).casefold()
    if word not in TRUE | FALSE:
        raise InvalidValue("bad-boolean", NOT_BOOLEAN, value=value)
    return ("true" if word in TRUE else "false"), f"{XSD}boolean"


def year(value: Value, _: ValueFormat) -> LexicalForm:
    if not re.fullmatch(r"[0-9]{4}", str(value)):
        raise InvalidValue("bad-year", NOT_YEAR, value=value)
    return str(value), f"{XSD}gYear"


def double(value: Value, reading: ValueFormat) -> LexicalForm:
    """Return an xsd:double in canonical form; a number out of its range is refused."""
    text = value.replace("E", "e") if isinstance(value, str) else value
    exponent = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)e[+-]?\d{1,3}", str(text))
    figure = _check_size(Decimal(text), value) if exponent else read_number(value, reading)
    nearest = float(figure)
    if math.isinf(nearest) or (figure and not nearest):
        raise InvalidValue("bad-number", NOT_NUMBER, value=value)
    return scientific(Decimal(repr(nearest))), f"{XSD}double"


def scientific(figure: Decimal) -> str:
    """Return a number as a canonical xsd:double (XSD 1.1 part 2, §3.3.5).

    >>> scientific(Decimal("30.50")), scientific(Decimal("0")), scientific(Decimal("1E-7"))
    ('3.05E1', '0.0E0', '1.0E-7')
    """
    sign, digits, _ = figure.normalize().as_tuple()
    head, *tail = digits or (0,)
    fraction = "".join(map(str, tail)) or "0"
    return f"{'-' if sign else ''}{head}.{fraction}E{figure.adjusted() if figure else 0}"


CONVERTERS: dict[str, Callable[[Value, ValueFormat], LexicalForm]] = {
    f"{XSD}date": date,
    f"{XSD}dateTime": date_time,
    TEMPORAL: temporal,
    f"{XSD}decimal": decimal,
    f"{XSD}integer": integer,
    f"{XSD}boolean": boolean,
    f"{XSD}gYear": year,
    f"{XSD}double": double,
}


def natural_form(value: Value) -> tuple[str, str | None]:
    """Return a value without a declared datatype: JSON has its own (RML-Core, natural mapping)."""
    if isinstance(value, bool):
        return ("true" if value else "false"), f"{XSD}boolean"
    if isinstance(value, int):
        return str(value), f"{XSD}integer"
    if isinstance(value, Decimal):
        return plain(value), f"{XSD}decimal"
    return value, None


def as_text(value: Value) -> str:
    """Write a value as text, however its source types it."""
    return value if isinstance(value, str) else natural_form(value)[0]


def encode_for_iri(value: Value) -> str:
    """Percent-encode all but unreserved characters of a value, for use within an IRI."""
    text = as_text(value)
    if PLAIN.fullmatch(text):
        return text
    return RESERVED.sub(lambda match: quote(match[0], safe=""), text)


def natural_double(value: Value) -> tuple[str, str | None]:
    """Return a JSON value as RML-IO has it: a fraction is an xsd:double."""
    if isinstance(value, Decimal):
        return scientific(value), f"{XSD}double"
    return natural_form(value)


NATURAL: dict[str, Callable[[Value], tuple[str, str | None]]] = {
    "decimal": natural_form,
    "double": natural_double,
    # The legacy vocabulary gives values no datatype.
    "text": lambda value: (natural_form(value)[0], None),
}
"""By `ValueFormat.numbers`."""
