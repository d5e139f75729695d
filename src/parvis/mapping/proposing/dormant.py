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

WHOLE = b"/total> .\n"
"""How a triple ends whose concept stands where a dimension is not broken down."""


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

    @property
    def columns(self) -> list[tuple[tuple[str, ...], list[Question]]]:
        """Give each column that would unlock something, with what; the most useful first."""
        found: defaultdict[tuple[str, ...], list[Question]] = defaultdict(list)
        for question, need in self.unlocked:
            found[need].append(question)
        return sorted(found.items(), key=lambda one: -len(one[1]))

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data; a column is named by the properties that would do."""
        return {
            "answerable": [dict(question.text) for question in self.answerable],
            "unlocked": [
                {"column": list(need), "questions": [dict(one.text) for one in some]}
                for need, some in self.columns
            ],
        }


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


def properties_of(lines: Iterable[bytes]) -> set[str]:
    """Give the properties that questions need and data in N-Triples have, by prefixed name.

    A dimension that is nowhere broken down, always the total, tells nothing.
    """
    wanted = _needed()
    found: set[bytes] = set()
    for line in lines:
        step = line.split(b" ", 2)[1]
        if step in wanted and step not in found and not line.endswith(WHOLE):
            found.add(step)
    return {wanted[step] for step in found}


@cache
def _needed() -> dict[bytes, str]:
    """Give what questions need as N-Triples write it, with the prefixed name."""
    needs = chain.from_iterable(question.needs for question in questions())
    named = {name: name.partition(":") for name in chain.from_iterable(needs)}
    return {f"<{PREFIXES[p]}{rest}>".encode(): name for name, (p, _, rest) in named.items()}


@cache
def questions() -> tuple[Question, ...]:
    """Read the questions of the shared model."""
    text = (files(__package__) / "questions.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["question"]
    return tuple(
        Question({"fr": one["fr"], "en": one["en"]}, tuple(map(tuple, one["needs"])))
        for one in found
    )
