"""The served site, in real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest
from playwright.sync_api import Request, sync_playwright

from parvis.config import Settings
from parvis.pooling.serving.readers import create_token, revoke_token
from parvis.store.files import sweep

SERVE = "import sys; from parvis.config import Settings; from parvis.web.server import serve; \
serve(Settings.load(), '127.0.0.1', int(sys.argv[1]))"
PATIENCE = 15


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of all that the site prints."""
    return tmp_path_factory.mktemp("log") / "served.log"


@pytest.fixture(scope="module")
def served(settings: Settings, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the pool from processes of its own; gives the address and the supervisor."""
    with running(settings, log) as found:
        yield found


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve a pool until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    env = os.environ | {
        "PARVIS_DATA": str(settings.data),
        "PARVIS_CATALOG": str(settings.catalog),
        "PARVIS_BASE": address,
    }
    command = [sys.executable, "-c", SERVE, str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=env, stdout=file, stderr=file)  # noqa: S603
    try:
        await_answer(address)
        yield address, process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def asked(address: str) -> HTTPResponse:
    """Ask for the state of the site."""
    return cast("HTTPResponse", urlopen(f"{address}health"))  # noqa: S310 - our own address


def await_answer(address: str) -> None:
    """Wait until the site answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with asked(address):
                return
        except URLError:
            time.sleep(0.1)
    pytest.fail("the site does not answer")


def test_the_served_pool_tells_its_health(served: tuple[str, subprocess.Popen[bytes]]) -> None:
    """Generation, size, uptime and walls, as JSON."""
    with asked(served[0]) as response:
        health = json.load(response)
    assert health["generation"] == 1
    assert health["quads"] > 0
    assert health["walls"] == {"network": "seccomp", "files": "landlock"}


def test_its_temporary_files_stand_in_the_data_folder(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings
) -> None:
    """A folder of its own, which a command does not sweep away while it is served."""
    (folder,) = (settings.data / "staging").iterdir()
    os.utime(folder, (0, 0))
    sweep(settings.data)
    assert folder.is_dir()
    assert served[1].poll() is None


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_open_in_a_browser_without_a_complaint_or_a_stranger(
    served: tuple[str, subprocess.Popen[bytes]], chromium: str, lang: str, theme: str
) -> None:
    """No console message, no request elsewhere, nothing wider than a phone."""
    complaints: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith(served[0]):
            complaints.append(request.url)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 360, "height": 740}, color_scheme="dark" if theme == "dark" else None
        )
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", watch)
        pages = ("", "catalog", "dataset/theatre-b/spectacles", "queries/spectacles", "sparql")
        for path in (*pages, "login"):
            page.goto(f"{served[0]}{lang}/{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        browser.close()
    assert complaints == []


def test_a_reader_finds_an_answer_by_clicks_and_keys_alone(
    served: tuple[str, subprocess.Popen[bytes]], chromium: str
) -> None:
    """From the home page to a question, to its query, to the answer in the form."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(java_script_enabled=False)
        page.goto(f"{served[0]}en/")
        page.keyboard.press("Tab")
        page.get_by_role("link", name="Which shows are announced").click()
        page.get_by_role("link", name="Change it").click()
        page.get_by_role("button", name="Ask").click()
        assert page.get_by_role("cell", name="L’hiver en trois temps").is_visible()
        browser.close()


def test_a_revoked_token_opens_nothing_from_the_next_request_on(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings, log: Path
) -> None:
    """Revoked by another process; the secret is in no file and in nothing that was printed."""
    given = create_token(settings, "theatre-b")
    request = HttpRequest(  # noqa: S310 - our own address
        f"{served[0]}catalog.ttl", headers={"Authorization": f"Bearer {given.text}"}
    )
    for _ in range(3):
        with urlopen(request) as response:  # noqa: S310 - our own address
            assert response.headers["Cache-Control"] == "private, no-store"
    revoke_token(settings, given.token.id)
    with pytest.raises(HTTPError, match="401"):
        urlopen(request)  # noqa: S310 - our own address
    written = [file.read_bytes() for file in settings.data.glob("*") if file.is_file()]
    assert not any(given.text.split("_")[2].encode() in one for one in (*written, log.read_bytes()))


def test_a_partner_signs_in_and_out_by_keys_alone(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings, chromium: str
) -> None:
    """Without scripts, on plain http on one's own machine, on a narrow screen."""
    given = create_token(settings, "theatre-b")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 740}
        )
        page = context.new_page()
        page.goto(f"{served[0]}en/login")
        page.get_by_label("Your token").fill(given.text)
        page.keyboard.press("Enter")
        page.locator("header").get_by_text("Theatre B (invented)").wait_for()
        assert [one["httpOnly"] for one in context.cookies()] == [True]
        page.goto(f"{served[0]}en/dataset/theatre-b/reserve")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("heading", name="Reserved (invented)").wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("link", name="Sign in").wait_for()
        assert context.cookies() == []
        browser.close()
    revoke_token(settings, given.token.id)


def test_sigterm_ends_it_cleanly(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings
) -> None:
    """The supervisor takes its worker along, with exit code 0, and nothing is left behind."""
    served[1].send_signal(signal.SIGTERM)
    assert served[1].wait(PATIENCE) == 0
    with pytest.raises(URLError):
        asked(served[0])
    assert list((settings.data / "staging").iterdir()) == []


LONG = "SELECT ?a ?b ?c { ?a ?b ?c . ?d a ?e } LIMIT 400000"


def test_an_answer_that_sigterm_cuts_does_not_pass_for_whole(settings: Settings, log: Path) -> None:
    """It is shorter than was announced; what it was kept in goes when serving begins again."""
    with running(settings, log) as (address, process):
        host = address.removeprefix("http://").rstrip("/")
        with closing(HTTPConnection(host, timeout=60)) as connection:
            headers = {"Accept": "text/csv"}
            for _ in range(10):  # a machine that is busy says so, and asks to come again
                connection.request("GET", f"/sparql?query={quote(LONG)}", headers=headers)
                response = connection.getresponse()
                if response.status != 503:
                    break
                response.read()
                time.sleep(1)
            assert response.status == 200
            response.read(100_000)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            with pytest.raises((IncompleteRead, ConnectionError)):
                response.read()
    for left in (settings.data / "staging").iterdir():
        os.utime(left, (0, 0))  # as some time later
    sweep(settings.data)
    assert list((settings.data / "staging").iterdir()) == []
