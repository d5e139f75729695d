"""Dormant data: what a file could already answer, and which one more column would unlock."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

from parvis.vocab.namespaces import PREFIXES

TOTAL_ENDING = b"/total> .\n"
"""The end of a triple whose object is the concept of a dimension that is not broken down."""


@dataclass(frozen=True)
class DataQuestion:
    """A question in each language; each need is met by any of its properties."""

    text: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]

    def missing(self, properties: set[str]) -> list[tuple[str, ...]]:
        """Return the needs that no property meets."""
        return [need for need in self.needs if not properties & set(need)]


@dataclass(frozen=True)
class AnswerableQuestions:
    """Questions that the data answer, and those that one more column would unlock, with it."""

    answerable: tuple[DataQuestion, ...]
    unlocked: tuple[tuple[DataQuestion, tuple[str, ...]], ...]

    @property
    def columns(self) -> list[tuple[tuple[str, ...], list[DataQuestion]]]:
        """Return each column that would unlock a question, the most useful first."""
        columns: defaultdict[tuple[str, ...], list[DataQuestion]] = defaultdict(list)
        for question, need in self.unlocked:
            columns[need].append(question)
        return sorted(columns.items(), key=lambda column: -len(column[1]))

    def to_json(self) -> dict[str, Any]:
        """Return JSON data; a column is named by the properties that would do."""
        return {
            "answerable": [dict(question.text) for question in self.answerable],
            "unlocked": [
                {"column": list(need), "questions": [dict(question.text) for question in questions]}
                for need, questions in self.columns
            ],
        }


def find_answerable(properties: Iterable[str]) -> AnswerableQuestions:
    """Return what properties (prefixed names) can answer.

    >>> answers = find_answerable({"schema:name", "schema:startDate"})
    >>> answers.answerable[0].text["en"]
    'What is on, and when?'
    """
    present = set(properties)
    missing_needs = [(question, question.missing(present)) for question in questions()]
    return AnswerableQuestions(
        tuple(question for question, missing in missing_needs if not missing),
        tuple(
            (question, missing[0])
            for question, missing in missing_needs
            if len(missing) == 1 and len(question.needs) > 1
        ),
    )


def properties_of(lines: Iterable[bytes]) -> set[str]:
    """Return, as prefixed names, the properties in N-Triples that questions need."""
    needs = chain.from_iterable(question.needs for question in questions())
    parts = {name: name.partition(":") for name in chain.from_iterable(needs)}
    names_by_iri = {
        f"<{PREFIXES[prefix]}{local}>".encode(): name for name, (prefix, _, local) in parts.items()
    }
    present: set[bytes] = set()
    for line in lines:
        predicate = line.split(b" ", 2)[1]
        # A dimension that is always the total, nowhere broken down, answers nothing.
        if (
            predicate in names_by_iri
            and predicate not in present
            and not line.endswith(TOTAL_ENDING)
        ):
            present.add(predicate)
    return {names_by_iri[predicate] for predicate in present}


@cache
def questions() -> tuple[DataQuestion, ...]:
    """Read the questions of the shared model."""
    text = (files(__package__) / "questions.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)["question"]
    return tuple(
        DataQuestion({"fr": entry["fr"], "en": entry["en"]}, tuple(map(tuple, entry["needs"])))
        for entry in entries
    )
