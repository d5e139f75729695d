"""The site served by real processes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
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
    """Return the file of everything that the site prints."""
    return tmp_path_factory.mktemp("log") / "served.log"


@pytest.fixture(scope="module")
def served(settings: Settings, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve the pool by other processes, and yield the address and the supervisor."""
    # Processes that other tests killed leave folders there until a command sweeps them away.
    for left in (settings.data / "staging").glob("*"):
        shutil.rmtree(left)
    with serve(settings, log) as address_and_process:
        yield address_and_process


@contextmanager
def serve(settings: Settings, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
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


def get_health(address: str) -> HTTPResponse:
    return cast("HTTPResponse", urlopen(f"{address}health"))  # noqa: S310 - our own address


def await_answer(address: str) -> None:
    """Wait until the site answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with get_health(address):
                return
        except HTTPError:
            return
        except URLError:
            time.sleep(0.1)
    pytest.fail("the site does not answer")


def test_the_served_pool_reports_its_health(served: tuple[str, subprocess.Popen[bytes]]) -> None:
    """Generation, size and sandbox restrictions, as JSON."""
    with get_health(served[0]) as response:
        health = json.load(response)
    assert health["generation"] == 1
    assert health["quads"] > 0
    assert health["walls"] == {"network": "seccomp", "files": "landlock"}


def test_temporary_files_of_the_site_are_in_the_data_folder(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings
) -> None:
    """A command does not sweep their folder away while the site runs."""
    (folder,) = (settings.data / "staging").iterdir()
    os.utime(folder, (0, 0))
    sweep(settings.data)
    assert folder.is_dir()
    assert served[1].poll() is None


def test_a_site_starts_although_what_is_published_cannot_be_read(
    settings: Settings, tmp_path: Path
) -> None:
    """What does not need it is served; the log says what is wrong."""
    data = tmp_path / "data"
    shutil.copytree(settings.data, data, symlinks=True)
    for file in (data / "generations" / "1" / "site").glob("*.json"):
        file.write_text(" " * file.stat().st_size)
    with serve(replace(settings, data=data), tmp_path / "log") as (address, _):
        with urlopen(f"{address}static/parvis.css") as response:  # noqa: S310 - our own address
            assert response.status == 200
        with pytest.raises(HTTPError, match="50"):
            urlopen(f"{address}catalog")  # noqa: S310
    assert "what is published cannot be read" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_open_in_a_browser_without_messages_or_outside_requests(
    served: tuple[str, subprocess.Popen[bytes]], chromium: str, lang: str, theme: str
) -> None:
    """Nothing is wider than a phone."""
    faults: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith(served[0]):
            faults.append(request.url)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 360, "height": 740}, color_scheme="dark" if theme == "dark" else None
        )
        page.on("console", lambda message: faults.append(message.text))
        page.on("request", watch)
        pages = ("", "catalog", "dataset/theatre-b/spectacles", "queries/spectacles", "sparql")
        for path in (*pages, "login"):
            page.goto(f"{served[0]}{lang}/{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        browser.close()
    assert faults == []


def test_a_reader_gets_an_answer_by_clicks_and_keys(
    served: tuple[str, subprocess.Popen[bytes]], chromium: str
) -> None:
    """From the home page to an example query and its results."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(java_script_enabled=False)
        page.goto(f"{served[0]}en/")
        page.keyboard.press("Tab")
        page.get_by_role("link", name="Which shows are announced").click()
        page.get_by_role("link", name="Change the query").click()
        page.get_by_role("button", name="Run").click()
        assert page.get_by_role("cell", name="L’hiver en trois temps").is_visible()
        browser.close()


def test_a_revoked_token_is_refused_from_the_next_request_on(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings, log: Path
) -> None:
    """Another process revokes it; the secret is in no file and in no output."""
    issued = create_token(settings, "theatre-b")
    request = HttpRequest(  # noqa: S310 - our own address
        f"{served[0]}catalog.ttl", headers={"Authorization": f"Bearer {issued.text}"}
    )
    for _ in range(3):
        with urlopen(request) as response:  # noqa: S310 - our own address
            assert response.headers["Cache-Control"] == "private, no-store"
    revoke_token(settings, issued.token.id)
    with pytest.raises(HTTPError, match="401"):
        urlopen(request)  # noqa: S310 - our own address
    contents = [file.read_bytes() for file in settings.data.glob("*") if file.is_file()]
    assert not any(
        issued.text.split("_")[2].encode() in content for content in (*contents, log.read_bytes())
    )


def test_a_partner_signs_in_and_out_without_scripts(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings, chromium: str
) -> None:
    """On plain http on the same machine, on a narrow screen."""
    issued = create_token(settings, "theatre-b")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 740}
        )
        page = context.new_page()
        page.goto(f"{served[0]}en/login")
        page.get_by_label("Your token").fill(issued.text)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="Sign out").wait_for()
        assert [cookie["httpOnly"] for cookie in context.cookies()] == [True]
        page.goto(f"{served[0]}en/dataset/theatre-b/reserve")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("heading", name="Reserved (invented)").wait_for()
        page.get_by_role("button", name="Menu").click()
        with page.expect_navigation():
            page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Sign in").wait_for()
        assert context.cookies() == []
        browser.close()
    revoke_token(settings, issued.token.id)


def test_sigterm_stops_the_site_cleanly(
    served: tuple[str, subprocess.Popen[bytes]], settings: Settings
) -> None:
    """The supervisor stops its worker, exits with 0, and removes the temporary files."""
    served[1].send_signal(signal.SIGTERM)
    assert served[1].wait(PATIENCE) == 0
    with pytest.raises(URLError):
        get_health(served[0])
    assert list((settings.data / "staging").iterdir()) == []


LONG = "SELECT ?a ?b ?c { ?a ?b ?c . ?d a ?e } LIMIT 400000"


def test_an_answer_cut_by_sigterm_is_visibly_incomplete(settings: Settings, log: Path) -> None:
    """It is shorter than announced; its buffer is removed when serving starts again."""
    with serve(settings, log) as (address, process):
        host = address.removeprefix("http://").rstrip("/")
        with closing(HTTPConnection(host, timeout=60)) as connection:
            headers = {"Accept": "text/csv"}
            for _ in range(10):  # a busy machine answers 503
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
    for buffer in (settings.data / "staging").iterdir():
        os.utime(buffer, (0, 0))  # as if some time had passed
    sweep(settings.data)
    assert list((settings.data / "staging").iterdir()) == []
