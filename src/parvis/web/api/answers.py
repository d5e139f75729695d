"""The sentences of an answer: those of a question, filled with the cells of its result."""

import re
from typing import TYPE_CHECKING

from parvis import i18n
from parvis.catalog.queries import FIELD, ROWS
from parvis.i18n import N_
from parvis.web.api.results import Preview, ResultTerm
from parvis.web.http.language import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable

AT_LEAST, MONEY = N_("at least {count}"), N_("${amount}")
LEAST = re.compile(r"(\d+)\+")
"""A number of contributors as releases publish it: so many or more."""
MONTH_OR_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def say_answer(result: Preview, template: str, lang: str) -> str:
    """Return the sentences of a result; empty where it lacks a row or a cell that they name.

    A result that is cut has sentences of its first rows only: what would count or compare all of
    them is not said.
    """
    if result.kind != "bindings" or not result.rows:
        return ""
    parts: list[str] = []
    end = 0
    for match in FIELD.finditer(template):
        text = _fill(result, match, lang)
        if not text:
            return ""
        parts += [template[end : match.start()], text]
        end = match.end()
    return "".join([*parts, template[end:]])


def _fill(result: Preview, match: re.Match[str], lang: str) -> str:
    if match["column"] == ROWS:
        return "" if result.cut else _with_noun(len(result.rows), match, lang)
    if match["column"] not in result.columns or (match["by"] and result.cut):
        return ""
    cell = _cell(result, match)
    return _say_cell(cell, match, lang) if cell and cell.text else ""


def _say_cell(cell: ResultTerm, match: re.Match[str], lang: str) -> str:
    if cell.is_number and match["money"]:
        amount = i18n.localize_decimal(lang, f"{float(cell.text):.2f}")
        return i18n.say(lang, MONEY, amount=amount)
    if cell.is_number:
        return _with_noun(float(cell.text), match, lang)
    if least := LEAST.fullmatch(cell.text):
        return i18n.say(lang, AT_LEAST, count=least[1])
    text = i18n.date_in_words(lang, cell.text) if MONTH_OR_DAY.fullmatch(cell.text) else cell.text
    text = text if cell.instant is None else format_instant(cell.instant)
    return text[:1].lower() + text[1:] if match["small"] else text


def _cell(result: Preview, match: re.Match[str]) -> ResultTerm | None:
    at = result.columns.index(match["column"])
    rows = result.rows
    if match["by"]:
        by = result.columns.index(match["by"])
        numbered = [row for row in rows if row[by].is_number]
        choose: Callable[..., list[ResultTerm]] = min if match["least"] else max
        return choose(numbered, key=lambda row: float(row[by].text))[at] if numbered else None
    place = len(rows) if match["row"] == "last" else int(match["row"] or 1)
    return rows[place - 1][at] if 1 <= place <= len(rows) else None


def _with_noun(value: float, match: re.Match[str], lang: str) -> str:
    text = i18n.number(lang, value)
    if not match["many"]:
        return text
    # French counts from 2 on in the plural, English all but 1 (CLDR).
    plural = abs(value) >= 2 if lang == "fr" else value != 1  # noqa: PLR2004 - see above
    return f"{text}\u00a0{match['many'] if plural else match['one']}"
