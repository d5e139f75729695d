"""What search engines ask for: which pages there are, and which to leave alone."""

from flask import Blueprint, Response, render_template, request, url_for

from parvis.web.access import host, reader_of

crawlers = Blueprint("crawlers", __name__)

PAGES = ("pages.home", "catalog.listing", "pages.queries", "ontology.vocabulary")


@crawlers.get("/robots.txt")
def robots() -> Response:
    """Leave the endpoint alone, and read the site map."""
    return Response(render_template("robots.txt"), mimetype="text/plain")


@crawlers.get("/sitemap.xml")
def sitemap() -> Response:
    """List the pages that anyone may see, each in both languages."""
    cards = host().datasets(reader_of(request))
    paths = [url_for(page) for page in PAGES]
    paths += [
        url_for("catalog.dataset", partner=card.key.partner, dataset=card.key.dataset)
        for card in cards
    ]
    partners = sorted({card.key.partner for card in cards})
    paths += [url_for("catalog.partner", slug=slug) for slug in partners]
    paths += [url_for("pages.query", slug=example.slug) for example in host().queries()]
    root = request.script_root
    inside = [path.removeprefix(root).lstrip("/") for path in paths]
    return Response(render_template("sitemap.xml", paths=inside), mimetype="application/xml")
