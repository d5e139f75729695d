"""People are invited, sign in by a passkey or an account, and leave, in a real browser."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab

from parvis.config import Settings
from parvis.pooling import people
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_pages import list_barriers
from tests.openid import CLIENT, SECRET
from tests.serving import Demo, free_port, served

PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""
POOL = Path(__file__).parents[1] / "cases" / "pool"

WORDS = {
    "fr": {
        "name": "Nom",
        "accept": "Créer ma clé d’accès et accepter",
        "account": "Mon compte",
        "out": "Se déconnecter",
        "in": "Utiliser ma clé d’accès",
        "people": "Personnes",
        "link": "Créer le lien d’invitation",
        "gone": "Retirer l’accès",
        "sure": "Mettre fin à l’accès de",
    },
    "en": {
        "name": "Name",
        "accept": "Create my passkey and accept",
        "account": "My account",
        "out": "Sign out",
        "in": "Use my passkey",
        "people": "People",
        "link": "Make a link",
        "gone": "Remove the access",
        "sure": "End the access of",
    },
}


def add_authenticator(tab: Tab, *, verifies: bool = True) -> None:
    """Give a tab a device that holds passkeys, and asks nobody anything."""
    session = tab.context.new_cdp_session(tab)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.fixture
def open_device(chrome: Browser) -> Iterator[object]:
    """Return a function that opens a browser with a device of its own."""
    contexts: list[BrowserContext] = []

    def open_tab(lang: str, *, verifies: bool = True) -> Tab:
        contexts.append(chrome.new_context(locale=f"{lang}-CA", reduced_motion="reduce"))
        tab = contexts[-1].new_page()
        tab.set_default_timeout(PATIENCE)
        add_authenticator(tab, verifies=verifies)
        return tab

    yield open_tab
    for context in contexts:
        context.close()


def list_faults_of(tab: Tab) -> list[str]:
    """List barriers to accessibility in the dark and what is too wide for a phone."""
    tab.emulate_media(color_scheme="dark")
    tab.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    barriers = list_barriers(tab)
    width = tab.evaluate("document.documentElement.scrollWidth")
    tab.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    return [*barriers, *([f"{width} px wide"] if width > PHONE[0] else [])]


def press(tab: Tab, button: str, *, by_keys: bool) -> None:
    """Press a button by the mouse, or by the keyboard."""
    control = tab.get_by_role("main").get_by_role("button", name=button, exact=True).first
    if by_keys:
        control.focus()
        tab.keyboard.press("Enter")
    else:
        control.click()


@pytest.mark.parametrize(("lang", "by_keys"), [("fr", False), ("en", True)])
def test_a_person_is_invited_signs_in_by_a_passkey_and_is_removed(
    demo: Demo, open_device: object, lang: str, *, by_keys: bool
) -> None:
    """By pages alone, from a manager's link to the end of the access."""
    assert callable(open_device)
    words = WORDS[lang]
    manager: Tab = open_device(lang)
    manager.goto(people.invite(demo.settings, "theatre-lanterne", "editor").link)
    manager.get_by_label(words["name"], exact=True).fill("Gestion")
    press(manager, words["accept"], by_keys=by_keys)
    manager.get_by_role("heading", name=words["account"], level=1).wait_for()
    assert list_faults_of(manager) == []
    manager.goto(f"{demo.address}{lang}/people")
    assert list_faults_of(manager) == []
    press(manager, words["link"], by_keys=by_keys)
    link = manager.locator("code", has_text="/invitation/").inner_text()

    guest: Tab = open_device(lang)
    guest.goto(link)
    assert list_faults_of(guest) == []
    guest.get_by_label(words["name"], exact=True).fill("Zoé")
    press(guest, words["accept"], by_keys=by_keys)
    guest.get_by_role("heading", name=words["account"], level=1).wait_for()
    guest.get_by_role("button", name=words["out"]).last.click()
    guest.goto(f"{demo.address}{lang}/login?next=/account")
    press(guest, words["in"], by_keys=by_keys)
    guest.get_by_role("heading", name=words["account"], level=1).wait_for()
    assert guest.get_by_label(words["name"], exact=True).input_value() == "Zoé"

    manager.goto(f"{demo.address}{lang}/people")
    row = manager.get_by_role("row", name="Zoé")
    row.get_by_text(words["gone"], exact=True).click()
    row.get_by_role("button", name=words["sure"]).click()
    manager.get_by_role("status").wait_for()
    response = guest.goto(f"{demo.address}{lang}/account")
    assert response is not None
    assert response.status == 401
    guest.goto(f"{demo.address}{lang}/login")
    press(guest, words["in"], by_keys=by_keys)
    guest.get_by_role("alert").first.wait_for()


def test_a_device_that_verifies_nobody_gets_a_sentence(demo: Demo, open_device: object) -> None:
    assert callable(open_device)
    tab: Tab = open_device("fr", verifies=False)
    tab.goto(f"{demo.address}fr/login")
    press(tab, WORDS["fr"]["in"], by_keys=False)
    tab.get_by_role("alert").filter(has_text="Rien n’a été fait").wait_for()
    assert tab.get_by_role("button", name=WORDS["fr"]["in"]).is_enabled()


@contextmanager
def provider_process() -> Iterator[str]:
    """Run the provider in a process of its own; give its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.openid", str(port)])  # noqa: S603 - our own
    try:
        for _ in range(200):
            connection = HTTPConnection("127.0.0.1", port)
            try:
                connection.connect()
            except OSError:
                time.sleep(0.05)
            else:
                break
            finally:
                connection.close()
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_an_organisations_account_accepts_an_invitation_and_signs_in(
    chrome: Browser, tmp_path: Path
) -> None:
    """With a provider in a process of its own; the passkey's script leaves its button alone."""
    shutil.copytree(POOL, tmp_path / "catalog")
    port = free_port()
    with provider_process() as issuer:
        (tmp_path / "client").write_text(SECRET, encoding="utf-8")
        with (tmp_path / "catalog" / "parvis.toml").open("a", encoding="utf-8") as file:
            secret = tmp_path / "client"
            file.write(
                f'\n[oidc]\nissuer = "{issuer}"\nclient_id = "{CLIENT}"\n'
                f'client_secret_file = "{secret}"\nlabel_fr = "Mon cégep"\n'
            )
        settings = Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")
        settings = replace(settings, base=f"http://localhost:{port}/")
        context = chrome.new_context(locale="fr-CA")
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE)
        with served(settings, settings.base, port=port):
            tab.goto(people.invite(settings, "theatre-b", "reader").link)
            tab.get_by_label("Nom", exact=True).fill("Zoé")
            tab.get_by_role("button", name="Accepter avec Mon cégep").click()
            tab.wait_for_url(f"{settings.base}**/give", timeout=PATIENCE)
            tab.goto(f"{settings.base}fr/account")
            assert tab.get_by_label("Nom", exact=True).input_value() == "Zoé"
            tab.get_by_role("button", name="Se déconnecter").last.click()
            tab.goto(f"{settings.base}fr/login?next=/account")
            tab.get_by_role("link", name="Continuer avec Mon cégep").click()
            tab.get_by_role("heading", name="Mon compte", level=1).wait_for()
        context.close()
