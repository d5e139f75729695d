"""Short, permanent addresses of queries, and how an answer is cited."""

from collections.abc import Mapping, Sequence
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
from parvis.pooling.serving.service import DatasetCard
from parvis.pooling.serving.site.saved_queries import StoredQuery, find_stored_query, owner_of
from parvis.pooling.serving.site.short_links import create_short_link
from parvis.pooling.serving.site.term_statistics import read_term_statistics
from parvis.rdf.sparql.parser import IRIS, parse
from parvis.report.citations import AnswerCitation, title_answer
from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.citations import ENDINGS, OFFERS, answer_with_citation
from parvis.web.api.parameters import fill_parameters, parameter_names
from parvis.web.api.sparql import generation_of
from parvis.web.http.access import host, identify, reader_of
from parvis.web.http.errors import wants_page
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, to_local_time
from parvis.web.http.negotiation import HTML, negotiated_response, require_ending

short_links = Blueprint("short_links", __name__)

GRAPHS = ("default-graph-uri", "named-graph-uri")
FORMS = {"text/html": HTML, **OFFERS}
"""The media types of a citation: a page, or its forms for other programs."""
NO_QUERY = N_("there is no query in this request")
NOT_OWN = N_(
    "this query asks another site (SERVICE), and you did not save it: nothing was sent; read it at"
    " {address}, and run it from there if you agree"
)


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
@reads("format", "version")
def follow(name: str) -> Response:
    """Lead to the query of a short address."""
    stored = require_stored(name)
    require_own_calls(stored)
    parameters: dict[str, Any] = {**stored.parameters}
    if form := request.args.get("format"):
        parameters["format"] = form
    elif stored.version:
        parameters["saved"] = name  # the page says which saved query it shows
    return make_response(redirect(url_for("sparql.endpoint", **parameters)))


@dataclass(frozen=True)
class PublishedVersion:
    """A published version: its number, and its day if it is still stored."""

    number: int
    day: date | None


@short_links.get("/q/<name>/citation")
@short_links.get(f"/q/<name>/citation.<{ENDINGS}:ending>")
@reads("version", offers=FORMS)
def cite(name: str, ending: str | None = None) -> Response:
    """Show how the answer to a stored query is cited, on a page or for other programs."""
    stored = require_stored(name, pinned=True)
    version, cards = _find_version(stored.parameters), list_queried_datasets(stored.parameters)
    citation = cite_answer(stored, version, cards)
    # It names the day of reading, and a saved query may become private at any time: never stored.
    if (ending := ending or require_ending(FORMS)) != HTML:
        page = url_for("short_links.cite", name=name)
        return answer_with_citation(citation, ending, page, store=False)
    page = render_template(
        "questions/citation.html",
        name=name,
        stored=stored,
        citation=citation,
        query=stored.parameters["query"][0],
        asks_elsewhere=calls_for_another(stored),
        is_deleted=version is not None and version.day is None,
        cards=cards,
    )
    return negotiated_response(page, store=False)


def require_stored(name: str, *, pinned: bool = False) -> StoredQuery:
    """Return the query of a short address, as far as the reader may know it.

    A saved one is of the version that the request names, or with `pinned` of the last as it was
    saved.
    """
    settings, identity = host().settings, identify(request)
    number = request.args.get("version", "")
    stored = find_stored_query(settings, name, identity, number)
    if pinned and stored.version and not number:
        stored = find_stored_query(settings, name, identity, str(stored.version.number))
    return stored


def calls_for_another(stored: StoredQuery) -> bool:
    """Return whether a query asks another site (SERVICE) and the reader did not save it."""
    # Of a short link, nobody knows who made it.
    saved = stored.saved
    is_foreign = saved is None or saved.owner != owner_of(identify(request))
    return is_foreign and host().calls_services(stored.parameters["query"][0])


def require_own_calls(stored: StoredQuery) -> None:
    """Raise `QueryError` for a query that asks another site, unless the reader saved it."""
    # Who follows a link has not read what it sends; who runs the text has it before the eyes.
    if calls_for_another(stored):
        raise QueryError(NOT_OWN, address=f"{host().settings.base}q/{stored.name}/citation")


def cite_answer(
    stored: StoredQuery, version: PublishedVersion | None, cards: Sequence[DatasetCard]
) -> AnswerCitation:
    """Return what the citation of the answer to a stored query names."""
    lang, today = language(), to_local_time(clock.machine_time()).date()
    authors = dict.fromkeys(i18n.choose_text(lang, card.partner_name) for card in cards)
    published = version.day if version else None
    title = title_answer(lang, [i18n.choose_text(lang, card.title) for card in cards])
    address = f"{host().settings.base}q/{stored.name}"
    if stored.version:
        title = f"{stored.version.title[lang]}. {title}"
        address += f"?version={stored.version.number}"
    return AnswerCitation(
        key=f"q-{stored.name}",
        authors=tuple(authors),
        title=title,
        version=str(version.number) if version else "",
        issued=published or today,
        publisher=i18n.choose_text(lang, cards[0].pool) if cards else "",
        address=address,
        lang=lang,
        published=published,
        today=today,
        services=tuple(
            service
            for service in host().settings.federation.services
            if service in _list_iris(stored.parameters["query"][0])
        ),
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
