"""What the values of a column look like: dates, numbers, addresses of the Web, plain text."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from parvis.mapping.concepts import folded
from parvis.mapping.engine.functions import FREE
from parvis.mapping.engine.values import FALSE, TRUE, WORDY, Refused, moment
from parvis.mapping.language.plan import Reading

KindName = Literal[
    "empty", "date", "dateTime", "integer", "decimal", "money", "boolean", "year",
    "url", "path", "postalCode", "fsa", "html", "text",
]  # fmt: skip

NULLS = frozenset({"..", "...", "n/d", "nd", "n/a", "na", "-", "—", "–", "null", "s.o.", "x", "?"})
"""What partners write for nothing; told as `nulls` only where it is seen."""

FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y")
TIMES = (" %H:%M", " %H:%M:%S", " %I:%M %p")
DATE = re.compile(r"\d{1,4}([/.-])\d{1,2}\1\d{1,4}( \d.*)?")
HOUR = re.compile(r"\d:\d\d")
GROUPED_BY_COMMA = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
GROUPED_BY_SPACE = re.compile(r"\d{1,3}([ \u00a0\u202f]\d{3})+(,\d+)?")
POINT_COMMA = re.compile(r"\d+,\d+")
NUMERIC = re.compile(r"[-+]?\d+(\.\d+)?")
POSTAL = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d", re.IGNORECASE)
FSA = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-Z]", re.IGNORECASE)
URL = re.compile(r"https?://\S+")
PATH = re.compile(r"/[\w%./~-]+\.\w{2,5}|/[\w%.~-]+/\S*")
HTML = re.compile(r"<(p|div|br|strong|em|span|ul|a)\b|&#\d+;", re.IGNORECASE)
SHARE = 0.9
"""The share of values that must look alike."""


@dataclass(frozen=True)
class Kind:
    """How a column's values are written.

    `group` and `point` are the separators of its numbers, `forms` the date formats that read
    the most values: several mean that the sample does not tell which one is meant.
    """

    name: KindName
    group: str = ""
    point: str = "."
    forms: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Say whether the values can be read in several ways."""
        return len(self.forms) > 1


def kind_of(values: Sequence[str]) -> Kind:
    """Look at values; marks of absence are put aside first.

    >>> kind_of(["27,027", "9,702"]).group, kind_of(["38,50 $"]).name
    (',', 'money')
    """
    found = [value.strip() for value in values if value.strip().casefold() not in {*NULLS, ""}]
    if not found:
        return Kind("empty")
    return _temporal(found) or _numeric(found) or Kind(_textual(found))


def _most(found: Sequence[str], pattern: re.Pattern[str], *, whole: bool = True) -> bool:
    """Say whether nearly all values fit a pattern."""
    test = pattern.fullmatch if whole else pattern.search
    return sum(bool(test(value)) for value in found) >= SHARE * len(found)


def _textual(found: Sequence[str]) -> KindName:
    """Tell kinds of text apart."""
    if _most(found, URL):
        return "url"
    if _most(found, PATH):
        return "path"
    if _most(found, POSTAL):
        return "postalCode"
    if _most(found, FSA):
        return "fsa"
    words = {value.casefold() for value in found}
    if words <= TRUE | FALSE and not words <= {"0", "1"}:
        return "boolean"
    return "html" if sum(bool(HTML.search(value)) for value in found) * 2 > len(found) else "text"


def _numeric(found: Sequence[str]) -> Kind | None:
    """Find numbers and their separators; what is free among them costs money."""
    money = any("$" in value or folded(value) in FREE for value in found)
    bare = [value.replace("$", "").strip() for value in found]
    numbers = [value for value in bare if re.search(r"\d", value)]
    if money and len(numbers) * 2 > len(bare):
        return Kind("money", *_separators(numbers))
    group, point = _separators(bare)
    plain = [re.sub(r"[ \u00a0\u202f]", "", v).replace(group or "\0", "") for v in bare]
    plain = [value.replace(point, ".") for value in plain]
    if not _most(plain, NUMERIC):
        return None
    if any("." in value for value in plain):
        return Kind("decimal", group, point)
    if all(re.fullmatch(r"(19|20)\d\d", value) for value in bare):
        return Kind("year")
    return Kind("integer", group, point)


def _separators(bare: Sequence[str]) -> tuple[str, str]:
    """Find the separators: a comma before three figures throughout parts thousands."""
    commas = [value for value in bare if "," in value]
    if commas and all(GROUPED_BY_COMMA.fullmatch(value) for value in commas):
        return ",", "."
    if any(GROUPED_BY_SPACE.fullmatch(value) for value in bare):
        return " ", "," if commas else "."
    return ("", ",") if commas and _most(commas, POINT_COMMA) else ("", ".")


def _temporal(found: Sequence[str]) -> Kind | None:
    """Find dates, and every format that reads the most of them; a few may be wrong."""
    iso = [value for value in found if "-" in value and _iso(value)]
    if _enough(iso, found):
        return Kind("dateTime" if any(map(HOUR.search, iso)) else "date")
    like = [value for value in found if DATE.fullmatch(value)]
    if not _enough(like, found):
        return _in_words(found[:10])
    read = {
        form + time: [value for value in like if _reads(value, form + time)]
        for form in FORMATS
        for time in ("", *TIMES)
    }
    most = max(read.values(), key=len)
    if not _enough(most, found):
        return None
    forms = tuple(form for form, values in read.items() if len(values) == len(most))
    return Kind("dateTime" if HOUR.search(most[0]) else "date", forms=forms)


def _enough(some: Sequence[object], found: Sequence[str]) -> bool:
    """Say whether two of three are: no other column is written so, and what is wrong is told."""
    return bool(some) and 3 * len(some) >= 2 * len(found)


def _in_words(found: Sequence[str]) -> Kind | None:
    """Find dates written with a month's name."""
    like = [value for value in found if WORDY.search(value) and re.search(r"\d{4}", value)]
    if not _enough(like, found):
        return None
    moments = [one for value in like if (one := _moment(value)) is not None]
    if not _enough(moments, found):
        return None
    return Kind("dateTime" if any(isinstance(m, dt.datetime) for m in moments) else "date")


def _moment(value: str) -> dt.date | None:
    """Read a date in words, if it is one."""
    try:
        return moment(value, Reading())
    except Refused:
        return None


def _iso(value: str) -> bool:
    """Say whether a value is an ISO 8601 date or instant."""
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _reads(value: str, form: str) -> bool:
    """Say whether a format reads a value."""
    try:
        dt.datetime.strptime(value, form)  # noqa: DTZ007 - only whether it can be read matters
    except ValueError:
        return False
    return True
