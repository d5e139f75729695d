"""A partner goes from a file to its submission by keyboard, in French."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab
from werkzeug.serving import make_server

from parvis.config import Settings
from parvis.governance import Role
from parvis.ledger import TokenScope
from parvis.pooling.serving import readers
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.agreements import sign
from parvis.web import create_app
from tests.browser.conftest import WatchedTab
from tests.browser.test_pages import SIZES, THEMES, list_barriers

POOL = Path(__file__).parents[1] / "cases" / "pool"
PATIENCE = 60_000
"""Milliseconds that reading a file may take on a busy machine."""
SEASON = """Titre;Date;Heure;Lieu;Ville;Genre;Prix;Note interne
Le vent;2026-11-25;19:30;Salle A;Rimouski;Théâtre;25,50 $;abc
Le feu;2026-11-26;19:30;Salle A;Rimouski;Théatrre;25,50 $;def
Nuit;2026-11-28;19:30;Salle A;Rimouski;Théatrre;25,50 $;def
Cirque nu;2026-12-01;20:00;Salle B;Matane;Cirque;25,50 $;ghi
"""
LATE_ANSWERS = """() => {
  const { fetch } = window;
  window.fetch = async (...request) => {
    const response = await fetch(...request);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return response;
  };
}"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return a pool of an invented partner whose agreement nobody has signed yet."""
    folder = tmp_path_factory.mktemp("workbench")
    shutil.copytree(POOL, folder / "catalog")
    file = folder / "catalog" / "theatre-b" / "agreement.ttl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "dateAccepted" not in line), "utf-8")
    return Settings.load(folder / "data", folder / "catalog")


@pytest.fixture(scope="module")
def home(settings: Settings) -> Iterator[str]:
    """Serve the pool; who may send files may also edit, until persons sign in."""
    patch = pytest.MonkeyPatch()
    patch.setitem(readers.ROLES, TokenScope.GIVE, Role.EDITOR)
    app = create_app(settings)
    server = make_server("localhost", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    thread.join()
    app.extensions["parvis"].close()
    patch.undo()


@pytest.fixture
def tab(chrome: Browser, home: str, settings: Settings) -> Iterator[Tab]:
    """Open a tab in French, signed in as the partner."""
    context = chrome.new_context(locale="fr-CA", reduced_motion="reduce")
    watched = WatchedTab(context.new_page(), home)
    watched.tab.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    watched.tab.goto(f"{home}fr/login")
    watched.tab.locator("input[name=token]").fill(
        create_token(settings, "theatre-b", scope="give").text
    )
    watched.tab.keyboard.press("Enter")
    watched.tab.get_by_role("button", name="Se déconnecter").wait_for()
    yield watched.tab
    context.close()
    expect.set_options(timeout=5_000)  # as it is by default
    assert watched.faults == []


def list_faults_in_both(tab: Tab) -> list[str]:
    """List the barriers of a page on a phone in the dark, and on a desktop in the light."""
    faults = []
    for size, theme in THEMES.items():
        tab.emulate_media(color_scheme=theme)
        tab.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
        width = tab.evaluate("document.documentElement.scrollWidth")
        faults += [*list_barriers(tab), *([f"{width} px"] if width > SIZES[size][0] else [])]
    return faults


class Keyboard:
    """The keys that a person presses, counted."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.presses = self.fields = 0

    def reach(self, name: str, role: str = "button") -> None:
        """Move the focus by the tab key until it is on a control of a role and a name."""
        target = self._tab.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type] # a role
        target.wait_for()
        for _ in range(400):
            if target.evaluate("element => element === document.activeElement"):
                return
            self._tab.keyboard.press("Tab")
        raise AssertionError(name)

    def press(self, name: str, role: str = "button") -> None:
        self.reach(name, role)
        self.presses += 1
        self._tab.keyboard.press("Enter")

    def fill(self, name: str, text: str, role: str = "textbox") -> None:
        self.reach(name, role)
        self.fields += 1
        self._tab.keyboard.press("Control+A")
        self._tab.keyboard.type(text)


def test_a_file_becomes_a_submission_by_keyboard_alone(
    tab: Tab, home: str, settings: Settings, tmp_path: Path
) -> None:
    """Few presses and fields: the choices that a person has nothing to say about stand."""
    file = tmp_path / "saison.csv"
    file.write_text(SEASON, encoding="utf-8")
    keys = Keyboard(tab)
    tab.goto(f"{home}fr/give")
    keys.press("Déposer un fichier", "link")
    # A browser's own dialog chooses the file.
    tab.get_by_label("Fichier").set_input_files(file)
    keys.fields += 1
    keys.press("Déposer ce fichier")
    expect(tab.get_by_role("heading", name="saison.csv", level=1)).to_be_visible()
    columns = tab.get_by_role("region", name="Colonnes").get_by_role("row")
    expect(columns.filter(has_text="Titre")).to_contain_text("comprise")
    expect(columns.filter(has_text="Genre")).to_contain_text("à confirmer")
    expect(columns.filter(has_text="Note interne")).to_contain_text("inutilisée")
    expect(tab.get_by_role("heading", name="Le vent", exact=True)).to_be_visible()

    assert list_faults_in_both(tab) == []

    keys.reach("Note interne", "combobox")
    keys.fields += 1
    tab.keyboard.type("description")
    tab.keyboard.press("Tab")  # the preview follows, without a button
    expect(columns.filter(has_text="Note interne")).to_contain_text("comprise", timeout=PATIENCE)
    expect(tab.locator("#preview")).to_contain_text("abc")

    keys.fill("« Théatrre » devient", "Théâtre")
    keys.press("Partout")
    expect(tab.get_by_text("tous les « Théatrre » → « Théâtre »")).to_be_visible()
    # A button waits for the preview under way, whose answer has the revision to send.
    tab.evaluate(LATE_ANSWERS)
    with tab.expect_request("**/columns"):
        tab.get_by_label("Langue de ses textes").select_option("fr")
    keys.press("Les colonnes sont bonnes : continuer")

    expect(tab.get_by_role("heading", name="Qui peut lire ces données ?")).to_be_visible()
    keys.press("Montrer ce qu’elle dit")
    expect(tab.get_by_role("region", name="Ce que dit l’entente").first).to_contain_text(
        "may read these data"
    )
    assert list_faults_in_both(tab) == []
    keys.press("Rédiger cette entente")
    keys.press("Vérifier tout le fichier")
    expect(tab.get_by_role("status")).to_contain_text("serait accepté")
    expect(tab.get_by_role("link", name="Lire et signer l’entente")).to_be_visible()
    assert list_faults_in_both(tab) == []
    sign(settings, "theatre-b", None, {"fr": "direction", "en": "direction"}, date(2026, 11, 1))
    keys.press("Vérifier de nouveau")
    keys.press("L’envoyer au tiers de confiance")
    expect(tab.get_by_role("status").first).to_contain_text("attend l’intendance")
    assert (keys.presses, keys.fields) <= (12, 4)
