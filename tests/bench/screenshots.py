"""Screenshots of every page of the demo, and the faults that a machine sees.

Run ``python tests/bench/screenshots.py FOLDER [--pages WORD …] [--ways WAY …] [--langs LANG …]``.
Pages are those of ``tests/browser/pages.py`` whose address or reader contains a word, in each
language, in each way of looking at them. Prints console errors, requests to other sites, pages
wider than their window, what inner boxes cut off, pages without content, and barriers that axe
finds.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any, Literal, cast

import click
from playwright.sync_api import Browser, Error, sync_playwright
from playwright.sync_api import Page as Tab

sys.path.append(str(Path(__file__).parents[2]))  # the demo and its pages are those of the tests

from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.retention import withdraw
from tests.__main__ import BROWSERS
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    WatchedTab,
    certificate_of,
    sign_in,
    store_short_link,
    tokens_of,
)
from tests.browser.pages import PAGES, Page
from tests.browser.test_pages import list_barriers
from tests.conftest import ALONE, DELETED
from tests.serving import Demo, demonstration

LANGS = ("fr", "en")
PATIENCE = 60_000
"""Milliseconds: others may use the machine."""
SHEET = 718
"""Pixels between the margins of a printed A4 or letter page."""


@dataclass(frozen=True)
class Way:
    """How a page is looked at."""

    width: int
    height: int
    theme: Literal["light", "dark"] = "light"
    scale: int = 1
    scripts: bool = True
    media: Literal["screen", "print"] = "screen"


WAYS = {
    "desktop": Way(*DESKTOP),
    "phone": Way(*PHONE, theme="dark"),
    "zoom": Way(640, 400, scale=2),
    "plain": Way(*DESKTOP, scripts=False),
    "print": Way(SHEET, 1000, media="print"),
}
LIST_CUT = """() => [...document.querySelectorAll("main *")].filter(box => {
  const style = getComputedStyle(box), scrolls = /auto|scroll|hidden|clip/;
  if (box.closest("svg, .CodeMirror, .hidden, select, textarea, [popover]")) return false;
  if (!box.checkVisibility() || box.clientWidth < 2) return false;
  return scrolls.test(style.overflowX) && box.scrollWidth > box.clientWidth + 1
    || scrolls.test(style.overflowY) && box.scrollHeight > box.clientHeight + 1;
}).map(box => `${box.tabIndex < 0 ? "cut" : "scrolls"}: ${box.localName}.${box.className}`
  + ` ${box.clientWidth} × ${box.clientHeight} of ${box.scrollWidth} × ${box.scrollHeight}`)"""
"""Boxes that show a part of their content only; those that take the focus are scrolled by keys."""


def list_faults(tab: Tab, way: Way) -> Iterator[str]:
    """Yield what a machine sees of an open page."""
    width = tab.evaluate("document.documentElement.scrollWidth")
    if width > way.width:
        yield f"{width} px wide"
    if not tab.locator("main").inner_text().strip():
        yield "main is empty"
    yield from cast("list[str]", tab.evaluate(LIST_CUT))
    if way.scripts and way.media == "screen":
        yield from (f"axe: {barrier}" for barrier in list_barriers(tab))


def look(tab: Tab, url: str, page: Page, way: Way, file: Path) -> list[str]:
    """Open a page, take its screenshot, and list its faults."""
    watched = WatchedTab(tab, "/".join(url.split("/", 3)[:3]) + "/", expected=page.status)
    tab.emulate_media(media=way.media, color_scheme=way.theme, reduced_motion="reduce")
    tab.set_default_timeout(PATIENCE)
    try:
        response = tab.goto(url, wait_until="load")
    except Error:
        return ["does not load"]
    faults = [] if response and response.status == page.status else [f"not {page.status}"]
    # Figures are drawn when they come into view.
    height = tab.evaluate("document.documentElement.scrollHeight")
    if way.scripts and way.media == "screen":
        for offset in range(0, height, way.height):
            tab.mouse.wheel(0, way.height)
            tab.wait_for_timeout(30 if offset else 60)
    if page.heavy and way.scripts and way.media == "screen":
        try:
            tab.locator(page.heavy).first.wait_for()
        except Error:
            faults.append(f"without {page.heavy}")
    tab.evaluate("scrollTo(0, 0)")
    file.parent.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=file, full_page=True)
    return [*faults, *list_faults(tab, way), *watched.faults]


def name_file(page: Page) -> str:
    """Return the file name of a page's screenshots."""
    path = re.sub(r"[^a-z0-9]+", "-", page.path[:60].lower()).strip("-") or "home"
    return f"{path}-{page.reader}.png"


def open_all(
    browser: Browser, demo: Demo, options: argparse.Namespace, words: dict[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """Open the chosen pages in the chosen ways; yield what each was and its faults."""
    chosen = [
        page
        for page in PAGES
        if not options.pages or any(word in str(page) for word in options.pages)
    ]
    tokens = tokens_of(demo)
    for reader in sorted({page.reader for page in chosen}):
        state: Any = None
        if reader in tokens:
            with browser.new_context() as signing_in:
                sign_in(signing_in.new_page(), demo.address, tokens[reader])
                state = signing_in.storage_state()
        for way_name in options.ways:
            way = WAYS[way_name]
            with browser.new_context(
                storage_state=state,
                viewport={"width": way.width, "height": way.height},
                device_scale_factor=way.scale,
                java_script_enabled=way.scripts,
            ) as context:
                for page in (page for page in chosen if page.reader == reader):
                    for lang in options.langs:
                        url = f"{demo.address}{lang}{page.path.format(**words)}"
                        file = options.folder / way_name / lang / name_file(page)
                        tab = context.new_page()
                        yield f"{way_name} {lang} {page}", look(tab, url, page, way, file)
                        tab.close()


def main() -> None:
    """Run the demo, open its pages, and print their faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", nargs="*", default=[])
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    parser.add_argument("--langs", nargs="*", default=list(LANGS), choices=LANGS)
    options = parser.parse_args()
    executable = next(filter(None, map(which, BROWSERS)), None)
    opened = faulty = 0
    with demonstration() as demo, sync_playwright() as playwright:
        with Pool.open(demo.settings) as pool:
            withdraw(pool, DELETED, {"fr": "Fin de l’entente.", "en": "The agreement ended."})
        words = {"certificate": certificate_of(demo), "short_link": store_short_link(demo)}
        browser = playwright.chromium.launch(executable_path=executable, args=ALONE)
        for name, faults in open_all(browser, demo, options, words):
            opened, faulty = opened + 1, faulty + bool(faults)
            for fault in faults:
                click.echo(f"{name}: {fault}")
        browser.close()
    click.echo(f"{opened} opened, {faulty} with a fault")


if __name__ == "__main__":
    main()
