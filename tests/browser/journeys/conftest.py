"""A small pool, its server, and people who are signed in or have a device for passkeys."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.entries import add_party
from tests.browser.conftest import WatchedTab
from tests.browser.journeys.person import Effort, Person
from tests.browser.test_agreements import Served, sign_in
from tests.browser.test_passkeys import add_authenticator
from tests.serving import free_port, served

POOL = Path(__file__).parents[2] / "cases" / "pool"
READER = "chercheuse"
People = Callable[..., Person]
"""Makes a person of a party and a role; without a party, one whose device holds passkeys."""


def copy_pool(folder: Path, port: int) -> Settings:
    """Copy the small pool, under the address that passkeys need."""
    shutil.copytree(POOL, folder / "catalog")
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    return replace(settings, base=f"http://localhost:{port}/")


class Way(NamedTuple):
    """How people go about: in a language, by the keyboard or by the mouse."""

    lang: str
    by_keys: bool


@pytest.fixture(
    scope="session",
    params=[Way("fr", by_keys=True), Way("en", by_keys=False)],
    ids=["French by keys", "English by mouse"],
)
def way(request: pytest.FixtureRequest) -> Way:
    """Return both ways, one after the other: every journey is made in each."""
    chosen: Way = request.param
    return chosen


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory, way: Way) -> Iterator[Served]:
    """Serve a published pool, with a party that only reads; all journeys of a way share it."""
    assert way
    port = free_port()
    settings = copy_pool(tmp_path_factory.mktemp("journeys"), port)
    add_party(settings, READER, {"fr": "Une chercheuse", "en": "A researcher"}, "")
    with Pool.open(settings) as opened:
        for key in opened.catalog.datasets:
            assert submit(opened, key).accepted
        publish(opened)
    with served(settings, settings.base, port=port):
        yield Served(settings, settings.base)


@pytest.fixture
def people(chrome: Browser, pool: Served, way: Way) -> Iterator[People]:
    """Return a function that makes people; whatever went wrong in their tabs fails the test."""
    persons: list[Person] = []

    def make(party: str, role: str, effort: Effort | None = None) -> Person:
        if party:
            watched = sign_in(chrome, pool, party, role)
        else:
            context = chrome.new_context(locale=f"{way.lang}-CA", reduced_motion="reduce")
            watched = WatchedTab(context.new_page(), pool.address)
            add_authenticator(watched.tab)
        persons.append(Person(watched, way.lang, effort or Effort(), by_keys=way.by_keys))
        return persons[-1]

    yield make
    for person in persons:
        person.tab.context.close()
    assert [person.watched.faults for person in persons] == [[] for _ in persons]
