"""The guide is on the site: each page in both languages, with working links."""

import re
from collections import Counter
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from parvis.i18n import LANGUAGES
from parvis.web.api.guide_texts import INDEX, page_names
from parvis.web.pages import guide as markdown
from tests.test_docs import PAGES

NAMES = (INDEX, *page_names())


def test_the_index_lists_every_page() -> None:
    assert sorted(f"{name}.md" for name in NAMES) == PAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_of_the_guide_and_its_links_answer(client: FlaskClient, lang: str) -> None:
    """In the language of the page: links are relative."""
    for name in NAMES:
        path = f"/{lang}/docs" if name == INDEX else f"/{lang}/docs/{name}"
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = markdown.read_page(lang, name)
        assert f"<h1>{page.title}</h1>" in answer.text
        for href in re.findall(r'href="([^"]+)"', page.body):
            address, _, anchor = unquote(href).partition("#")
            if not address.startswith(("http://", "https://")):
                target = f"{path.rpartition('/')[0]}/{address}" if address else path
                assert client.get(target).status_code == 200, (path, href)
                assert not anchor or f'id="{anchor}"' in client.get(target).text, (path, href)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_headings_have_anchors_and_tables_have_labels(lang: str, name: str) -> None:
    """Sections can be linked to, and screen readers can tell tables apart."""
    body = markdown.read_page(lang, name).body
    marks = re.findall(r'<h\d id="([^"]+)"', body) + re.findall(r'aria-label="([^"]+)"', body)
    assert max(Counter(marks).values(), default=1) == 1
    assert len(re.findall(r"<h[2-6]", body)) == len(re.findall(r'<h[2-6] id="', body))
    assert body.count("<table>") == body.count('role="region"')
    assert body.count("<pre") == body.count('<pre class="code" tabindex="0">')


def test_an_absent_page_of_the_guide_is_404(client: FlaskClient) -> None:
    """Pages outside the guide too; the message is in the reader's language."""
    for name in ("none", "index", "..%2Ffr%2Findex", "KEEPING"):
        answer = client.get(f"/fr/docs/{name}")
        assert answer.status_code == 404, name
    details = client.get("/fr/docs/none").get_json()["details"]
    assert details == {
        "fr": "le guide n’a pas de page «\u00a0none\u00a0»",
        "en": "the guide has no page “none”",
    }


def test_developers_read_the_architecture_in_english(client: FlaskClient) -> None:
    """The index links to it."""
    assert "docs/developers/architecture" in client.get("/docs").text
    page = client.get("/docs/developers/architecture", headers={"Accept-Language": "fr"})
    assert (page.status_code, '<div class="guide" lang="en">' in page.text) == (200, True)
    assert client.get("/docs/developers/decisions/sandbox").status_code == 200
    assert client.get("/docs/developers/nothing").status_code == 404


def test_a_cell_has_its_heading_with_it() -> None:
    """On a phone the cells of a row stand below one another, without the row of headings."""
    page = markdown.parse_page(
        "# Title\n\n| for | a *line* |\n|---|---|\n| A | B |\n| C | D |\n", "x"
    )
    assert re.findall(r'data-label="([^"]*)">(\w)', page.body) == [
        ("for", "A"),
        ("a line", "B"),
        ("for", "C"),
        ("a line", "D"),
    ]
