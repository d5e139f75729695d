"""Short, permanent addresses of queries, and how an answer is cited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from rdflib import RDF
from werkzeug.datastructures import MultiDict

from parvis import i18n
from parvis.config import clock
from parvis.errors import QueryError, UnknownThing
from parvis.i18n import N_
from parvis.ledger import ShortLinks
from parvis.pooling.serving.service import DatasetCard
from parvis.pooling.serving.site.short_links import create_short_link
from parvis.pooling.serving.site.term_statistics import read_term_statistics
from parvis.rdf.sparql.parser import IRIS, parse
from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.parameters import fill_parameters, parameter_names
from parvis.web.api.sparql import generation_of
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import wants_page
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, to_local_time

short_links = Blueprint("short_links", __name__)

GRAPHS = ("default-graph-uri", "named-graph-uri")
NO_QUERY = N_("there is no query in this request")


@short_links.post("/q")
def create() -> Response:
    """Store a query; answer with its short address, or lead to the page that shows it.

    With ``keep=citation``, its address is of the version whose answer was shown.
    """
    name = create_short_link(
        host().settings, host().shares, reader_of(request), read_parameters(request.form)
    )
    citation = url_for("short_links.cite", name=name)
    if wants_page():
        return make_response(redirect(citation, 303))
    address = f"{host().settings.base}q/{name}"
    response = jsonify({"address": address, "citation": f"{address}/citation"})
    response.status_code, response.location = 201, address
    return response


def read_parameters(form: MultiDict[str, str]) -> dict[str, list[str]]:
    """Read what the query's address needs from a form."""
    query = form.get("query", "").replace("\r\n", "\n")
    if not query.strip():
        raise QueryError(NO_QUERY)
    parameters = {"query": [query]}
    for field in ("generation", *(("published",) if form.get("keep") == "citation" else ())):
        if number := generation_of(MultiDict({"generation": form.get(field, "")})):
            parameters.setdefault("generation", [str(number)])
    for name in GRAPHS:
        if graphs := form.getlist(name):
            parameters[name] = graphs
    chosen = {name: form[name] for name in parameter_names(query) if form.get(name)}
    fill_parameters(query, chosen)
    return parameters | {name: [code] for name, code in chosen.items()}


@short_links.get("/q/<name>")
@reads("format")
def follow(name: str) -> Response:
    """Lead to the query of a short address."""
    parameters: dict[str, Any] = {**ShortLinks(host().settings.data).require(name)}
    if form := request.args.get("format"):
        parameters["format"] = form
    return make_response(redirect(url_for("sparql.endpoint", **parameters)))


@dataclass(frozen=True)
class PublishedVersion:
    """A published version: its number, and its day if it is still stored."""

    number: int
    day: date | None


@short_links.get("/q/<name>/citation")
def cite(name: str) -> str:
    """Show how the answer to a stored query is cited."""
    parameters = ShortLinks(host().settings.data).require(name)
    lang, today = language(), to_local_time(clock.machine_time()).date()
    version = _find_version(parameters)
    cards = list_queried_datasets(parameters)
    return render_template(
        "questions/citation.html",
        address=f"{host().settings.base}q/{name}",
        query=parameters["query"][0],
        edition=version,
        published=version and version.day and i18n.day(lang, version.day),
        cards=cards,
        authors=list(dict.fromkeys(i18n.choose_text(lang, card.partner_name) for card in cards)),
        titles=[i18n.choose_text(lang, card.title) for card in cards],
        services=[
            address
            for address in host().settings.federation.services
            if address in _list_iris(parameters["query"][0])
        ],
        today=i18n.day(lang, today),
        year=(version.day if version and version.day else today).year,
    )


def _find_version(parameters: Mapping[str, list[str]]) -> PublishedVersion | None:
    if "generation" not in parameters:
        return None
    number = int(parameters["generation"][0])
    try:
        manifest = host().stored_snapshot(number).generation.manifest
    except UnknownThing:  # deleted since
        return PublishedVersion(number, None)
    return PublishedVersion(number, to_local_time(manifest.created).date())


def _list_iris(text: str) -> set[str]:
    """Return the IRIs that a query names."""
    tokens = parse(text, host().settings.base, PREFIXES).tokens
    return {token.text[1:-1] for token in tokens if token.terminal in IRIS}


def list_queried_datasets(parameters: Mapping[str, list[str]]) -> list[DatasetCard]:
    """Return the readable datasets that a query names, else those that have its classes.

    A query without classes is about the datasets that have its properties.
    """
    reader, iris = reader_of(request), _list_iris(parameters["query"][0])
    iris |= {graph for name in GRAPHS for graph in parameters.get(name, ())}
    cards = [card for card in host().datasets(reader) if card.readable]
    named = [card for card in cards if host().iris.graph(card.key) in iris]
    if named:
        return named
    statistics = read_term_statistics(host(), reader)
    classes = iris & statistics.classes.keys()
    steps = (iris & statistics.properties.keys()) - {str(RDF.type)}
    holding = statistics.find_datasets(classes, steps)
    return [card for card in cards if card.iri in holding]
