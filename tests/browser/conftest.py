"""Run the demonstration in a browser that reaches no other site."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import get_args

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Request
from playwright.sync_api import Page as Tab

from parvis.ledger import (
    SHELL,
    Code,
    Deletions,
    Details,
    JobOutcome,
    Jobs,
    JobState,
    Offer,
    Passkey,
    People,
    Requests,
    ShortLinks,
)
from parvis.ledger import Request as AccessRequest
from parvis.pooling.notifications.outbox import unsubscribe_link
from parvis.pooling.people import invite
from parvis.pooling.stewardship.requests.questions import ask_release
from tests.browser.pages import ReaderName
from tests.serving import Demo

PHONE, DESKTOP = (360, 740), (1280, 860)
PATIENCE = 10_000
"""Milliseconds."""


@dataclass
class WatchedTab:
    """A tab and its faults: script errors, console messages, requests to other sites."""

    tab: Tab
    home: str
    faults: list[str] = field(default_factory=list)
    expected: int = 200
    """The expected status of the page: the browser logs an error status to the console."""

    def __post_init__(self) -> None:
        self.tab.set_default_timeout(PATIENCE)
        self.tab.on("request", self._check_request)
        self.tab.on("console", self._check_message)
        self.tab.on("pageerror", self._record_error)

    def _check_request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.faults.append(f"asks a stranger: {request.url}")

    def _check_message(self, message: ConsoleMessage) -> None:
        refused = f"the server responded with a status of {self.expected}" in message.text
        if message.type in {"error", "warning"} and not (self.expected >= 400 and refused):
            self.faults.append(f"console: {message.text}")

    def _record_error(self, error: Error) -> None:
        self.faults.append(f"script: {error}")


Open = Callable[..., WatchedTab]
"""Opens a tab for a reader, with or without scripts."""


def tokens_of(demo: Demo) -> dict[ReaderName, str]:
    """Return the tokens that readers sign in with."""
    return {
        "member": demo.token,
        "researcher": demo.researcher_token,
        "steward": demo.steward_token,
    }


def certificate_of(demo: Demo) -> str:
    """Return the id of the certificate of the deletion."""
    (link,) = Deletions(demo.settings.data).all()
    return str(link.hash[:16])


def store_short_link(demo: Demo) -> str:
    """Store a query whose answer is cited, and return the id of its short address."""
    query = {"query": ["SELECT * { ?s a schema:TheaterEvent }"], "generation": ["1"]}
    return ShortLinks(demo.settings.data).add(query, date(2026, 11, 29), 10_000)


def store_job(demo: Demo) -> str:
    """Store a job that failed, and return its number."""
    jobs, now = Jobs(demo.settings.data), datetime.now(UTC)
    job = jobs.add("verify", {}, SHELL, now)
    sentence = {"fr": "Le disque est plein.", "en": "The disk is full."}
    jobs.end(job.number, JobState.FAILED, now, JobOutcome(problems=[sentence]))
    return str(job.number)


def make_unsubscribe_link(demo: Demo) -> str:
    """Return the secret part of a link that stops the e-mails of somebody who has joined."""
    settings, now = demo.settings, datetime.now(UTC)
    code = Code.parse(invite(settings, "theatre-lanterne", "reader").link.rpartition("/")[2])
    assert code is not None
    person = People(settings.data).join(
        code,
        "somebody",
        Details("Ana"),
        Passkey("somebody", "somebody", b"", 0, "", now),
        now,
        challenge=b"somebody",
        until=now + timedelta(minutes=5),
    )
    return unsubscribe_link(settings, person.pseudonym, None).rpartition("/")[2]


def store_request(demo: Demo) -> str:
    """Store a request for access with an offer, and return its id."""
    base, now = demo.settings.base, datetime.now(UTC)
    subject = f"{base}id/dataset/theatre-lanterne/publics"
    offer = Offer(subject, "https://w3id.org/dpv#AcademicResearch", date(2031, 6, 30), "Un an.")
    request = AccessRequest(
        id="0123456789abcdef",
        requester=f"{base}id/party/recherche-sorties",
        owner=f"{base}id/partner/theatre-lanterne",
        subject=subject,
        title={"fr": "Publics", "en": "Audiences"},
        purpose=offer.purpose,
        until=offer.until,
        message="Une thèse sur les publics.",
        created=now,
        state="offered",
        since=now,
        due=now + timedelta(days=30),
        offer=offer,
    )
    Requests(demo.settings.data).add([request], SHELL)
    return request.id


def store_question(demo: Demo) -> str:
    """Queue the guide's query for a table, as the research group, and return its id."""
    guide = files("parvis").joinpath("docs/fr/practice.md").read_text("utf-8")
    query = guide.partition("```sparql\n")[2].partition("```")[0]
    query = query.replace("http://localhost:8000/", demo.settings.base)
    party = f"{demo.settings.base}id/party/recherche-sorties"
    return ask_release(demo.settings, party, SHELL, query, "Une thèse sur les publics.").id


