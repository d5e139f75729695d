"""French and English: one catalogue of messages, read from ``fr.po``.

The English text is the key. Mark a text that is translated later with `N_`; translate with
`say` (one language) or `both` (all languages, for stored reports).
"""

import errno
import gettext
import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from parvis.errors import MachineError, ParvisError

LANGUAGES = ("fr", "en")
DEFAULT = "fr"


def N_(text: str) -> str:  # noqa: N802 - gettext's customary name
    """Mark a text for translation without translating it."""
    return text


class Counted(NamedTuple):
    """A marked text of a count, for one and for several."""

    singular: str
    plural: str


def NN_(singular: str, plural: str) -> Counted:  # noqa: N802 - as `N_`
    """Mark a text of a count for translation without translating it."""
    return Counted(singular, plural)


class _Texts(gettext.NullTranslations):
    """The texts of a ``.po`` file: those of a count for 0 and 1, then for the others."""

    def __init__(self, source: str) -> None:
        super().__init__()
        # Babel takes forty times as long to read and compile the file, which every command would
        # wait for; the file is ours, and a test holds every text against what Babel reads.
        self._forms: dict[str, list[str]] = {}
        key = ""
        for name, lines in _FIELD.findall(source):
            text = "".join(line[1:-1] for line in lines.splitlines())
            text = json.loads(f'"{text}"') if "\\" in text else text
            if name == "msgid":
                key = text
            elif name != "msgid_plural" and key and text:
                self._forms.setdefault(key, []).append(text)

    def gettext(self, message: str) -> str:
        return self._forms.get(message, (message,))[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._forms.get(msgid1)
        return forms[n > 1] if forms else super().ngettext(msgid1, msgid2, n)


_FIELD = re.compile(r'^(msg\w+(?:\[\d\])?) ((?:".*"\n?)+)', re.MULTILINE)
"""A field of a ``.po`` file: its name, and its text in lines of quotes."""


@cache
def translations(lang: str) -> gettext.NullTranslations:
    """Return the translations of a language, for `say` and for Jinja."""
    if lang == "en":
        return gettext.NullTranslations()
    return _Texts(Path(__file__).with_name(f"{lang}.po").read_text(encoding="utf-8"))


def say(lang: str, template: str, /, **fields: object) -> str:
    """Render a marked English template in a language.

    A field that is itself a text per language is rendered in that language.

    >>> say("en", "{count} rows", count=3), say("fr", "{it}", it={"fr": "oui", "en": "yes"})
    ('3 rows', 'oui')
    """
    texts = {
        name: value.get(lang, value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }
    return translations(lang).gettext(template).format_map(texts)


def say_count(lang: str, template: Counted, count: float, /, **fields: object) -> str:
    """Render a marked text of a count in a language, by the language's own rule of plurals.

    >>> rows = Counted("{count} row", "{count} rows")
    >>> say_count("en", rows, 1, count=1), say_count("en", rows, 1.5, count=1.5)
    ('1 row', '1.5 rows')
    """
    # French has the plural from two on; English has it for all but exactly one.
    whole = int(count) if lang == "fr" or count == int(count) else 2
    texts = {
        name: value.get(lang, value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }
    return translations(lang).ngettext(*template, whole).format_map(texts)


def within_quotes(names: Iterable[str]) -> dict[str, str]:
    """Join names that are in the quotes of a sentence, with the quotes of each language.

    >>> within_quotes(["a", "b"])["en"]
    'a”, “b'
    """
    # The template has the outer quotes, which are those of the language too.
    name_list = list(names)
    return {"fr": "\u00a0», «\u00a0".join(name_list), "en": "”, “".join(name_list)}


def both(template: str, /, **fields: object) -> dict[str, str]:
    """Render a marked English template in every language.

    >>> both("x{n}", n=1)
    {'fr': 'x1', 'en': 'x1'}
    """
    return {lang: say(lang, template, **fields) for lang in LANGUAGES}


def choose_text(lang: str, texts: Mapping[str, str]) -> str:
    """Return the text in a language, else in any; empty if there is none.

    >>> choose_text("fr", {"en": "Night"})
    'Night'
    """
    return texts.get(lang) or next(iter(texts.values()), "")


def day(lang: str, moment: date) -> str:
    """Format a day in the words of a language, with its month in letters.

    >>> day("en", date(2027, 6, 30))
    'June 30, 2027'
    >>> day("fr", date(2027, 7, 1))
    '1er juillet 2027'
    """
    from babel.dates import format_date  # noqa: PLC0415 - most processes write no date

    text = format_date(moment, "long", locale=f"{lang}_CA")
    # Babel has the first of a month as a plain number, which French does not.
    return text.replace("1 ", "1er ", 1) if lang == "fr" and moment.day == 1 else text


def weekdays(lang: str) -> list[str]:
    """Return the short names of the days of the week, from Sunday on.

    >>> weekdays("fr")[:2]
    ['dim.', 'lun.']
    """
    from babel.dates import get_day_names  # noqa: PLC0415 - most processes write no date

    names = get_day_names("abbreviated", locale=f"{lang}_CA")
    return [names[(number + 6) % 7] for number in range(7)]


def clock(lang: str, moment: datetime) -> str:
    r"""Format a day with its hour in a language, by the clock of its own offset.

    That is the place's own time, except for UTC, which is named; seconds are included unless 0.

    >>> clock("fr", datetime.fromisoformat("2026-09-16T19:30:00-04:00"))
    '2026-09-16 19\xa0h\xa030'
    >>> clock("fr", datetime.fromisoformat("2026-09-16T23:30:05Z"))
    '2026-09-16 23\xa0h\xa030\xa0min\xa005\xa0s UTC'
    """
    hour = _time(lang, moment, "medium" if moment.second else "short")
    # Other offsets are those of the place itself, which people do not write.
    zone = " UTC" if moment.utcoffset() == timedelta() else ""
    return f"{moment.date().isoformat()} {hour}{zone}"


_TIME = r"T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?"
_DATE = re.compile(rf"\d{{4}}-\d\d(?P<day>-\d\d(?P<time>{_TIME})?)?")


def date_in_words(lang: str, text: str) -> str:
    r"""Format a month, a date or an instant that ISO 8601 writes; another text stays as it is.

    >>> date_in_words("fr", "2027-01-22T19:30:00-05:00"), date_in_words("en", "2027-01-22")
    ('22 janvier 2027, 19\xa0h\xa030', 'January 22, 2027')
    >>> date_in_words("fr", "2027-01"), date_in_words("fr", "2027")
    ('janvier 2027', '2027')
    """
    from babel.dates import format_date  # noqa: PLC0415 - most processes write no date

    if not (match := _DATE.fullmatch(text)):
        return text
    try:
        moment = datetime.fromisoformat(text if match["day"] else f"{text}-01")
    except ValueError:  # a date that no calendar has
        return text
    if not match["day"]:
        return format_date(moment, "MMMM yyyy", locale=f"{lang}_CA")
    if not match["time"]:
        return day(lang, moment)
    return f"{day(lang, moment)}, {hour(lang, moment)}"


def hour(lang: str, moment: datetime) -> str:
    r"""Format the hour of an instant by the clock of its own offset.

    >>> hour("fr", datetime.fromisoformat("2027-01-22T19:30:00-05:00"))
    '19\xa0h\xa030'
    """
    return _time(lang, moment, "short")


def _time(lang: str, moment: datetime, style: Literal["short", "medium"]) -> str:
    from babel.dates import format_time  # noqa: PLC0415 - most processes write no date

    # The parts of an hour stay on one line.
    return format_time(moment.replace(tzinfo=None), style, locale=f"{lang}_CA").replace(" ", "\xa0")


def number(lang: str, value: float) -> str:
    """Format a number in a language, with one decimal at most.

    >>> number("fr", 12.5), number("en", 1000)
    ('12,5', '1,000')
    """
    from babel.numbers import format_decimal  # noqa: PLC0415 - nor a number for people

    return format_decimal(value, format="#,##0.#", locale=f"{lang}_CA")


def money(lang: str, amount: str, currency: str) -> str:
    r"""Format an amount in digits with its currency; empty for what is no number.

    >>> money("fr", "38.5", "CAD"), money("en", "38.5", "CAD"), money("en", "free", "CAD")
    ('38,50\xa0$', '$38.50', '')
    """
    from babel.numbers import format_currency  # noqa: PLC0415 - nor an amount

    try:
        value = Decimal(amount)
    except InvalidOperation:
        return ""
    return format_currency(value, currency, locale=f"{lang}_CA") if value.is_finite() else ""


def percent(lang: str, share: float) -> str:
    """Format a share, 0 to 1, as a whole percentage.

    >>> percent("en", 0.537)
    '54%'
    """
    from babel.numbers import format_percent  # noqa: PLC0415 - nor a share

    return format_percent(share, locale=f"{lang}_CA")


_SPAN = re.compile(r"P(?=\d)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?")
_UNITS = ("year", "month", "week", "day")


def span(lang: str, duration: str) -> str:
    """Write an ISO 8601 duration of whole days in words; another one as it stands.

    >>> span("fr", "P5Y"), span("en", "P1Y6M")
    ('5 ans', '1 year 6 months')
    """
    from babel.units import format_unit  # noqa: PLC0415 - nor a duration

    parts = match.groups() if (match := _SPAN.fullmatch(duration)) else ()
    counts = [(int(text), unit) for text, unit in zip(parts, _UNITS, strict=False) if text]
    words = [format_unit(n, f"duration-{unit}", locale=f"{lang}_CA") for n, unit in counts]
    return " ".join(words).replace("\N{NO-BREAK SPACE}", " ") or duration


LEAST_SHARE, LESS_THAN, AT_LEAST = 0.01, N_("less than {percent}"), N_("at least {count}")


def coverage(lang: str, share: float) -> str:
    """Format a share of venues that has contributors, 0 to 1: a part of some is never 0%.

    >>> coverage("en", 0.004), coverage("en", 0.537)
    ('less than 1%', '54%')
    """
    if share < LEAST_SHARE:
        return say(lang, LESS_THAN, percent=percent(lang, LEAST_SHARE))
    return percent(lang, share)


def step(lang: str, text: str) -> str:
    """Format a number of contributors that is published as a step; another text stays as it is.

    >>> step("en", "10+"), step("en", "3")
    ('at least 10', '3')
    """
    digits = text.removesuffix("+")
    return say(lang, AT_LEAST, count=digits) if text != digits and digits.isdecimal() else text


YEAR_DIGITS = 4


def localize_decimal(lang: str, digits: str) -> str:
    """Format a number that is in digits already, with the decimal mark of a language.

    >>> localize_decimal("fr", "27.50"), localize_decimal("en", "2026")
    ('27,50', '2026')
    """
    from babel.numbers import get_decimal_symbol  # noqa: PLC0415 - nor a number for people

    return digits.replace(".", get_decimal_symbol(f"{lang}_CA")) if "." in digits else digits


def group_digits(lang: str, digits: str) -> str:
    """Format the digits of a count in groups; four digits stay as they are, as of a year.

    >>> group_digits("en", "111280"), group_digits("en", "2026"), group_digits("en", "1.5")
    ('111,280', '2026', '1.5')
    """
    counts = digits.isdecimal() and len(digits) > YEAR_DIGITS
    return number(lang, int(digits)) if counts else localize_decimal(lang, digits)


def say_counts(lang: str, template: str, /, **fields: object) -> str:
    """Render a marked English template in which all whole numbers are counts, not years or rows.

    >>> say_counts("en", "{rows} rows of {file}", rows=1080, file="f.csv")
    '1,080 rows of f.csv'
    """
    localized = {k: number(lang, v) if isinstance(v, int) else v for k, v in fields.items()}
    return say(lang, template, **localized)


def explain(error: ParvisError, lang: str) -> str:
    return say(lang, error.template, **error.fields)


def language_of_locale() -> str:
    """Return the language that the environment names, even if not installed (POSIX §8.2)."""
    name = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    # “fr_CA.UTF-8” is French; “C” and “POSIX” are no language.
    code = name[:2].lower()
    return code if code in LANGUAGES else DEFAULT


# Errors of the machine (a full disk, a used port…), as errors of parvis in both languages.

REASONS = {
    errno.ENOSPC: N_("the disk is full"),
    errno.EDQUOT: N_("the disk is full"),
    errno.EFBIG: N_("a file would be larger than it may be"),
    errno.EROFS: N_("the disk can only be read"),
    errno.EACCES: N_("it is not allowed here"),
    errno.EIO: N_("the disk cannot be read or written"),
    errno.EMFILE: N_("too many files are open"),
}
"""The known reasons; any other one is reported in the machine's own words."""
MACHINE = N_("the machine could not do it: {reason}")
MACHINE_AT = N_("the machine could not do it: {reason} ({file})")


def is_machines(error: OSError) -> bool:
    """Return whether an error is the machine's, not one of a file that a user named."""
    return error.errno in REASONS


def machine_error(error: OSError) -> MachineError:
    """Return the error of what the machine refused: a read-only folder, a full disk…."""
    message = REASONS.get(error.errno or 0)
    reason = both(message) if message else error.strerror or error
    if error.filename is None:
        return MachineError(MACHINE, reason=reason)
    return MachineError(MACHINE_AT, reason=reason, file=error.filename)
