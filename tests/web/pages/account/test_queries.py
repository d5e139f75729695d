"""“My queries”: saved from the editor, private or public, cited with their published version."""

import json
import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient

from parvis.catalog.queries import load_queries
from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.ledger import SavedQueries, SavedVersion
from parvis.pooling.stewardship.texts.promoting import promote_query
from tests.ledger.test_saved_queries import VERSION
from tests.web.conftest import POOL
from tests.web.pages.account.conftest import Visitor

Join = Callable[..., Visitor]


@pytest.fixture
def unpublished(tmp_path: Path) -> Settings:
    """Return the settings of a catalogue folder that a test may change."""
    shutil.copytree(POOL, tmp_path / "catalog")
    return Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")


SHOWS = "SELECT ?title\nWHERE { ?show a schema:TheaterEvent ; schema:name ?title }"
FORM = {"query": SHOWS, "title_en": "Titles of shows", "published": "1"}


def save(person: Visitor, **fields: str) -> str:
    """Save a query by the form of the editor; return its id."""
    response = person.send("/en/account/queries", **{**FORM, **fields})
    assert response.status_code == 303, response.text
    page = person.open(response.location).text
    assert "The query is saved." in page
    match = re.search(r'href="/en/q/([0-9a-f]{12})"', page)
    assert match is not None
    return match[1]


def test_a_query_is_saved_from_the_editor_and_found_in_the_account(join: Join) -> None:
    """Its link runs it on today's data, its version on the published version of then."""
    person = join()
    editor = person.open(f"/en/sparql?query={SHOWS}&format=html").text
    assert 'action="/en/account/queries"' in editor
    assert 'name="published" value="1"' in editor
    name = save(person)
    page = unescape(person.open("/en/account/queries").text)
    assert "Titles of shows" in page
    assert "private" in page
    latest, pinned = (
        parse_qs(urlsplit(person.open(f"/en/q/{name}{end}").location).query)
        for end in ("", "?version=1")
    )
    assert latest == {"query": [SHOWS], "saved": [name]}
    assert pinned == {"query": [SHOWS], "generation": ["1"], "saved": [name]}
    shown = f"/en/sparql?query={quote(SHOWS)}&format=html&saved={name}"
    response = person.open(shown)
    assert re.search(r"<h1>\s*Titles of shows", response.text)
    assert "no-store" in response.headers["Cache-Control"]
    changed = person.open(shown.replace("&", "%20LIMIT%201&", 1)).text
    assert "Titles of shows" not in changed.partition("Save it as")[0]
    cited = unescape(person.open(f"/en/q/{name}/citation").text)
    assert f"https://pool.test/q/{name}?version=1" in cited
    assert "Published version 1 of" in cited
    (item,) = json.loads(person.open(f"/en/q/{name}/citation.json").data)
    assert item["title"].startswith("Titles of shows. Answer to a SPARQL query")


def test_a_query_gets_better_under_the_same_address(join: Join) -> None:
    """Former versions stay; the editor proposes to save the next one."""
    person = join()
    name = save(person)
    assert "the next version of “Titles of shows”" in person.open("/en/sparql?query=ASK{}").text
    assert save(person, query="ASK {}", id=name, title_fr="Y en a-t-il ?", title_en="") == name
    page = unescape(person.open(f"/fr/q/{name}/citation").text).replace("\u00a0", " ")
    assert "Y en a-t-il ?" in page
    assert "Version 1, enregistrée le" in page
    assert "SELECT" in person.open(f"/en/q/{name}/citation?version=1").text
    assert person.open(f"/en/q/{name}?version=3").status_code == 404


def test_a_private_query_does_not_exist_for_others(join: Join) -> None:
    """Colleagues, the steward, visitors; a public one is read by whoever has its link."""
    person, colleague, steward = join(), join(name="Ben"), join("tiers", "steward", "Cléo")
    name = save(person)
    nobody = Visitor(person.client.application.test_client(), person.device)
    others = (colleague, steward, nobody)
    for end in ("", "/citation", "/citation.bib", "?version=1"):
        for other in others:
            response, absent = (
                other.open(f"/en/q/{query}{end}") for query in (name, "0123456789ab")
            )
            assert response.status_code == absent.status_code == 404
            assert "Titles of shows" not in response.text
    for other in others:
        shown = other.open(f"/en/sparql?query={quote(SHOWS)}&format=html&saved={name}").text
        assert "Titles of shows" not in shown
    for act in ("public", "delete"):
        for other in (colleague, steward):
            assert other.send(f"/en/account/queries/{name}/{act}").status_code == 404
    for other in (colleague, steward):
        assert "Titles of shows" not in other.open("/en/account/queries").text
    assert person.send(f"/en/account/queries/{name}/public").status_code == 303
    for other in others:
        assert other.open(f"/en/q/{name}").status_code == 302
        response = other.open(f"/en/q/{name}/citation")
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]
    assert "Titles of shows" in steward.open("/en/account/queries").text
    assert person.send(f"/en/account/queries/{name}/private").status_code == 303
    assert nobody.open(f"/en/q/{name}/citation").status_code == 404
    assert person.send(f"/en/account/queries/{name}/delete").status_code == 303
    assert person.open(f"/en/q/{name}").status_code == 404


