"""The glossary: each word of the site with its meaning, and its explanation on other pages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, g, render_template

from parvis.web.pages.about.texts import read_site_text
from parvis.web.pages.guide import parse_page

glossary = Blueprint("glossary", __name__)

ENTRY = re.compile(
    r"^### (?P<name>.+?) \{#(?P<key>[a-z0-9-]+)\}\n(?P<definition>.+)$", re.MULTILINE
)
"""A heading with its key, which is the same in each language, and a paragraph of one line."""
THEME = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class GlossaryEntry:
    """A word of the site: its key, its name and its meaning, both in one language."""

    key: str
    name: str
    definition: str


@dataclass(frozen=True)
class Glossary:
    """The words in their order, by the title of their theme, and by key."""

    title: str
    lead: str
    themes: Mapping[str, tuple[GlossaryEntry, ...]]
    entries: Mapping[str, GlossaryEntry]


@glossary.get("/glossary")
def page() -> str:
    """Show the words of the site, each with an anchor."""
    return render_template("about/glossary.html", glossary=read_glossary())


def read_glossary() -> Glossary:
    """Return the glossary in the language of the response."""
    return read_site_text("glossary", parse_glossary)


@lru_cache(8)
def parse_glossary(text: str) -> Glossary:
    """Parse a glossary in Markdown; raise `ValueError` for one without words."""
    page = parse_page(text, "glossary")
    _, *parts = THEME.split(text)
    themes = {
        title: tuple(GlossaryEntry(**entry.groupdict()) for entry in ENTRY.finditer(body))
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }
    entries = {entry.key: entry for theme in themes.values() for entry in theme}
    if not entries:
        raise ValueError("a glossary has words: ### word {#key}")
    return Glossary(page.title, page.lead, themes, entries)


def first_mention(key: str) -> GlossaryEntry | None:
    """Return a word where a page mentions it first; None later on, and for an unknown word."""
    mentioned: set[str] = g.setdefault("terms_mentioned", set())
    if key in mentioned:
        return None
    mentioned.add(key)
    return read_glossary().entries.get(key)


def name_of_term(key: str) -> str:
    """Return the name of a word; the key of an unknown one."""
    entry = read_glossary().entries.get(key)
    return entry.name if entry else key


@glossary.app_context_processor
def add_terms() -> dict[str, object]:
    """Let every page explain its words, by the macro `term`."""
    return {"first_mention": first_mention, "name_of_term": name_of_term}
