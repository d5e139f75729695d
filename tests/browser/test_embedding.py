"""Lists, maps and figures on the pages of other sites, in the language of those pages."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

from tests.serving import Demo

POLICY = "default-src 'none'; script-src {site}; frame-src {site}"
"""What a careful site lets its pages do: our script and our frame, no style of ours."""
EVENTS = "events/embed?from=2026-09-01&amp;partner=theatre-lanterne"
Serve = Callable[[str], str]


@contextmanager
def other_site(page: str, policy: str) -> Iterator[str]:
    """Serve one page from another origin until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("lang", "shown", "frame_lang", "words"),
    [
        ("en", EVENTS, "en", "What’s on"),
        ("fr-CA", f"{EVENTS}&amp;view=map", "fr", "À l’affiche"),
        # Of a page in neither language, the frame has that of the reader's browser.
        ("es", "portrait/embed?chapter=discipline", "en", "audience"),
    ],
)
def test_one_line_shows_it_at_its_height_in_the_language_of_the_page(  # noqa: PLR0913, PLR0917 - a case has as many parts
    chrome: Browser, demo: Demo, lang: str, shown: str, frame_lang: str, words: str
) -> None:
    line = f'<script async src="{demo.address}embed.js" data-show="{shown}"></script>'
    page = (
        f'<!doctype html><html lang="{lang}"><title>x</title><body><p>Avant</p>{line}<p>Après</p>'
    )
    faults: list[str] = []
    with other_site(page, POLICY.format(site=demo.address.rstrip("/"))) as address:
        tab = chrome.new_page(locale="en-CA", viewport={"width": 800, "height": 900})
        tab.on("console", lambda message: faults.append(message.text))
        tab.goto(address)
        frame = tab.locator("p + script + iframe")
        content = frame.content_frame
        content.locator("h1").wait_for()
        assert content.locator("html").get_attribute("lang") == frame_lang
        assert words in content.locator("body").inner_text()
        assert frame.get_attribute("title")
        # It is no wider than what it stands in: the page around it does not scroll sideways.
        assert frame.bounding_box()["width"] == tab.locator("p").first.bounding_box()["width"]  # type: ignore[index]
        tab.wait_for_function("document.querySelector('iframe').height !== '400'")
        tab.wait_for_timeout(300)
        content_height = content.locator("html").evaluate(
            "html => html.getBoundingClientRect().height"
        )
        height = int(frame.get_attribute("height") or 0)
        assert abs(height - content_height) <= 1
        # What is in the frame fits: it has nothing to scroll.
        assert content.locator("html").evaluate(
            "html => html.scrollHeight <= html.clientHeight + 1"
        )
        assert not faults
        # A message of anybody else changes nothing.
        tab.evaluate("postMessage({ parvis: { height: 9999 } }, '*')")
        tab.wait_for_timeout(100)
        assert int(frame.get_attribute("height") or 0) == height
        tab.close()


def test_other_pages_cannot_be_put_in_a_frame(chrome: Browser, demo: Demo) -> None:
    line = f'<script async src="{demo.address}embed.js" data-show="events"></script>'
    elsewhere = f'<script async src="{demo.address}embed.js" data-show="https://x.test/"></script>'
    page = f'<!doctype html><html lang="fr"><title>x</title><body>{line}{elsewhere}'
    with other_site(page, POLICY.format(site=demo.address.rstrip("/"))) as address:
        tab = chrome.new_page()
        refusals: list[str] = []
        tab.on("console", lambda message: refusals.append(message.text))
        tab.goto(address)
        tab.locator("iframe").first.wait_for()
        tab.wait_for_timeout(500)
        assert any("frame-ancestors" in text for text in refusals)
        assert tab.locator("iframe").count() == 2
        assert tab.locator("iframe").nth(1).get_attribute("src").startswith(demo.address)  # type: ignore[union-attr]
        tab.close()


def test_what_search_engines_read_is_allowed_and_never_run(chrome: Browser, demo: Demo) -> None:
    """Under the strict policy of every page."""
    tab, faults = chrome.new_page(), list[str]()
    tab.on("console", lambda message: faults.append(message.text))
    tab.goto(f"{demo.address}fr/id/event/theatre-lanterne/LAN-001.html")
    described = tab.evaluate(
        "JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)"
    )
    assert described["@context"] == "https://schema.org"
    assert described["location"]["address"]["addressLocality"] == "Montréal"
    assert not faults
    tab.close()
