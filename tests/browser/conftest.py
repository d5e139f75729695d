"""The running demonstration, as its readers see it in a browser that reaches nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import get_args

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Request
from playwright.sync_api import Page as Tab

from parvis.ledger import Deletions
from parvis.pooling.serving.readers import create_token
from tests.browser.pages import ReaderName
from tests.serving import Demo

PHONE, DESKTOP = (360, 740), (1280, 860)
PATIENCE = 10_000
"""Milliseconds."""


@dataclass
class Watched:
    """A tab, and what it complained of: errors of scripts and console, requests to strangers."""

    tab: Tab
    home: str
    faults: list[str] = field(default_factory=list)
    expected: int = 200
    """The status of the page that is opened: the browser notes one that is no success."""

    def __post_init__(self) -> None:
        """Begin to listen."""
        self.tab.set_default_timeout(PATIENCE)
        self.tab.on("request", self._asked)
        self.tab.on("console", self._said)
        self.tab.on("pageerror", self._failed)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.faults.append(f"asks a stranger: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        refused = f"the server responded with a status of {self.expected}" in message.text
        if message.type in {"error", "warning"} and not (self.expected >= 400 and refused):
            self.faults.append(f"console: {message.text}")

    def _failed(self, error: Error) -> None:
        self.faults.append(f"script: {error}")


Open = Callable[..., Watched]
"""Opens a tab for a reader, without scripts where it is told so."""


@pytest.fixture(scope="session")
def tokens(demo: Demo) -> dict[ReaderName, str]:
    """Give the tokens that readers sign in with."""
    return {"member": demo.token, "steward": create_token(demo.settings, "tiers-neutre").text}


@pytest.fixture(scope="session")
def certificate(demo: Demo) -> str:
    """Name the certificate of what was deleted."""
    (link,) = Deletions(demo.settings.data).all()
    return str(link.hash[:16])


@pytest.fixture(scope="module")
def contexts(
    chrome: Browser, demo: Demo, tokens: dict[ReaderName, str]
) -> Iterator[dict[ReaderName, BrowserContext]]:
    """Sign every reader in, each with cookies of its own."""
    found = dict[ReaderName, BrowserContext]()
    for reader in get_args(ReaderName):
        found[reader] = chrome.new_context(reduced_motion="reduce")
        if reader in tokens:
            sign_in(found[reader].new_page(), demo.address, tokens[reader])
    yield found
    for context in found.values():
        context.close()


def sign_in(tab: Tab, home: str, token: str) -> None:
    """Sign a reader in by the form, then close the tab."""
    tab.goto(f"{home}en/login")
    tab.get_by_label("Your token").fill(token)
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Sign out").wait_for()
    tab.close()


@pytest.fixture
def tab_of(contexts: dict[ReaderName, BrowserContext], demo: Demo) -> Iterator[Open]:
    """Give a way to open a tab for a reader who is signed in; it is closed after the test."""
    opened: list[Tab] = []

    def give(reader: ReaderName) -> Watched:
        opened.append(contexts[reader].new_page())
        return Watched(opened[-1], demo.address)

    yield give
    for tab in opened:
        tab.close()


@pytest.fixture
def newcomer(chrome: Browser, demo: Demo) -> Iterator[Open]:
    """Give a way to open a tab for somebody who comes for the first time, in English."""
    made: list[BrowserContext] = []

    def give(*, scripts: bool = True, size: tuple[int, int] = DESKTOP) -> Watched:
        made.append(
            chrome.new_context(
                java_script_enabled=scripts,
                locale="en-CA",
                reduced_motion="reduce",
                viewport={"width": size[0], "height": size[1]},
            )
        )
        watched = Watched(made[-1].new_page(), demo.address)
        watched.tab.goto(demo.address)
        return watched

    yield give
    for context in made:
        context.close()
