"""A person in a browser, by the mouse or by the keyboard: what it costs is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as Tab

from parvis.i18n import both
from tests.browser.conftest import WatchedTab

PATIENCE = 120_000
"""Milliseconds that a page, or a job, may take on a busy machine."""


@dataclass
class Effort:
    """What people did: `clicks`, or keys that do as much, and `fields` that they filled."""

    clicks: int = 0
    fields: int = 0


class Person:
    """Acts by the names of what a page shows, said in English here and read in `lang` there."""

    def __init__(
        self, watched: WatchedTab, lang: str, effort: Effort, *, by_keys: bool = False
    ) -> None:
        self.tab: Tab = watched.tab
        self.watched, self.lang, self.effort, self.by_keys = watched, lang, effort, by_keys
        self.tab.set_default_timeout(PATIENCE)

    def say(self, text: str, **fields: object) -> str:
        """Return a text of the site in the person's language."""
        words = both(text)[self.lang]
        return words % fields if fields else words

    def open(self, path: str) -> None:
        """Open an address that was bookmarked, or is in a message."""
        self.tab.goto(f"{self.watched.home}{self.lang}/{path}")

    def press(self, text: str, role: str = "button", within: Locator | None = None) -> None:
        """Press a button, or follow a link, by its name."""
        self.press_at(self._find(role, self.say(text), within))

    def press_at(self, target: Locator) -> None:
        self.effort.clicks += 1
        if self.by_keys:
            reach(target)
            self.tab.keyboard.press("Enter")
        else:
            target.click()

    def fill(self, label: str, text: str, **fields: object) -> None:
        """Type into a field, by its label."""
        self.fill_at(self._field(self.say(label, **fields)), text)

    def fill_at(self, field: Locator, text: str) -> None:
        self.effort.fields += 1
        if self.by_keys:
            reach(field)
            self.tab.keyboard.press("Control+A")
            self.tab.keyboard.type(text)
        else:
            field.fill(text)

    def choose(self, label: str, option: str = "") -> None:
        """Choose an option of a list, or the one after the first, by its label."""
        field = self._field(self.say(label))
        self.effort.fields += 1
        if self.by_keys and not option:
            reach(field)
            self.tab.keyboard.press("ArrowDown")
        elif self.by_keys:
            reach(field)
            self.tab.keyboard.type(option)
        else:
            field.select_option(**({"label": option} if option else {"index": 1}))

    def hand_over(self, file: Path) -> None:
        """Choose a file: a browser's own dialog does it, for the mouse and the keyboard alike."""
        self.effort.fields += 1
        self._field(self.say("File")).set_input_files(file)

    def expect_text(self, text: str, place: str = "main", **fields: object) -> None:
        expect(self.tab.locator(place).first).to_contain_text(
            self.say(text, **fields), timeout=PATIENCE
        )

    def expect_heading(self, text: str, **fields: object) -> None:
        name = self.say(text, **fields)
        expect(self.tab.get_by_role("heading", name=name).first).to_be_visible(timeout=PATIENCE)

    def wait_for_job(self) -> None:
        """Wait until the job whose page is open has ended well."""
        expect(self.tab.locator("#job .lead")).to_have_text(
            self.say("done").capitalize(), timeout=PATIENCE
        )

    def _field(self, label: str) -> Locator:
        return self.tab.get_by_role("main").get_by_label(label, exact=True).first

    def _find(self, role: str, name: str, within: Locator | None) -> Locator:
        place = within or self.tab.locator("body")
        return place.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type] # a role


def reach(target: Locator) -> None:
    """Move the focus to what the tab key leads to, from what comes before it."""
    target.wait_for()
    target.focus()
    keyboard = target.page.keyboard
    keyboard.press("Shift+Tab")
    keyboard.press("Tab")
    assert target.evaluate("element => element === document.activeElement"), target


def sign_agreement(person: Person, offices: Sequence[str]) -> None:
    """Sign the agreement whose page is open, for the side of the person."""
    for label, office in zip(
        ("Your office, in French", "Your office, in English"), offices, strict=True
    ):
        person.fill(label, office)
    person.press("Sign this text")
    expect(person.tab.get_by_role("button", name=person.say("Sign this text"))).to_have_count(
        0, timeout=PATIENCE
    )
    person.expect_heading("What it says, in words")  # and no page of an error
