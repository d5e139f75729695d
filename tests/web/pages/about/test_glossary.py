"""The glossary explains each word once, and pages explain a word where they first use it."""

import re

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from parvis.i18n import LANGUAGES
from parvis.web.pages.about.glossary import parse_glossary, read_glossary
from tests.web.pages.about.test_texts import BROWSER, read

REQUIRED = {
    *("pooling", "third-party", "agreement", "reciprocity", "contribution", "release", "stratum"),
    *("suppressed", "attendance", "residence", "event-area", "intermediary", "index", "peers"),
}
TWICE = '{% from "components/glossary.html" import term with context %}{{ term("attendance") }}'


def test_both_languages_explain_the_same_words_in_the_same_order() -> None:
    french, english = (parse_glossary(read(lang, "glossary")) for lang in LANGUAGES)
    assert list(french.entries) == list(english.entries)
    assert set(french.entries) >= REQUIRED
    assert len(re.findall(r"(?m)^### ", read("fr", "glossary"))) == len(french.entries)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_word_has_an_anchor(client: FlaskClient, lang: str) -> None:
    page = client.get(f"/{lang}/glossary", headers=BROWSER).get_data(as_text=True)
    for key in REQUIRED:
        assert f'<dt id="{key}">' in page


def test_a_word_is_explained_where_a_page_first_mentions_it(app: Flask) -> None:
    """Later it is plain, and an unknown word stays as it is."""
    with app.test_request_context("/fr/", environ_base={"parvis.language": "fr"}):
        text = render_template_string(
            TWICE + ' · {{ term("attendance") }} · {{ term("zz", "zut") }}'
        )
        definition = read_glossary().entries["attendance"].definition
    first, second, unknown = text.split(" · ")
    assert first.startswith('<a class="term" href="/glossary#attendance"')
    assert "compte pour trois entrées" in definition
    assert f'title="{definition}"' in first
    assert (second, unknown) == ("fréquentation", "zut")


def test_a_glossary_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="words"):
        parse_glossary("# Glossaire\n\nRien.")
