"""What stands in each column of a file: counts, samples and identifiers, in bounded memory."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from parvis.mapping.screening.blocks import COLUMNS, Block
from parvis.mapping.screening.identifiers import (
    Identifier,
    identify_in_column,
    identify_value,
    is_of_birth,
)
from parvis.mapping.screening.people import (
    HeadingMeaning,
    addresses_in,
    has_form_of_name,
    is_of_organisation,
    is_of_person,
    is_single_name,
    is_usual_name,
)

SAMPLE = 2_000
"""Different values of a column that are looked at as names."""
LATER = 20
"""Beyond them, those of each block that are looked at, as long as there are fewer than twice."""
KNOWN = 10_000
"""Values of a column that are remembered, with what they are."""
LONGEST = 400
"""Characters of a value that are looked at as a name or an address."""
SUSPECT = re.compile(
    r"[@＠]|(?:\d[^\d\n]{0,4}){6}|[^\W\d_]\d[^\W\d_]|\b(?:at?|arobas|arobase)\b", re.IGNORECASE
)
"""What every identifier has, most values have not, and costs little to look for."""
PLAIN = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|\d{1,8}(?:[.,]\d{1,4})?")
"""Dates and small numbers."""
STREET = re.compile(
    r"\b\d{1,5}[a-z]?,? +(?:.{1,40} )?(?:rue|avenue|av|boul|boulevard|chemin|ch|rang|route|place"
    r"|cote|montee|allee|croissant|terrasse|street|st|road|rd|drive|dr|lane|ave|blvd|court"
    r"|crescent|cres|way)\b",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
CIVILITIES = frozenset({*["m", "mme", "mr", "mrs", "ms", "mlle", "monsieur", "madame", "dr"]})
SINGLE = re.compile(r"[^\W\d_a-z][^\W\d_]*(?:-[^\W\d_]+)*")
FEW = 0.25
"""The share of texts up to which a column has too few names for any rule."""
WEB = ("http://", "https://")
LONG = 40
"""Characters from which a text is more than a label."""


@dataclass
class ColumnProfile:
    """A column of a table; `count` values that are not blank, from row `first` on.

    `values` are different ones with how often each came, `hits` the identifiers with their counts
    and `rows` the first row of each.
    """

    table: str
    heading: str
    position: str
    first: int
    count: int = 0
    values: Counter[str] = field(default_factory=Counter)
    hits: Counter[Identifier] = field(default_factory=Counter)
    rows: dict[Identifier, int] = field(default_factory=dict)
    _known: dict[str, Identifier | None] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        """Count values, and look for identifiers in those that are new."""
        counts = Counter(block.texts)
        counts.pop("", None)
        self.count += counts.total()
        room = SAMPLE - len(self.values)
        if room <= 0:
            # Later rows have a share too, in case the file changes its subject.
            room = min(LATER, 2 * SAMPLE - len(self.values))
        for text, count in counts.items():
            value = text[:LONGEST]
            if value in self.values:
                self.values[value] += count
            elif room > 0:
                self.values[value] = count
                room -= 1
        new = [text for text in counts if text not in self._known]
        for text in new if self._is_birth or SUSPECT.search("\n".join(new)) else ():
            kind = self._identify(text)
            if kind is not None and kind not in self.rows:
                self.rows[kind] = block.row + block.texts.index(text)
            if kind is not None or len(self._known) < KNOWN:
                self._known[text] = kind
        for text in counts.keys() & self._known.keys():
            if kind := self._known[text]:
                self.hits[kind] += counts[text]

    def _identify(self, text: str) -> Identifier | None:
        if self._is_birth:
            return identify_in_column(self.heading, text)
        # Dates and small numbers are most of what has digits, and the digits of an address of the
        # web are of no telephone.
        if PLAIN.fullmatch(text) or text.startswith(WEB) or not SUSPECT.search(text):
            return None
        return identify_value(text)

    @cached_property
    def _is_birth(self) -> bool:
        return is_of_birth(self.heading)

    @cached_property
    def meaning(self) -> HeadingMeaning:
        return HeadingMeaning.of(self.heading)

    def share(self, kind: Identifier) -> float:
        """Return the share of values with an identifier."""
        return self.hits[kind] / max(self.count, 1)

    @cached_property
    def distinct(self) -> float:
        """The share of different values."""
        return len(self.values) / max(min(self.count, self.values.total()), 1)

    @cached_property
    def words(self) -> list[str]:
        """The different values that are words and no numbers; the heading is none of them."""
        return [
            value
            for value in self.values
            if value != self.heading and re.search(r"[^\W\d_]{2}", value)
        ]

    def _share_of_words(self, test: Callable[[str], bool]) -> float:
        return sum(map(test, self.words)) / len(self.words) if self.words else 0.0

    @cached_property
    def usual_names(self) -> float:
        """The share of different texts that are names of persons, by the lists."""
        # The lists take longer to load than most files: few forms of names are too few names.
        return self._share_of_words(is_usual_name) if self.forms_of_names > FEW else 0.0

    @cached_property
    def forms_of_names(self) -> float:
        """The share of different texts that are written as names of persons."""
        return self._share_of_words(has_form_of_name)

    @cached_property
    def single_names(self) -> float:
        """The share of different texts that are one given or family name."""
        words = self._share_of_words(lambda text: SINGLE.fullmatch(text) is not None)
        return self._share_of_words(is_single_name) if words > FEW else 0.0

    @cached_property
    def civilities(self) -> bool:
        """Whether the values are « M. » and « Mme »."""
        return bool(self.words) and all(v.strip(".").lower() in CIVILITIES for v in self.values)

    @cached_property
    def addresses(self) -> list[str]:
        """The different e-mail addresses."""
        return [address for value in self.values for address in addresses_in(value)]

    @cached_property
    def of_persons(self) -> float:
        """The share of e-mail addresses that are a person's."""
        return sum(map(is_of_person, self.addresses)) / max(len(self.addresses), 1)

    @cached_property
    def of_organisations(self) -> float:
        """The share of e-mail addresses that are an organisation's mailbox."""
        return sum(map(is_of_organisation, self.addresses)) / max(len(self.addresses), 1)

    def matching(self, pattern: re.Pattern[str]) -> float:
        """Return the share of different values in which a pattern is found."""
        return sum(bool(pattern.search(value)) for value in self.values) / max(len(self.values), 1)

    @cached_property
    def long_texts(self) -> int:
        """How many different values are sentences."""
        return sum(len(value) >= LONG and " " in value for value in self.values)


def profile(blocks: Iterable[Block]) -> dict[str, list[ColumnProfile]]:
    """Gather the columns of each table."""
    columns: dict[tuple[str, str], ColumnProfile] = {}
    for block in blocks:
        key = (block.table, block.column)
        column = columns.get(key)
        if column is None:
            key = key if len(columns) < COLUMNS else ("", "")
            heading, _, position = block.column.partition("\n")
            column = ColumnProfile(block.table, heading, position, block.row)
            column = columns.setdefault(key, column)
        column.add(block)
    tables: dict[str, list[ColumnProfile]] = {}
    for column in columns.values():
        tables.setdefault(column.table, []).append(column)
    return tables
