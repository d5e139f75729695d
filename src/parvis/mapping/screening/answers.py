"""Count the answers to the shared questionnaire in a file with one row for each respondent.

Only counts and sums of weights leave this module: no answer of a person does.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from parvis.errors import SourceError
from parvis.mapping.concepts import fold_text
from parvis.mapping.language.plan import LogicalSource
from parvis.mapping.screening.gate import hide, judge
from parvis.mapping.sources import ENDINGS
from parvis.mapping.sources.packed import unpack_source
from parvis.mapping.sources.tables import TITLE_ROWS, csv_lines
from parvis.mapping.sources.workbooks import read_sheets
from parvis.report import Report

PERIOD, WEIGHT = "period", "weight"
LEAST = 3
"""Questions whose headings are there, besides period and weight, in a file of answers."""
MOST_BYTES = 20_000_000
"""A larger file is not of answers: reading workbooks takes long."""
MOST_WEIGHT = 1e6
MOST_PROBLEMS = 10
"""Problems that are named; all are counted."""
NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,12})?")
FSA = re.compile(r"[A-Z]\d[A-Z]")
Lines = Iterable[tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class Questionnaire:
    """The headings of a file of answers, and what may stand under each; all texts are folded.

    `columns` has a question, `PERIOD` or `WEIGHT` by heading; `choices` has, by column and text,
    the code that is counted; `prefixes` those of the forward sortation areas.
    """

    columns: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    prefixes: Mapping[str, str]
    residence: str
    """The question that a forward sortation area answers."""

    def code(self, column: str, cell: str) -> str | None:
        """Return the code of a cell, None for what is no choice of its column."""
        postal = cell.replace(" ", "").upper()
        if column == self.residence and FSA.fullmatch(postal):
            lengths = (self.prefixes.get(postal[:length]) for length in (3, 2, 1))
            return next(filter(None, lengths), None)
        return self.choices[column].get(fold_text(cell))


def tally(file: Path, questionnaire: Questionnaire) -> dict[str, Any] | None:
    """Return the counts of a file of answers, as JSON data; None for any other file.

    None also for one that identifies persons, which is refused elsewhere. `problems` are the first
    rows and columns that are wrong, each with the column's kind. Without choices, nothing is
    counted.
    """
    if not file.is_file() or file.stat().st_size > MOST_BYTES:
        return None
    # A file that cannot be read is reported where it is converted.
    with suppress(SourceError), unpack_source(LogicalSource("file", "", "csv"), file) as plain:
        for sheet, lines in _read_tables(plain):
            beginning = list(islice(lines, TITLE_ROWS))
            header = next(
                (n for n, (_, cells) in enumerate(beginning) if _is_header(cells, questionnaire)),
                None,
            )
            if header is None:
                continue
            # Before anything of it is read, so that no error repeats what identifies a person.
            if judge([file]).findings:
                return None
            if not questionnaire.choices:
                return {}
            counter = _Counter(questionnaire, beginning[header][1])
            for lines_of_answers in (beginning[header + 1 :], lines):
                for number, cells in lines_of_answers:
                    counter.add(number, cells)
            return counter.to_json() | {"sheet": sheet and hide(sheet)}
    return None


def _read_tables(file: Path) -> Iterator[tuple[str, Iterator[tuple[int, Sequence[str]]]]]:
    formulation = ENDINGS.get(file.suffix.lower())
    if formulation == "csv":
        yield "", csv_lines(LogicalSource("file", "", "csv"), file, Report())
    elif formulation == "table":
        for name, lines in read_sheets(file):
            yield name, enumerate(lines, 1)


def _is_header(cells: Sequence[str], questionnaire: Questionnaire) -> bool:
    columns = {questionnaire.columns.get(fold_text(cell)) for cell in cells} - {None}
    return {PERIOD, WEIGHT} <= columns and len(columns) >= LEAST + 2


class _Counter:
    """Adds respondents up, by period, question and answer."""

    def __init__(self, questionnaire: Questionnaire, headings: Sequence[str]) -> None:
        self._questionnaire = questionnaire
        self._headings = [" ".join(heading.split()) for heading in headings]
        self._columns: dict[str, int] = {}
        for position, heading in enumerate(headings):
            if column := questionnaire.columns.get(fold_text(heading)):
                self._columns.setdefault(column, position)
        # Respondents, the sum of their weights, and of the squares of these.
        self._sums = defaultdict[tuple[str, str, str], list[float]](lambda: [0, 0.0, 0.0])
        self._problems: list[dict[str, object]] = []
        self._problem_count = self._respondents = 0
        self._unweighted: list[int] = []

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Add a respondent, or note what is wrong with the row."""
        cells = [cell.strip() for cell in cells]
        texts = {
            column: cells[position] if position < len(cells) else ""
            for column, position in self._columns.items()
        }
        if not any(texts.values()):
            return
        self._respondents += 1
        weight = _parse_weight(texts.pop(WEIGHT))
        if weight is None:
            self._note(number, WEIGHT)
        elif not weight:
            self._unweighted.append(number)
        codes = {}
        for column, text in texts.items():
            code = self._questionnaire.code(column, text) if text else None
            if code is not None:
                codes[column] = code
            elif text or column == PERIOD:
                self._note(number, column)
        period = codes.pop(PERIOD, None)
        if period is None or weight is None:
            return
        weight = weight or 1.0
        for question, answer in codes.items():
            sums = self._sums[period, question, answer]
            sums[0] += 1
            sums[1] += weight
            sums[2] += weight * weight

    def _note(self, number: int, column: str) -> None:
        self._problem_count += 1
        if len(self._problems) < MOST_PROBLEMS:
            heading = self._headings[self._columns[column]]
            self._problems.append({"row": number, "column": column, "heading": heading})

    def to_json(self) -> dict[str, Any]:
        # A sample without any weight has the weight 1 for all; a part of the weights is a mistake.
        if 0 < len(self._unweighted) < self._respondents:
            for number in self._unweighted:
                self._note(number, WEIGHT)
        return {
            "respondents": self._respondents,
            "problems": self._problems,
            "problem_count": self._problem_count,
            "sums": [[*key, *sums] for key, sums in sorted(self._sums.items())],
        }


def _parse_weight(text: str) -> float | None:
    """Return a weight, 0 for an empty cell, None for what is no weight above zero.

    >>> _parse_weight("0,85"), _parse_weight(""), _parse_weight("0"), _parse_weight("-1")
    (0.85, 0.0, None, None)
    """
    if not text:
        return 0.0
    weight = float(text.replace(",", ".")) if NUMBER.fullmatch(text) else math.nan
    return weight if 0 < weight <= MOST_WEIGHT else None
