"""Every page in a real browser: alone, silent, open to all, within the screen, and light."""

import os
import re
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.conftest import DESKTOP, PHONE, Open, Watched
from tests.browser.pages import PAGES, Page

pytestmark = pytest.mark.once(long=True)

HEAVIEST = 100_000
"""Bytes that a page without an editor or a chart takes from the network the first time, with its
style."""

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """async ([rules, apart]) => {
  const found = await axe.run(apart ? {exclude: [apart]} : document, {
    runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]
  });
  return found.violations.flatMap(one => one.nodes.slice(0, 3).map(node =>
    `${one.id}: ${node.target} ${node.failureSummary.split("\\n")[1] ?? ""}`));
}"""
WEIGHT = """() => ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind))
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
SIZES = {"phone": PHONE, "desktop": DESKTOP}
THEMES: dict[str, Literal["light", "dark"]] = {"phone": "dark", "desktop": "light"}
LOOKED_AT = {("fr", "phone"), ("en", "desktop")}
"""Where each page is searched for obstacles: both languages, both widths, both themes."""

SHOTS = os.environ.get("PARVIS_SCREENSHOTS")
"""The folder that pictures of the pages are kept in, if any."""


def keep(tab: Tab, page: Page, lang: str, size: str) -> None:
    """Keep a picture of a page, where it is asked for."""
    if SHOTS:
        name = re.sub(r"[^a-z0-9]+", "-", f"{page.path[:60]} {page.reader}".lower()).strip("-")
        tab.screenshot(path=Path(SHOTS, size, lang, f"{name}.png"), full_page=True)


def obstacles(tab: Tab, apart: str) -> list[str]:
    """List what keeps somebody from reading a page (WCAG 2.2 AA, and axe's own practices)."""
    tab.evaluate(AXE)
    return cast("list[str]", tab.evaluate(LOOK, [RULES, apart]))


def seen(watched: Watched, page: Page, lang: str, size: str) -> list[str]:
    """Look at an open page in one size; list what is wrong."""
    tab, (width, height) = watched.tab, SIZES[size]
    tab.emulate_media(color_scheme=THEMES[size])
    tab.set_viewport_size({"width": width, "height": height})
    keep(tab, page, lang, size)
    found = obstacles(tab, page.apart) if (lang, size) in LOOKED_AT else []
    wide = tab.evaluate("document.documentElement.scrollWidth")
    return [*found, *([f"{wide} px wide"] if wide > width else [])]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_is_alone_silent_open_to_all_within_the_screen_and_light(
    tab_of: Open, page: Page, certificate: str
) -> None:
    """In both languages, on a phone in the dark and on a desktop in the light."""
    watched, faults = tab_of(page.reader), []
    watched.expected = page.status
    for lang in ("fr", "en"):
        path = page.path.format(certificate=certificate)
        answer = watched.tab.goto(f"{watched.home}{lang}{path}", wait_until="load")
        assert answer is not None
        assert answer.status == page.status
        assert watched.tab.locator("html").get_attribute("lang") == lang
        if page.heavy:
            watched.tab.locator(page.heavy).wait_for()
        for size in SIZES:
            faults += [f"{lang} {size} {one}" for one in seen(watched, page, lang, size)]
        weight = watched.tab.evaluate(WEIGHT)
        if not page.heavy and weight > HEAVIEST:
            faults.append(f"{lang} weighs {weight} bytes")
    faults += watched.faults
    assert not faults, "\n".join(faults)
