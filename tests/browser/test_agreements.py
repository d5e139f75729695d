"""A partner amends its agreement and both sides sign it, by the keyboard alone."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from parvis.config import Settings
from parvis.ledger import Code, Details, Passkey, People, new_pseudonym
from parvis.pooling import people
from parvis.pooling.serving.readers import Readers
from parvis.pooling.stewardship.agreements import list_versions
from parvis.web.http.access import cookie_name
from tests.browser.conftest import WatchedTab
from tests.serving import served

POOL = Path(__file__).parents[1] / "cases" / "pool"
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""
FURTHEST = 150
"""Presses of the tabulator within which everything on a page is reached."""
REACHED = """label => {
  const e = document.activeElement;
  const texts = [e.innerText, e.ariaLabel, ...[...(e.labels ?? [])].map(l => l.innerText)];
  return texts.some(text => (text ?? "").trim().startsWith(label));
}"""


@dataclass
class Served:
    """A pool that is served, and its address."""

    settings: Settings
    address: str


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("agreements")
    shutil.copytree(POOL, folder / "catalog")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    with served(settings, settings.base) as address:
        # The browser of the tests knows this machine by its name alone.
        yield Served(settings, address.replace("127.0.0.1", "localhost"))


def sign_in(chrome: Browser, pool: Served, party: str, role: str) -> WatchedTab:
    """Open a tab in which a new person of a party is signed in."""
    link = people.invite(pool.settings, party, role).link
    code, now, pseudonym = Code.parse(link.rpartition("/")[2]), datetime.now(UTC), new_pseudonym()
    assert code is not None
    person = People(pool.settings.data).join(
        code,
        pseudonym,
        Details("Ana", "ana@theatre.example", "en"),
        Passkey(pseudonym, pseudonym, b"", 0, "", now),
        now,
        challenge=pseudonym.encode(),
        until=now + timedelta(minutes=5),
    )
    readers = Readers(pool.settings)
    identity = readers.of_person(person, now + timedelta(days=1))
    cookie, _ = readers.begin_session(identity, "test", "")
    context = chrome.new_context(reduced_motion="reduce")
    name = cookie_name(pool.settings.base)
    context.add_cookies([{"name": name, "value": cookie, "url": pool.address}])
    watched = WatchedTab(context.new_page(), pool.address)
    watched.tab.set_default_timeout(PATIENCE)
    return watched


def reach(tab: Tab, label: str) -> None:
    """Press the tabulator until what has a label, or a text, has the focus."""
    for _ in range(FURTHEST):
        tab.keyboard.press("Tab")
        if tab.evaluate(REACHED, label):
            return
    pytest.fail(f"“{label}” is not reached by the keyboard")


def write(tab: Tab, label: str, text: str) -> None:
    reach(tab, label)
    tab.keyboard.type(text)


@pytest.mark.parametrize(("lang", "words"), [("fr", 0), ("en", 1)])
def test_an_agreement_is_amended_and_signed_by_both_sides_by_the_keyboard(
    chrome: Browser, pool: Served, lang: str, words: int
) -> None:
    """The partner answers the questions and signs; the third party signs: it is in force."""
    partner = sign_in(chrome, pool, "theatre-b", "editor")
    steward = sign_in(chrome, pool, "tiers", "steward")
    texts = {
        "who": ("Qui peut le lire", "Who may read it"),
        "replace": ("Remplacer les règles", "Replace the rules"),
        "why": ("Motif", "Why"),
        "write": ("Rédiger le projet", "Write the draft"),
        "opens": ("Ce que cette entente ouvrirait", "What this agreement would open"),
        "fr": ("Votre fonction, en français", "Your office, in French"),
        "en": ("Votre fonction, en anglais", "Your office, in English"),
        "seen": ("J’ai vu", "I have seen"),
        "sign": ("Signer ce texte", "Sign this text"),
        "waits": ("attend", "waits for"),
        "amend": ("Modifier l’entente", "Amend the agreement"),
    }
    say = {name: pair[words] for name, pair in texts.items()}
    before = len(list_versions(pool.settings, "theatre-b"))

    tab = partner.tab
    tab.goto(f"{pool.address}{lang}/organization/agreements")
    for _ in range(3):  # datasets
        reach(tab, say["who"])
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("ArrowDown")
    if tab.get_by_label(say["replace"]).count():
        reach(tab, say["replace"])
        tab.keyboard.press("Space")
    write(tab, say["why"], "a new season")
    reach(tab, say["write"])
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name=say["opens"])).to_be_visible(timeout=PATIENCE)
    _sign(tab, say)
    expect(tab.locator("main")).to_contain_text(say["waits"], timeout=PATIENCE)

    tab = steward.tab
    tab.goto(f"{pool.address}{lang}/steward/agreements")
    tab.goto(f"{pool.address}{lang}/steward/agreements/theatre-b")
    _sign(tab, say)
    expect(tab.get_by_role("button", name=say["amend"])).to_be_visible(timeout=PATIENCE)
    versions = list_versions(pool.settings, "theatre-b")
    assert len(versions) == before + 1
    assert len(versions[0].signatures) == 2
    assert partner.faults + steward.faults == []
    for watched in (partner, steward):
        watched.tab.context.close()


def _sign(tab: Tab, say: dict[str, str]) -> None:
    """Fill the form of a signature, and send it."""
    write(tab, say["fr"], "direction")
    write(tab, say["en"], "director")
    if tab.get_by_label(say["seen"]).count():
        reach(tab, say["seen"])
        tab.keyboard.press("Space")
    reach(tab, say["sign"])
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name=say["sign"])).to_have_count(0, timeout=PATIENCE)
