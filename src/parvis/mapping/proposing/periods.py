"""Months, years and seasons in the headings and titles of a file."""

import re
from collections.abc import Iterator, Mapping, Sequence

from parvis.mapping.concepts import fold_text
from parvis.mapping.proposing.sampling import FileColumn

PERIODS = re.compile(r"\b((?:19|20)\d\d)(?: ?[-–/] ?((?:20)?\d\d))?(?!\d)")
"""A year or a season in a heading."""
MONTH = re.compile(r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?![\d-])")


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
    """Return the columns of figures by year, season or month, with the code of each period.

    >>> spread_periods([FileColumn(f"Visites {year}", ()) for year in ("2023", "2023/24")])
    {'Visites 2023': '2023', 'Visites 2023/24': '2023-2024'}
    >>> [*spread_periods([FileColumn(f"2011-{n}", ()) for n in (11, 12)]).values()]
    ['2011-11', '2011-12']
    """
    # « 2011-12 » is a month next to « 2011-11 ».
    months = [column.name for column in columns if MONTH.search(column.name)]
    monthly = any(period_code(name) is None for name in months)
    periods: dict[str, dict[str, str]] = {}
    for column in columns:
        month = MONTH.search(column.name) if monthly else None
        if code := month[0] if month else period_code(column.name):
            rest = (MONTH if month else PERIODS).sub("", column.name).strip()
            periods.setdefault(rest, {})[column.name] = code
    # One period alone spreads nothing.
    several = [codes for codes in periods.values() if len(set(codes.values())) == len(codes) > 1]
    return max(several, key=len, default={})


def period_code(text: str) -> str | None:
    """Return the code of the only year or season in a text; of a date there is none.

    >>> period_code("Saison 2023/24"), period_code("De 2023 à 2025"), period_code("le 2024-03-15")
    ('2023-2024', None, None)
    """
    codes = set()
    for first, last in PERIODS.findall(text):
        following = str(int(first) + 1)
        if last and not following.endswith(last):
            return None
        codes.add(f"{first}-{following}" if last else first)
    return codes.pop() if len(codes) == 1 else None
