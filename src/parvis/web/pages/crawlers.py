"""The site map, the news feed, and what programs begin with, for search engines and assistants."""

import json
from math import ceil
from typing import Any
from urllib.parse import unquote, urlencode

from flask import Blueprint, Response, render_template, request, url_for

from parvis.i18n import LANGUAGES, N_, say
from parvis.pooling.serving.catalog_search import FACETS, CatalogSearch, matching_keys
from parvis.pooling.serving.events.selection import ReaderEvents
from parvis.web.api.guide_texts import page_names
from parvis.web.api.harvesting.harvest import NO_PAGE, integer_parameter
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import GRAPHS, HTML
from parvis.web.pages.catalog import public_datasets

crawlers = Blueprint("crawlers", __name__)

PAGES = (
    "pages.home",
    "catalog.listing",
    "questions.queries",
    "agenda.page",
    "relays.listing",
    "frame.charter",
    "ontology.vocabulary",
    "docs.index",
    "partners.listing",
    "frame.listing",
    "about.purpose",
    "about.contact",
    "about.accessibility",
    "about.privacy",
    "glossary.page",
    "status.page",
)

PER_MAP = 10_000
"""Paths of one map. The protocol allows 50,000 addresses and 50 MB: each path has an address in
both languages, with alternates some 2,000 bytes at most."""

NEWS = 100
"""How many datasets are in the feed: those that changed last."""


@crawlers.get("/robots.txt")
def robots() -> Response:
    """Exclude queries and forms from crawling, and name the site map."""
    return Response(render_template("documents/robots.txt"), mimetype="text/plain")


PROGRAMS = N_(
    "Cultural programming, venues, organisations and pooled figures on audiences of Québec, as"
    " linked data. Cite the published version, the licence and the partners; a suppressed figure is"
    " confidential, and an entry is not a person."
)
LINKS = (
    ("mcp", "MCP", N_("the server for AI assistants (Model Context Protocol), by POST")),
    ("docs/assistants", N_("AI assistants"), N_("how to connect one, its tools, its limits")),
    ("docs", N_("Guide"), N_("all pages of the guide")),
    ("docs/connecting", N_("Every way to connect"), N_("each interface, with a line that works")),
    ("events.json", N_("What’s on"), N_("the events to come, by day, region, place or audience")),
    ("sparql", "SPARQL", N_("the endpoint; without a query, its description in RDF")),
    ("queries", N_("Questions"), N_("example queries with their answers and SPARQL")),
    ("ontology", N_("Vocabulary"), N_("classes, properties and code lists")),
    ("shapes", N_("Rules"), N_("the rules that the data keep, as SHACL")),
    ("catalog", N_("Catalogue"), N_("the datasets, with licences and files, as DCAT")),
    ("portrait", N_("Portrait of audiences"), N_("the pooled figures, with their status")),
    ("relays", N_("Intermediaries"), N_("who reaches which audience")),
)
"""What a program begins with: the path, its name, what it is."""
OWN_NAMES = {"fr": "Français", "en": "English"}


@crawlers.get("/llms.txt")
def llms() -> Response:
    """Tell assistants, in both languages, where to begin (https://llmstxt.org)."""
    titles = host().listing(reader_of(request)).about()["title"]
    parts = [
        (
            OWN_NAMES[lang],
            say(lang, PROGRAMS),
            [
                # The endpoints for programs have one address; pages have one in each language.
                (
                    path if path in {"mcp", "sparql"} else f"{lang}/{path}",
                    say(lang, name),
                    say(lang, text),
                )
                for path, name, text in LINKS
            ],
        )
        for lang in LANGUAGES
    ]
    names = list(dict.fromkeys(titles.values()))
    body = render_template("documents/llms.txt", titles=names, parts=parts)
    return Response(body, mimetype="text/plain")


INTERFACES = (
    ("sparql", "sparql", "text/turtle", "querying"),
    ("events.json", "openapi.json", "application/json", "events"),
    ("mcp", "", "", "assistants"),
    ("reconcile", "reconcile", "application/json", "reconciling"),
    ("catalog", "void", "text/turtle", "harvesting"),
    ("oai", "oai?verb=Identify", "text/xml", "harvesting"),
    ("feed", "", "", "harvesting"),
    ("feed/entities", "", "", "harvesting"),
    ("dsp/catalog/request", ".well-known/dspace-version", "application/json", "harvesting"),
)
"""The interfaces for programs: the path, that of its description for programs, if it has one, with
its media type, and the page of the guide."""
LINKSET = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


