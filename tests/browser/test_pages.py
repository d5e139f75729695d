"""Every page in a real browser: self-contained, silent, accessible, responsive and light."""

import os
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.conftest import DESKTOP, PHONE, Open, WatchedTab
from tests.browser.pages import PAGES, Page

HEAVIEST = 100_000
"""Bytes that a first visit to a page without editor or chart may load, with its style."""

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async rules => {
  const results = await axe.run(document, {
    runOnly: {type: "tag", values: rules}, resultTypes: ["violations"],
    preload: false  // of style sheets and films, which none of these rules needs here
  });
  return results.violations.flatMap(violation => violation.nodes.slice(0, 3).map(node =>
    `${violation.id}: ${node.target} ${node.failureSummary.split("\\n")[1] ?? ""}`));
}"""
WEIGHT = """() => ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind))
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
SIZES = {"phone": PHONE, "desktop": DESKTOP}
THEMES: dict[str, Literal["light", "dark"]] = {"phone": "dark", "desktop": "light"}
CHECKED_BY_AXE = (("fr", "phone"), ("en", "desktop"))
"""Language and size in which axe checks a page, one each day: both languages, widths and themes."""
DAY = datetime.now(UTC).toordinal()

SHOTS = os.environ.get("PARVIS_SCREENSHOTS")
"""The folder for screenshots, if any."""


def take_screenshot(tab: Tab, page: Page, lang: str, size: str) -> None:
    """Save a screenshot of a page, if a folder for them is set."""
    if SHOTS:
        name = re.sub(r"[^a-z0-9]+", "-", f"{page.path[:60]} {page.reader}".lower()).strip("-")
        tab.screenshot(path=Path(SHOTS, size, lang, f"{name}.png"), full_page=True)


def list_barriers(tab: Tab) -> list[str]:
    """List barriers to accessibility (WCAG 2.2 AA, and best practices of axe)."""
    tab.evaluate(AXE)
    return cast("list[str]", tab.evaluate(RUN_AXE, RULES))


def is_checked_by_axe(page: Page, lang: str, size: str) -> bool:
    """Return whether it is a page’s turn: a half each day, and all for screenshots."""
    turn = (DAY + PAGES.index(page)) % len(CHECKED_BY_AXE)
    return (lang, size) in (CHECKED_BY_AXE if SHOTS else CHECKED_BY_AXE[turn : turn + 1])


def list_faults(watched: WatchedTab, page: Page, lang: str, size: str) -> list[str]:
    """List the faults of an open page in one size."""
    tab, (width, height) = watched.tab, SIZES[size]
    tab.emulate_media(color_scheme=THEMES[size])
    tab.set_viewport_size({"width": width, "height": height})
    take_screenshot(tab, page, lang, size)
    barriers = list_barriers(tab) if is_checked_by_axe(page, lang, size) else []
    scroll_width = tab.evaluate("document.documentElement.scrollWidth")
    return [*barriers, *([f"{scroll_width} px wide"] if scroll_width > width else [])]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_is_self_contained_silent_accessible_responsive_and_light(
    open_tab: Open, page: Page, names: dict[str, str]
) -> None:
    """In both languages, on a phone in the dark theme and on a desktop in the light one."""
    watched, faults = open_tab(page.reader), []
    watched.expected = page.status
    for lang in ("fr", "en"):
        path = page.path.format_map(names)
        response = watched.tab.goto(f"{watched.home}{lang}{path}", wait_until="load")
        assert response is not None
        assert response.status == page.status
        assert watched.tab.locator("html").get_attribute("lang") == lang
        if page.heavy:
            watched.tab.locator(page.heavy).wait_for()
        for size in SIZES:
            faults += [f"{lang} {size} {fault}" for fault in list_faults(watched, page, lang, size)]
        weight = watched.tab.evaluate(WEIGHT)
        if not page.heavy and weight > HEAVIEST:
            faults.append(f"{lang} weighs {weight} bytes")
    faults += watched.faults
    assert not faults, "\n".join(faults)
