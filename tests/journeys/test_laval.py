"""Laval's calendar, as the city publishes it, becomes answers in SPARQL."""

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
    """Submit the file, unchanged."""
    return submit(pool, KEY, shared / "data" / FILE)


def rows(host: PoolService, query: str) -> list[list[str]]:
    """Ask as an anonymous reader; give the rows without the heading."""
    answer = b"".join(host.ask(ANONYMOUS, QueryRequest(query, results_format="csv")).chunks)
    return [line.split(",") for line in answer.decode().splitlines()[1:]]


def test_the_calendar_becomes_events_in_the_right_place_and_time(
    pool: Pool, outcome: Outcome
) -> None:
    """Naive times are UTC; cancellation, target publics and places are what the city says."""
    assert outcome.accepted
    publish(pool)
    host = PoolService(pool.settings)
    try:
        concept = "https://w3id.org/parvis/concept/audience/teens"
        assert rows(host, FIRST) == [
            [
                "2025-02-13T18:30:00-05:00",
                "http://schema.org/EventCancelled",
                "Bibliothèque Gabrielle-Roy",
                concept,
            ]
        ]
        assert rows(host, COUNTS) == [["293", "164", "100", "1"]]
        assert rows(host, DAYS) == [["13"]]
    finally:
        host.close()


def test_activities_without_one_place_are_reported_by_index(outcome: Outcome) -> None:
    """The 29 without place and the 100 with several are each told with index and JSON path."""
    counted = Counter(finding.rule for finding in outcome.report.findings)
    assert counted["no-place"] == 29
    assert counted["several-places"] == 100
    for finding in outcome.report.findings:
        if finding.rule == "several-places":
            assert finding.place is not None
            assert finding.place.path == f"$[{finding.place.row}]"