def test_a_citation_goes_with_its_query(join: Join) -> None:
    """No cache keeps it, in any form: neither that of a private query nor of a deleted one."""
    person = join()
    nobody = Visitor(person.client.application.test_client(), person.device)
    names = {act: save(person, public="1") for act in ("private", "delete")}
    paths = {act: f"/en/q/{name}/citation" for act, name in names.items()}
    for act, path in paths.items():
        for ending in ("", ".txt", ".json", ".ris", ".bib"):
            response = nobody.open(f"{path}{ending}")
            assert (response.status_code, response.cache_control.no_store) == (200, True)
        assert person.send(f"/en/account/queries/{names[act]}/{act}").status_code == 303
        for ending in ("", ".txt", ".json", ".ris", ".bib"):
            assert nobody.open(f"{path}{ending}").status_code == 404


def test_a_program_saves_and_lists_by_its_token(
    browser: FlaskClient, issue_token: Callable[[str], str]
) -> None:
    """They are of its organisation's programs."""
    headers = {"Authorization": f"Bearer {issue_token('chercheuse')}", "Accept": "*/*"}
    response = browser.post("/account/queries", data={**FORM, "public": "1"}, headers=headers)
    assert response.status_code == 201
    assert response.json is not None
    assert response.json["public"]
    assert response.json["versions"][0]["generation"] == 1
    listed = browser.get("/account/queries", headers={**headers, "Accept": "application/json"})
    assert response.json in (listed.json or [])
    path = f"/account/queries/{response.json['id']}/delete"
    assert browser.post(path, headers=headers).status_code == 204
    assert browser.post("/account/queries", data=FORM).status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"query": "SELEC"},
        {"query": ""},
        {"title_en": "  "},
        {"title_en": "x" * 151},
        {"query": f"ASK {{}} # {'x' * 17_000}"},
        {"published": "x"},
    ],
)
def test_nothing_but_a_short_query_with_a_title_is_saved(
    join: Join, fields: dict[str, str]
) -> None:
    assert join().send("/en/account/queries", **{**FORM, **fields}).status_code == 400


def test_the_steward_makes_a_question_of_a_public_query(unpublished: Settings) -> None:
    """It is a text of the catalogue, which a publication shows; a private one is never taken."""
    queries = SavedQueries(unpublished.data)
    saved = queries.add("ana", VERSION, is_public=False)
    with pytest.raises(UnknownThing):
        promote_query(unpublished, saved.id)
    queries.change_access(saved.id, "ana", is_public=True)
    with pytest.raises(UsageError, match="exists already"):
        promote_query(unpublished, saved.id)
    file = promote_query(unpublished, saved.id, "combien-de-salles", theme="lieux")
    question = load_queries(unpublished.catalog)[file.stem]
    assert (question.question, question.theme) == ({"fr": "Salles", "en": "Halls"}, "lieux")
    assert question.text.endswith("\n\nASK {}\n")
    assert queries.require(saved.id, None).question == file.stem


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ({"query": ["DESCRIBE <http://x.test/a>"]}, "salles-decrites"),
        ({"query": ["ASK {}"], "default-graph-uri": ["http://x.test/g"]}, "salles-decrites"),
        ({"query": ["ASK {}"]}, "../salles"),
        ({"query": ["ASK {}"]}, "Été"),
    ],
)
def test_what_cannot_be_a_question_is_refused(
    unpublished: Settings, query: dict[str, list[str]], slug: str
) -> None:
    version = SavedVersion(1, VERSION.title, query, None, VERSION.at)
    saved = SavedQueries(unpublished.data).add("ana", version, is_public=True)
    before = sorted(Path(unpublished.catalog / "queries").iterdir())
    with pytest.raises(UsageError):
        promote_query(unpublished, saved.id, slug)
    assert sorted(Path(unpublished.catalog / "queries").iterdir()) == before
