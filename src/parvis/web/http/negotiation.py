"""Content negotiation: by ``?format=``, else by Accept (RFC 9110 §12.5.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from threading import Lock
from typing import Any, NoReturn, ParamSpec, TypeVar

from flask import Response, make_response, render_template, request, url_for
from rdflib import Graph
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from parvis.i18n import N_
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPH_TYPES, PARQUET, PARQUET_ENDING, RESULT_TYPES, XLSX
from parvis.web.http.errors import Refusal

HTML = "html"
DOCUMENT = {"text/html": HTML} | {name: ending for ending, name in GRAPH_TYPES.items()}
"""Media types of documents that have a page and a graph, with their endings; pages come first."""

PAGE_OR_JSON = {"text/html": HTML, "application/json": "json"}
"""Media types of what has a page and is JSON for programs, with their endings."""

GRAPHS = {name: ending for ending, name in GRAPH_TYPES.items()}
"""Media types of the graphs of CONSTRUCT and DESCRIBE."""

RESULTS = {name: ending for ending, name in RESULT_TYPES.items()} | {
    XLSX: "xlsx",
    PARQUET: PARQUET_ENDING,
    # Many clients accept only these two, and SPARQL's own types are kinds of them.
    "application/json": "json",
    "application/xml": "xml",
}
"""Media types of the results of SELECT and ASK."""

NAMES = {
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF/XML",
    "jsonld": "JSON-LD",
    "xlsx": "XLSX",
    PARQUET_ENDING: "Parquet",
    "csv": "CSV",
    "tsv": "TSV",
    "json": "JSON",
    "xml": "XML",
}
"""The names of the formats, by ending."""

USUAL_NAMES = {
    "turtle": "ttl",
    "n3": "ttl",  # Turtle is a part of it
    "ntriples": "nt",
    "n-triples": "nt",
    "xml": "rdf",
    "rdf+xml": "rdf",
    "rdf/xml": "rdf",
    "rdfxml": "rdf",
    "json": "jsonld",
    "json-ld": "jsonld",
}
"""The endings of graphs by the names that clients send for them."""

ENDINGS = f"any({','.join(DOCUMENT.values())})"
"""The route converter for the endings of a document's address."""


def preferred_ending(offers: Mapping[str, str]) -> str | None:
    """Return the ending the reader prefers, or None when no offer is acceptable.

    `offers` maps media types to endings; the first wins for a reader without preference.
    ``?format=`` takes either, or a usual name.
    """
    if form := request.values.get("format"):
        return named_ending(form, offers)
    return accepted_ending(request.headers.get("Accept", ""), offers)


def named_ending(form: str, offers: Mapping[str, str]) -> str | None:
    """Return the ending that the name of a format means, or None when it is not on offer.

    >>> named_ending("RDF+XML", GRAPHS), named_ending("application/ld json", GRAPHS)
    ('rdf', 'jsonld')
    """
    # A “+” that is not escaped in an address is read as a space.
    name = form.lower().replace(" ", "+")
    endings = (name, offers.get(name), USUAL_NAMES.get(name))
    return next((ending for ending in endings if ending in offers.values()), None)


def accepted_ending(accept: str, offers: Mapping[str, str]) -> str | None:
    """Return the ending that an Accept header prefers, or None when no offer is acceptable."""
    media_type = _choose_media_type(accept, tuple(offers))
    return None if media_type is None else offers[media_type]


@lru_cache(512)  # the same few headers come over and over, and take long to weigh
def _choose_media_type(accept: str, offers: tuple[str, ...]) -> str | None:
    ranges = _parse_accept(accept)
    if not ranges:
        return offers[0]
    # Each range is weighed against each offer, which takes long: most can match none of them. No
    # offer has parameters, so that a range that has some matches none.
    candidates = [(name, quality) for name, quality in ranges if "*" in name or name in offers]
    return MIMEAccept(candidates).best_match(offers)


@lru_cache(64)  # several offers are weighed against one header
def _parse_accept(accept: str) -> list[tuple[str, float]]:
    return [(text.lower(), quality) for text, quality in parse_accept_header(accept, MIMEAccept)]


def require_ending(offers: Mapping[str, str]) -> str:
    """Return the ending the reader prefers; refuse with 406 and the list of existing ones."""
    return preferred_ending(offers) or not_acceptable(offers)


def not_acceptable(offers: Mapping[str, str]) -> NoReturn:
    """Refuse with 406, naming the endings that exist."""
    raise Refusal(
        406,
        N_("This cannot be given in the format asked for. These exist: {formats}."),
        formats=", ".join(dict.fromkeys(offers.values())),
    )


# Graphs as documents, with links to their other forms.

P = ParamSpec("P")
R = TypeVar("R")


def compute_once(function: Callable[P, R]) -> Callable[P, R]:
    """Cache a function's result for the life of the process; it is computed by one thread."""
    # `functools.cache` alone lets each thread that comes before the first result compute its own.
    cached, lock = cache(function), Lock()

    @wraps(function)
    def compute(*args: P.args, **kwargs: P.kwargs) -> R:
        with lock:
            return cached(*args, **kwargs)  # type: ignore[arg-type] # hashable, as cache needs

    return compute


@dataclass(frozen=True)
class DocumentForm:
    """One form of a document: its ending, media type and path."""

    ending: str
    media_type: str
    path: str


def alternate_forms(
    endpoint: str, offers: Mapping[str, str] = DOCUMENT, query: str = "", **values: str
) -> list[DocumentForm]:
    """List the forms of a document, the page first; its route takes an `ending`."""
    address: dict[str, Any] = dict(values)
    end = f"?{query}" if query else ""
    return [
        DocumentForm(ending, media_type, url_for(endpoint, **address, ending=ending) + end)
        for media_type, ending in offers.items()
    ]


def graph_response(graph: Graph, ending: str, alternates: list[DocumentForm]) -> Response:
    """Answer with a small graph, in the format of an ending of `parvis.rdf.formats.GRAPH_TYPES`."""
    return document_response(serialise(graph, ending), ending, alternates)


def document_response(body: bytes, ending: str, alternates: list[DocumentForm]) -> Response:
    """Answer with a serialised document, in the format of an ending."""
    return link_alternates(alternates, ending, Response(body, mimetype=GRAPH_TYPES[ending]))


def page_response(alternates: list[DocumentForm], template: str, **context: object) -> Response:
    """Answer with the page of a document, which shows the other forms."""
    page = render_template(template, forms=alternates, **context)
    return link_alternates(alternates, HTML, page)


def link_alternates(
    alternates: list[DocumentForm], ending: str, content: str | Response
) -> Response:
    """Answer with a form, its Content-Location, and links to the other forms (RFC 8288)."""
    response = negotiated_response(content)
    for form in alternates:
        if form.ending == ending:
            response.content_location = form.path
        else:
            link = f'<{form.path}>; rel="alternate"; type="{form.media_type}"'
            response.headers.add("Link", link)
    return response


def negotiated_response(content: str | Response, *, store: bool = True) -> Response:
    """Answer with a form that was chosen by Accept; caches may `store` it."""
    response = make_response(content)
    response.vary.add("Accept")
    if not store:
        response.cache_control.no_store = True
    return response
