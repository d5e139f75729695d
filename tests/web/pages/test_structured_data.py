"""What pages of events, places and organisations say to search engines."""

import json
import re

from flask.testing import FlaskClient


def read_schema(client: FlaskClient, path: str) -> dict[str, object]:
    """Return what a page says to search engines."""
    text = client.get(path).get_data(as_text=True)
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    # What a partner writes cannot end the block.
    assert "<" not in script
    described: dict[str, object] = json.loads(script)
    return described


def test_pages_of_events_places_and_organisations_describe_them_to_search_engines(
    client: FlaskClient,
) -> None:
    show = read_schema(client, "/fr/id/event/theatre-b/soeurs.html")
    assert show["@type"] == "TheaterEvent"
    assert show["name"] == "Les <b>Sœurs</b> du large"
    assert show["startDate"] == "2026-11-25T19:30:00-05:00"
    assert (
        read_schema(client, "/id/place/theatre-b/Salle%20d%E2%80%99%C3%A9t%C3%A9.html")["@type"]
        == "Place"
    )
    assert read_schema(client, "/en/partner/theatre-b")["@type"] == "Organization"


def test_other_pages_describe_nothing(client: FlaskClient) -> None:
    page = client.get("/describe?iri=https://w3id.org/parvis/concept/discipline/theatre")
    assert '<script type="application/ld+json">' not in page.get_data(as_text=True)
