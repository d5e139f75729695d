"""Every question's answer is what pandas computes from the files that the partners sent."""

import csv
import io
import json
from typing import Any

import pytest
from rdflib import Graph

from parvis.catalog.queries import Query, load_queries
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


def list_fields(part: Any) -> dict[str, set[str]]:  # noqa: ANN401 - any JSON
    """Return the fields of a chart's channels, those of its layers among them."""
    fields: dict[str, set[str]] = {}
    for layer in (part, *part.get("layer", ())):
        for channel, definition in layer.get("encoding", {}).items():
            if "field" in definition:
                fields.setdefault(channel, set()).add(definition["field"])
    return fields


CHARTS = {slug: query for slug, query in QUERIES.items() if query.chart}
MEASURES = {
    "billets-par-mois": "tickets",
    "calendrier-par-mois": "events",
    "meilleurs-jours": "rate",
    "occupation-par-saison": "rate",
    "origine-des-publics": "attendance",
    "prets-par-public": "loans",
    "prix-moyen-par-taille": "average",
    "prix-par-discipline": "average",
    "productions-en-tournee": "first",
    "publics-par-age": "attendance",
    "publics-par-millier-d-habitants": "perThousand",
    "publics-par-region": "attendance",
    "tendance-membres-presents": "index",
}
"""What each question asks for: the chart must plot it, and nothing else on that axis."""
RANGES = {"lowest", "highest", "average", "first", "last"}


def test_every_chart_says_what_it_plots() -> None:
    assert set(MEASURES) == set(CHARTS)


@pytest.mark.parametrize("slug", CHARTS)
def test_a_chart_plots_what_the_question_asks(demo: Demo, slug: str) -> None:
    """Draw columns, the measure that is asked for, and a row a mark: nothing is summed.

    No total stands among its parts.
    """
    query: Query = CHARTS[slug]
    rows = read_rows(demo, slug)
    fields = list_fields(json.loads(query.chart))
    names = {name for channel in fields.values() for name in channel}
    assert names <= set(rows[0])
    plotted = {name for name in names if is_number(rows, name)} | (names & {"first", "last"})
    assert MEASURES[slug] in plotted
    assert plotted <= RANGES | {MEASURES[slug]}
    groups = sorted(names - plotted)
    marks = [tuple(row[name] for name in groups) for row in rows]
    assert len(set(marks)) == len(marks), groups
    assert not TOTALS & {row[name] for row in rows for name in groups}


def is_number(rows: list[dict[str, str]], name: str) -> bool:
    return all(row[name].replace(".", "", 1).isdigit() for row in rows) and name != "year"
