"""What the values of a column look like: dates, numbers, addresses of the Web, plain text."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from parvis.mapping.concepts import fold_text
from parvis.mapping.engine.functions import FREE_WORDS
from parvis.mapping.engine.values import FALSE, TRUE, WORDY, InvalidValue, read_time
from parvis.mapping.language.plan import ValueFormat

KindName = Literal[
    "empty", "date", "dateTime", "integer", "decimal", "money", "boolean", "year",
    "time", "url", "path", "postalCode", "fsa", "html", "text",
]  # fmt: skip

MOMENTS = frozenset({"date", "dateTime"})
ADDRESSES = frozenset({"url", "path"})
NULLS = frozenset(
    {"..", "...", "n/d", "nd", "n/a", "na", "-", "—", "–", "null", "none", "nan", "s.o.", "x", "?"}
)
"""What partners write for no value; declared as `nulls` only where a file has it."""
OF_TOTAL = re.compile(r"(?i)^\s*total|\btotal\s*$")
"""How the first cell of a row of totals is: “Total of 2025”, “Museums of the north TOTAL”."""

FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%Y%m%d")
TIMES = (" %H:%M", " %H:%M:%S", " %I:%M %p")
DATE = re.compile(r"\d{1,4}([/.-])\d{1,2}\1\d{1,4}( \d.*)?|(?:19|20)\d\d[01]\d[0-3]\d")
HOUR = re.compile(r"\d:\d\d")
GROUPED_BY_COMMA = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
GROUPED_BY_SPACE = re.compile(r"\d{1,3}([ \u00a0\u202f]\d{3})+(,\d+)?")
POINT_COMMA = re.compile(r"\d+,\d+")
NUMERIC = re.compile(r"[-+]?\d+(\.\d+)?")
HTML = re.compile(r"<(p|div|br|strong|em|span|ul|a)\b|&#\d+;", re.IGNORECASE)
FILE_ENDINGS = r"(?:jpe?g|png|gif|webp|svg|pdf|docx?|xlsx?|html?|php|txt|mp[34]|zip)\b"
CLOCK = r"(?:[01]?\d|2[0-4]) ?(?:[:h] ?[0-5]\d(?::[0-5]\d)?|h)? ?(?:[ap]\.? ?m\.?)?"
_TEXTS: dict[KindName, re.Pattern[str]] = {
    "time": re.compile(rf"(?=.*[:ahp]){CLOCK}(?: ?(?:-|–|—|à|to) ?{CLOCK})?", re.IGNORECASE),
    # An address of the Web may lack its scheme.
    "url": re.compile(rf"https?://\S+|(?:[\w-]+\.)+(?!{FILE_ENDINGS})[a-z]{{2,}}(?:/\S*)?"),
    "path": re.compile(r"/[\w%./~-]+\.\w{2,5}|/[\w%.~-]+/\S*"),
    "postalCode": re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d", re.IGNORECASE),
    "fsa": re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z]", re.IGNORECASE),
}
SHARE = 0.9
"""The share of values that must look alike."""


@dataclass(frozen=True)
class ValueKind:
    """How a column's values are written.

    `group` and `point` are the separators of its numbers, `forms` the date formats that read
    the most values: several mean that the sample is ambiguous.
    """

    name: KindName
    group: str = ""
    point: str = "."
    forms: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Return whether several formats read the values."""
        return len(self.forms) > 1


def kind_of(values: Sequence[str]) -> ValueKind:
    """Return how values are written; marks of absence are ignored.

    >>> kind_of(["27,027", "9,702"]).group, kind_of(["38,50 $"]).name
    (',', 'money')
    """
    filled = [value.strip() for value in values if value.strip().casefold() not in {*NULLS, ""}]
    if not filled:
        return ValueKind("empty")
    if kind := _detect_dates(filled) or _detect_numbers(filled):
        return kind
    for name, pattern in _TEXTS.items():
        if _nearly_all_match(filled, pattern):
            return ValueKind(name)
    words = {value.casefold() for value in filled}
    if words <= TRUE | FALSE and not words <= {"0", "1"}:
        return ValueKind("boolean")
    marked_up = sum(bool(HTML.search(value)) for value in filled)
    return ValueKind("html" if marked_up * 2 > len(filled) else "text")


