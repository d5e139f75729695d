"""A partner drops a file, names its columns, corrects its values; nobody else sees the draft."""

import io
import re
import shutil
import stat
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.config import Settings, clock
from parvis.errors import AddressError, LimitError
from parvis.governance import Role
from parvis.ledger import Author, TokenScope
from parvis.pooling.intake.drafts.desk import fetch_file
from parvis.pooling.intake.drafts.reading import read_draft
from parvis.pooling.intake.drafts.store import Draft, DraftChoices, Drafts, forget_drafts
from parvis.pooling.pool import Pool
from parvis.pooling.serving import readers
from parvis.pooling.serving.readers import create_token
from parvis.vocab.iris import DatasetKey
from tests.conftest import Server

SEASON = """Titre;Date;Heure;Lieu;Ville;Genre;Prix;Note interne
Le vent;2026-11-25;19:30;Salle A;Rimouski;Théâtre;25,50 $;abc
Le feu;2026-11-26;19:30;Salle A;Rimouski;Théatrre;25,50 $;def
Cirque nu;2026-12-01;20:00;Salle B;Matane;Cirque;abc;ghi
"""
CUSTOMERS = """Commande;Nom;Courriel;Montant
1001;Marie Tremblay;marie.tremblay@exemple.ca;25
1002;Jean Gagnon;jean.gagnon@exemple.ca;30
1003;Luc Roy;luc.roy@exemple.ca;30
"""


@dataclass(frozen=True)
class Editor:
    """A person of a partner who edits its data."""

    client: FlaskClient
    settings: Settings
    token: str
    party: str
    accept: str = "text/html"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": self.accept}

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/en{path}", headers=self.headers())

    def post(self, path: str, **data: object) -> TestResponse:
        return self.client.post(f"/en{path}", data=data, headers=self.headers())

    def drop(self, content: str | bytes, name: str = "saison.csv", **data: object) -> TestResponse:
        body = content.encode() if isinstance(content, str) else content
        return self.post("/drafts", file=(io.BytesIO(body), name), **data)

    @property
    def drafts(self) -> list[Draft]:
        return Drafts(self.settings, self.party).all()

    @property
    def draft(self) -> Draft:
        (draft,) = self.drafts
        return draft

    def change(self, part: str, **data: object) -> TestResponse:
        draft = self.draft
        return self.post(f"/drafts/{draft.id}/{part}", revision=draft.revision, **data)

    def place(self, column: str) -> int:
        names = [c.name for c in self.draft.view.proposal.columns]
        return names.index(column)


@pytest.fixture
def make_editor(
    editable_client: FlaskClient, editable_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Editor]:
    """Return a function that signs in an editor of a partner."""
    monkeypatch.setitem(readers.ROLES, TokenScope.GIVE, Role.EDITOR)

    def make(party: str = "theatre-b", accept: str = "text/html") -> Editor:
        token = create_token(editable_settings, party, scope="give").text
        iri = f"{editable_settings.base}id/partner/{party}"
        return Editor(editable_client, editable_settings, token, iri, accept)

    return make


@pytest.fixture
def editor(make_editor: Callable[..., Editor]) -> Editor:
    return make_editor()


