"""Laval's calendar, as the city publishes it, is converted, published and queried."""

from collections import Counter
from pathlib import Path

import pytest

from parvis.governance import ANONYMOUS
from parvis.pooling.intake.submit import Outcome, submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("ville-de-laval", "calendrier")
FILE = "laval_calendrier-activites.json"
FIRST = """
SELECT ?start ?status ?place ?audience WHERE {
  ?event schema:name "Rencontre avec Kevin Raphaël"@fr ; schema:startDate ?start ;
         schema:eventStatus ?status ; schema:location/schema:name ?place ;
         parvis:targetAudience ?audience }
"""
COUNTS = """
SELECT (COUNT(DISTINCT ?e) AS ?events) (COUNT(DISTINCT ?one) AS ?placed)
       (COUNT(DISTINCT ?some) AS ?several) (COUNT(DISTINCT ?off) AS ?cancelled) WHERE {
  ?e a schema:Event
  OPTIONAL { ?e schema:location ?at BIND(?e AS ?one) }
  OPTIONAL { ?e parvis:possibleLocation ?maybe BIND(?e AS ?some) }
  OPTIONAL { ?e schema:eventStatus schema:EventCancelled BIND(?e AS ?off) } }
"""
DAYS = """
SELECT (COUNT(?e) AS ?days) WHERE {
  ?e a schema:Event ; schema:startDate ?d FILTER(datatype(?d) = xsd:date) }
"""


@pytest.fixture
def outcome(pool: Pool, shared: Path) -> Outcome:
    """Submit the file unchanged."""
    return submit(pool, KEY, shared / "data" / FILE)


def query_rows(service: PoolService, query: str) -> list[list[str]]:
    """Run a query as an anonymous reader, and return the rows without heading."""
    answer = b"".join(service.ask(ANONYMOUS, QueryRequest(query, results_format="csv")).chunks)
    return [line.split(",") for line in answer.decode().splitlines()[1:]]


def test_the_calendar_becomes_events_in_the_right_place_and_time(
    pool: Pool, outcome: Outcome
) -> None:
    """Times without zone are UTC; cancellations, target publics and places are the city's."""
    assert outcome.accepted
    publish(pool)
    service = PoolService(pool.settings)
    try:
        concept = "https://w3id.org/parvis/concept/audience/teens"
        assert query_rows(service, FIRST) == [
            [
                "2025-02-13T18:30:00-05:00",
                "http://schema.org/EventCancelled",
                "Bibliothèque Gabrielle-Roy",
                concept,
            ]
        ]
        assert query_rows(service, COUNTS) == [["293", "164", "100", "1"]]
        assert query_rows(service, DAYS) == [["13"]]
    finally:
        service.close()


def test_activities_without_exactly_one_place_are_reported_by_index(outcome: Outcome) -> None:
    """29 without place and 100 with several, each with index and JSON path."""
    counts = Counter(finding.rule for finding in outcome.report.findings)
    assert counts["no-place"] == 29
    assert counts["several-places"] == 100
    for finding in outcome.report.findings:
        if finding.rule == "several-places":
            assert finding.place is not None
            assert finding.place.path == f"$[{finding.place.row}]"
