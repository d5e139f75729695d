"""Count the buyers of a partner's file, as its box office exports it: which columns say what.

A column is recognised by what is in it, and by its heading where several would do. A person is
known by an e-mail address, else by a telephone number; where one lives, by a postal code.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

from parvis.errors import SourceError, UsageError
from parvis.i18n import N_, within_quotes
from parvis.mapping.concepts import fold_text
from parvis.mapping.screening.identifiers import words_of
from parvis.mapping.screening.people import word_groups
from parvis.mapping.screening.whole_tables import open_table
from parvis.statistics.distinct.rounds import Family
from parvis.statistics.distinct.sketching import PeopleSketch, Profile, normalize_person

SAMPLE = 2_000
"""Rows by which columns are recognised."""
MOST = 0.5
"""The share of the filled cells of a column that are of a kind, for the column to be of it."""
POSTAL = re.compile(r"[a-z]\d[a-z](?:[\s-]?\d[a-z]\d)?$")
PREFIX = 3
"""Characters of a postal code that name an area."""
REMEMBERED = 20_000
"""Different texts of areas and disciplines whose codes are remembered."""
Test = Callable[[str], object]
"""Whether a cell is of a kind."""
DISCIPLINE_WORDS = frozenset({"discipline", "genre", "categorie", "category"})
NO_CONTACT = N_(
    "no column of {file} has e-mail addresses or telephone numbers of buyers; its columns: {names}."
    " Name the column with --email or --phone, or export the file with its contacts: they do not"
    " leave your machine"
)
NO_COLUMN = N_("{file} has no column “{missing}”; its columns: {names}")
NO_DISCIPLINE = N_("“{text}” is no discipline of this round, which counts: {names}")
NOBODY = N_("no row of {file} has an e-mail address or a telephone number in “{column}”")


@dataclass(frozen=True)
class CodeLists:
    """Codes by what files call them: postal codes' beginnings and names of areas, disciplines.

    Each text, folded, has its code and the wider ones, the nearest first.
    """

    areas: Mapping[str, Sequence[str]]
    disciplines: Mapping[str, Sequence[str]]

    def area(self, text: str) -> Sequence[str]:
        """Return the areas of a postal code or of a name."""
        folded = fold_text(text)
        if codes := self.areas.get(folded):
            return codes
        # A seat, such as A12, is no postal code.
        start = folded[:PREFIX] if POSTAL.match(folded) else ""
        prefixes = (start[:length] for length in range(len(start), 0, -1))
        return next(filter(None, map(self.areas.get, prefixes)), ())

    def discipline(self, text: str) -> Sequence[str]:
        return self.disciplines.get(fold_text(text), ())


@dataclass(frozen=True)
class BuyerColumns:
    """The headings of the columns that are read; None for one that the file has not."""

    email: str | None = None
    phone: str | None = None
    area: str | None = None
    discipline: str | None = None


@dataclass(frozen=True)
class BuyerCount:
    """What was read of a file: `people` of `rows`, some `without` a contact."""

    columns: BuyerColumns
    rows: int
    without: int
    people: int
    with_region: int
    with_discipline: int


@dataclass(frozen=True)
class BuyersFile:
    """A partner's file, and what the partner says of it.

    `columns` that are named are not guessed; `sheet` is of a workbook, `discipline` of all rows.
    """

    path: Path
    sheet: str | None = None
    columns: BuyerColumns = BuyerColumns()
    discipline: str | None = None


def count_buyers(buyers: BuyersFile, counted: PeopleSketch, codes: CodeLists) -> BuyerCount:
    """Add the buyers of a file to a sketch; a row is one purchase.

    Raises `SourceError` for a file that cannot be read or has no contacts, `UsageError` for a
    column that it has not.
    """
    wholly = codes.discipline(buyers.discipline) if buyers.discipline else ()
    if buyers.discipline and not {*wholly} & {*counted.round.disciplines}:
        names = ", ".join(counted.round.disciplines)
        raise UsageError(NO_DISCIPLINE, text=buyers.discipline, names=names)
    with open_table(buyers.path, buyers.sheet) as (headings, lines):
        columns = _choose_columns(buyers, headings, list(islice(lines, SAMPLE)), codes)
    with open_table(buyers.path, buyers.sheet) as (headings, lines):
        rows, without = _RowReader(counted, codes, headings, columns, wholly).read(lines)
    if not counted.people:
        column = columns.email or columns.phone
        raise SourceError(NOBODY, file=buyers.path.name, column=column)
    with_region, with_discipline = map(counted.count, (Family.RESIDENCE, Family.DISCIPLINE))
    return BuyerCount(columns, rows, without, counted.people, with_region, with_discipline)


class _RowReader:
    """Reads the buyers of rows; few different areas and disciplines come, many times each."""

    def __init__(
        self,
        counted: PeopleSketch,
        codes: CodeLists,
        headings: Sequence[str],
        columns: BuyerColumns,
        wholly: Sequence[str],
    ) -> None:
        self._counted, self._codes, self._wholly = counted, codes, wholly
        positions = {heading: index for index, heading in enumerate(headings)}
        self._contacts = [positions[name] for name in (columns.email, columns.phone) if name]
        self._area = positions.get(columns.area or "", -1)
        self._discipline = positions.get(columns.discipline or "", -1)
        self._profiles: dict[tuple[str, str], Profile] = {}

    def read(self, lines: Iterable[Sequence[str]]) -> tuple[int, int]:
        """Count the buyers of rows; return how many rows there were, and how many without one."""
        rows = without = 0
        for cells in lines:
            width = len(cells)
            contact = None
            for index in self._contacts:
                if index < width and (contact := normalize_person(cells[index])):
                    break
            if contact is None:
                is_row = any(map(str.strip, cells))
                rows, without = rows + is_row, without + is_row
                continue
            rows += 1
            area = cells[self._area] if 0 <= self._area < width else ""
            if area[1:2].isdigit():
                area = area[:PREFIX]
            discipline = cells[self._discipline] if 0 <= self._discipline < width else ""
            profile = self._profiles.get((area, discipline))
            if profile is None:
                profile = self._profile(area, discipline)
                if len(self._profiles) < REMEMBERED:
                    self._profiles[area, discipline] = profile
            self._counted.add(contact, profile)
        return rows, without

    def _profile(self, area: str, discipline: str) -> Profile:
        round_ = self._counted.round
        areas = self._codes.area(area) if area else ()
        region = next((code for code in areas if code in round_.regions), None)
        # What is in a narrower discipline is in the wider one too, as in the figures of attendance.
        disciplines = self._wholly or self._codes.discipline(discipline)
        return self._counted.places(region, dict.fromkeys(disciplines, 1))


def _choose_columns(
    buyers: BuyersFile,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    codes: CodeLists,
) -> BuyerColumns:
    """Return the columns that are named, and recognise the others."""
    file = buyers.path.name
    names = {field.name: getattr(buyers.columns, field.name) for field in fields(BuyerColumns)}
    if missing := sorted({*filter(None, names.values())} - {*headings}):
        listed = ", ".join(headings)
        raise UsageError(NO_COLUMN, file=file, missing=within_quotes(missing), names=listed)
    groups = word_groups()
    tests: dict[str, tuple[Test, frozenset[str]]] = {
        "email": (lambda text: "@" in text and normalize_person(text), groups["persons"]),
        "phone": (lambda text: "@" not in text and normalize_person(text), groups["persons"]),
        "area": (lambda text: any(map(str.isdigit, text)) and codes.area(text), groups["persons"]),
        "discipline": (codes.discipline, DISCIPLINE_WORDS),
    }
    for name, (test, words) in tests.items():
        if names[name] is None:
            names[name] = _likeliest(headings, rows, test, words)
    if names["email"] is None and names["phone"] is None:
        raise SourceError(NO_CONTACT, file=file, names=", ".join(headings))
    return BuyerColumns(**names)


def _likeliest(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    test: Test,
    words: frozenset[str],
) -> str | None:
    """Return the heading of the column most of whose cells pass a test; None if there is none.

    Of several, one with a word of persons or of the subject in its heading, then the one with the
    most different values: the same mailbox in all rows is the organisation's.
    """
    candidates = []
    for index, heading in enumerate(headings):
        cells = [row[index] for row in rows if index < len(row) and row[index].strip()]
        passed = [cell for cell in cells if test(cell)]
        if cells and len(passed) > MOST * len(cells):
            is_named = bool(words & {*words_of(heading)})
            candidates.append(((is_named, len({*passed}), -index), heading))
    return max(candidates)[1] if candidates else None