def name_addresses(demo: Demo) -> dict[str, str]:
    """Return the parts of addresses that only the running demonstration knows."""
    return {
        "certificate": certificate_of(demo),
        "short_link": store_short_link(demo),
        "access_request": store_request(demo),
        "link_of_email": make_unsubscribe_link(demo),
        "job": store_job(demo),
        "release_question": store_question(demo),
    }


names = pytest.fixture(scope="session", name="names")(name_addresses)
tokens = pytest.fixture(scope="session", name="tokens")(tokens_of)
certificate = pytest.fixture(scope="session", name="certificate")(certificate_of)
short_link = pytest.fixture(scope="session", name="short_link")(store_short_link)


@pytest.fixture(scope="module")
def contexts(
    chrome: Browser, demo: Demo, tokens: dict[ReaderName, str]
) -> Iterator[dict[ReaderName, BrowserContext]]:
    """Sign in each reader with separate cookies."""
    contexts_by_reader = dict[ReaderName, BrowserContext]()
    for reader in get_args(ReaderName):
        contexts_by_reader[reader] = chrome.new_context(reduced_motion="reduce")
        if reader in tokens:
            sign_in(contexts_by_reader[reader].new_page(), demo.address, tokens[reader])
    yield contexts_by_reader
    for context in contexts_by_reader.values():
        context.close()


def sign_in(tab: Tab, home: str, token: str) -> None:
    """Sign in by the form, then close the tab."""
    tab.goto(f"{home}en/login")
    tab.get_by_label("Your token").fill(token)
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Sign out").wait_for()
    tab.close()


@pytest.fixture
def open_tab(contexts: dict[ReaderName, BrowserContext], demo: Demo) -> Iterator[Open]:
    """Return a function that opens a tab for a signed-in reader; tabs are closed after the test."""
    tabs: list[Tab] = []

    def open_for(reader: ReaderName) -> WatchedTab:
        tabs.append(contexts[reader].new_page())
        return WatchedTab(tabs[-1], demo.address)

    yield open_for
    for tab in tabs:
        tab.close()


@pytest.fixture
def open_as_newcomer(chrome: Browser, demo: Demo) -> Iterator[Open]:
    """Return a function that opens a tab for a first visit, in English."""
    newcomer_contexts: list[BrowserContext] = []

    def open_home(*, scripts: bool = True, size: tuple[int, int] = DESKTOP) -> WatchedTab:
        newcomer_contexts.append(
            chrome.new_context(
                java_script_enabled=scripts,
                locale="en-CA",
                reduced_motion="reduce",
                viewport={"width": size[0], "height": size[1]},
            )
        )
        watched = WatchedTab(newcomer_contexts[-1].new_page(), demo.address)
        watched.tab.goto(demo.address)
        return watched

    yield open_home
    for context in newcomer_contexts:
        context.close()
