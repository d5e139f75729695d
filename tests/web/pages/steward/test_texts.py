"""The catalogue's texts are changed on pages, by who may, as commands change them."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings
from parvis.ledger import Code, Details, Passkey, People, new_pseudonym
from parvis.pooling import people
from parvis.pooling.serving.readers import Readers, create_token
from parvis.pooling.stewardship import entries
from parvis.pooling.stewardship.agreements import list_versions, sign
from parvis.pooling.stewardship.agreements.questions import Answers, draft_from_answers
from parvis.pooling.stewardship.texts import list_changes
from parvis.vocab.iris import DatasetKey
from parvis.web import create_app
from parvis.web.http.access import cookie_name

POOL = Path(__file__).parents[3] / "cases" / "pool"
PROOF = re.compile(r'name="proof" value="([^"]+)"')
DIGEST = re.compile(r'name="digest" value="([^"]*)"')
OWN, HOST = "/en/organization/agreements", "/en/steward/agreements/theatre-b"
TITLE = '"Entente inventée"@fr'
ROLES = {"role_fr": "direction", "role_en": "director"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(POOL, tmp_path / "catalog")
    settings = Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")
    return replace(settings, base="http://x.test/")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.testing = True
    yield app
    app.extensions["parvis"].close()


def sign_in(app: Flask, settings: Settings, party: str, role: str) -> FlaskClient:
    """Return a client in which a new person of a party is signed in."""
    link = people.invite(settings, party, role).link
    code, now, pseudonym = Code.parse(link.rpartition("/")[2]), datetime.now(UTC), new_pseudonym()
    assert code is not None
    person = People(settings.data).join(
        code,
        pseudonym,
        Details("Ana", "ana@theatre.example", "en"),
        Passkey(pseudonym, pseudonym, b"", 0, "", now),
        now,
        challenge=pseudonym.encode(),
        until=now + timedelta(minutes=5),
    )
    readers = Readers(settings)
    identity = readers.of_person(person, now + timedelta(days=1))
    cookie, _ = readers.begin_session(identity, "test", "")
    client = app.test_client()
    client.set_cookie(cookie_name(settings.base), cookie, domain="localhost")
    return client


@pytest.fixture
def steward(app: Flask, settings: Settings) -> FlaskClient:
    return sign_in(app, settings, "tiers", "steward")


@pytest.fixture
def editor(app: Flask, settings: Settings) -> FlaskClient:
    return sign_in(app, settings, "theatre-b", "editor")


def send(client: FlaskClient, page: str, target: str, /, **fields: str) -> TestResponse:
    """Send a form of a page, as a browser does."""
    text = client.get(page).text
    hidden = {"proof": PROOF.findall(text)[0]}
    if digests := DIGEST.findall(text):
        hidden["digest"] = digests[0]
    return client.post(target, data=hidden | fields, headers={"Accept": "text/html"})


def read_catalogue(settings: Settings) -> dict[str, str]:
    files = settings.catalog.rglob("*.ttl")
    return {str(file.relative_to(settings.catalog)): file.read_text("utf-8") for file in files}


def test_an_agreement_is_amended_and_signed_by_both_sides_on_pages(
    steward: FlaskClient, editor: FlaskClient, settings: Settings
) -> None:
    """The partner drafts by questions and signs, the third party signs: then it is in force."""
    answers = {
        "billets.access": "members",
        "spectacles.access": "open",
        "reserve.access": "members",
    }
    fields = answers | {
        "replace": "yes",
        "reason": "one more season",
        "billets.until": "2099-06-30",
    }
    assert send(editor, OWN, f"{OWN}/draft", **fields).status_code == 303
    page = editor.get(OWN).text
    assert "What this agreement would open" in page
    assert "Everyone may read it" not in page
    unread = send(editor, OWN, f"{OWN}/sign", **ROLES, confirmed="yes", digest="")
    assert unread.status_code == 400
    assert "does not say which text it is of" in unread.text
    assert list_versions(settings, "theatre-b")[0].signatures == ()
    response = send(editor, OWN, f"{OWN}/sign", **ROLES, confirmed="yes")
    assert response.status_code == 303, response.text
    assert re.search(r"signed by .*B.*, waits for", editor.get(OWN).text)
    assert "Sign this text" not in editor.get(OWN).text
    assert "draft, signed by one side" in steward.get("/en/steward/agreements").text
    response = send(steward, HOST, f"{HOST}/sign", **ROLES, confirmed="yes")
    assert response.status_code == 303, response.text
    states = [version.state for version in list_versions(settings, "theatre-b")]
    assert states == ["in force", "v1"]
    assert [change.author.role for change in list_changes(settings)] == ["steward", *["editor"] * 2]
    assert "Former versions" in editor.get(OWN).text


def test_a_draft_by_questions_is_as_by_the_function(
    steward: FlaskClient, settings: Settings, tmp_path: Path
) -> None:
    """No command asks these questions; a dataset that the form is silent about is refused."""
    shutil.copytree(POOL, tmp_path / "other")
    other = replace(settings, catalog=tmp_path / "other", data=tmp_path / "other-data")
    answers = {DatasetKey("theatre-b", "billets"): Answers("members", keep="P3Y")}
    fields = {"billets.access": "members", "billets.keep": "P3Y", "replace": "yes", "reason": "x"}
    silent = send(steward, HOST, f"{HOST}/draft", **fields)
    assert silent.status_code == 400
    assert "Say who may read" in silent.text
    fields |= {"reserve.access": "none", "spectacles.access": "none"}
    assert send(steward, HOST, f"{HOST}/draft", **fields).status_code == 303
    draft_from_answers(other, "theatre-b", None, answers, replacing=True)
    assert read_catalogue(settings) == read_catalogue(other)


def test_of_two_stewards_the_second_sees_the_text_of_the_first(
    steward: FlaskClient, app: Flask, settings: Settings
) -> None:
    """Nothing is written, and the page has both texts and the digest of the newer one."""
    second = sign_in(app, settings, "tiers", "steward")
    page, path = "/en/steward/text?path=projects/saison.ttl", "/en/steward/text"
    text = read_catalogue(settings)["projects/saison.ttl"]
    stale = DIGEST.findall(second.get(page).text)[0]
    first = send(
        steward, page, path, path="projects/saison.ttl", text=f"{text}# first", reason="one"
    )
    assert first.status_code == 303
    refused = send(
        *(second, page, path),
        path="projects/saison.ttl",
        text=f"{text}# second",
        reason="two",
        digest=stale,
    )
    assert refused.status_code == 409
    assert "was changed since you opened it" in refused.text
    assert "# first" in refused.text
    assert "# second" in refused.text
    assert "# second" not in read_catalogue(settings)["projects/saison.ttl"]


def test_of_two_stewards_at_once_one_alone_writes(
    steward: FlaskClient, app: Flask, settings: Settings
) -> None:
    """Both have the same text before them, and send at the same moment."""
    second = sign_in(app, settings, "tiers", "steward")
    page, path = "/en/steward/text?path=projects/saison.ttl", "/en/steward/text"
    text = read_catalogue(settings)["projects/saison.ttl"]
    digest = DIGEST.findall(steward.get(page).text)[0]
    begin = Barrier(2)

    def write(client: FlaskClient, name: str) -> int:
        proof = PROOF.findall(client.get(page).text)[0]
        begin.wait()
        fields = {"path": "projects/saison.ttl", "text": f"{text}# {name}", "reason": name}
        form = fields | {"proof": proof, "digest": digest}
        return client.post(path, data=form, headers={"Accept": "text/html"}).status_code

    with ThreadPoolExecutor(2) as both:
        statuses = [*both.map(write, (steward, second), ("first", "second"))]
    assert sorted(statuses) == [303, 409]
    written = read_catalogue(settings)["projects/saison.ttl"]
    assert written.rstrip().endswith(("# first", "# second")[statuses.index(303)])
    assert len(list_changes(settings)) == 1


def test_a_partner_sends_no_figures_in_the_place_of_another(editor: FlaskClient) -> None:
    """For it, the page of another partner’s box office does not exist, to be written to neither."""
    proof = PROOF.findall(editor.get("/en/account").text)[0]
    form = {"proof": proof, "dataset": "x", "file": (BytesIO(b'{"performances": []}'), "x.json")}
    assert editor.post("/en/partner/tiers/box-office", data=form).status_code == 404


def test_unfit_texts_are_errors_that_name_the_place(
    steward: FlaskClient, settings: Settings
) -> None:
    before, path = read_catalogue(settings), "/en/steward/text"
    page = f"{path}?path=projects/saison.ttl"
    for fields, message in (
        ({"text": "this is\nno turtle"}, "not Turtle"),
        ({"text": "x", "reason": " "}, "Say why"),
        ({"path": "../x.ttl", "text": ""}, "no text of"),
        ({"path": "parvis.toml", "text": ""}, "no text that is edited"),
        ({"path": "theatre-b/spectacles/mapping.yml", "text": "sources: 3"}, ""),
    ):
        form = {"path": "projects/saison.ttl", "reason": "x"} | fields
        response = send(steward, page, path, **form)
        assert response.status_code in {400, 409}, (fields, response.status_code)
        assert message in response.text
    assert read_catalogue(settings) == before


def test_a_signed_agreement_is_neither_edited_nor_undone(
    steward: FlaskClient, settings: Settings
) -> None:
    draft_from_answers(
        settings,
        "theatre-b",
        None,
        {DatasetKey("theatre-b", "billets"): Answers("open")},
        replacing=True,
    )
    role = {"fr": "direction", "en": "director"}
    sign(settings, "theatre-b", None, role, datetime.now(UTC).date(), confirmed=True)
    path = "theatre-b/agreement.ttl"
    page = f"/en/steward/text?path={path}"
    response = send(steward, page, "/en/steward/text", path=path, text="x", reason="x")
    assert response.status_code == 400
    assert "nobody changes a signed text" in response.text
    number = list_changes(settings)[0].number
    address = f"/en/steward/history/{number}"
    response = send(steward, address, f"{address}/undo", reason="x")
    assert response.status_code == 400
    assert "nobody changes a signed text" in response.text


def test_a_record_is_edited_by_a_form_which_leaves_its_comments(
    steward: FlaskClient, settings: Settings
) -> None:
    page = "/en/steward/partners/theatre-b"
    before = read_catalogue(settings)["theatre-b/partner.ttl"]
    names = {"name_fr": "Théâtre Bé", "name_en": "Theatre Bee"}
    response = send(
        steward, page, page, **names, kind="museum", url="https://b.example/", reason="renamed"
    )
    assert response.status_code == 303, response.text
    after = read_catalogue(settings)["theatre-b/partner.ttl"]
    assert "Théâtre Bé" in after
    assert [line for line in before.splitlines() if line.startswith("#")] == [
        line for line in after.splitlines() if line.startswith("#")
    ]
    wrong = send(steward, page, page, **names, kind="museum", url="b.example", reason="x")
    assert wrong.status_code == 400
    dataset = f"{page}/spectacles"
    described = send(
        *(steward, page, dataset),
        title_fr="Spectacles",
        title_en="Shows",
        description_fr="Tous les spectacles de la saison.",
        description_en="All shows of the season.",
        reason="words",
        licence="https://creativecommons.org/licenses/by/4.0/",
        digest=DIGEST.findall(steward.get(page).text)[3],
    )
    assert described.status_code == 303, described.text
    assert '"Shows"@en' in read_catalogue(settings)["theatre-b/spectacles/dataset.ttl"]


def test_a_project_is_created_edited_and_closed(steward: FlaskClient, settings: Settings) -> None:
    page = "/en/steward/projects"
    fields = {
        "title_fr": "P",
        "title_en": "P",
        "objective_fr": "Ensemble",
        "objective_en": "Together",
        "start": "2026-01-01",
        "end": "2027-01-01",
        "member": "theatre-b",
        "key_holder_fr": "Me Tremblay",
        "key_holder_en": "Ms Tremblay",
        "reason": "x",
    }
    for wrong in ({"key_holder_en": " "}, {"people_budget": "11"}, {"people_budget": "1e1"}):
        assert send(steward, page, page, slug="p", **fields | wrong).status_code == 400
    fields["people_budget"] = "0,5"
    assert send(steward, page, page, slug="p", **fields).status_code == 303
    created = entries.load_catalog(settings).projects["p"]
    assert created.key_holder == {"fr": "Me Tremblay", "en": "Ms Tremblay"}
    assert created.people_budget == "0.5"
    need = {"need.theatre-b_fr": "Un public.", "need.theatre-b_en": "A public."}
    edited = send(steward, f"{page}/p", f"{page}/p", **fields | {"title_en": "Pea"} | need)
    assert edited.status_code == 303, edited.text
    again = send(steward, f"{page}/p", f"{page}/p", **fields | need | {"need.theatre-b_en": "Two"})
    assert again.status_code == 303, again.text
    project = entries.load_catalog(settings).projects["p"]
    assert project.needs[0][1] == {"fr": "Un public.", "en": "Two"}
    assert project.people_budget == "0.5"
    del fields["key_holder_fr"], fields["key_holder_en"]
    none = send(steward, f"{page}/p", f"{page}/p", **fields)
    assert none.status_code == 303, none.text
    project = entries.load_catalog(settings).projects["p"]
    assert (project.key_holder, project.people_budget) == (None, "1")
    close = {"learned_fr": "Rien", "learned_en": "Nothing", "reason": "over"}
    assert send(steward, f"{page}/p", f"{page}/p/close", **close, name="q").status_code == 400
    assert send(steward, f"{page}/p", f"{page}/p/close", **close, name="p").status_code == 303
    assert entries.load_catalog(settings).projects["p"].closed


def test_texts_are_named_by_whose_they_are_and_what_they_are(
    steward: FlaskClient, settings: Settings
) -> None:
    """Also where a text is wrong: these pages are where it is corrected."""
    answers = {DatasetKey("theatre-b", "billets"): Answers("private")}
    draft_from_answers(settings, "theatre-b", None, answers, replacing=True)
    page = steward.get("/en/steward/text").text
    for name in ("The organisation", "Agreement in force", "Agreement, draft"):
        assert f">{name}<" in page, name
    assert "<summary>The catalogue itself <" in page
    assert re.search(r"<summary>Theatre B \(invented\)", page)
    assert "Mapping of “" in page
    editor_page = "/en/steward/text?path=theatre-b/agreement.draft.ttl"
    assert "Theatre B (invented) · Agreement, draft</h1>" in steward.get(editor_page).text
    (settings.catalog / "catalog.ttl").write_text("wrong", encoding="utf-8")
    assert steward.get("/en/steward/text?path=catalog.ttl").status_code == 200
    assert "theatre-b" in steward.get("/en/steward/text").text


def test_a_project_in_the_text_of_the_catalogue_is_edited_there(
    steward: FlaskClient, settings: Settings
) -> None:
    project = settings.catalog / "projects" / "saison.ttl"
    catalogue = settings.catalog / "catalog.ttl"
    catalogue.write_text(f"{catalogue.read_text('utf-8')}\n{project.read_text('utf-8')}", "utf-8")
    project.unlink()
    shown = entries.load_catalog(settings).projects["saison"]
    fields = {f"title_{lang}": f"Pé {lang}" for lang in ("fr", "en")}
    fields |= {f"objective_{lang}": text for lang, text in shown.objective.items()}
    fields |= {"start": str(shown.start), "end": str(shown.end), "member": "theatre-b"}
    page = "/en/steward/projects/saison"
    edited = send(steward, page, page, **fields, reason="x")
    assert edited.status_code == 303, edited.text
    changed = entries.load_catalog(settings).projects["saison"]
    assert changed.title == {"fr": "Pé fr", "en": "Pé en"}
    assert changed.needs == shown.needs


def test_a_partner_sees_its_own_drafts_alone_and_nobody_elses_reasons(
    app: Flask, editor: FlaskClient, settings: Settings
) -> None:
    """Of the steward's pages it may open none; a reader of it changes nothing."""
    entries.add_partner(settings, "musee", {"fr": "M", "en": "M"}, "museum", "", reason="zq-secret")
    entries.add_dataset(
        settings,
        DatasetKey("musee", "zq"),
        {"fr": "zq-secret", "en": "zq-secret"},
        {"fr": "d" * 60, "en": "d" * 60},
        "https://creativecommons.org/licenses/by/4.0/",
    )
    draft_from_answers(settings, "musee", None, {DatasetKey("musee", "zq"): Answers("private")})
    assert "zq-secret" not in editor.get(OWN).text
    for path in (
        "history",
        "history/1",
        "text",
        "partners",
        "projects",
        "agreements",
        "agreements/musee",
    ):
        assert editor.get(f"/en/steward/{path}").status_code == 403, path
    reader = sign_in(app, settings, "theatre-b", "reader")
    assert reader.get(OWN).status_code == 200
    for act in ("draft", "amend", "sign", "discard"):
        assert send(reader, OWN, f"{OWN}/{act}", reason="x", **ROLES).status_code == 403
    token = create_token(settings, "theatre-b", scope="give").text
    headers = {"Authorization": f"Bearer {token}"}
    answer = app.test_client().post(f"{OWN}/sign", data=ROLES, headers=headers)
    assert answer.status_code == 403


def test_a_draft_is_begun_from_the_text_in_force_and_discarded(
    editor: FlaskClient, settings: Settings
) -> None:
    assert send(editor, OWN, f"{OWN}/amend", reason="a new season").status_code == 303
    draft = settings.catalog / "theatre-b" / "agreement.draft.ttl"
    assert "dateAccepted" not in draft.read_text("utf-8")
    assert "Nothing changes for any reader" in editor.get(OWN).text
    assert send(editor, OWN, f"{OWN}/discard", reason="not now").status_code == 303
    assert not draft.exists()


def test_a_party_without_an_agreement_is_told_so(
    app: Flask, steward: FlaskClient, settings: Settings
) -> None:
    """On its own page and on the steward's."""
    entries.add_party(settings, "labo", {"fr": "Le labo", "en": "The lab"}, "")
    reader = sign_in(app, settings, "labo", "editor")
    assert "no agreement yet" in reader.get(OWN).text
    assert "no agreement yet" in steward.get("/en/steward/agreements/labo").text
    assert steward.get("/en/steward/agreements/tiers").status_code == 200
