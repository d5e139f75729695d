"""What search engines and news readers ask for: which pages there are, and what changed last."""

from collections.abc import Sequence
from math import ceil
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for

from parvis.pooling.serving.catalog_search import FACETS, Wish, fitting
from parvis.pooling.serving.projects import projects
from parvis.web.api.harvest import NO_PAGE, whole
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import GRAPHS
from parvis.web.pages import guide as markdown
from parvis.web.pages.catalog import open_ones

crawlers = Blueprint("crawlers", __name__)

PAGES = (
    "pages.home",
    "catalog.listing",
    "pages.queries",
    "relays.listing",
    "frame.charter",
    "ontology.vocabulary",
    "docs.index",
)

PER_MAP = 10_000
"""Paths of one map. The protocol allows 50,000 addresses and 50 MB: each path is an address in
either language, told with its alternates in some 2,000 bytes at the very most."""

NEWS = 100
"""How many datasets the news tell: those that changed last."""


@crawlers.get("/robots.txt")
def robots() -> Response:
    """Leave alone what is asked and not read, and read the site map."""
    return Response(render_template("robots.txt"), mimetype="text/plain")


@crawlers.get("/sitemap.xml")
@reads("page")
def sitemap() -> Response:
    """List the pages that anyone may see, each in both languages; datasets with their last change.

    Where they are too many for one map, list the maps, by ``?page=`` (https://sitemaps.org/protocol.html).
    """
    paths = list(_paths().items())
    last = max(1, ceil(len(paths) / PER_MAP))
    page = whole("page", 0, 1_000_000) if "page" in request.args else None
    if page is not None and page > last:
        raise Refusal(404, NO_PAGE, page=page, last=last)
    if page is None and last > 1:
        maps = {at: _latest(paths[_span(at)]) for at in range(1, last + 1)}
        body = render_template("sitemaps.xml", maps=maps)
    else:
        body = render_template("sitemap.xml", paths=dict(paths[_span(page or 1)]))
    return Response(body, mimetype="application/xml")


def _paths() -> dict[str, str]:
    """Give the paths of all pages below the base, each with the instant of its change if known."""
    found = host().listing(reader_of(request))
    changed = {item.key: item.changed.isoformat() for item in found.items}
    cards = host().datasets(reader_of(request))
    paths = dict.fromkeys((url_for(page) for page in PAGES), "")
    for card in cards:
        key = card.key
        path = url_for("catalog.dataset", partner=key.partner, dataset=key.dataset)
        paths[path] = changed.get(key, "")
    for slug in sorted({card.key.partner for card in cards}):
        paths[url_for("catalog.partner", slug=slug)] = ""
    for project in projects(host()):
        paths[url_for("frame.project", slug=project.slug)] = ""
    for name in markdown.names():
        paths[url_for("docs.page", name=name)] = ""
    for example in host().queries():
        paths[url_for("pages.query", slug=example.slug)] = ""
    root = request.script_root
    return {path.removeprefix(root).lstrip("/"): at for path, at in paths.items()}


def _span(page: int) -> slice:
    """Tell which paths stand in a map."""
    return slice((page - 1) * PER_MAP, page * PER_MAP)


def _latest(paths: Sequence[tuple[str, str]]) -> str:
    """Give the last instant at which anything of a map changed; nothing if none is known."""
    return max((changed for _, changed in paths), default="")


@crawlers.get("/catalog.atom")
@reads("q", "sort", "page", *FACETS)
def news() -> Response:
    """Tell which datasets changed last, as Atom (RFC 4287), in the language that is asked for.

    What narrows the catalogue's page narrows it as well.
    """
    found, wish = host().listing(reader_of(request)), Wish.of(request.args)
    narrowed = wish.asked(sort="")
    fit = fitting((item.card for item in found.items), open_ones(), wish) if narrowed else None
    items = [item for item in found.items if fit is None or item.key in fit]
    items = sorted(items, key=lambda item: item.changed, reverse=True)[:NEWS]
    body = render_template(
        "atom.xml",
        items=items,
        graphs=GRAPHS,
        here=f"{host().iris.base}catalog.atom?{urlencode({'lang': language(), **narrowed})}",
        narrowed=f"?{urlencode(narrowed)}" if narrowed else "",
        updated=found.changed or found.published.generation.manifest.created,
        **found.about(),
    )
    response = Response(body, mimetype="application/atom+xml")
    response.last_modified = found.changed
    response.content_language.add(language())
    return response
