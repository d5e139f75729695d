"""The page of events, its frames, and what search engines read of events."""

import pytest
from flask.testing import FlaskClient

from parvis.web.http.security import FRAMED_POLICY

ALL = "?from=2026-01-01"


def test_the_page_lists_events_with_the_files_and_the_code_of_the_same_list(
    client: FlaskClient,
) -> None:
    text = client.get(f"/en/events{ALL}&partner=theatre-b").get_data(as_text=True)
    assert "2 events" in text
    assert "L’hiver en trois temps" in text
    assert '<time datetime="2026-12-03">December 3, 2026</time>' in text
    for ending in ("ics", "json", "geojson"):
        assert f"/en/events.{ending}?from=2026-01-01&amp;partner=theatre-b" in text
    assert "data-show=&#34;events/embed?from=2026-01-01&amp;amp;partner=theatre-b&#34;" in text


def test_the_page_says_what_to_do_where_there_is_no_event(client: FlaskClient) -> None:
    text = client.get("/fr/events?from=2090-01-01").get_data(as_text=True)
    assert "Aucun événement ne correspond à ce choix." in text


def test_pages_lead_to_later_events_and_a_wrong_cursor_is_refused(client: FlaskClient) -> None:
    assert client.get("/events?cursor=x").status_code == 400
    # Words of a campaign that a link may bring are no filter, and harmless on a page.
    assert client.get("/events?utm_source=x").status_code == 200


@pytest.mark.parametrize("view", ["list", "map"])
def test_a_frame_may_stand_on_any_site_and_shows_what_everyone_may_read(
    client: FlaskClient, view: str
) -> None:
    response = client.get(f"/fr/events/embed{ALL}&view={view}")
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"] == FRAMED_POLICY
    assert "frame-ancestors 'none'" in client.get("/events").headers["Content-Security-Policy"]


def test_a_view_that_there_is_not_is_refused(client: FlaskClient) -> None:
    response = client.get("/events/embed?view=week")
    assert response.status_code == 400
    assert "list, map" in (response.json or {})["detail"]


def test_the_script_of_other_sites_is_served_to_all(client: FlaskClient) -> None:
    response = client.get("/embed.js")
    assert response.mimetype in {"text/javascript", "application/javascript"}
    assert response.get_data(as_text=True).startswith("//")


def test_the_licence_of_all_sources_is_said_once(client: FlaskClient) -> None:
    text = client.get(f"/en/events/embed{ALL}").get_data(as_text=True)
    assert text.count("CC BY 4.0") == 1
