"""Judge whether a file identifies persons, before anything else is done with it.

A table is judged as a whole. Where each row is a customer, an order or an answer, names, contacts
and addresses are persons'. Names of artists and authors, and the contacts that organisations
publish, are public: they pass. The report holds columns and rows, and no value.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from parvis.errors import SourceError
from parvis.i18n import both
from parvis.mapping.screening.blocks import read_blocks
from parvis.mapping.screening.identifiers import (
    MESSAGES,
    NINE_DIGITS,
    Identifier,
    identify_value,
    is_bare_name,
    is_forename,
    names_persons,
)
from parvis.mapping.screening.people import HeadingMeaning, is_usual_name, word_groups
from parvis.mapping.screening.profiles import MACHINE, STREET, ColumnProfile, profile
from parvis.report import Finding, Place, Report, Severity

HIDDEN = "…"
"""Replaces a name that holds an identifier."""
CONTACTS = (Identifier.EMAIL, Identifier.PHONE, Identifier.POSTAL)
MANY = 0.3
"""The share of values from which a column is of a kind."""
NAMED = re.compile(r"(?:M\.|Mme|Mr\.?|Mrs\.?|Ms\.?) [A-ZÀ-Ý][\w’'-]+ [A-ZÀ-Ý][\w’'-]+")
"""A person named in a sentence."""
FAR_FROM_CHANCE = 0.7
NEARLY_ALL = 0.9
FEW = 3
LONGEST_CODE = 24
ORDERS, SURVEYS = "orders", "surveys"
"""The words of headings that say what each row is."""
MOST = 0.5
"""The share of texts from which a column without a telling heading is of names."""


def judge(files: Iterable[Path], allowed: Collection[str] = ()) -> Report:
    """Search files for what identifies persons; columns that the steward `allowed` are left out.

    Raises `SourceError` for a file that cannot be opened, `LimitError` for one that unfolds beyond
    reason.
    """
    report = Report()
    for file in files:
        if not file.is_file():
            raise SourceError("there is no file {file}", file=file)
        for columns in profile(read_blocks(file)).values():
            report.rows += max(column.count for column in columns)
            for column, kind in ScreenedTable(file.name, columns).findings():
                if column.heading.casefold() not in {name.casefold() for name in allowed}:
                    _report(report, file, column, kind)
    return report


def _report(report: Report, file: Path, column: ColumnProfile, kind: Identifier) -> None:
    place = Place(
        hide(file.name),
        sheet=hide(column.table) if column.table else None,
        row=column.rows.get(kind, column.first + bool(column.position)),
        column=hide(column.heading or column.position) or None,
    )
    report.row_errors += 1
    report.add(Finding(Severity.VIOLATION, kind, both(MESSAGES[kind]), place))


def hide(name: str) -> str:
    """Return a name, or `HIDDEN` if it holds an identifier itself."""
    return HIDDEN if identify_value(name) or is_usual_name(name) else name


@dataclass
class ScreenedTable:
    """A table of a file, its columns judged together."""

    file: str
    columns: Sequence[ColumnProfile]

    def findings(self) -> Iterator[tuple[ColumnProfile, Identifier]]:
        """Yield each column that identifies persons, with each way in which it does."""
        for column in self.columns:
            for kind in self._kinds_of(column):
                yield column, kind

    def _kinds_of(self, column: ColumnProfile) -> Iterator[Identifier]:
        is_private = self._is_private(column)
        signs = {
            Identifier.HEALTH: column.share(Identifier.HEALTH) > MANY,
            Identifier.SOCIAL: _has_social_numbers(column),
            Identifier.MACHINE: column.matching(MACHINE) > MOST,
            Identifier.BIRTH: column.hits[Identifier.BIRTH] and not self.is_of_artists,
            Identifier.NUMBER: _has_numbers(column),
            Identifier.NAME: self._has_persons(column),
            Identifier.EMAIL: self._has_email(column),
            Identifier.PHONE: is_private and column.hits[Identifier.PHONE],
            Identifier.POSTAL: is_private and column.hits[Identifier.POSTAL],
            Identifier.ADDRESS: is_private and column.matching(STREET) > MANY,
            Identifier.COMMENT: column.meaning.comments and self._has_comments(column),
        }
        return (kind for kind, sign in signs.items() if sign)

    @cached_property
    def is_of_artists(self) -> bool:
        """Whether persons in it are those who make works."""
        return any(c.meaning.artists or c.meaning.works for c in self.columns)

    @cached_property
    def subjects(self) -> list[ColumnProfile]:
        """The columns that name works, events, places or organisations."""
        return [
            c for c in self.columns if c.words and not self._has_persons(c) and _names_others(c)
        ]

    @cached_property
    def is_of_customers(self) -> bool:
        """Whether each row is a customer, an order or an answer."""
        columns = self.columns
        if any(self._has_persons(c) or _has_numbers(c) for c in columns):
            return True
        contacts = [c for c in columns if any(c.share(kind) > MANY for kind in CONTACTS)]
        if any(c.civilities or (c in contacts and c.meaning.home) for c in columns) or any(
            c.share(Identifier.BIRTH) > MANY and not self.is_of_artists for c in columns
        ):
            return True
        names = [
            HeadingMeaning.of(text) for text in (self.file.partition(".")[0], columns[0].table)
        ]
        if self._is_of(ORDERS, names) or self._is_of(SURVEYS, names):
            return True
        # Addresses of persons, each once, while what they came to is repeated, or is not named.
        return any(
            c.of_persons > MOST
            and not c.meaning.published
            and not any(subject.distinct >= c.distinct for subject in self.subjects)
            for c in contacts
        )

    def _is_of(self, group: str, names: Sequence[HeadingMeaning]) -> bool:
        """Return whether two words say that each row is an order, or an answer."""
        # Not where each row is a work or an event of its own, with what else a programme tells.
        if any(c.distinct > NEARLY_ALL and c.count > FEW for c in self.subjects):
            return False
        headed = [*names, *(c.meaning for c in self.columns if not c.meaning.published)]
        words = {word for meaning in headed for word in meaning.texts}
        if len(words & word_groups()["programme"]) > 1:
            return False
        asked = group == SURVEYS and sum(c.heading.endswith("?") for c in self.columns)
        # A file that is called “clients” says half of it.
        called = any(meaning.persons for meaning in names)
        return len(words & word_groups()[group]) + asked + called > 1

    def _has_persons(self, column: ColumnProfile) -> bool:
        """Return whether a column names persons who are not public."""
        meaning = column.meaning
        if meaning.artists or meaning.counts or not column.words:
            return False
        if meaning.persons and not meaning.subjects:
            named = max(column.usual_names, column.single_names)
            distinct = column.distinct > MOST or len(column.words) > 3  # noqa: PLR2004 - no few labels
            return distinct and (named > MANY or column.forms_of_names > MOST)
        if names_persons(column.heading) and is_forename(column.heading):
            return not self.is_of_artists and column.single_names + column.usual_names > MANY
        return self._is_of_names_by_content(column)

    def _is_of_names_by_content(self, column: ColumnProfile) -> bool:
        """Return whether a column whose heading does not say so is of names of persons."""
        meaning = column.meaning
        if meaning.published or meaning.places or self.is_of_artists:
            return False
        # « Nom », next to « Prénom », is a family name, however rare.
        has_forenames = any(
            is_forename(other.heading) for other in self.columns if other is not column
        )
        if has_forenames and meaning.texts and is_bare_name(column.heading):
            return True
        # A programme of concerts has many names of artists as titles.
        if any(c.meaning.subjects and c is not column for c in self.columns) and not any(
            c.meaning.orders or c.share(Identifier.EMAIL) > MANY for c in self.columns
        ):
            return False
        if len(column.words) == 1 and meaning.texts and not names_persons(column.heading):
            return False
        # Under a heading that is not of names, or none, some titles are names by chance.
        least = MOST if names_persons(column.heading) else FAR_FROM_CHANCE
        few = len(column.words) < FEW
        return column.usual_names > least or (column.single_names > least and not few)

    def _is_private(self, column: ColumnProfile) -> bool:
        """Return whether a contact in a column would be a person's."""
        meaning = column.meaning
        if meaning.home and not meaning.subjects:
            return True
        if meaning.persons and not meaning.public:
            return "contact" not in meaning.texts or self.is_of_customers
        # The same for all, as the address of the only hall.
        is_constant = len(column.values) == 1 and column.count > 2  # noqa: PLR2004 - chance
        return self.is_of_customers and not is_constant and not meaning.published

    def _has_email(self, column: ColumnProfile) -> bool:
        if not column.hits[Identifier.EMAIL] or column.of_organisations == 1:
            return False
        if column.meaning.comments and column.of_persons:
            return True
        if column.share(Identifier.EMAIL) <= MANY:  # in texts
            return self.is_of_customers and not column.meaning.published
        if self._is_private(column):
            return True
        # A list of nothing but persons' addresses.
        return column.of_persons > MOST and not self.subjects and not column.meaning.published

    def _has_comments(self, column: ColumnProfile) -> bool:
        """Return whether remarks name somebody, or are a respondent's own words."""
        named = any(is_usual_name(name) for text in column.words for name in NAMED.findall(text))
        return named or (column.long_texts > 1 and self.is_of_customers)


