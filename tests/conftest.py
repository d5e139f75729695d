"""What several tests need: where the shared real files are, when they are there."""

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.release import portray
from parvis.pooling.stewardship.retention import withdraw
from tests import classes
from tests.__main__ import BROWSERS
from tests.serving import Demo, demonstration

if TYPE_CHECKING:
    from email.message import Message

CHECKOUT = Path(__file__).parents[1]
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")  # the machine of a test may be busy
collect_ignore = ["bench/ckan_reads.py"]  # it runs beside a CKAN, in an environment of its own


SHARED_OUT = (
    {"browser", "journeys"},
    {"pooling"},
    *({"pages"}, {"leaks"}, {"web"}),
    *({"statistics"}, {"cli"}, {"remote"}, {"store"}, {"validation"}, {"test_demo_pool.py"}),
    *({"mapping"}, {"test_readings.py"}, {"catalog"}),
    {"test_shapes.py", "test_wheel.py", "test_fuzzing.py"},
    {"fetch", "governance", "ledger", "linking", "report"},
    {"test_deploy.py", "test_translations.py", "test_docs.py", "test_house.py", "test_vendor.py"},
)
"""Groups of folders and files, the longest first. They run whole pools, sites, commands and long
searches, each group on a single Python, which makes its demonstration, pools and servers: the parts
that they run are tested on every Python, and chance decides anew which one runs a group. So do
those that read texts, which are the same for every Python."""
ALONE = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"]
DELETED = "danse-petit-nord/publics"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let several Pythons that run side by side share out what none of them changes."""
    parser.addoption("--claims", type=Path, help="the folder where they claim groups of tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what is shared out last, the long groups first: then all Pythons end together."""
    items.sort(key=group_of)


def group_of(item: pytest.Item) -> int:
    """Return the number of a test's group, from 1, or 0 if every Python runs it."""
    top, *parts = item.path.relative_to(CHECKOUT).parts
    shared_out = (n for n, group in enumerate(SHARED_OUT, 1) if group.intersection(parts))
    return next(shared_out, 0) if top == "tests" else 0


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test whose group another Python has claimed."""
    folder, group = item.config.getoption("--claims"), group_of(item)
    if folder and group and not claim_group(folder, group):
        pytest.skip("another Python runs it")


@cache
def claim_group(folder: Path, group: int) -> bool:
    """Claim a group, for good; return whether nobody else had it."""
    try:
        (folder / f"group-{group}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of real files and public suites, or skip."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared files are not here")
    return folder


@pytest.fixture(scope="session")
def relaying_pool(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make a published pool of relays, each under another agreement, which nobody changes."""
    folder = Path(__file__).parent / "cases" / "relays"
    settings = Settings.load(data=tmp_path_factory.mktemp("relays"), catalog=folder)
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            outcome = submit(pool, key)
            assert outcome.accepted, list(outcome.report.in_words("en"))
        publish(pool)
    return settings


@pytest.fixture(scope="session")
def publics_pool(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make a published pool of offerings and pooled figures, which nobody changes."""
    folder = Path(__file__).parent / "cases" / "publics"
    settings = Settings.load(data=tmp_path_factory.mktemp("publics"), catalog=folder)
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            outcome = submit(pool, key)
            assert outcome.accepted, list(outcome.report.in_words("en"))
        publish(pool)
    return settings


@pytest.fixture(scope="session")
def classes_pool(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make a published pool with a release for all and one for a class, which nobody changes."""
    settings = classes.make(tmp_path_factory.mktemp("classes"))
    with Pool.open(settings) as pool:
        portray(pool)
        publish(pool)
    return settings


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the browser, or skip."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("there is no Chromium here")
    return path


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Browser]:
    """Run the browser, with every network but this machine's own blocked.

    One for a module: the library runs one at a time.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ALONE)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """Run the demonstration, in which one dataset that few may read is deleted for good."""
    with demonstration() as running:
        with Pool.open(running.settings) as pool:
            withdraw(pool, DELETED, {"fr": "Fin de l’entente.", "en": "The agreement ended."})
        yield running


Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """A real server on loopback: what each path answers is a function, what was asked is kept."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a port of the machine's choice."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, Message]] = []
        self.calls = 0

    def address(self, path: str, host: str = "127.0.0.1") -> str:
        """Give a path's address."""
        return f"http://{host}:{self.server_port}{path}"

    def gives(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Let a path answer with a body and headers, then give its address.

        One that has an ETag answers 304 to who knows it.
        """

        def answer(to: BaseHTTPRequestHandler) -> None:
            etag = headers.get("ETag")
            known = etag is not None and to.headers.get("If-None-Match") == etag
            to.send_response(304 if known else status)
            for name, value in headers.items():
                to.send_header(name.replace("_", "-"), value)
            if not known:
                to.send_header("Content-Length", str(len(body)))
            to.end_headers()
            if not known:
                to.wfile.write(body)

        self.answers[path] = answer
        return self.address(path)

    def verify_request(self, *_: object) -> bool:
        """Count a connection, whatever is said by it."""
        self.calls += 1
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who goes away in the middle."""


class _Handler(BaseHTTPRequestHandler):
    """Answers as its server says."""

    server: Server

    def do_GET(self) -> None:
        """Keep what was asked, then answer."""
        self.server.asked.append((self.path, self.headers))
        answer = self.server.answers.get(self.path)
        if answer is None:
            self.send_error(404)
        else:
            answer(self)

    do_POST = do_GET  # noqa: N815 - the library's own name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server on loopback."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()
