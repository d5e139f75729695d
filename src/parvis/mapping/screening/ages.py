"""Age bands, in the place of ages and of dates of birth."""

import datetime as dt
import re

from parvis.mapping.engine.values import InvalidValue, read_time
from parvis.mapping.language.plan import ValueFormat
from parvis.mapping.screening.identifiers import plain_signs, words_of
from parvis.mapping.screening.people import word_groups

OLDEST = 130
BANDS = ((0, 11), (12, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 74))
AND_OVER = "75+"
AGE = re.compile(r"(\d{1,3})(?:[.,]0*)?\s*(?:ans?|years?|yrs?|y\.?o\.?)?\.?", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)\d\d")
FIGURES = re.compile(r"(\d{1,2})\D(\d{1,2})\D((?:19|20)\d\d)(?:\D.*)?")
DECEMBER = 12
FIRST_DAY = dt.date(1899, 12, 30)
"""The day that spreadsheets count from."""


def is_of_ages(heading: str) -> bool:
    """Return whether a heading is of ages of persons.

    >>> [is_of_ages(h) for h in ("Âge", "Âge du client", "Âge minimum", "Groupe d’âge")]
    [True, True, False, False]
    """
    words = {*words_of(heading)}
    return "age" in words and words <= word_groups()["ages"] | word_groups()["little"]


def bands_heading(heading: str) -> str:
    """Return the heading of bands in the place of dates of birth, in the same language."""
    is_french = {*words_of(heading)} & {"naissance", "naiss", "ddn", "ne", "nee"}
    return "Groupe d’âge" if is_french else "Age group"


def band_of_age(text: str) -> str:
    """Return the band of an age; another text, such as a band, stays as it is.

    >>> band_of_age("34"), band_of_age("8 ans"), band_of_age("75+"), band_of_age("Adulte")
    ('25–34', '0–11', '75+', 'Adulte')
    """
    match = AGE.fullmatch(text.strip())
    return _band(int(match[1])) if match and int(match[1]) <= OLDEST else text


def band_of_birth(text: str, today: dt.date) -> str:
    """Return the band of the age today of who was born on a day; empty for what is no day.

    >>> day = dt.date(2026, 11, 29)
    >>> [band_of_birth(t, day) for t in ("1991-11-30", "29/11/1991", "12 mars 1950", "1991", "?")]
    ['25–34', '35–44', '75+', '35–44', '']
    """
    text = text.strip()
    if not text or text == AND_OVER or re.fullmatch(r"\d{1,2}–\d\d", text):
        return text
    if YEAR.fullmatch(text):
        return _band(today.year - int(text))
    try:
        born = _read_day(text)
    except (ValueError, OverflowError, InvalidValue):
        return ""
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return _band(age) if 0 <= age <= OLDEST else ""


def _read_day(text: str) -> dt.date:
    plain = plain_signs(text)
    if match := FIGURES.fullmatch(plain):
        # Which of them is the month changes an age by a year at most, and seldom its band.
        first, second, year = map(int, match.groups())
        day, month = (first, second) if second <= DECEMBER else (second, first)
        return dt.date(year, month, day)
    if re.fullmatch(r"[1-6]\d{4}", plain):
        return FIRST_DAY + dt.timedelta(int(plain))
    # A time of day is no part of an age, nor is the zone it is in.
    parsed = read_time(plain.replace("/", "-"), ValueFormat(timezone=""))
    return dt.date(parsed.year, parsed.month, parsed.day)


def _band(age: int) -> str:
    for youngest, oldest in BANDS:
        if youngest <= age <= oldest:
            # With a hyphen, a spreadsheet would take 12-17 for a day of December.
            return f"{youngest}–{oldest}"
    return AND_OVER
