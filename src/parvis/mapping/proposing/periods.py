"""Months, years and seasons in the headings and titles of a file."""

import re
from collections.abc import Iterator, Mapping, Sequence

from parvis.mapping.concepts import fold_text
from parvis.mapping.proposing.sampling import FileColumn

PERIODS = re.compile(r"\b((?:19|20)\d\d)(?: ?[-–/] ?((?:20)?\d\d))?(?!\d)")
"""A year or a season in a heading."""


def month_columns(
    columns: Sequence[FileColumn], months: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Find twelve columns in a row that are headed by the months, however they are cut short.

    >>> cut = [FileColumn(name, ()) for name in "JA FE MR AL MI JN JL AU SE OC NO DE".split()]
    >>> year = "janvier fevrier mars avril mai juin juillet aout septembre octobre nov de"
    >>> len(list(month_columns(cut, {"fr": year.split()})))
    12
    """
    names = [column.name for column in columns]
    for start in range(len(names) - 11):
        twelve = names[start : start + 12]
        if first_month(twelve, months) is not None:
            yield from twelve
            return


def first_month(headings: Sequence[str], months: Mapping[str, Sequence[str]]) -> int | None:
    """Return the month with which twelve headings begin, from 0; a season begins in September.

    >>> year = "janvier fevrier mars avril mai juin juillet aout septembre octobre nov decembre"
    >>> first_month([*year.split()[8:], *year.split()[:8]], {"fr": year.split()})
    8
    """

    def abbreviates(heading: str, month: str) -> bool:
        # Any letters of the name may be left out, but the first.
        letters = re.sub(r"[^a-z]", "", fold_text(heading))
        remaining = iter(month)
        return letters[:1] == month[:1] and all(letter in remaining for letter in letters)

    for first in range(12):
        rotations = ([*year[first:], *year[:first]] for year in months.values())
        if any(all(map(abbreviates, headings, year)) for year in rotations):
            return first
    return None


def spread_periods(columns: Sequence[FileColumn]) -> dict[str, str]:
    """Return the columns of figures by year or season, with the code of each period.

    >>> spread_periods([FileColumn(f"Visites {year}", ()) for year in ("2023", "2023/24")])
    {'Visites 2023': '2023', 'Visites 2023/24': '2023-2024'}
    """
    periods: dict[str, dict[str, str]] = {}
    for column in columns:
        if code := period_code(column.name):
            rest = PERIODS.sub("", column.name).strip()
            periods.setdefault(rest, {})[column.name] = code
    # One year alone spreads nothing.
    several = [codes for codes in periods.values() if len(set(codes.values())) == len(codes) > 1]
    return max(several, key=len, default={})


def period_code(text: str) -> str | None:
    """Return the code of the only year or season in a text.

    >>> period_code("Saison 2023/24"), period_code("De 2023 à 2025")
    ('2023-2024', None)
    """
    codes = {
        f"{first}-{first[: -len(last)]}{last}" if last else first
        for first, last in PERIODS.findall(text)
    }
    return codes.pop() if len(codes) == 1 else None
