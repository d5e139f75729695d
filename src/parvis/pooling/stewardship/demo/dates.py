"""Move the demo's dates to the season of a day: programmes to come, figures of the last two.

Days move by whole weeks, so that a Friday stays one, and at most three days within the year;
figures by as many years. The content is the same whatever the day.
"""

import re
import shutil
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zipfile import ZipFile

from parvis.config import clock

FIRST_YEAR, SEASON = 2026, (9, 20)
"""The year of the sample files’ current season, and the day from which a season is current.

Their programmes go on into the next season, for who looks at them in summer.
"""
COUNTED = date(2026, 11, 23)
"""The day of the sample’s last figures of performances."""
NIGHTS = Path("theatre-lanterne", "representations", "representations.csv")
"""The file of figures of performances."""
FOLDER = "catalog"
"""The folder of the moved catalogue in the pool's data folder."""
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
    *("septembre", "octobre", "novembre", "décembre"),
)
_WRITTEN = re.compile(
    r"(?<!\d)(?:"
    r"(?P<instant>20\d{6}T\d{6})Z"
    r"|(?P<compact>20\d{6})(?!\d)"
    r"|(?P<iso>20\d\d-\d\d-\d\d)(?P<time>T\d\d:\d\d(?::\d\d)?)?(?P<offset>[+-]\d\d:\d\d)?"
    r"|(?P<slashed>\d\d/\d\d/20\d\d)"
    rf"|(?P<words>\d\d?(?:er)? (?:{'|'.join(MONTHS)}) 20\d\d)"
    r"|(?P<season>20\d\d-20\d\d)(?!\d)"
    r"|(?P<month>20\d\d-(?:0[1-9]|1[0-2]))(?!\d)"
    # A figure follows a separator: it is none of these years.
    r'|(?:(?<![.,;])(?<!": )|(?<="annee": ))(?P<year>20[23]\d)(?!\d)'
    r")"
)
FORMS = {"compact": "%Y%m%d", "slashed": "%d/%m/%Y"}
_DATE_CELL = re.compile(r'(<c r="[A-Z]+\d+" s="[1-9]\d*"><v>)([\d.]+)(</v>)')
_YEAR_CELL = re.compile(r'(<c r="A\d+"><v>)(20[23]\d)(</v>)')
ENCODINGS = ("utf-8", "cp1252")
TEXTS = {".csv", ".json", ".jsonld", ".ics", ".yml", ".rq"}


def count_years(today: date) -> int:
    """Return by how many years the sample files are moved.

    >>> [count_years(date(*day)) for day in ((2026, 11, 24), (2027, 9, 19), (2027, 9, 20))]
    [0, 0, 1]
    """
    return today.year - ((today.month, today.day) < SEASON) - FIRST_YEAR


def count_weeks(years: int) -> int:
    """Return how many weeks are nearest to some years.

    >>> [count_weeks(years) for years in (0, 1, 4)]
    [0, 52, 209]
    """
    return round(years * 365.2425 / 7)


def move_catalog(catalog: Path, data: Path, today: date) -> Path:
    """Return a copy of a catalogue folder whose dates are those of a day's season."""
    # A copy also where no date moves: pages of the demo change its texts, not those of parvis.
    years, folder = count_years(today), data / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(catalog, folder)
    if not years and today > COUNTED:
        return folder
    for file in sorted(folder.rglob("*.*")):
        # Agreements and partners have dates of their own: what was signed, and until when.
        if file.suffix in TEXTS or file.name in {"dataset.ttl", "catalog.ttl"}:
            content = file.read_bytes()
            encoding = next(name for name in ENCODINGS if _is_encoded(content, name))
            moved = move_text(content.decode(encoding), years, is_record=_is_record(file))
            file.write_bytes(moved.encode(encoding))
        elif file.suffix == ".xlsx":
            _move_workbook(file, years)
    _leave_nights_to_come_out(folder / NIGHTS, today)
    return folder


def move_text(text: str, years: int, *, is_record: bool = False) -> str:
    """Move all dates of a text; in a record, the bounds of months stay bounds of months.

    >>> move_text("2026-09-17T20:00:00-04:00, 1er mars 2027, 17/09/2026", 1)
    '2027-09-16T20:00:00-04:00, 28 février 2028, 16/09/2027'
    >>> move_text("2025,2026,20", 1), move_text("saison 2026-2027, 2024-09", 1)
    ('2026,2026,20', 'saison 2027-2028, 2025-09')
    """
    return _WRITTEN.sub(partial(_move_match, years=years, is_record=is_record), text)


def _move_match(match: re.Match[str], *, years: int, is_record: bool) -> str:
    text, weeks = match[0], timedelta(weeks=count_weeks(years))
    if match["iso"]:
        return _move_iso(match, years=years, is_record=is_record)
    if match["instant"]:
        instant = datetime.strptime(text, "%Y%m%dT%H%M%S%z").astimezone(clock.QUEBEC)
        # The hour in Québec stays, also where the clocks change between the two days.
        return f"{(instant + weeks).astimezone(UTC):%Y%m%dT%H%M%S}Z"
    for name, form in FORMS.items():
        if match[name]:
            return f"{datetime.strptime(text, form).replace(tzinfo=UTC) + weeks:{form}}"
    if match["words"]:
        number, month, year = text.split()
        day = date(int(year), MONTHS.index(month) + 1, int(number.removesuffix("er"))) + weeks
        return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"
    return re.sub(r"20\d\d", lambda year: str(int(year[0]) + years), text)


def _move_iso(match: re.Match[str], *, years: int, is_record: bool) -> str:
    day = date.fromisoformat(match["iso"])
    if is_record and 1 in {day.day, (day + timedelta(days=1)).day}:
        return str(day.replace(year=day.year + years))
    moved = f"{day + timedelta(weeks=count_weeks(years))}{match['time'] or ''}"
    if not match["offset"]:
        return moved
    return datetime.fromisoformat(moved).replace(tzinfo=clock.QUEBEC).isoformat()


def _move_workbook(file: Path, years: int) -> None:
    """Move the texts of a workbook, its sheets' names, its dates, and the years of a column A."""
    days = 7 * count_weeks(years)
    with ZipFile(file) as book:
        parts = {info: book.read(info) for info in book.infolist()}
    with ZipFile(file, "w") as book:
        for info, content in parts.items():
            if info.filename in {"xl/sharedStrings.xml", "xl/workbook.xml"}:
                book.writestr(info, move_text(content.decode(), years))
            elif info.filename.startswith("xl/worksheets/sheet"):
                text = _DATE_CELL.sub(
                    lambda cell: f"{cell[1]}{float(cell[2]) + days!r}{cell[3]}", content.decode()
                )
                book.writestr(
                    info,
                    _YEAR_CELL.sub(lambda cell: f"{cell[1]}{int(cell[2]) + years}{cell[3]}", text),
                )
            else:
                book.writestr(info, content)


def _leave_nights_to_come_out(file: Path, today: date) -> None:
    """Leave out the figures of performances that are not over on a day."""
    heads, *lines = file.read_text(encoding="cp1252").splitlines(keepends=True)
    yesterday, rows = str(today - timedelta(days=1)), [heads]
    for line in lines:
        number, night, price, counted, *figures = line.split(";")
        if night <= yesterday:
            rows.append(";".join((number, night, price, min(counted, yesterday), *figures)))
    file.write_text("".join(rows), encoding="cp1252", newline="")


def _is_encoded(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_record(file: Path) -> bool:
    return file.suffix in {".ttl", ".yml"}
