"""The guide, as pages of the site: the same texts that come with the package, at ``/docs``."""

from flask import Blueprint, render_template

from parvis.errors import UnknownThing
from parvis.i18n import N_
from parvis.web import markdown
from parvis.web.language import language

docs = Blueprint("docs", __name__)

NO_PAGE = N_("the guide has no page “{name}”")


@docs.get("/docs")
def index() -> str:
    """Give the guide's first page, which lists the others."""
    return _page(markdown.INDEX)


@docs.get("/docs/<name>")
def page(name: str) -> str:
    """Give one page of the guide, in the language of the answer."""
    if name not in markdown.names():
        raise UnknownThing(NO_PAGE, name=name)
    return _page(name)


def _page(name: str) -> str:
    """Lay a page out, with the one that follows it."""
    order = (markdown.INDEX, *markdown.names(), None)
    lang, following = language(), order[order.index(name) + 1]
    return render_template(
        "docs.html",
        page=markdown.page(lang, name),
        is_index=name == markdown.INDEX,
        following=following,
        next_title=following and markdown.page(lang, following).title,
    )
