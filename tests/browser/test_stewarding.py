"""The steward settles duplicates by keyboard, and publishes what was decided, from Today."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Open

PATIENCE = 120_000
"""Milliseconds that a publication may take on a busy machine."""


def test_duplicates_are_settled_by_keyboard_and_published_from_today(open_tab: Open) -> None:
    """A letter counts only while a pair has the focus; a decision is taken back by another."""
    watched = open_tab("steward")
    tab = watched.tab
    tab.goto(f"{watched.home}en/steward/links")
    tab.get_by_role("button", name="Look for duplicates").click()
    expect(tab.get_by_text("Done", exact=True)).to_be_visible(timeout=PATIENCE)
    tab.goto(f"{watched.home}en/steward/links")
    first = tab.locator("#pair-1")
    title = first.get_by_role("heading").inner_text()
    tab.keyboard.press("n")
    assert tab.locator(".toast").count() == 0
    first.focus()
    tab.keyboard.press("ArrowDown")
    expect(tab.locator("#pair-2")).to_be_focused()
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("g")
    tab.keyboard.type("not the same street")
    first.focus()
    tab.keyboard.press("n")
    expect(tab.locator(".toast")).to_contain_text("two things")
    expect(first).to_be_focused()
    expect(first.get_by_role("heading")).not_to_have_text(title)
    tab.keyboard.press("z")
    expect(tab.locator(".toast")).to_have_count(0)
    expect(first.get_by_role("heading")).to_have_text(title)
    first.focus()
    tab.keyboard.press("n")
    expect(tab.locator(".toast")).to_contain_text("two things")

    tab.goto(f"{watched.home}en/steward")
    waiting = tab.locator("#task-judgements")
    expect(waiting).to_contain_text("not published yet")
    waiting.get_by_role("button", name="Publish").click()
    expect(tab.get_by_role("progressbar")).to_be_visible()
    expect(tab.get_by_text("Done", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(tab.get_by_text(re.compile("published version .* is served"))).to_be_visible()
    tab.get_by_role("link", name="Stewardship").first.click()
    expect(tab.locator("#task-judgements")).to_have_text(
        "Every decision about duplicates is published."
    )
    assert watched.faults == []
