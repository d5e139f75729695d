"""Texts of the site itself, in Markdown; the steward may replace each in the catalogue folder.

``site/fr/about.md`` there takes the place of the text that parvis brings.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from parvis.web.api.guide_texts import read_text
from parvis.web.http.access import host
from parvis.web.http.language import language
from parvis.web.pages.guide import GuidePage, parse_page

FOLDER = "site"
"""The folder of these texts, in the package's documentation and in the catalogue folder."""
MOST = 200_000
"""Bytes of a text."""
LOG = logging.getLogger("parvis")

Content = TypeVar("Content")


def read_site_page(name: str) -> GuidePage:
    """Return a text as a page, in the language of the response."""
    return read_site_text(name, _parse_page)


def read_site_text(name: str, parse: Callable[[str], Content]) -> Content:
    """Return a parsed text: the steward's, else the package's; `parse` raises `ValueError`."""
    lang = language()
    file = host().settings.catalog / FOLDER / lang / f"{name}.md"
    try:
        if file.stat().st_size <= MOST:
            return parse(file.read_text(encoding="utf-8"))
        LOG.warning("%s is left out: it is longer than %s bytes", file, MOST)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        # A misspelt text of the steward takes no page away from readers.
        LOG.warning("%s is left out: %s", file, error)
    return parse(read_text(lang, f"{FOLDER}/{name}"))


@lru_cache(16)
def _parse_page(text: str) -> GuidePage:
    return parse_page(text, FOLDER)
