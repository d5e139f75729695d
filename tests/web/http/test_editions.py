"""Behind a proxy with several copies, no reader goes back, except after an explicit rollback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings, knowledge
from parvis.store.generation.generation import build, rollback
from parvis.store.generation.pointer import move_pointer, read_pointer
from parvis.store.generation.replica import FolderOrigin, pull
from parvis.web import create_app
from tests.remote.conftest import BASE, OPEN, write_content

NAME = "/sparql?query=SELECT+%3Fn+%7B%3Fs+schema%3Aname+%3Fn%7D"
PAGE = {"Accept": "text/html"}


class Copies:
    """A folder where generations are published, and machines with a copy of it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.origin = folder / "origin"

    def publish(self, name: str) -> None:
        lines = {OPEN: [f'<{BASE}id/e1> <http://schema.org/name> "{name}" .']}
        build(self.origin, write_content(self.folder, lines))

    def pull(self, machine: str) -> None:
        pull(self.folder / machine, FolderOrigin(self.origin))

    def serve(self, machine: str) -> FlaskClient:
        """Serve a machine's copy to a reader without a memory of cookies."""
        app = create_app(Settings(self.folder / machine, knowledge("catalog"), BASE))
        self._stack.callback(app.extensions["parvis"].close)
        return app.test_client(use_cookies=False)


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Copies]:
    with ExitStack() as stack:
        yield Copies(tmp_path, stack)


def by_header(edition: str) -> dict[str, str]:
    return {"Parvis-Edition": edition, "Accept": "text/csv"}


def by_cookie(edition: str) -> dict[str, str]:
    return {"Cookie": f"lang=fr; edition={edition}", "Accept": "text/csv"}


@pytest.mark.parametrize("remember", [by_header, by_cookie])
def test_a_copy_that_is_behind_refuses_who_has_seen_a_later_edition(
    copies: Copies, remember: Callable[[str], dict[str, str]]
) -> None:
    """Publications and rollbacks make editions alike; the next pull ends the refusals."""
    copies.publish("first")
    for machine in ("a", "b"):
        copies.pull(machine)
    early, late = copies.serve("a"), copies.serve("b")
    edition = "0"
    for name, change in (
        ("second", lambda: copies.publish("second")),
        ("first", lambda: rollback(copies.origin, 1)),
        ("third", lambda: copies.publish("third")),
    ):
        change()
        copies.pull("a")
        answer = early.get(NAME, headers=remember(edition))
        assert (answer.status_code, name in answer.text) == (200, True)
        assert int(answer.headers["Parvis-Edition"]) > int(edition)
        edition = answer.headers["Parvis-Edition"]
        refusal = late.get(NAME, headers=remember(edition))
        assert (refusal.status_code, refusal.headers["Retry-After"]) == (503, "2")
        assert "édition" in refusal.json["details"]["fr"]  # type: ignore[index]
        assert late.get(NAME, headers={"Accept": "text/csv"}).status_code == 200
        copies.pull("b")
        answer = late.get(NAME, headers=remember(edition))
        assert (answer.status_code, name in answer.text) == (200, True)
        assert answer.headers["Parvis-Edition"] == edition


@pytest.mark.parametrize("path", ["/sparql", "/docs/", "/search"])
def test_a_browser_keeps_the_edition_in_a_cookie_of_its_session(copies: Copies, path: str) -> None:
    """Where there are copies only; it is no credential, and does not keep pages from the cache."""
    copies.publish("first")
    copies.pull("a")
    browser = copies.serve("a")
    page = browser.get(path, headers=PAGE)
    edition = page.headers["Parvis-Edition"]
    assert page.headers["Set-Cookie"] == f"edition={edition}; HttpOnly; Path=/; SameSite=Lax"
    again = browser.get(path, headers=PAGE | {"Cookie": f"edition={edition}"})
    assert "Set-Cookie" not in again.headers
    assert again.headers["Cache-Control"] == page.headers["Cache-Control"]
    (copies.origin / "state.json").write_text("{}")
    assert "Set-Cookie" not in copies.serve("origin").get(path, headers=PAGE).headers


@pytest.mark.parametrize("value", ["", "x", "-1", "1e9", "9" * 400, "²", "1 2"])
def test_what_is_no_edition_is_ignored(copies: Copies, value: str) -> None:
    copies.publish("first")
    copies.pull("a")
    client = copies.serve("a")
    for remember in (by_header, by_cookie):
        assert client.get(NAME, headers=remember(value)).status_code == 200


def test_an_edition_grows_even_if_the_clock_is_set_back(tmp_path: Path) -> None:
    """And a folder of an earlier version of parvis, whose pointer has none, begins with one."""
    (tmp_path / "current").write_text("3\n")
    assert read_pointer(tmp_path) == (3, 0)
    move_pointer(tmp_path, 4, 4_000_000_000)
    move_pointer(tmp_path, 3)
    assert read_pointer(tmp_path) == (3, 4_000_000_001)
