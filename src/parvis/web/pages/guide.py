"""The guide, as pages of the site: the same texts that come with the package, at ``/docs``."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from flask import Blueprint, render_template
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from parvis.errors import UnknownThing
from parvis.i18n import N_
from parvis.web.http.language import language

# Pages of the guide, from Markdown to HTML: links lead to pages, headings can be linked to.

INDEX = "index"
"""The page that lists the others; it stands one folder above them, at ``/docs``."""
_PAGE = re.compile(r"([a-z-]+)\.md(#.*)?")
_READER = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Page:
    """A page of the guide: its title, its first words, its sections by anchor, and the rest."""

    title: str
    lead: str
    sections: dict[str, str]
    body: Markup


@cache
def names() -> tuple[str, ...]:
    """Name the pages besides the index, in the order in which it lists them."""
    found = re.findall(r"(?m)^\* \[[^]]+\]\(([a-z-]+)\.md\)", _text("fr", INDEX))
    return tuple(dict.fromkeys(found))


@cache
def read_page(lang: str, name: str) -> Page:
    """Read a page that is there; each is read once in a process."""
    heading, title, _, *rest = _READER.parse(_text(lang, name))
    if (heading.tag, title.type) != ("h1", "inline"):
        raise ValueError(name)
    first = next((_plain(one) for one in rest if one.type == "inline"), "")
    sections = [_plain(text) for mark, text in pairwise(rest) if _begins_section(mark)]
    body = _READER.renderer.render([*_laid_out(rest, name)], _READER.options, {})
    named = {anchor(text): text for text in sections}
    return Page(_plain(title), first, named, Markup(body))  # noqa: S704 - of our own texts


def _text(lang: str, name: str) -> str:
    return (files("parvis") / "docs" / lang / f"{name}.md").read_text(encoding="utf-8")


def _laid_out(tokens: list[Token], name: str) -> Iterator[Token]:
    """Give headings an anchor, links their page, and what may be wide a place to scroll in."""
    tables = Counter[str]()
    under = ""
    for token, following in pairwise([*tokens, Token("end", "", 0)]):
        if token.type == "heading_open":
            under = _plain(following)
            token.attrSet("id", anchor(under))
        for part in token.children or ():
            if part.type == "link_open":
                part.attrSet("href", _address(str(part.attrGet("href")), name))
        if token.type == "table_open":
            tables[under] += 1
        yield from _framed(token, f"{under} ({tables[under]})" if tables[under] > 1 else under)


def _framed(token: Token, label: str) -> Iterator[Token]:
    """Put a table or a block of code into what can be scrolled."""
    if token.type == "fence":
        yield from _code(token.content)
        return
    if token.type == "table_open":
        yield _opening("div", role="region", label=label, kind="table")
    yield token
    if token.type == "table_close":
        yield Token("region_close", "div", -1)


def _begins_section(token: Token) -> bool:
    """Say whether a section of the page begins."""
    return token.type == "heading_open" and token.tag == "h2"


def _opening(tag: str, *, kind: str, role: str = "", label: str = "") -> Token:
    """Open what can be scrolled, with the keyboard too."""
    told = {"class": kind, "tabindex": "0", "role": role, "aria-label": label}
    return Token("region_open", tag, 1, attrs={name: text for name, text in told.items() if text})


def _code(text: str) -> Iterator[Token]:
    """Lay out a block of code."""
    yield _opening("pre", kind="code")
    yield Token("code_open", "code", 1)
    yield Token("text", "", 0, content=text)
    yield Token("code_close", "code", -1)
    yield Token("region_close", "pre", -1)


def _address(href: str, name: str) -> str:
    """Lead from one page to another, in whatever language is read; others stay as they are."""
    found = _PAGE.fullmatch(href)
    if found is None:
        return href
    below = "docs/" if name == INDEX else ""
    return f"{below}{found[1]}{found[2] or ''}"


def _plain(inline: Token) -> str:
    """Give the text of a heading or a paragraph, without its marks."""
    parts = inline.children or ()
    return "".join(" " if part.type == "softbreak" else part.content for part in parts)


def anchor(text: str) -> str:
    """Name a heading in an address, as forges do.

    >>> anchor("Ce que cela coûte, et pourquoi ?")
    'ce-que-cela-coûte-et-pourquoi'
    """
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", text.lower()).strip())


docs = Blueprint("docs", __name__)

NO_PAGE = N_("the guide has no page “{name}”")


@docs.get("/docs")
def index() -> str:
    """Give the guide's first page, which lists the others."""
    return _page(INDEX)


@docs.get("/docs/<name>")
def page(name: str) -> str:
    """Give one page of the guide, in the language of the answer."""
    if name not in names():
        raise UnknownThing(NO_PAGE, name=name)
    return _page(name)


def _page(name: str) -> str:
    """Lay a page out, with the one that follows it."""
    order = (INDEX, *names(), None)
    lang, following = language(), order[order.index(name) + 1]
    return render_template(
        "docs.html",
        page=read_page(lang, name),
        is_index=name == INDEX,
        following=following,
        next_title=following and read_page(lang, following).title,
    )