@crawlers.get("/.well-known/api-catalog")
@reads()
def api_catalog() -> Response:
    """Lead programs to each interface and to its descriptions (RFC 9727, as RFC 9264 writes it)."""
    base = host().settings.base
    here = f"{base}.well-known/api-catalog"
    linkset: list[dict[str, Any]] = [
        {"anchor": here, "item": [{"href": f"{base}{path}"} for path, *_ in INTERFACES]}
    ]
    for path, description, media_type, page in INTERFACES:
        pages = [
            {"href": f"{base}{lang}/docs/{page}", "type": "text/html", "hreflang": [lang]}
            for lang in LANGUAGES
        ]
        links: dict[str, Any] = {"anchor": f"{base}{path}", "service-doc": pages}
        if description:
            links["service-desc"] = [{"href": f"{base}{description}", "type": media_type}]
        linkset.append(links)
    response = Response(json.dumps({"linkset": linkset}), content_type=LINKSET)
    response.headers["Link"] = f'<{here}>; rel="api-catalog"'
    return response


@crawlers.get("/sitemap.xml")
@reads("page")
def sitemap() -> Response:
    """List the public pages, in both languages; datasets with their last change.

    Events and places are among them, whose pages describe them to search engines.

    If they are too many for one map, list the maps, by ``?page=`` (https://sitemaps.org/protocol.html).
    """
    catalogue, cards = host().listing(reader_of(request)), host().datasets(reader_of(request))
    changed = {item.key: item.changed.isoformat() for item in catalogue.items}
    addresses = dict.fromkeys(map(url_for, PAGES), "")
    for card in cards:
        key = card.key
        address = url_for("catalog.dataset", partner=key.partner, dataset=key.dataset)
        addresses[address] = changed.get(key, "")
    for slug in sorted({card.key.partner for card in cards}):
        addresses[url_for("partners.partner", slug=slug)] = ""
    for project in host().list_projects():
        addresses[url_for("frame.project", slug=project.slug)] = ""
    for name in page_names():
        addresses[url_for("docs.page", name=name)] = ""
    for example in host().queries():
        addresses[url_for("questions.query", slug=example.slug)] = ""
    # The paths are relative to the base.
    root = request.script_root
    paths = [(path.removeprefix(root).lstrip("/"), at) for path, at in addresses.items()]
    events = host().event_index(reader_of(request))
    things = events.list.count_names(f"{host().iris.base}id/")
    last = max(1, ceil((len(paths) + things) / PER_MAP))
    page = integer_parameter("page", 0, 1_000_000) if "page" in request.args else None
    if page is not None and page > last:
        raise Refusal(404, NO_PAGE, page=page, last=last)
    if page is None and last > 1:
        # The last change of each map; empty if none of its pages has one, as those of events.
        maps = {
            number: max((changed for _, changed in paths[_slice(number)]), default="")
            for number in range(1, last + 1)
        }
        body = render_template("documents/sitemaps.xml", maps=maps)
    else:
        shown = _slice(page or 1)
        first, last_one = (max(at - len(paths), 0) for at in (shown.start, shown.stop))
        of_things = _list_things(events, first, last_one - first)
        listed = dict(paths[shown]) | {
            path.removeprefix(root).lstrip("/"): "" for path in of_things
        }
        body = render_template("documents/sitemap.xml", paths=listed)
    return Response(body, mimetype="application/xml")


def _list_things(events: ReaderEvents, first: int, most: int) -> list[str]:
    """Return the paths of some events, then of places."""
    own = f"{host().iris.base}id/"
    keys = (unquote(iri.removeprefix(own)) for iri in events.list.list_names(own, first, most))
    return [url_for("resources.thing", key=key, ending=HTML) for key in keys]


def _slice(page: int) -> slice:
    return slice((page - 1) * PER_MAP, page * PER_MAP)


@crawlers.get("/catalog.atom")
@reads("q", "sort", "page", *FACETS)
def news() -> Response:
    """Return the last changed datasets as Atom (RFC 4287), in a language.

    The filters of the catalogue's page apply.
    """
    catalogue, search = host().listing(reader_of(request)), CatalogSearch.of(request.args)
    # A search is run only if there is one: the order of the feed is by date in any case.
    filters, keys = search.to_parameters(sort=""), None
    if filters:
        keys = matching_keys((item.card for item in catalogue.items), public_datasets(), search)
    items = [item for item in catalogue.items if keys is None or item.key in keys]
    items = sorted(items, key=lambda item: item.changed, reverse=True)[:NEWS]
    body = render_template(
        "documents/atom.xml",
        items=items,
        graphs=GRAPHS,
        here=f"{host().iris.base}catalog.atom?{urlencode({'lang': language(), **filters})}",
        narrowed=f"?{urlencode(filters)}" if filters else "",
        updated=catalogue.changed or catalogue.published.generation.manifest.created,
        **catalogue.about(),
    )
    response = Response(body, mimetype="application/atom+xml")
    response.last_modified = catalogue.changed
    response.content_language.add(language())
    return response
