"""Decide what becomes of each column of a table that is cleaned: what goes, what is shortened.

What the gate finds goes. In a table of customers or orders go also what the gate lets pass and what
tells one buyer from another: contacts of any kind, numbers of orders, seats, hours of purchase.
Rules look at headings and at which values a column has, not at how often: adding up rows does not
change them.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.screening.ages import band_of_age, band_of_birth, bands_heading, is_of_ages
from parvis.mapping.screening.blocks import blocks_of_lines
from parvis.mapping.screening.gate import ScreenedTable, is_code
from parvis.mapping.screening.identifiers import (
    KIND_NAMES,
    Identifier,
    identify_value,
    is_of_birth,
    names_persons,
    plain_signs,
)
from parvis.mapping.screening.people import (
    HeadingMeaning,
    is_single_name,
    is_usual_name,
    word_groups,
)
from parvis.mapping.screening.profiles import CIVILITIES, profile

POSTAL = N_("only the first three characters of postal codes")
BANDS = N_("age bands instead of ages and dates of birth")
DAY = N_("only the day of a purchase, not its hour")
TRANSACTION = N_("numbers of orders, tickets or payments, each of which leads to one buyer")
SEAT = N_("seats, each of which leads to one buyer")
HOUR = N_("hours of purchases, which lead to one buyer")
NO_HEADINGS = N_(
    "{file} seems to have no headings: where they should be, there is data of persons. Add a row of"
    " headings, then try again; nothing was written"
)
ON_REQUEST = N_("left out on request")
WHOLE_POSTAL = re.compile(r"(?=.*\d)[A-Z\d]{3,10}")
POSTAL_WORDS = frozenset({"postal", "postaux", "postcode", "zip", "zipcode", "cp"})
TIME = re.compile(
    r"(?:^|[T,\s]+)(?:à |at )?\d{1,2}\s?(?:[:h]\s?\d{2}|h\b|[ap]\.?m\b).*$", re.IGNORECASE
)
TOKEN = re.compile(r"(?=.*\d)[\w-]{16,80}", re.ASCII)
"""A long code, such as a UUID or the secret of a ticket."""
SHORTEST = 4
"""Characters from which codes under « Commande » are its numbers, not how many."""


class Action(StrEnum):
    """What becomes of a column."""

    KEPT = "kept"
    SUMMED = "summed"
    SHORTENED = "shortened"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class ColumnOutcome:
    """What becomes of a column, and why: an English text to be translated.

    `emptied` is how many of its cells could not be shortened, and are empty; `renamed` is its new
    heading, if it has one.
    """

    heading: str
    action: Action = Action.KEPT
    reason: str = ""
    emptied: int = 0
    renamed: str = ""

    @property
    def clean_heading(self) -> str:
        return self.renamed or self.heading


class ColumnRules:
    """The rules for the columns of one table, by position.

    Ages are those of `today`; columns headed as in `without` go, whatever is in them.
    """

    def __init__(
        self,
        name: str,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        today: date,
        without: Collection[str] = (),
    ) -> None:
        """Judge a table of a file called `name`, as the gate does.

        Raises `SourceError` if the headings are data of persons.
        """
        columns = profile(blocks_of_lines("", [headings, *rows])).get("", [])
        self._table = ScreenedTable(name, columns)
        self._headings, self._rows = headings, rows
        self._today, self._without = today, without
        self._kinds: list[list[Identifier]] = [[] for _ in headings]
        for column, kind in self._table.findings():
            if column.position:
                self._kinds[int(column.position) - 1].append(kind)
        if any(map(self._is_data, range(len(headings)))):
            raise SourceError(NO_HEADINGS, file=name)

    def _is_data(self, index: int) -> bool:
        """Return whether a heading is a value of its column: the file has no headings."""
        heading = self._headings[index]
        if Identifier.NAME not in self._kinds[index] or names_persons(heading):
            return identify_value(heading) is not None
        is_name = is_usual_name(heading) or is_single_name(heading)
        return is_name and not HeadingMeaning.of(heading).persons

    def clean(self, index: int) -> tuple[ColumnOutcome, list[str]]:
        """Return what becomes of a column, and its cells."""
        heading = self._headings[index]
        cells = [row[index] for row in self._rows]
        values = {cell for cell in cells if cell}
        if reason := self._reason_to_remove(index, values):
            return ColumnOutcome(heading, Action.REMOVED, reason), cells
        shorten, reason = self._way_to_shorten(index, values)
        short_values = {value: shorten(value) for value in values}
        shortened = [short_values.get(cell, cell) for cell in cells]
        if shortened == cells:
            return ColumnOutcome(heading), cells
        emptied = shortened.count("") - cells.count("")
        renamed = bands_heading(heading) if is_of_birth(heading) else ""
        if renamed in self._headings:
            renamed = ""
        return ColumnOutcome(heading, Action.SHORTENED, reason, emptied, renamed), shortened

    def _is_postal(self, index: int, values: set[str]) -> bool:
        if {*HeadingMeaning.of(self._headings[index]).texts} & POSTAL_WORDS:
            return True
        if Identifier.POSTAL not in self._kinds[index]:
            return False
        # An address has a postal code in it, and more.
        whole = sum(bool(WHOLE_POSTAL.fullmatch(_compact(value))) for value in values)
        return 2 * whole > len(values)

    def _reason_to_remove(self, index: int, values: set[str]) -> str:
        """Return why a column goes, empty if it does not."""
        heading = self._headings[index]
        if heading in self._without:
            return ON_REQUEST
        may_stay = {Identifier.BIRTH} if is_of_birth(heading) else set()
        may_stay |= {Identifier.POSTAL} if self._is_postal(index, values) else set()
        for kind in self._kinds[index]:
            if kind not in may_stay:
                return KIND_NAMES[kind]
        meaning, groups = HeadingMeaning.of(heading), word_groups()
        words = {*meaning.texts}
        if not self._table.is_of_customers or not values:
            return ""
        if meaning.published:
            # “Company (Billing)” may have the name of a person who works alone.
            is_of_buyer = meaning.persons and words & groups["companies"]
            return KIND_NAMES[Identifier.NAME] if is_of_buyer else ""
        is_contact = words & groups["contacts"] and not words & (groups["towns"] | POSTAL_WORDS)
        is_civility = all(value.strip(".").lower() in CIVILITIES for value in values)
        has_words = any(re.search(r"[^\W\d_]{2}", value) for value in values)
        signs = {
            KIND_NAMES[_kind_of_contact(words)]: is_contact,
            KIND_NAMES[Identifier.COMMENT]: meaning.comments and has_words,
            # Sellers too are persons, however few.
            KIND_NAMES[Identifier.NAME]: is_civility
            or ((meaning.persons or words & groups["staff"]) and any(map(is_usual_name, values))),
            TRANSACTION: _is_number(heading, values),
            SEAT: words & groups["seats"] and not meaning.counts,
            HOUR: words & groups["purchases"] and not any(TIME.sub("", v) for v in values),
        }
        return next((reason for reason, sign in signs.items() if sign), "")

    def _way_to_shorten(self, index: int, values: set[str]) -> tuple[Callable[[str], str], str]:
        """Return how the cells of a column are shortened, and why."""
        heading, kinds = self._headings[index], self._kinds[index]
        meaning = HeadingMeaning.of(heading)
        is_private = self._table.is_of_customers and not meaning.published
        if is_of_birth(heading) and (kinds or not self._table.is_of_artists):
            return partial(band_of_birth, today=self._today), BANDS
        if is_of_ages(heading) and not self._table.is_of_artists:
            return band_of_age, BANDS
        if Identifier.POSTAL in kinds or (is_private and self._is_postal(index, values)):
            return shorten_postal_code, POSTAL
        if is_private and {*meaning.texts} & word_groups()["purchases"]:
            return lambda cell: TIME.sub("", cell), DAY
        return str, ""


def _is_number(heading: str, values: set[str]) -> bool:
    """Return whether a column numbers orders, tickets, payments, persons or its own rows."""
    meaning, groups = HeadingMeaning.of(heading), word_groups()
    words = {*meaning.texts} - groups["little"]
    codes = [value for value in values if is_code(value) or TOKEN.fullmatch(value)]
    if words & groups["sorts"] or meaning.counts or 2 * len(codes) <= len(values):
        return False
    if words <= groups["own_numbers"]:
        return bool(words) or heading == "#"
    is_of_one = meaning.persons or words & groups["transactions"]
    if is_of_one and ("#" in heading or meaning.numbered or words & groups["own_numbers"]):
        return True
    # « Commande » alone: its number, if it is no small number or amount.
    numbers = [c for c in codes if len(c) >= SHORTEST and not re.search(r"[.,]\d\d$", c)]
    return words <= groups["transactions"] and 2 * len(numbers) > len(values)


def _kind_of_contact(words: set[str]) -> Identifier:
    if words & {"courriel", "email", "mail"}:
        return Identifier.EMAIL
    of_places = {"adresse", "rue", "apt", "appartement", "appt", "address", "street", "apartment"}
    return Identifier.ADDRESS if words & of_places else Identifier.PHONE


def _compact(text: str) -> str:
    return re.sub(r"[\s./-]", "", plain_signs(text)).upper()


def shorten_postal_code(text: str) -> str:
    """Return the first three characters of a postal code; empty for what is none.

    >>> shorten_postal_code("g1r 2b5"), shorten_postal_code("05401-1234"), shorten_postal_code("?")
    ('G1R', '054', '')
    """
    compact = _compact(text)
    return compact[:3] if WHOLE_POSTAL.fullmatch(compact) else ""