def _has_numbers(column: ColumnProfile) -> bool:
    """Return whether a column numbers persons."""
    meaning = column.meaning
    if not meaning.persons or not meaning.numbered or meaning.artists:
        return False
    return sum(map(is_code, column.values)) > MOST * len(column.values)


def _has_social_numbers(column: ColumnProfile) -> bool:
    # One number of nine digits in ten fits by chance.
    is_headed = bool({*column.meaning.texts} & {"nas", "sin", "social", "sociale"})
    # Of a few rows, the heading is a value too: the numbers are compared among themselves.
    numbers = [value for value in column.values if NINE_DIGITS.fullmatch(value)]
    social = sum(identify_value(value) is Identifier.SOCIAL for value in numbers)
    is_likely = social > 1 and social > FAR_FROM_CHANCE * len(numbers)
    return is_likely or column.share(Identifier.SOCIAL) > (0 if is_headed else FAR_FROM_CHANCE)


def is_code(text: str) -> bool:
    """Return whether a text is short, without spaces, and has a digit."""
    return (
        len(text) <= LONGEST_CODE
        and text.isascii()
        and bool(re.fullmatch(r"[\w.-]*\d[\w.-]*", text))
    )


def _names_others(column: ColumnProfile) -> bool:
    """Return whether a column names something that is no person."""
    meaning = column.meaning
    if meaning.subjects or meaning.artists:
        return True
    return bool(meaning.texts) and names_persons(column.heading) and not is_forename(column.heading)
