"""What search engines and news readers ask for: which pages there are, and what changed last."""

from flask import Blueprint, Response, render_template, request, url_for

from parvis.web.access import host, reader_of
from parvis.web.language import language
from parvis.web.negotiation import GRAPHS

crawlers = Blueprint("crawlers", __name__)

PAGES = (
    "pages.home",
    "catalog.listing",
    "pages.queries",
    "relays.listing",
    "ontology.vocabulary",
)

NEWS = 100
"""How many datasets the news tell: those that changed last."""


@crawlers.get("/robots.txt")
def robots() -> Response:
    """Leave alone what is asked and not read, and read the site map."""
    return Response(render_template("robots.txt"), mimetype="text/plain")


@crawlers.get("/sitemap.xml")
def sitemap() -> Response:
    """List the pages that anyone may see, each in both languages; datasets with their last change.

    The protocol lets a map have 50,000 addresses, which is 25,000 pages.
    """
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
    for example in host().queries():
        paths[url_for("pages.query", slug=example.slug)] = ""
    root = request.script_root
    inside = {path.removeprefix(root).lstrip("/"): at for path, at in paths.items()}
    return Response(render_template("sitemap.xml", paths=inside), mimetype="application/xml")


@crawlers.get("/catalog.atom")
def news() -> Response:
    """Tell which datasets changed last, as Atom (RFC 4287), in the language that is asked for."""
    found = host().listing(reader_of(request))
    items = sorted(found.items, key=lambda item: item.changed, reverse=True)[:NEWS]
    body = render_template(
        "atom.xml",
        items=items,
        graphs=GRAPHS,
        here=f"{host().iris.base}catalog.atom?lang={language()}",
        updated=found.changed or found.published.generation.manifest.created,
        **found.about(),
    )
    response = Response(body, mimetype="application/atom+xml")
    response.last_modified = found.changed
    response.content_language.add(language())
    return response
