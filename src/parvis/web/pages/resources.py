"""What is said of one thing: its IRI leads by 303 to a document about it (httpRange-14)."""

import re
from contextlib import suppress
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.pooling.serving.service import DatasetCard, Description
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    Form,
    among,
    document,
    forms,
    require,
)

resources = Blueprint("resources", __name__)

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
"""An absolute IRI, as far as it matters here: a scheme, and nothing that an IRI forbids."""


@resources.get("/id/<path:key>")
@reads(offers=DOCUMENT)
def identifier(key: str) -> BaseResponse:
    """Lead from a thing to the document about it that the reader likes best."""
    ending = require(DOCUMENT)
    response = redirect(_document_path(key, ending), 303)
    response.vary.add("Accept")
    return response


def _document_path(key: str, ending: str) -> str:
    """Give the path of a thing's document; datasets and partners have pages of their own."""
    match key.split("/"):
        case ["dataset", partner, dataset]:
            return url_for("catalog.dataset", partner=partner, dataset=dataset, ending=ending)
        case ["certificate", name]:
            return url_for("steward.certificate", name=name, ending=ending)
        case ["query", slug] if ending == HTML:
            return url_for("pages.query", slug=slug)
        case ["project", slug]:
            return url_for("frame.project", slug=slug, ending=ending)
        case ["partner", slug] if ending == HTML:
            return url_for("catalog.partner", slug=slug)
        case _:
            return url_for("resources.thing", key=key, ending=ending)


@resources.get(f"/id/<path:key>.<{ENDINGS}:ending>")
def thing(key: str, ending: str) -> Response:
    """Describe a thing of this pool."""
    others = forms("resources.thing", key=key)
    *spellings, last = (f"{host().settings.base}id/{path}" for path in _spellings(key))
    for iri in spellings:
        with suppress(UnknownThing):
            return _tell(iri, ending, others)
    return _tell(last, ending, others)


def _spellings(path: str) -> list[str]:
    """Write a decoded path as it may stand in IRIs, whose letters are encoded, or kept.

    The server has decoded the path that it was asked for; what RFC 3986 does not call
    *unreserved* was encoded when the IRI was minted, RFC 3987 lets letters stand.
    """
    kept = "".join(char if char.isalnum() else quote(char, safe="/-._~") for char in path)
    return list(dict.fromkeys((quote(path, safe="/-._~"), kept)))


@resources.get("/describe")
@reads("iri", offers=DOCUMENT)
def describe() -> Response:
    """Describe whatever has an IRI: the ontology's concepts, things of other pools."""
    iri = request.args.get("iri", "")
    if not ABSOLUTE.fullmatch(iri):
        raise UsageError(N_("“{iri}” is not an absolute IRI"), iri=iri)
    others = [
        Form(ending, kind, f"{url_for('resources.describe')}?{urlencode(asked)}")
        for kind, ending in DOCUMENT.items()
        for asked in [{"iri": iri, "format": ending}]
    ]
    return _tell(iri, require(DOCUMENT), others)


def _tell(iri: str, ending: str, others: list[Form]) -> Response:
    """Answer with what this reader may know of a thing, in one of its forms."""
    found = host().describe(reader_of(request), iri, language())
    if ending != HTML:
        return among(others, ending, document(found.graph, ending))
    page = render_template("resource.html", thing=found, sources=_sources(found), forms=others)
    return among(others, ending, make_response(page))


def _sources(found: Description) -> list[DatasetCard]:
    """Give the datasets that say something of a thing, as far as the reader may know of them."""
    keys = {key for group in found.groups for value in group.values for key in value.datasets}
    return [card for card in host().datasets(reader_of(request)) if card.key in keys]


@resources.get("/graph/<partner>/<dataset>")
def graph(partner: str, dataset: str) -> BaseResponse:
    """Lead from the name of a graph to the dataset it holds."""
    return redirect(url_for("catalog.dataset", partner=partner, dataset=dataset), 303)
