"""Who a question is for, and the sentences of its answer: ``queries/questions.toml``.

A table for each question, by its name. Its answer is a list of sentences for each language, filled
with the cells of the result; the first two that can be filled are said::

    {residence}               the cell of the first row, a number as the page's language writes it
    {residence.2}             that of the second row; {residence.last} that of the last
    {residence.only}          that of a result that has one row
    {residence@attendance}    that of the row with the greatest attendance (@-: with the least)
    {attendance|entry|entries}  a number with its noun
    {rows|region|regions}     the number of rows; {#area|region|regions} of different cells
    {+events|event|events}    the sum of a column
    {=rows|It is|The first is}  a text for one row, or for several
    {~discipline}             a name within a sentence, its first letter small
    {de month}                a name after “de”, which French elides
    {price$}                  an amount of money
    {start:day}               a day without its hour
    {yes}, {no}               what an ASK query answers

Its chart is drawn of columns of its result, where another one would be drawn of them, or none::

    chart = { kind = "bar", names = ["residence"], figures = ["attendance"] }
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES, N_

# Texts that people write in a catalogue folder: UTF-8, marked as such by Windows or not.

NO_UTF_8 = N_("{file}: this is not written in UTF-8: save it so")
NO_TOML = N_("{file}: this is no TOML: {why}")


def read_text(file: Path) -> str:
    """Return the text of a file. Raises `CatalogError` if it is not in UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogError(NO_UTF_8, file=file) from error


def read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(NO_TOML, file=file, why=error) from error


READERS = {
    "partner": N_("For partners"),
    "researcher": N_("For researchers"),
    "journalist": N_("For journalists"),
    "platform": N_("For platforms"),
}
"""The kinds of readers, in the order in which pages show them."""

QUESTIONS = Path("queries") / "questions.toml"
ROWS, YES, NO = "rows", "yes", "no"
"""Fields that are no columns."""
FIELD = re.compile(
    r"\{(?P<form>~|de )?(?P<bare>=?)(?P<over>[+#]?)(?P<column>\w+)"
    r"(?:\.(?P<row>\d{1,3}|last|only)|@(?P<least>-?)(?P<by>\w+))?(?P<style>\$|:day)?"
    r"(?:\|(?P<one>[^|{}]+)\|(?P<many>[^|{}]+))?\}"
)
NO_READER = N_("{file}: “{slug}”: there is no reader “{name}”; these exist: {readers}")
NO_ANSWER = N_("{file}: “{slug}”: the answer is a list of sentences in each of: {langs}")
NO_FIELD = N_("{file}: “{slug}”: this is no field of a sentence: {text}")
NO_COLUMN = N_("{file}: “{slug}”: the query has no variable “{name}”")


MAP = "map"
CHARTS = ("bar", "line", MAP)
MOST_NAMES, MOST_FIGURES = 2, 8
NO_CHART = N_(
    "{file}: “{slug}”: a chart has a kind ({kinds}), one or two columns of names, and one of"
    " figures, or several by one of names"
)
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


