"""The pages about the site: the same in both languages, and replaced by the steward's texts."""

import re
from importlib.resources import files

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings
from parvis.i18n import LANGUAGES
from parvis.web.pages.about import texts

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9"}
NAMES = ("about", "contact", "accessibility", "privacy")
LONGEST = 150


def read(lang: str, name: str) -> str:
    """Read a text of the package."""
    folder = files("parvis") / "docs" / lang / "site"
    return (folder / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*NAMES, "glossary"])
def test_both_languages_of_a_text_have_the_same_structure(name: str) -> None:
    """Levels of headings, rows of tables, links, and length."""
    french, english = (read(lang, name) for lang in LANGUAGES)
    for pattern in (r"(?m)^#+(?= )", r"(?m)^[|*1-9]", r"\]\([^)]*\)"):
        assert re.findall(pattern, french) == re.findall(pattern, english)
    assert len(french.splitlines()) <= LONGEST


@pytest.mark.parametrize("name", [*NAMES, "glossary"])
def test_french_punctuation_stays_with_its_word(name: str) -> None:
    assert re.findall(r".{0,20}(?:« | »| [:;?!](?=\s|$)).{0,9}", read("fr", name)) == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_text_leads_to_a_page(client: FlaskClient, lang: str, name: str) -> None:
    """Links are relative to the language of the page."""
    page = client.get(f"/{lang}/{name}", headers=BROWSER)
    assert page.status_code == 200
    for address in re.findall(r"\]\((?!https:)([^)#]+)[^)]*\)", read(lang, name)):
        assert client.get(f"/{lang}/{address}", headers=BROWSER).status_code == 200, address


@pytest.mark.parametrize("name", NAMES)
def test_the_texts_are_there_before_anything_is_published(
    empty_client: FlaskClient, name: str
) -> None:
    assert empty_client.get(f"/fr/{name}", headers=BROWSER).status_code == 200


def test_the_steward_replaces_a_text(
    editable_client: FlaskClient, editable_settings: Settings
) -> None:
    """In its language only; a text without a title takes nothing away."""
    folder = editable_settings.catalog / texts.FOLDER / "fr"
    folder.mkdir(parents=True)
    file = folder / "about.md"
    file.write_text("# Notre mutualisation\n\nElle est à *nous*. <script>", encoding="utf-8")
    page = editable_client.get("/fr/about", headers=BROWSER).get_data(as_text=True)
    assert "<h1>Notre mutualisation</h1>" in page
    assert "<em>nous</em>. &lt;script&gt;" in page
    english = editable_client.get("/en/about", headers=BROWSER).get_data(as_text=True)
    assert "<h1>About</h1>" in english


@pytest.mark.parametrize("content", [b"no title", b"", b"\xff\xfe", b"# T\n" + b"x" * 300_000])
def test_a_text_that_cannot_be_shown_leaves_that_of_the_package(
    editable_client: FlaskClient, editable_settings: Settings, content: bytes
) -> None:
    folder = editable_settings.catalog / texts.FOLDER / "fr"
    folder.mkdir(parents=True)
    (folder / "privacy.md").write_bytes(content)
    page = editable_client.get("/fr/privacy", headers=BROWSER).get_data(as_text=True)
    assert "<h1>Confidentialité</h1>" in page


def test_the_privacy_page_states_the_durations_of_the_settings(
    client: FlaskClient, settings: Settings
) -> None:
    page = client.get("/fr/privacy", headers=BROWSER).get_data(as_text=True)
    assert f"{settings.audit_days} jours" in page
    assert f"{settings.queue_days} jours au plus" in page
    assert "les pannes seulement" in page


def test_the_contact_page_names_the_third_party_and_its_address(
    client: FlaskClient, editable_settings: Settings
) -> None:
    """The setting `admin_email`, else the catalogue's contact point, else none is made up."""
    from dataclasses import replace  # noqa: PLC0415 - here alone

    from parvis.web import create_app  # noqa: PLC0415 - here alone

    assert "mailto:" not in client.get("/fr/contact", headers=BROWSER).get_data(as_text=True)
    app = create_app(replace(editable_settings, admin_email="bonjour@tiers.example"))
    page = app.test_client().get("/fr/contact", headers=BROWSER).get_data(as_text=True)
    app.extensions["parvis"].close()
    assert 'href="mailto:bonjour@tiers.example"' in page
