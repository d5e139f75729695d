"""Tables of results, whose columns and cells pages, files and programs show alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from parvis.catalog.codelists import Scheme
from parvis.i18n import choose_text
from parvis.pooling.cards import Texts
from parvis.report.delimited import csv_text

Cell = Texts | str | int | float | None
"""A text in each language, a code, a number, or nothing where nothing is known."""

TEXT, COUNT, SHARE, DOLLARS, NUMBER = "text", "count", "share", "dollars", "number"
COVERAGE = "coverage"
"""The kinds of columns: shares are from 0 to 1; that of covered venues is never said to be 0%."""


class Column(NamedTuple):
    """A column: its name in JSON, its heading, and the kind of its cells."""

    name: str
    heading: Texts
    kind: str = TEXT


@dataclass(frozen=True)
class ResultTable:
    """A table of results; `note` says how to read it."""

    name: str
    title: Texts
    columns: Sequence[Column]
    rows: Sequence[tuple[Cell, ...]]
    note: Texts

    def to_json(self) -> list[dict[str, Any]]:
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def headings(self, lang: str) -> list[str]:
        return [choose_text(lang, column.heading) for column in self.columns]

    def cells(self, lang: str) -> Iterator[list[str | int | float | None]]:
        """Yield the rows in a language, as files have them."""
        for row in self.rows:
            yield [choose_text(lang, cell) if isinstance(cell, Mapping) else cell for cell in row]

    def to_csv(self, lang: str) -> str:
        rows = (["" if cell is None else str(cell) for cell in row] for row in self.cells(lang))
        return csv_text([self.headings(lang), *rows], ",")


def describe_concept(concept_scheme: Scheme, iri: str) -> Texts:
    """Return the code of a concept and its label in each language."""
    return {"code": concept_scheme.code(iri), **concept_scheme.label(iri)}


def round_share(value: float | None) -> float | None:
    """Round a share or a ratio, None staying None."""
    return None if value is None else round(value, 4)
