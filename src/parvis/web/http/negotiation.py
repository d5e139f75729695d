"""Which form of a thing a reader wants: by ``?format=``, else by Accept (RFC 9110 §12.5.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from threading import Lock
from typing import Any, NoReturn, ParamSpec, TypeVar

from flask import Response, request, url_for
from rdflib import Graph
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from parvis.i18n import N_
from parvis.rdf.files import serialise
from parvis.vocab import media
from parvis.web.http.errors import Refusal

HTML = "html"
DOCUMENT = {"text/html": HTML} | {name: ending for ending, name in media.RDF.items()}
"""Media types of what has a page and a graph, with the ending of each; pages come first."""

GRAPHS = {name: ending for ending, name in media.RDF.items()}
"""Media types of the graphs that CONSTRUCT and DESCRIBE give."""

RESULTS = {name: ending for ending, name in media.RESULTS.items()} | {
    media.XLSX: "xlsx",
    # Many clients ask for these two, and SPARQL's own types are kinds of them.
    "application/json": "json",
    "application/xml": "xml",
}
"""Media types of the results that SELECT and ASK give."""

NAMES = {
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF/XML",
    "jsonld": "JSON-LD",
    "xlsx": "XLSX",
    "csv": "CSV",
    "tsv": "TSV",
    "json": "JSON",
    "xml": "XML",
}
"""What people call the formats, by ending."""

ENDINGS = f"any({','.join(DOCUMENT.values())})"
"""The route converter of the endings a document may have in its address."""


def best(offers: Mapping[str, str]) -> str | None:
    """Choose the ending the reader likes best, or None when nothing offered is acceptable.

    `offers` maps media types to endings; the first wins for a reader without preference.
    ``?format=`` takes either.
    """
    if asked := request.values.get("format"):
        return asked if asked in offers.values() else offers.get(asked)
    return liked(request.headers.get("Accept", ""), offers)


def liked(accept: str, offers: Mapping[str, str]) -> str | None:
    """Choose the ending that a header likes best, or None when nothing offered is acceptable."""
    chosen = _liked(accept, tuple(offers))
    return None if chosen is None else offers[chosen]


@lru_cache(512)
def _liked(accept: str, offers: tuple[str, ...]) -> str | None:
    """Choose a media type; the same few headers come over and over, and take long to weigh."""
    wanted = _parsed(accept)
    if not wanted:
        return offers[0]
    # Each item is weighed against each offer, which takes long: most can fit none of them. No
    # offer has parameters, so that an item that has some fits none.
    fitting = [item for item in wanted if "*" in item[0] or item[0] in offers]
    return MIMEAccept(fitting).best_match(offers)


@lru_cache(64)
def _parsed(accept: str) -> list[tuple[str, float]]:
    """Read a header Accept: its items in lower case, with their qualities."""
    return [(text.lower(), quality) for text, quality in parse_accept_header(accept, MIMEAccept)]


def require(offers: Mapping[str, str]) -> str:
    """Choose the ending the reader likes best; refuses with 406 and the list of what exists."""
    return best(offers) or not_acceptable(offers)


def not_acceptable(offers: Mapping[str, str]) -> NoReturn:
    """Refuse with 406, naming the endings that exist here."""
    raise Refusal(
        406,
        N_("This cannot be given in the format asked for. These exist: {formats}."),
        formats=", ".join(dict.fromkeys(offers.values())),
    )


# A graph as a document: written, with its other forms named.

P = ParamSpec("P")
R = TypeVar("R")


def computed_once(function: Callable[P, R]) -> Callable[P, R]:
    """Keep what a function gives for as long as we serve; all who ask first wait for one of them.

    `functools.cache` alone lets each thread that comes before the first result compute its own.
    """
    kept, turn = cache(function), Lock()

    @wraps(function)
    def compute(*args: P.args, **kwargs: P.kwargs) -> R:
        with turn:
            return kept(*args, **kwargs)  # type: ignore[arg-type] # hashable, as cache needs

    return compute


@dataclass(frozen=True)
class Form:
    """One form of a document: its ending, media type and path."""

    ending: str
    media_type: str
    path: str


def forms(endpoint: str, **values: str) -> list[Form]:
    """List the forms of a document, the page first; its route takes an `ending`."""
    address: dict[str, Any] = dict(values)
    kinds = {HTML: "text/html"} | media.RDF
    return [
        Form(ending, kind, url_for(endpoint, **address, ending=ending))
        for ending, kind in kinds.items()
    ]


def document(graph: Graph, ending: str) -> Response:
    """Answer with a small graph, in the format of an ending of `parvis.vocab.media.RDF`."""
    return written(serialise(graph, ending), ending)


def written(body: bytes, ending: str) -> Response:
    """Answer with a document that stands ready, in the format of an ending."""
    return Response(body, mimetype=media.RDF[ending])


def among(others: list[Form], ending: str, response: Response) -> Response:
    """Tell a response's address, and a document's other forms (RFC 8288)."""
    for form in others:
        if form.ending == ending:
            response.content_location = form.path
        else:
            link = f'<{form.path}>; rel="alternate"; type="{form.media_type}"'
            response.headers.add("Link", link)
    response.vary.add("Accept")
    return response
