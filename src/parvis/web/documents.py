"""A graph as a document: written, with its other forms named."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from flask import Response, url_for
from rdflib import Graph

from parvis.rdf.files import serialise
from parvis.vocab import media
from parvis.web.negotiation import HTML

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
