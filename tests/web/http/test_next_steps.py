"""Each error page says why it happened, and leads on."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis import errors
from parvis.web.http.errors import STATUS, answer_error
from parvis.web.http.next_steps import WHY, words_of_path

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9"}
LINK = re.compile(r'<li><a href="([^"]+)">([^<]+)</a></li>')


def read_steps(page: str) -> dict[str, str]:
    """Return the addresses of the next steps, by their texts."""
    text = page.replace("&amp;", "&")
    start = text.index("<h2>", text.index('<main id="main">'))
    return {name: address for address, name in LINK.findall(text[start : text.index("</main>")])}


def test_a_missing_page_leads_to_signing_in_its_parent_and_a_search(client: FlaskClient) -> None:
    response = client.get("/fr/partner/theatre-lumiere", headers=BROWSER)
    steps = read_steps(response.get_data(as_text=True))
    assert response.status_code == 404
    assert steps["Se connecter"] == "/fr/login?next=/partner/theatre-lumiere"
    assert steps["Partenaires"] == "/fr/partner"
    assert steps["Chercher «\u00a0theatre lumiere\u00a0»"] == "/fr/search?q=theatre+lumiere"


@pytest.mark.parametrize(
    ("path", "parent"),
    [("/dataset/theatre-b/x", "/catalog"), ("/docs/none", "/docs"), ("/queries/x", "/queries")],
)
def test_the_page_above_is_one_that_answers(client: FlaskClient, path: str, parent: str) -> None:
    page = client.get(f"/fr{path}", headers=BROWSER).get_data(as_text=True)
    assert f"/fr{parent}" in read_steps(page).values()
    assert client.get(f"/fr{parent}", headers=BROWSER).status_code == 200


def test_every_step_of_an_error_answers(client: FlaskClient) -> None:
    """For a page that is missing, closed, or asked in a wrong way."""
    for path, status in (
        ("/partner/nobody", 404),
        ("/steward", 403),
        ("/portrait?area=nowhere", 400),
        ("/logout", 405),
    ):
        response = client.get(f"/en{path}", headers=BROWSER)
        assert response.status_code == status
        steps = read_steps(response.get_data(as_text=True))
        assert len(steps) > 3
        for address in steps.values():
            assert client.get(address, headers=BROWSER).status_code == 200, address


def test_a_closed_page_tells_a_visitor_to_sign_in_and_a_reader_to_ask(
    client: FlaskClient, browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    anonymous = read_steps(client.get("/fr/steward", headers=BROWSER).get_data(as_text=True))
    assert list(anonymous)[:2] == ["Se connecter", "Demander l’accès"]
    headers = BROWSER | {"Authorization": f"Bearer {issue_token('theatre-b')}"}
    signed_in = read_steps(browser.get("/fr/steward", headers=headers).get_data(as_text=True))
    assert "Se connecter" not in signed_in
    assert "Demander l’accès" in signed_in


def test_a_passing_error_says_when_to_try_again(app: Flask) -> None:
    """At the same address, with its query."""
    with app.test_request_context(
        "/relays?public=parents", headers=BROWSER | {"Accept-Language": "en"}
    ):
        page = answer_error(errors.LimitError("x", retry=7)).get_data(as_text=True)
    assert read_steps(page)["Wait 7 seconds, then try again."] == "/relays?public=parents"


def test_every_status_of_an_error_has_its_reason() -> None:
    assert set(STATUS.values()) | {405, 413} <= set(WHY)


@pytest.mark.parametrize(
    "path", ["/fr/<script>alert(1)</script>", "/fr/x%22onload=%22", "/fr/\u202e"]
)
def test_an_address_cannot_write_on_the_page(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers=BROWSER).get_data(as_text=True)
    assert "<script>alert" not in page
    assert 'x"onload' not in page


def test_the_words_of_an_address_are_few() -> None:
    assert words_of_path("/id/event/theatre-b/soeurs.html") == "event theatre soeurs"
    assert len(words_of_path("/" + "mot-" * 500)) <= 100
