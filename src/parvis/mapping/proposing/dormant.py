"""Dormant data: what a file could already answer, and which one more column would unlock."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Question:
    """A question in each language; each of `needs` is met by any one of its properties."""

    text: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]

    def missing(self, properties: set[str]) -> list[tuple[str, ...]]:
        """Give the needs that no property meets."""
        return [need for need in self.needs if not properties & set(need)]


@dataclass(frozen=True)
class Dormant:
    """Questions that can be answered, and those that one more column would unlock, with it."""

    answerable: tuple[Question, ...]
    unlocked: tuple[tuple[Question, tuple[str, ...]], ...]


def dormant(properties: Iterable[str]) -> Dormant:
    """Say what properties (prefixed names) can answer.

    >>> found = dormant({"schema:name", "schema:startDate"})
    >>> found.answerable[0].text["en"]
    'What is on, and when?'
    """
    known = set(properties)
    left = [(question, question.missing(known)) for question in questions()]
    return Dormant(
        tuple(question for question, missing in left if not missing),
        tuple(
            (question, missing[0])
            for question, missing in left
            if len(missing) == 1 and len(question.needs) > 1
        ),
    )


@cache
def questions() -> tuple[Question, ...]:
    """Read the questions of the shared model."""
    text = (files(__package__) / "questions.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["question"]
    return tuple(
        Question({"fr": one["fr"], "en": one["en"]}, tuple(map(tuple, one["needs"])))
        for one in found
    )
