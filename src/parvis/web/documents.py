"""A graph as a document: written, with its other forms named."""

from dataclasses import dataclass
from typing import Any

from flask import Response, url_for
from rdflib import Graph

from parvis.rdf.files import serialise
from parvis.vocab import media
from parvis.web.negotiation import HTML


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
