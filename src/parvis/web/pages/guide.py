"""The guide as pages of the site: the texts of the package, at ``/docs``."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from flask import Blueprint, Response, render_template
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from parvis.errors import UnknownThing
from parvis.i18n import N_
from parvis.web.api.guide_texts import INDEX, page_names, read_text
from parvis.web.http.language import language

# Pages of the guide, from Markdown to HTML, with links between pages and anchors of headings.

DEVELOPERS = "developers"
"""The folder of the pages for developers, which are in English only."""
_PAGE = re.compile(r"(?:\.\./)?((?:developers/)?[a-z-]+)\.md(#.*)?")
_NOTEBOOK = re.compile(r"\.\./(notebooks/[a-z-]+\.ipynb)")
_READER = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class GuidePage:
    """A page of the guide: its title, its first paragraph, its sections by anchor, its body."""

    title: str
    lead: str
    sections: dict[str, str]
    body: Markup


@cache
def developer_pages() -> tuple[str, ...]:
    """Return the names of the pages for developers, those of decisions with their folder."""
    folder = Path(str(files("parvis"))) / "docs" / DEVELOPERS
    pages = (page.relative_to(folder).with_suffix("") for page in folder.rglob("*.md"))
    return tuple(sorted(page.as_posix() for page in pages))


@cache
def read_page(lang: str, name: str) -> GuidePage:
    """Parse an existing page; each is parsed once in a process."""
    return parse_page(read_text(lang, name), name)


def parse_page(text: str, name: str) -> GuidePage:
    """Parse a Markdown text that begins with its title; raise `ValueError` for any other."""
    tokens = _READER.parse(text)
    if [token.tag or token.type for token in tokens[:2]] != ["h1", "inline"]:
        raise ValueError(name)
    _, title, _, *content = tokens
    lead = next((_plain_text(token) for token in content if token.type == "inline"), "")
    sections = [
        _plain_text(text)
        for token, text in pairwise(content)
        if token.type == "heading_open" and token.tag == "h2"
    ]
    _label_cells(content)
    body = _READER.renderer.render([*_add_links(content, name)], _READER.options, {})
    anchors = {anchor(text): text for text in sections}
    return GuidePage(_plain_text(title), lead, anchors, Markup(body))  # noqa: S704 - of our own texts


def _add_links(tokens: list[Token], name: str) -> Iterator[Token]:
    """Add anchors to headings, addresses to links, and scrolling to tables and code."""
    tables = Counter[str]()
    heading = ""
    for token, following in pairwise([*tokens, Token("end", "", 0)]):
        if token.type == "heading_open":
            heading = _plain_text(following)
            token.attrSet("id", anchor(heading))
        for part in token.children or ():
            # A link to a page is relative to the language that is read.
            href = str(part.attrGet("href")) if part.type == "link_open" else ""
            if page := _PAGE.fullmatch(href):
                folder = "docs/" if name == INDEX else ""
                part.attrSet("href", f"{folder}{page[1]}{page[2] or ''}")
            elif file := _NOTEBOOK.fullmatch(href):
                part.attrSet("href", file[1])
        if token.type == "table_open":
            tables[heading] += 1
        label = f"{heading} ({tables[heading]})" if tables[heading] > 1 else heading
        # A table or a block of code is in an element that scrolls, by the keyboard too.
        if token.type == "fence":
            yield Token("region_open", "pre", 1, attrs={"class": "code", "tabindex": "0"})
            yield Token("code_open", "code", 1)
            yield Token("text", "", 0, content=token.content)
            yield Token("code_close", "code", -1)
            yield Token("region_close", "pre", -1)
            continue
        if token.type == "table_open":
            attributes = {
                "class": "table stacked",
                "tabindex": "0",
                "role": "region",
                "aria-label": label,
            }
            attrs: dict[str, str | int | float] = {k: v for k, v in attributes.items() if v}
            yield Token("region_open", "div", 1, attrs=attrs)
        yield token
        if token.type == "table_close":
            yield Token("region_close", "div", -1)


def _label_cells(tokens: list[Token]) -> None:
    """Set the heading of each cell: on a phone those of a row stand below one another."""
    headings: list[str] = []
    columns: Iterator[str] = iter(())
    for token, following in pairwise(tokens):
        if token.type == "table_open":
            headings = []
        elif token.type == "th_open":
            headings.append(_plain_text(following))
        elif token.type == "tr_open":
            columns = iter(headings)
        elif token.type == "td_open":
            token.attrSet("data-label", next(columns))


def _plain_text(inline: Token) -> str:
    """Return the text of a heading or a paragraph, without markup."""
    parts = inline.children or ()
    return "".join(" " if part.type == "softbreak" else part.content for part in parts)


def anchor(text: str) -> str:
    """Return the anchor of a heading, as forges do.

    >>> anchor("Ce que cela coûte, et pourquoi ?")
    'ce-que-cela-coûte-et-pourquoi'
    """
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", text.lower()).strip())


docs = Blueprint("docs", __name__)

NOTEBOOKS = ("audiences", "programming")
NO_PAGE = N_("the guide has no page “{name}”")


@docs.get("/docs")
def index() -> str:
    """Show the guide's first page, which lists all pages."""
    return _render_page(INDEX)


@docs.get("/docs/developers/<path:name>")
def developers(name: str) -> str:
    """Show a page for developers, in English."""
    if name not in developer_pages():
        raise UnknownThing(NO_PAGE, name=name)
    return render_template(
        "reference/docs.html",
        page=read_page(DEVELOPERS, name),
        is_index=False,
        following=None,
        text_lang="en",
    )


@docs.get(f"/docs/notebooks/<any({','.join(NOTEBOOKS)}):name>.ipynb")
def notebook(name: str) -> Response:
    """Return a notebook for Jupyter, to download."""
    body = (files("parvis") / "docs" / "notebooks" / f"{name}.ipynb").read_bytes()
    response = Response(body, mimetype="application/x-ipynb+json")
    response.headers["Content-Disposition"] = f"attachment; filename={name}.ipynb"
    return response


@docs.get("/docs/<name>")
def page(name: str) -> str:
    """Show a page of the guide, in the language of the response."""
    if name not in page_names():
        raise UnknownThing(NO_PAGE, name=name)
    return _render_page(name)


def _render_page(name: str) -> str:
    """Render a page, with a link to the next one."""
    order = (INDEX, *page_names(), None)
    lang, following = language(), order[order.index(name) + 1]
    return render_template(
        "reference/docs.html",
        page=read_page(lang, name),
        is_index=name == INDEX,
        following=following,
        text_lang="",
        next_title=following and read_page(lang, following).title,
    )