@pytest.fixture(scope="module")
def dropped_folder(published_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a draft of the season, which nobody changes."""
    file = tmp_path_factory.mktemp("dropped") / "saison.csv"
    file.write_text(SEASON, encoding="utf-8")
    data = tmp_path_factory.mktemp("data")
    settings = Settings.load(data, published_folder / "catalog")
    key = DatasetKey("theatre-b", "saison")
    with Pool.open(settings) as pool:
        view, _ = read_draft(pool, file, key, choices=DraftChoices(), text="", lang="en")
    assert view is not None
    party = f"{settings.base}id/partner/theatre-b"
    Drafts(settings, party).add(file, key, view, Author(party, Role.EDITOR))
    return data


@pytest.fixture
def dropped(editor: Editor, dropped_folder: Path) -> Editor:
    """Return an editor whose organisation has dropped the season."""
    shutil.copytree(dropped_folder / "drafts", editor.settings.data / "drafts")
    return editor


def test_a_dropped_file_becomes_a_draft_that_shows_what_it_makes(editor: Editor) -> None:
    """Its columns are worded, its first things are cards, its dates a calendar.

    Its name leads nowhere, its folder is private, and the catalogue is as it was.
    """
    before = sorted(editor.settings.catalog.rglob("*"))
    response = editor.drop(SEASON, f"../../a\x01b\x1b\u202e..\\temp\\{'x' * 400}.csv")
    assert (response.status_code, response.location) == (303, f"/en/drafts/{editor.draft.id}")
    folder = editor.settings.data / "drafts" / "theatre-b" / editor.draft.id
    file = Drafts(editor.settings, editor.party).file_of(editor.draft)
    assert file.parent.parent == folder
    assert not re.search(r"[\x00-\x1f/\\\u202e]", file.name)
    assert len(file.name) <= 125
    for path in (folder, *folder.rglob("*"), folder.parent, folder.parent.parent):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert sorted(editor.settings.catalog.rglob("*")) == before
    page = editor.get(f"/drafts/{editor.draft.id}").text
    assert re.search(r'class="unused">\s*<th scope="row"><span id="name-7">Note interne', page)
    assert re.search(r'class="understood">\s*<th scope="row"><span id="name-0">Titre', page)
    assert "<h3>Le vent</h3>" in page
    assert "<caption>November 2026</caption>" in page
    assert "3 events · 2 places" in page
    assert "<dd>$25.50</dd>" in page
    assert "Rimouski" in page
    assert "“abc” is not a number" in page
    assert "What is on, and when?" in page
    assert file.name in editor.get("/drafts").text


def test_a_file_that_identifies_persons_is_reported_and_not_stored(editor: Editor) -> None:
    response = editor.drop(CUSTOMERS, "commandes.csv")
    assert response.status_code == 422
    assert '<th scope="row">Courriel</th><td><span class="badge personal">' in response.text
    assert "/en/check/clean" in response.text
    assert "Tremblay" not in response.text
    assert not editor.drafts
    assert not list(editor.settings.data.glob("drafts/*/*"))
    assert not list((editor.settings.data / "staging").glob("*"))


def test_choices_make_the_mapping_and_change_the_preview(dropped: Editor) -> None:
    """An unused column gets a property, a used one gives its own up, a value gets its concept."""
    genre, note, price = map(dropped.place, ("Genre", "Note interne", "Prix"))
    assert dropped.draft.view.proposal.columns[genre].unmatched == ("Théatrre",)
    choices = {f"term-{note}": "schema:description", f"term-{price}": ""}
    terms = {f"term-{genre}": "parvis:discipline", f"concept-{genre}-0": "Theatre"}
    assert dropped.change("columns", **choices, **terms).status_code == 303
    draft = dropped.draft
    assert draft.revision == 2
    assert draft.view.terms["Note interne"] == "schema:description"
    assert "Prix" not in draft.view.terms
    assert '"Théatrre": "concept:discipline/theatre"' in draft.view.mapping
    facts = {label["en"]: value["en"] for label, value in draft.view.preview.cards[1].facts}
    assert facts["discipline"] == "Theatre"
    page = dropped.get(f"/drafts/{draft.id}").text
    assert f'name="concept-{genre}-0" type="text" list="list-discipline"' in page
    assert 'autocomplete="off" value="Theatre"' in page
    assert not [problem for problem in draft.view.preview.problems if problem.column == "Prix"]


def test_choices_that_no_list_offers_change_nothing(dropped: Editor) -> None:
    draft = dropped.draft
    for form in (
        {"term-0": "schema:nothing"},
        {"term-0": "javascript:alert(1)"},
        {"term-1": "schema:startDate", "form-1": "%d"},
        {f"term-{dropped.place('Genre')}": "parvis:discipline", "concept-5-0": "Zorglub"},
        {"cls": "schema:Nothing"},
        {"lang": "tlh"},
    ):
        response = dropped.change("columns", **form)
        assert response.status_code == 400, form
        assert 'role="alert"' in response.text
        assert dropped.draft == draft


def test_a_refused_form_still_has_what_was_typed(dropped: Editor) -> None:
    """One wrong value costs nobody the other choices, which are not stored."""
    genre, note = map(dropped.place, ("Genre", "Note interne"))
    response = dropped.change(
        "columns",
        lang="en",
        **{f"term-{note}": "schema:description", f"concept-{genre}-0": "Zorglub"},
        **{f"term-{genre}": "parvis:discipline"},
    )
    assert response.status_code == 400
    assert 'value="Zorglub"' in response.text
    assert '<option value="en" selected>' in response.text
    note_cell = response.text.split(f'name="term-{note}"')[1].split("</select>")[0]
    assert re.findall(r'value="([^"]*)" selected', note_cell) == ["schema:description"]
    assert "Note interne" not in dropped.draft.view.terms


def test_a_value_is_corrected_everywhere_and_the_correction_is_taken_back(dropped: Editor) -> None:
    """The file as it came stays; what is converted is a copy."""
    assert dropped.change("corrections", column="Genre", before="Théatrre", after="Théâtre")
    draft, drafts = dropped.draft, Drafts(dropped.settings, dropped.party)
    assert "Théâtre;25,50 $;def" in drafts.file_of(draft).read_text("utf-8")
    assert drafts.original_of(draft).read_text("utf-8") == SEASON
    assert not draft.view.proposal.columns[dropped.place("Genre")].unmatched
    page = dropped.get(f"/drafts/{draft.id}").text
    assert "Genre: every “Théatrre” → “Théâtre”" in page
    values = {"column": "Prix", "before": "abc", "after": "12", "row": "4", "only": "1"}
    assert dropped.change("corrections", **values).status_code == 303
    assert "Cirque;12;ghi" in drafts.file_of(dropped.draft).read_text("utf-8")
    assert dropped.change("corrections", undo="0").status_code == 303
    text = drafts.file_of(dropped.draft).read_text("utf-8")
    assert "Théatrre" in text
    assert "Cirque;12;ghi" in text
    assert len(list((dropped.settings.data / "drafts").glob("*/*/corrected-*"))) == 1


def test_a_correction_may_not_bring_persons_in_or_miss_its_column(dropped: Editor) -> None:
    draft = dropped.draft
    for form, sentence in (
        ({"column": "Rien", "before": "a", "after": "b"}, "no column “Rien”"),
        (
            {"column": "Note interne", "before": "abc", "after": "marie.tremblay@gmail.com"},
            "identifies persons",
        ),
    ):
        response = dropped.change("corrections", **form)
        assert response.status_code == 400, form
        assert sentence in response.text
        assert dropped.draft == draft


def test_a_mapping_is_edited_as_text_and_a_wrong_one_is_told_with_its_line(dropped: Editor) -> None:
    """The draft keeps its last valid text, the page what was typed."""
    text = dropped.draft.view.mapping
    assert dropped.get(f"/drafts/{dropped.draft.id}/mapping.yml").text == text
    good = text.replace(
        '- [schema:name, "$(Titre)", fr~lang]', '- [schema:name, "$(Titre)", en~lang]'
    )
    assert dropped.change("mapping", text=good).status_code == 303
    assert dropped.draft.view.origin == "text"
    wrong = good.replace("fn:slug", "fn:slugg")
    response = dropped.change("mapping", text=wrong)
    assert response.status_code == 400
    assert re.search(r"mapping.yml, line \d+", response.text)
    assert "fn:slugg" in response.text
    assert dropped.draft.view.mapping == good
    assert dropped.change("mapping", text=good, again="1").status_code == 303
    assert dropped.draft.view.mapping == text


def test_a_page_left_open_is_refused_with_the_next_step(dropped: Editor) -> None:
    draft = dropped.draft
    dropped.change("columns", **{"term-7": "schema:description"})
    for part in ("columns", "corrections", "mapping"):
        response = dropped.post(
            f"/drafts/{draft.id}/{part}", revision=1, text="x", **{"term-0": ""}
        )
        assert response.status_code == 409, part
        assert "open the draft again" in response.text
    assert dropped.draft.revision == 2
    assert dropped.post(f"/drafts/{draft.id}/columns", revision="½").status_code == 400
    assert dropped.post(f"/drafts/{draft.id}/columns").status_code == 400


def test_a_draft_of_another_party_answers_as_an_absent_one(
    dropped: Editor, editable_settings: Settings
) -> None:
    name, steward = dropped.draft.id, create_token(editable_settings, "tiers").text
    other = replace(dropped, token=steward)
    for path in (name, f"{name}/mapping", f"{name}/mapping.yml"):
        assert other.get(f"/drafts/{path}").status_code == 404
    for part in ("columns", "corrections", "mapping", "delete"):
        assert other.post(f"/drafts/{name}/{part}", revision=1).status_code == 404
    for wrong in ("..", "0" * 16, "%2e%2e%2fdata", "x" * 300, name.upper() + "%00"):
        assert dropped.get(f"/drafts/{wrong}").status_code in {404, 308}
    assert dropped.draft.id == name


def test_the_workbench_is_for_those_who_edit(
    editable_client: FlaskClient, editable_settings: Settings
) -> None:
    """A program that only sends files keeps its page."""
    sender = create_token(editable_settings, "theatre-b", scope="give").text
    headers = {"Authorization": f"Bearer {sender}", "Accept": "text/html"}
    assert editable_client.get("/en/drafts", headers=headers).status_code == 403
    assert editable_client.post("/en/drafts", headers=headers).status_code == 403
    assert "/en/drafts" not in editable_client.get("/en/give", headers=headers).text
    assert editable_client.get("/en/give", headers=headers).status_code == 200
    assert editable_client.get("/en/drafts", headers={"Accept": "text/html"}).status_code == 403


def _bomb() -> bytes:
    """Return a workbook whose sheet unfolds to a hundred thousand times its size."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<c/>" * 60_000_000)
        archive.writestr("[Content_Types].xml", b"<Types/>")
    return body.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        pytest.param(
            b"\x89PNG\r\n\x1a\n\x00\x00", "photo.png", "the ending must be", id="a picture"
        ),
        pytest.param(
            ";".join(f"c{n}" for n in range(10_000)).encode() + b"\n" + b";" * 9_999 + b"\n",
            "large.csv",
            "has 10000 columns",
            id="10,000 columns",
        ),
    ],
)
def test_a_file_that_is_none_gets_a_clear_error(
    editor: Editor, content: bytes, name: str, sentence: str
) -> None:
    response = editor.drop(content, name)
    assert 400 <= response.status_code < 500, response.text
    assert 'role="alert"' in response.text
    assert sentence in response.text
    assert "Traceback" not in response.text
    assert not editor.drafts


