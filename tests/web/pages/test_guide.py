"""The guide is read on the site: each page, in both languages, and every link of it leads on."""

import re
from collections import Counter
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from parvis.i18n import LANGUAGES
from parvis.web.pages import guide as markdown
from tests.test_docs import PAGES

NAMES = (markdown.INDEX, *markdown.page_names())


def test_the_index_lists_every_page() -> None:
    """One that it left out could not be found on the site."""
    assert sorted(f"{name}.md" for name in NAMES) == PAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_is_there_and_so_is_all_that_it_leads_to(client: FlaskClient, lang: str) -> None:
    """In the language in which it is read: links are relative."""
    for name in NAMES:
        path = f"/{lang}/docs" if name == markdown.INDEX else f"/{lang}/docs/{name}"
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = markdown.read_page(lang, name)
        assert f"<h1>{page.title}</h1>" in answer.text
        for href in re.findall(r'href="([^"]+)"', page.body):
            where, _, part = unquote(href).partition("#")
            if not where.startswith(("http://", "https://")):
                target = f"{path.rpartition('/')[0]}/{where}" if where else path
                assert client.get(target).status_code == 200, (path, href)
                assert not part or f'id="{part}"' in client.get(target).text, (path, href)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_headings_have_anchors_and_tables_names_of_their_own(lang: str, name: str) -> None:
    """So that a section can be linked to, and a table told from another by who hears it."""
    body = markdown.read_page(lang, name).body
    marks = re.findall(r'<h\d id="([^"]+)"', body) + re.findall(r'aria-label="([^"]+)"', body)
    assert max(Counter(marks).values(), default=1) == 1
    assert len(re.findall(r"<h[2-6]", body)) == len(re.findall(r'<h[2-6] id="', body))
    assert body.count("<table>") == body.count('role="region"')
    assert body.count("<pre") == body.count('<pre class="code" tabindex="0">')


def test_what_the_guide_does_not_have_is_not_found(client: FlaskClient) -> None:
    """Neither a page of another folder; it is said in the language that is read."""
    for name in ("none", "index", "..%2Ffr%2Findex", "KEEPING"):
        answer = client.get(f"/fr/docs/{name}")
        assert answer.status_code == 404, name
    details = client.get("/fr/docs/none").get_json()["details"]
    assert details == {
        "fr": "le guide n’a pas de page «\u00a0none\u00a0»",
        "en": "the guide has no page “none”",
    }


def test_developers_read_the_architecture_in_english(client: FlaskClient) -> None:
    """The index leads there; a page that is not there says so."""
    assert "docs/developers/architecture" in client.get("/docs").text
    page = client.get("/docs/developers/architecture", headers={"Accept-Language": "fr"})
    assert (page.status_code, '<div class="guide" lang="en">' in page.text) == (200, True)
    assert client.get("/docs/developers/decisions/sandbox").status_code == 200
    assert client.get("/docs/developers/nothing").status_code == 404
