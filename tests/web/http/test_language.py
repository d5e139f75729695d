"""The language of a page."""

import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

import parvis.web
from parvis.config import Settings
from parvis.i18n import day as day_in_words
from parvis.i18n import translations
from parvis.web import create_app
from parvis.web.http.language import FIXED, format_local_day, format_local_instant, number

TEMPLATES = Path(parvis.web.__file__).parent / "templates"


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("/", None, "fr"),
        ("/", "en-CA,en;q=0.9,fr;q=0.5", "en"),
        ("/", "de", "fr"),
        ("/?lang=en", "fr", "en"),
        ("/?lang=de", "en", "en"),
        ("/en/?lang=fr", "fr", "en"),
        ("/en", "fr", "en"),
    ],
)
def test_the_prefix_then_the_choice_then_the_browser_set_the_language(
    client: FlaskClient, path: str, accept: str | None, expected: str
) -> None:
    """French is the default for other languages."""
    headers = {"Accept-Language": accept} if accept else {}
    page = client.get(path, headers=headers).get_data(as_text=True)
    assert f'<html lang="{expected}">' in page


def test_a_chosen_language_is_remembered(client: FlaskClient) -> None:
    """The cookie holds the language only, and Vary names it."""
    first = client.get("/catalog?lang=en", headers={"Accept": "text/html"})
    assert {"Accept", "Accept-Language", "Cookie"} <= set(first.vary.as_set(preserve_casing=True))
    page = client.get("/", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert '<html lang="en">' in page


def test_links_below_a_language_prefix_stay_in_that_language(client: FlaskClient) -> None:
    """The other language is one link away."""
    page = client.get("/en/catalog", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 'href="/en/dataset/theatre-b/spectacles"' in page
    assert '<a href="/fr/catalog" lang="fr" hreflang="fr">' in page
    assert 'hreflang="fr" href="http://pool.test/fr/catalog"' in page


def test_a_pool_below_a_path_is_served_there(settings: Settings) -> None:
    """The base may be a folder of another site; proxies may strip it."""
    path_settings = Settings(settings.data, settings.catalog, base="http://pool.test/parvis/")
    app = create_app(path_settings)
    client = app.test_client()
    for path in ("/parvis/en/ontology", "/en/ontology"):
        page = client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)
        assert 'href="/parvis/en/catalog"' in page
        assert 'href="/parvis/static/parvis.css' in page
    app.extensions["parvis"].close()


def test_numbers_are_grouped_as_each_language_does(client: FlaskClient) -> None:
    """French groups with a narrow no-break space, English with a comma."""
    for lang, expected in {"fr": "12\u202f345", "en": "12,345"}.items():
        with client.application.test_request_context(environ_overrides={FIXED: lang}):
            assert number(12_345) == expected


def test_every_text_of_the_templates_is_translated(client: FlaskClient) -> None:
    """A French page has no English sentence."""
    jinja = client.application.jinja_env
    french = translations("fr")
    texts = {
        word
        for file in TEMPLATES.rglob("*.html")
        for _, _, text in jinja.extract_translations(file.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
        for word in ([text] if isinstance(text, str) else (text or ())[:1])
        if word
    }
    identical = {
        *("SPARQL", "Questions", "Catalogue", "Classes", "Licence", "%(num)s concept"),
        *("Public", "Source", "Date", "Discipline", "Pages", "Productions", "cause", "Guide"),
        *("Conditions", "Correction", "Invitation", "invitation", "Journal", "Version"),
        *("n", "z", "Versions", "%(num)s version", "Message"),
        *("Questionnaire", "Menu", "Catalogue (DCAT)", "Condition %(number)s", "Second (100)"),
        *(
            "Sources",
            "Total",
            "Contact",
            "%(num)s question",
            "Capitale-Nationale",
            "Montréal",
            "Laval",
        ),
    }
    assert {text for text in texts - identical if french.gettext(text) == text} == set()


@pytest.mark.parametrize(
    ("moment", "day", "hour"),
    [
        # Late in the evening in Québec, it is tomorrow in UTC.
        ("2026-11-30T03:30:00+00:00", "29 novembre 2026", "2026-11-29 22\xa0h\xa030"),
        ("2026-07-01T03:30:00+00:00", "30 juin 2026", "2026-06-30 23\xa0h\xa030"),
        ("2026-07-01T12:00:00+00:00", "1er juillet 2026", "2026-07-01 08\xa0h\xa000"),
        ("2026-07-01T12:00:59+00:00", "1er juillet 2026", "2026-07-01 08\xa0h\xa000"),
    ],
)
def test_pages_say_days_and_hours_of_the_pools_time_zone(
    client: FlaskClient, moment: str, day: str, hour: str
) -> None:
    """What is stored in UTC is never shown as if it were local."""
    instant = datetime.fromisoformat(moment)
    with client.application.test_request_context("/fr/", environ_overrides={FIXED: "fr"}):
        assert format_local_day(instant) == day
        assert format_local_instant(instant) == hour
        assert format_local_day(date.fromisoformat("2027-01-01")) == "1er janvier 2027"


def test_a_page_shows_the_last_change_by_the_pools_clock(
    client: FlaskClient, settings: Settings
) -> None:
    """The machine-readable instant stays beside it, with its offset."""
    page = client.get("/fr/dataset/theatre-b/spectacles").get_data(as_text=True)
    (written, shown), *_ = re.findall(r'<time datetime="([^"]+)">([^<]+)</time>', page)
    zone = ZoneInfo(settings.timezone)
    assert day_in_words("fr", datetime.fromisoformat(written).astimezone(zone).date()) == shown
