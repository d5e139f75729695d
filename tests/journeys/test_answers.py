"""Every question's answer is what pandas computes from the files that the partners sent."""

import csv
import io
import json

import pytest
from lxml import html
from rdflib import Graph

from parvis.catalog.queries import load_queries
from tests.journeys.answers import expected_figures, expected_offerings, expected_records
from tests.journeys.answers.offerings import DEMO
from tests.journeys.answers.pages import fetch_page
from tests.serving import Demo

QUERIES = load_queries(DEMO)
CHECKS = expected_figures.CHECKS | expected_offerings.CHECKS | expected_records.CHECKS
TOTALS = {"Toutes les disciplines", "Tous les âges", "Toutes les régions", "Toutes les tailles"}


def fetch(demo: Demo, slug: str, ending: str) -> bytes:
    """Return the answer to a question, as an anonymous reader gets it in French."""
    return fetch_page(demo, f"queries/{slug}.{ending}?lang=fr")


def read_rows(demo: Demo, slug: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(fetch(demo, slug, "csv").decode())))


def test_every_question_is_checked() -> None:
    """A new one needs a computation of its own."""
    checked = {*CHECKS, *expected_records.TRIPLES, *expected_records.YES_OR_NO}
    assert set(QUERIES) <= checked


@pytest.mark.parametrize("slug", CHECKS)
def test_an_answer_is_what_the_files_say(demo: Demo, slug: str) -> None:
    rows = read_rows(demo, slug)
    assert rows
    CHECKS[slug](rows)


@pytest.mark.parametrize("slug", expected_records.TRIPLES)
def test_a_graph_is_what_the_files_say(demo: Demo, slug: str) -> None:
    triples = Graph().parse(data=fetch(demo, slug, "nt"), format="nt")
    expected_records.TRIPLES[slug](triples)


@pytest.mark.parametrize("slug", sorted(expected_records.YES_OR_NO.keys() & QUERIES.keys()))
def test_a_yes_or_no_is_what_the_files_say(demo: Demo, slug: str) -> None:
    answer = json.loads(fetch(demo, slug, "json"))["boolean"]
    assert answer is expected_records.YES_OR_NO[slug]()


CHARTS = {slug: query.presentation.chart for slug, query in QUERIES.items()}
MEASURES = {
    "activites-des-expositions": ("activities", "free"),
    "billets-par-mois": ("tickets",),
    "calendrier-par-mois": ("events",),
    "grandes-salles": ("seats",),
    "lieux-par-region": ("events",),
    "lieux-par-type": ("places",),
    "lignes-en-erreur": ("errors",),
    "meilleurs-jours": ("rate",),
    "occupation-par-saison": ("rate",),
    "origine-des-publics": ("attendance",),
    "prets-par-public": ("loans",),
    "prix-moyen-par-mois": ("average",),
    "prix-moyen-par-taille": ("average",),
    "prix-par-discipline": ("lowest", "average", "highest"),
    "productions-en-tournee": ("towns",),
    "proprietes-les-plus-communes": ("datasets",),
    "publics-par-age": ("attendance",),
    "publics-par-millier-d-habitants": ("perThousand",),
    "publics-par-region": ("attendance",),
    "publics-sans-offre": ("attendance",),
    "recettes-par-type-de-prix": ("average",),
    "relais-jeunes-parents": ("people",),
    "relais-par-canal": ("atMost",),
    "tendance-membres-presents": ("index",),
}
"""What each question asks for: its chart must plot it, and nothing else."""


def test_every_chart_says_what_it_plots() -> None:
    assert {slug: chart.figures for slug, chart in CHARTS.items() if chart} == MEASURES


@pytest.mark.parametrize("slug", MEASURES)
def test_a_chart_plots_what_the_question_asks(demo: Demo, slug: str) -> None:
    """A row a mark, so that nothing is summed, and no total among its parts; without scripts."""
    chart, rows = CHARTS[slug], read_rows(demo, slug)
    assert chart is not None
    marks = [tuple(row[name] for name in chart.names) for row in rows]
    assert len(set(marks)) == len(marks)
    assert not TOTALS & {name for names in marks for name in names}
    page: html.HtmlElement = html.document_fromstring(fetch_page(demo, f"fr/queries/{slug}"))
    drawn = page.xpath("//figure[@id='chart']//*[local-name()='svg']")
    assert bool(drawn) is (len(marks) > 1)
