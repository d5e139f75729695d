"""A file is cleaned in the browser by parvis's own Python; it leaves clean, when it is sent.

These tests need Pyodide's published distribution: PARVIS_TEST_PYODIDE names its folder.
"""

import os
import shutil
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import xlsxwriter
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from parvis.config import Limits, Settings
from parvis.pooling.cleaning.clean_file import clean_file
from parvis.statistics.distinct.sketching import read_message
from tests.serving import served
from tests.statistics.distinct.test_rounds import make_round

CASES = Path(__file__).parents[1] / "cases"
EXPORT = CASES / "cleaning" / "billetterie.csv"
PERSON = "Tremblay"
PATIENCE = 240_000
"""Milliseconds that a busy machine may take to compile Pyodide."""

Site = tuple[ExitStack, str]
"""What ends the site, and its address."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Serve a pool whose steward has set Pyodide."""
    folder = os.environ.get("PARVIS_TEST_PYODIDE")
    if not folder:
        pytest.skip("PARVIS_TEST_PYODIDE names no folder of Pyodide")
    catalog = Path(shutil.copytree(CASES / "pool", tmp_path / "catalog"))
    with (catalog / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write(f'\npyodide = "{folder}"\n')
    with ExitStack() as running:
        settings = Settings.load(data=tmp_path / "data", catalog=catalog)
        address = running.enter_context(served(settings))
        yield running, address.replace("127.0.0.1", "localhost")


class Relay(socketserver.ThreadingTCPServer):
    """Passes on what a browser sends to a site, and records it."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        """Listen on a port of the machine's choice."""
        super().__init__(("localhost", 0), PassOn)
        self.site, self.sent = ("127.0.0.1", urlsplit(address).port), bytearray()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()


class PassOn(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with socket.create_connection(self.server.site) as site:
            threading.Thread(target=self.answer, args=[site], daemon=True).start()
            while piece := self.request.recv(65_536):
                self.server.sent += piece
                site.sendall(piece)

    def answer(self, site: socket.socket) -> None:
        with suppress(OSError):  # the browser is closed
            while piece := site.recv(65_536):
                self.request.sendall(piece)


def clean(tab: Tab, file: Path) -> None:
    """Choose a file, and wait until it is clean."""
    tab.get_by_label("File").set_input_files(file)
    expect(tab.get_by_role("status")).to_contain_text("nothing was sent", timeout=PATIENCE)


def test_a_file_is_cleaned_in_the_browser_as_by_the_command_while_the_site_is_down(
    chrome: Browser, site: Site, tmp_path: Path
) -> None:
    """Where the site no longer runs, nothing can be sent to it."""
    running, address = site
    tab = chrome.new_page()
    tab.goto(f"{address}en/check/clean")
    harmless = tmp_path / "programme.csv"
    harmless.write_text("Title,Date\nRives,2026-10-01\n", encoding="utf-8")
    tab.get_by_label("File").set_input_files(harmless)
    expect(tab.get_by_role("status")).to_contain_text("give it as it is", timeout=PATIENCE)
    running.close()
    clean(tab, EXPORT)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="billetterie-clean.csv").click()
    with clean_file(EXPORT, Limits()) as expected:
        assert Path(download.value.path()).read_bytes() == expected.path.read_bytes()
        assert tab.locator("#note").text_content() == expected.note_text("en")
    tab.close()


def test_a_workbook_is_cleaned_in_the_browser_as_by_the_command(
    chrome: Browser, site: Site, tmp_path: Path
) -> None:
    _, address = site
    file = tmp_path / "billetterie.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Ventes")
        for number, line in enumerate(EXPORT.read_text(encoding="utf-8-sig").splitlines()):
            sheet.write_row(number, 0, line.split(";"))
    tab = chrome.new_page()
    tab.goto(f"{address}en/check/clean")
    clean(tab, file)
    with clean_file(file, Limits()) as expected:
        assert tab.locator("#note").text_content() == expected.note_text("en")
    tab.close()


def test_only_the_clean_file_leaves_and_only_by_the_second_click(
    chrome: Browser, site: Site
) -> None:
    """Every byte that the browser sends passes through a relay."""
    running, address = site
    relay = running.enter_context(Relay(address))
    home = f"http://localhost:{relay.server_address[1]}/"
    tab = chrome.new_page()
    faults: list[str] = []
    tab.on("console", lambda message: faults.append(message.text))
    tab.on("request", lambda r: faults.extend([r.url] * (not r.url.startswith((home, "blob:")))))
    tab.goto(f"{home}en/check/clean")
    clean(tab, EXPORT)
    secret, public = PERSON.encode(), b"Salle du Port"
    assert secret in EXPORT.read_bytes()
    assert b"GET /check/clean/pyodide.asm.wasm" in relay.sent
    assert b"POST" not in relay.sent
    assert secret not in relay.sent
    assert public not in relay.sent
    tab.get_by_role("button", name="Send the clean file").click()
    tab.get_by_role("heading", name="billetterie-clean.csv").wait_for(timeout=PATIENCE)
    assert relay.sent.count(b"POST ") == 1
    assert public in relay.sent
    assert secret not in relay.sent
    assert not faults
    tab.close()


def test_a_file_that_a_browser_cannot_clean_is_refused_in_words(
    chrome: Browser, site: Site, tmp_path: Path
) -> None:
    _, address = site
    tab = chrome.new_page()
    tab.goto(f"{address}fr/check/clean")
    file = tmp_path / "ventes.ods"
    file.write_bytes(b"PK\x03\x04")
    tab.get_by_label("Fichier").set_input_files(file)
    status = tab.get_by_role("status")
    expect(status).to_contain_text("ne peut pas être nettoyé dans un navigateur", timeout=PATIENCE)
    expect(tab.locator("#result")).to_be_hidden()
    tab.close()


def test_kits_are_drawn_and_people_counted_in_the_browser_while_the_site_is_down(
    chrome: Browser, site: Site, tmp_path: Path
) -> None:
    running, address = site
    round_file = tmp_path / "round.json"
    round_file.write_text(make_round().to_text(), encoding="utf-8")
    buyers = tmp_path / "ventes.csv"
    buyers.write_text("Courriel,Code postal\nana@exemple.ca,H2X 1Y4\n", encoding="utf-8")
    kits, counting = chrome.new_page(), chrome.new_page()
    kits.goto(f"{address}en/check/kits")
    counting.goto(f"{address}en/check/sketch")
    kits.get_by_label("The round’s file").set_input_files(round_file)
    kits.get_by_role("button", name="Draw the kits").click()
    expect(kits.get_by_role("status")).to_contain_text("nothing was sent", timeout=PATIENCE)
    with kits.expect_download() as download:
        kits.get_by_role("link", name="kit-villes-1-alma.json").click()
    counting.get_by_label("The round’s file").set_input_files(round_file)
    counting.get_by_label("Your kit").set_input_files(download.value.path())
    counting.get_by_label("Your file").set_input_files(buyers)
    running.close()
    counting.get_by_role("button", name="Count the people").click()
    expect(counting.get_by_role("status")).to_contain_text("nothing was sent", timeout=PATIENCE)
    with counting.expect_download() as download:
        counting.get_by_role("link", name="message-villes-1-alma.bin").click()
    message = read_message(Path(download.value.path()).read_bytes(), make_round())
    assert message.partner == "alma"
    assert "people 1" in str(counting.locator("#note").text_content())
    for tab in (kits, counting):
        tab.close()