@dataclass(frozen=True)
class ChartColumns:
    """The columns that a chart draws: names (the second is the colour), and figures.

    Several figures are a colour each; `reference` is a line at a value. A map has regions as names.
    """

    kind: str
    names: tuple[str, ...]
    figures: tuple[str, ...]
    reference: float | None = None

    @classmethod
    def read(cls, table: object) -> Self | None:
        """Read the table of a chart; None where it is none."""
        members = table if isinstance(table, dict) else {}
        lists = [members.get(name) for name in ("names", "figures")]
        names, figures = (
            tuple(texts) if isinstance(texts, list | tuple) and all(map(_is_text, texts)) else ()
            for texts in lists
        )
        reference = members.get("reference")
        is_chart = (
            {*members} <= {"kind", "names", "figures", "reference"}
            and members.get("kind") in CHARTS
            and 1 <= len(names) <= MOST_NAMES
            and 1 <= len(figures) <= MOST_FIGURES
            and 1 in {len(names), len(figures)}
            and (members["kind"] != MAP or len(names) == len(figures) == 1)
            and isinstance(reference, int | float | None)
        )
        return cls(members["kind"], names, figures, reference) if is_chart else None

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.names, *self.figures)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_vega_lite(self) -> dict[str, Any]:
        """Return a Vega-Lite specification without data, for those who reuse the question."""
        axis, *colour = self.names
        # The outlines of regions are no part of the data: elsewhere, a map is bars.
        mark = "bar" if self.kind == MAP else self.kind
        specification: dict[str, Any] = {"$schema": SCHEMA, "mark": mark}
        name = {"field": axis, "type": "ordinal", "sort": None}
        figure: dict[str, Any] = {"field": self.figures[0], "type": "quantitative"}
        encoding: dict[str, Any] = {"x": name, "y": figure}
        if colour:
            encoding["color"] = {"field": colour[0], "type": "nominal"}
        if len(self.figures) > 1:
            specification["transform"] = [{"fold": [*self.figures]}]
            encoding["y"] = {"field": "value", "type": "quantitative"}
            encoding["color"] = {"field": "key", "type": "nominal"}
        return specification | {"encoding": encoding}


@dataclass(frozen=True)
class Presentation:
    """Who a question is for, the sentences of its answer by language, its chart; all may lack."""

    readers: tuple[str, ...] = ()
    answer: dict[str, list[str]] = field(default_factory=dict)
    chart: ChartColumns | None = None


def load_presentations(folder: Path) -> dict[str, Presentation]:
    """Read `QUESTIONS` of a catalogue folder.

    Raises `CatalogError` for an unknown kind of reader, or an answer that lacks a language.
    """
    file = folder / QUESTIONS
    if not file.is_file():
        return {}
    presentations = {}
    for slug, table in read_toml(file).items():
        members = table if isinstance(table, dict) else {}
        readers, answer = members.get("readers", []), members.get("answer", {})
        for name in readers if isinstance(readers, list) else [readers]:
            if not _is_text(name) or name not in READERS:
                names = ", ".join(READERS)
                raise CatalogError(NO_READER, file=file, slug=slug, name=name, readers=names)
        if answer and not _is_answer(answer):
            raise CatalogError(NO_ANSWER, file=file, slug=slug, langs=", ".join(LANGUAGES))
        chart = ChartColumns.read(members["chart"]) if "chart" in members else None
        if "chart" in members and chart is None:
            raise CatalogError(NO_CHART, file=file, slug=slug, kinds=", ".join(CHARTS))
        presentations[slug] = Presentation(tuple(readers), answer, chart)
    return presentations


def _is_answer(answer: object) -> bool:
    return (
        isinstance(answer, dict)
        and {*answer} == {*LANGUAGES}
        and all(isinstance(sentences, list) for sentences in answer.values())
        and all(_is_text(text) for sentences in answer.values() for text in sentences)
    )


def require_columns(slug: str, presentation: Presentation, variables: Collection[str]) -> None:
    """Raise `CatalogError` for a sentence or a chart of what the query does not have."""
    names = {*variables, ROWS, YES, NO}
    for name in presentation.chart.columns if presentation.chart else ():
        if name not in variables:
            raise CatalogError(NO_COLUMN, file=QUESTIONS, slug=slug, name=name)
    for text in (text for sentences in presentation.answer.values() for text in sentences):
        if brace := re.search(r"[{}].{0,20}", FIELD.sub("", text)):
            raise CatalogError(NO_FIELD, file=QUESTIONS, slug=slug, text=brace[0])
        for match in FIELD.finditer(text):
            for name in filter(None, (match["column"], match["by"])):
                if name not in names:
                    raise CatalogError(NO_COLUMN, file=QUESTIONS, slug=slug, name=name)