def test_a_bomb_costs_nothing_but_its_process(editor: Editor) -> None:
    response = editor.drop(_bomb(), "bombe.xlsx")
    assert response.status_code in {400, 503}
    assert 'role="alert"' in response.text
    assert not editor.drafts


def test_a_draft_expires_with_its_file(dropped: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    name, later = dropped.draft.id, clock.machine_time() + timedelta(days=15)
    monkeypatch.setattr(clock, "machine_time", lambda: later)
    monkeypatch.setattr("parvis.pooling.intake.drafts.store.is_credible", lambda *_: True)
    assert dropped.get(f"/drafts/{name}").status_code == 404
    assert not dropped.drafts
    assert not list((dropped.settings.data / "drafts").glob("*/*"))


def test_an_address_is_fetched_as_a_file_or_refused(
    editor: Editor, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that leads inside the network, or is slow, gets a clear error, and its text is kept."""
    monkeypatch.setattr("parvis.pooling.intake.drafts.desk.SECONDS", 0.3)
    inside = server.gives("/saison.csv", SEASON.encode())
    response = editor.post("/drafts", address=inside)
    assert response.status_code == 400
    assert inside in response.text
    assert not editor.drafts
    assert editor.post("/drafts", address="file:///etc/passwd").status_code == 400
    assert editor.post("/drafts").status_code == 400


def test_a_party_has_so_many_drafts_and_bytes(
    dropped: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parvis.pooling.intake.drafts.store.MOST", 1)
    response = dropped.drop(SEASON)
    assert response.status_code == 503
    assert "submit or delete one" in response.text
    assert dropped.change("delete").status_code == 303
    assert not dropped.drafts
    monkeypatch.setattr("parvis.pooling.intake.drafts.store.FILES", 0)
    assert dropped.drop(SEASON).status_code == 503


def test_the_drafts_of_a_destroyed_dataset_go_with_it(dropped: Editor) -> None:
    data, folders = dropped.settings.data, "drafts/*/*"
    forget_drafts(data, [DatasetKey("theatre-b", "autre")])
    assert list(data.glob(folders))
    forget_drafts(data, [DatasetKey("theatre-b", "saison")])
    assert not list(data.glob(folders))


def test_a_slow_address_or_one_that_leads_inside_is_refused(
    editable_settings: Settings, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by a redirect; nothing is in the folder then."""
    monkeypatch.setattr("parvis.pooling.intake.drafts.desk.SECONDS", 0.4)
    folder = tmp_path / "fetched"
    folder.mkdir()
    fetch = replace(editable_settings.fetch, allow=("127.0.0.1",))
    settings = replace(editable_settings, fetch=fetch)
    good = server.gives("/saison.csv", SEASON.encode())
    assert fetch_file(settings, f" {good} ", folder).read_text("utf-8") == SEASON
    (folder / "saison.csv").unlink()
    server.answers["/slow.csv"] = lambda _: time.sleep(1)
    inside = server.gives("/inside.csv", status=302, Location="http://169.254.169.254/a.csv")
    large = server.gives("/large.csv", b"x" * 3_000)
    small = replace(settings, limits=replace(settings.limits, upload_bytes=2_000))
    for these, address, error in (
        (settings, server.address("/slow.csv"), LimitError),
        (settings, inside, AddressError),
        (small, large, LimitError),
    ):
        with pytest.raises(error):
            fetch_file(these, address, folder)
    assert not list(folder.iterdir())
