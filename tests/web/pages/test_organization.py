"""A partner's own page is for it and the steward: profile, readers, dates, intermediaries."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.pooling.stewardship.membership import list_readerships
from parvis.web.pages.organization import Profile, ProfileRow, read_profile

BROWSER = {"Accept": "text/html"}
PAGE = "/fr/partner/theatre-b/dashboard"


def headers_of(token: str) -> dict[str, str]:
    return BROWSER | {"Authorization": f"Bearer {token}"}


def test_a_partner_and_the_steward_see_the_page_and_nobody_else(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """For others it is as absent as that of no partner."""
    for party in ("theatre-b", "tiers"):
        response = browser.get(PAGE, headers=headers_of(issue_token(party)))
        page = response.get_data(as_text=True)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "private, no-store"
        for heading in ("À faire", "Prochaines dates", "Relais à contacter", "Mes données"):
            assert heading in page
    other = headers_of(issue_token("chercheuse"))
    for headers in (BROWSER, other):
        hidden = browser.get(PAGE, headers=headers)
        absent = browser.get("/fr/partner/theatre-c/dashboard", headers=headers)
        assert hidden.status_code == absent.status_code == 404
        text = hidden.get_data(as_text=True).replace("theatre-b", "theatre-c")
        assert text == absent.get_data(as_text=True)


def test_my_page_leads_each_reader_to_its_own(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    for party, path in (
        ("theatre-b", "/fr/partner/theatre-b/dashboard"),
        ("tiers", "/fr/steward"),
        ("chercheuse", "/fr/login"),
    ):
        response = browser.get("/fr/my", headers=headers_of(issue_token(party)))
        assert (response.status_code, response.location) == (303, path)
    assert browser.get("/fr/my", headers=BROWSER).location == "/fr/login"


def test_the_header_names_the_page_to_partners_only(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    for party, shown in (("theatre-b", True), ("chercheuse", False), ("tiers", False)):
        page = browser.get("/fr/catalog", headers=headers_of(issue_token(party)))
        assert ('href="/fr/my"' in page.get_data(as_text=True)) is shown


def test_the_partner_sees_how_often_it_is_read_and_under_which_rule(
    research_app: Flask,
    research_settings: Settings,
    browser: FlaskClient,
    issue_token: Callable[[str], str],
) -> None:
    """Never who read, nor what was asked; its own reading does not count."""
    reader, own = issue_token("chercheuse"), issue_token("theatre-b")
    for token in (reader, reader, own):
        query = {"query": "SELECT * { ?s ?p ?o } LIMIT 1"}
        assert (
            browser.get("/sparql", query_string=query, headers=headers_of(token)).status_code == 200
        )
    research_app.extensions["parvis.trail"][0].close()
    published = research_app.extensions["parvis"].snapshot()
    rows = list_readerships(research_settings, published, "theatre-b", datetime.now(UTC))
    found = {(row.title["fr"], row.readers["fr"], row.rule["fr"]): row.requests for row in rows}
    key = (
        "Billets (inventés)",
        "équipes de recherche et plateformes qui ont une entente",
        "Entente de recherche inventée",
    )
    assert found[key] >= 2
    assert not any("d’autres partenaires" in readers for _, readers, _ in found)
    page = browser.get(PAGE, headers=headers_of(own)).get_data(as_text=True)
    assert "Entente de recherche inventée" in page
    assert "chercheuse" not in page.lower().replace("équipes de recherche", "")


def test_an_unknown_audience_is_an_error_of_the_reader(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    headers = headers_of(issue_token("theatre-b"))
    assert browser.get(f"{PAGE}?public=martiens", headers=headers).status_code == 400


def make_row(
    concept: str, own: float, peers: float | None, period: str = "2025"
) -> dict[str, object]:
    """Make a row of the profile, as its table has it."""
    return {
        "measure": {"code": "attendance", "fr": "fréquentation"},
        "period": {"code": period, "fr": period},
        "dimension": {"code": "age", "fr": "Âge"},
        "concept": {"code": concept, "fr": concept},
        "own": 10,
        "own_share": own,
        "pool_share": 0.5,
        "peers_share": peers,
        "peers": {"fr": "Organisme moyen" if peers else "pas assez de pairs"},
    }


def test_a_profile_is_of_the_latest_period_and_indexed_at_one_hundred() -> None:
    profile = read_profile(
        [make_row("a", 0.25, None), make_row("b", 0.75, 0.5), make_row("a", 0.9, 0.1, "2024")]
    )
    assert profile is not None
    ((_, rows),) = profile.dimensions
    assert [(row.concept["code"], row.pool_index, row.peers_index) for row in rows] == [
        ("b", 150, 150),
        ("a", 50, None),
    ]
    assert profile.peers["fr"] == "Organisme moyen"
    assert profile.outstanding is not None
    assert profile.outstanding[1].concept["code"] == "b"
    assert read_profile([]) is None


def test_what_is_all_of_a_figure_is_not_what_stands_out() -> None:
    """A house of one discipline has all of it."""
    rows = (ProfileRow({}, 10, 1.0, 0.4, 0.4), ProfileRow({"code": "x"}, 5, 0.5, 0.4, 0.45))
    profile = Profile({}, {}, {}, (({}, rows),))
    assert profile.outstanding is not None
    assert profile.outstanding[1] is rows[1]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_public_page_says_what_it_is_where_and_how_to_reach_it(
    client: FlaskClient, lang: str
) -> None:
    page = client.get(f"/{lang}/partner/theatre-b", headers=BROWSER).get_data(as_text=True)
    assert re.search(r'href="/(fr|en)/contact"', page)
    assert "/dashboard" not in page
