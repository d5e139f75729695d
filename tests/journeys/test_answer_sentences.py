"""Every question of the demonstration is answered in sentences, of the figures of its result."""

import csv
import io
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from parvis.catalog.queries import FIELD, load_queries
from parvis.i18n import LANGUAGES
from tests.journeys.answers.offerings import DEMO
from tests.journeys.answers.pages import fetch_page
from tests.serving import Demo

QUERIES = load_queries(DEMO)
DIGITS = {
    "fr": re.compile(r"\d{1,3}(?:[\u00a0\u202f]\d{3})+(?:,\d+)?|\d+(?:,\d+)?"),
    "en": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"),
}
"""The numbers of a sentence, as its language writes them."""
PLAIN = re.compile(r"\d+(?:\.\d+)?")
HOURS = 12


def read_numbers(text: str, lang: str) -> set[float]:
    """Return the numbers of a sentence."""
    found = DIGITS[lang].findall(text)
    plain = (re.sub("[\u00a0\u202f]", "", n).replace(",", ".") for n in found)
    return {
        float(n.replace(",", "") if lang == "en" else p) for n, p in zip(found, plain, strict=True)
    }


def list_figures(table: str) -> set[float]:
    """Return what a result holds: the figures of its cells, how many rows and names, and sums."""
    rows = list(csv.reader(io.StringIO(table)))
    names, rows = rows[0], rows[1:]
    figures = {float(len(rows))}
    for at, _ in enumerate(names):
        cells = [row[at] for row in rows]
        figures.add(float(len({*cells} - {""})))
        if all(PLAIN.fullmatch(cell) for cell in cells):
            figures.add(sum(map(float, cells)))
        for cell in cells:
            figures |= {float(number) for number in PLAIN.findall(cell)}
            if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", cell):
                moment = datetime.fromisoformat(cell)
                # An instant of the pool is said by the clock of its time zone.
                for clock in (moment, moment.astimezone(ZoneInfo("America/Toronto"))):
                    figures |= {float(clock.day), float(clock.hour % HOURS or HOURS)}
    return figures


def assert_said(sentence: str, table: str, literals: set[float], lang: str) -> None:
    missing = read_numbers(sentence, lang) - list_figures(table) - literals
    assert not missing, (sentence, missing)


@pytest.mark.parametrize("slug", QUERIES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_question_is_answered_in_sentences(demo: Demo, slug: str, lang: str) -> None:
    """Two at most, whose every figure is one of its result; a choice that the query has is said."""
    query = QUERIES[slug]
    page: html.HtmlElement = html.document_fromstring(fetch_page(demo, f"{lang}/queries/{slug}"))
    sentence = page.xpath("string(//p[contains(@class, 'sentence')])")
    assert sentence[-1] == "."
    assert not re.search(r"[{}|]|https?://|\b[a-z]+:[A-Za-z]", sentence)
    templates = " ".join(query.presentation.answer[lang])
    literals = read_numbers(FIELD.sub("", templates), lang)
    # What the query chooses unless its reader does.
    literals |= {
        float(n)
        for day in re.findall(r'"(\d{4}-\d\d-\d\d)" \} # choice', query.text)
        for n in day.split("-")
    }
    table = ""
    if query.form == "SELECT":
        table = fetch_page(demo, f"queries/{slug}.csv?lang={lang}").decode()
    assert_said(sentence, table or "none\n", literals, lang)


def test_a_number_of_a_sentence_is_read_as_its_language_writes_it() -> None:
    assert read_numbers("1\u00a0234\u202f567,5 et 2\u00a0rangs", "fr") == {1234567.5, 2}
    assert read_numbers("1,234,567.5 and 2 rows", "en") == {1234567.5, 2}
    with pytest.raises(AssertionError, match="42"):
        assert_said("42 rows.", "n\n1\n", set(), "en")