def _nearly_all_match(values: Sequence[str], pattern: re.Pattern[str]) -> bool:
    return sum(bool(pattern.fullmatch(value)) for value in values) >= SHARE * len(values)


def _detect_numbers(values: Sequence[str]) -> ValueKind | None:
    # A word for “free” among numbers is a price of zero.
    money = any("$" in value or fold_text(value) in FREE_WORDS for value in values)
    bare = [value.replace("$", "").strip() for value in values]
    numbers = [value for value in bare if re.search(r"\d", value)]
    free = sum(fold_text(value) in FREE_WORDS for value in values)
    if money and numbers and (len(numbers) * 2 > len(bare) or len(numbers) + free == len(bare)):
        return ValueKind("money", *_detect_separators(numbers))
    # Values must all be numbers once their separators are the usual ones.
    group, point = _detect_separators(bare)
    plain = [re.sub(r"[ \u00a0\u202f]", "", v).replace(group or "\0", "") for v in bare]
    plain = [value.replace(point, ".") for value in plain]
    if not _nearly_all_match(plain, NUMERIC):
        return None
    if any("." in value for value in plain):
        return ValueKind("decimal", group, point)
    if all(re.fullmatch(r"(19|20)\d\d", value) for value in bare):
        return ValueKind("year")
    return ValueKind("integer", group, point)


def _detect_separators(values: Sequence[str]) -> tuple[str, str]:
    commas = [value for value in values if "," in value]
    # A comma before three digits in every value separates thousands.
    if commas and all(GROUPED_BY_COMMA.fullmatch(value) for value in commas):
        return ",", "."
    if any(GROUPED_BY_SPACE.fullmatch(value) for value in values):
        return " ", "," if commas else "."
    return ("", ",") if commas and _nearly_all_match(commas, POINT_COMMA) else ("", ".")


def _detect_dates(values: Sequence[str]) -> ValueKind | None:
    iso = [
        value for value in values if "-" in value and _is_readable(dt.datetime.fromisoformat, value)
    ]
    if _are_most(iso, values):
        return ValueKind("dateTime" if any(map(HOUR.search, iso)) else "date")
    numeric = [value for value in values if DATE.fullmatch(value)]
    if not _are_most(numeric, values):
        # Words take long to read: the first values tell.
        sample = values[:10]
        wordy = [value for value in sample if WORDY.search(value) and re.search(r"\d{4}", value)]
        moments: list[dt.date] = []
        for value in wordy if _are_most(wordy, sample) else ():
            with suppress(InvalidValue):
                moments.append(read_time(value, ValueFormat()))
        if not _are_most(moments, sample):
            return None
        return ValueKind("dateTime" if any(isinstance(m, dt.datetime) for m in moments) else "date")
    # A value may fit several formats: those that read the most values remain.
    readable = {
        form + time: [
            value for value in numeric if _is_readable(dt.datetime.strptime, value, form + time)
        ]
        for form in FORMATS
        for time in ("", *TIMES)
    }
    most = max(readable.values(), key=len)
    if not _are_most(most, values):
        return None
    forms = tuple(form for form, dates in readable.items() if len(dates) == len(most))
    return ValueKind("dateTime" if HOUR.search(most[0]) else "date", forms=forms)


def _are_most(dates: Sequence[object], values: Sequence[str]) -> bool:
    # Two of three are enough: no other kind of column looks like dates, and a conversion reports
    # the wrong values.
    return bool(dates) and 3 * len(dates) >= 2 * len(values)


def _is_readable(parse: Callable[..., object], *arguments: str) -> bool:
    try:
        parse(*arguments)
    except ValueError:
        return False
    return True
