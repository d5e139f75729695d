"""A partner's rounds of distinct people: the round's file, its own message, a result for it."""

from collections.abc import Iterable
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_json
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.certificates import require_certificate
from parvis.pooling.publics.rounds.messages import receive_message
from parvis.pooling.publics.rounds.reading import list_rounds, require_round, view_round
from parvis.pooling.serving.figures.box_office import require_own
from parvis.pooling.serving.figures.story.people import read_people
from parvis.rdf.formats import RESULT_TYPES, XLSX
from parvis.web.api.workbook import sheet
from parvis.web.http.access import host, identify, reader_of
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise
from parvis.web.http.negotiation import (
    HTML,
    PAGE_OR_JSON,
    alternate_forms,
    link_alternates,
    negotiated_response,
    page_response,
    require_ending,
)
from parvis.web.http.uploads import receive_upload

rounds = Blueprint("rounds", __name__)

RECEIVING = frozenset({"rounds.send"})
"""The endpoints of this blueprint that receive a file."""
TABLE_FORMS = {
    "text/html": HTML,
    RESULT_TYPES["csv"]: "csv",
    XLSX: "xlsx",
    "application/json": "json",
}
NOT_SENDING = N_(
    "To send a message, sign in for the partner with an account or a token that may give files."
)


@rounds.get("/portrait/people")
@rounds.get(f"/portrait/people.<any({','.join(TABLE_FORMS.values())}):ending>")
@reads(offers=TABLE_FORMS)
def people(ending: str | None = None) -> Response:
    """Show the released estimates of distinct people, next to the entries of the same cells."""
    result = read_people(host(), reader_of(request))
    ending, lang = ending or require_ending(TABLE_FORMS), language()
    alternates = alternate_forms("rounds.people", TABLE_FORMS)
    if ending == HTML:
        return page_response(alternates, "audiences/people.html", result=result)
    table = result.table
    if ending == "json":
        response = jsonify(result.to_json())
    elif ending == "xlsx":
        title, headings = localise(table.title), table.headings(lang)
        response = sheet(table.name, title, headings, table.cells(lang))
    else:
        response = Response(table.to_csv(lang), mimetype=RESULT_TYPES["csv"])
    return link_alternates(alternates, ending, response)


def name_partners(slugs: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the names of partners by language, by their slugs."""
    start = f"{host().settings.base}id/partner/"
    return {slug: host().names(f"{start}{slug}") for slug in set(slugs)}


@rounds.get("/partner/<slug>/rounds")
@reads(offers=PAGE_OR_JSON)
def listing(slug: str) -> Response:
    """List the rounds of a partner, to it and the steward alone."""
    reader, service = reader_of(request), host()
    party = require_own(service, reader, slug)
    views = list_rounds(service.settings, party)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(views)), store=False)
    page = render_template(
        "audiences/rounds.html",
        slug=slug,
        name=service.partner(reader, slug).name,
        rounds=views,
        sends=may_send(party),
        names=name_partners(slug for view in views for slug in view.partners),
    )
    return negotiated_response(page, store=False)


def may_send(party: str) -> bool:
    """Return whether the request is of a partner's own people, who give its files.

    A partner sends one message: the third party does not use it up.
    """
    identity = identify(request)
    return (
        identity is not None
        and identity.may(Permission.SUBMIT)
        and str(identity.reader.iri) == party
    )


@rounds.get("/partner/<slug>/rounds/<project>/<int:number>")
@rounds.get("/partner/<slug>/rounds/<project>/<int:number>.json")
@reads(offers=PAGE_OR_JSON)  # as what is posted to the same address reads
def document(slug: str, project: str, number: int) -> Response:
    """Return the round's file, from which the partner computes its message."""
    party = require_own(host(), reader_of(request), slug)
    record = require_round(host().settings, project, number, party)
    response = Response(record.text, mimetype="application/json")
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"round-{project}-{number}.json"
    )
    return negotiated_response(response, store=False)


@rounds.get("/partner/<slug>/rounds/<project>/<int:number>/certificate")
def certificate(slug: str, project: str, number: int) -> Response:
    """Return the certificate that the messages of a round were destroyed."""
    party = require_own(host(), reader_of(request), slug)
    require_round(host().settings, project, number, party)
    proof = require_certificate(host().settings, project, number)
    return negotiated_response(jsonify(proof.to_json()), store=False)


@rounds.post("/partner/<slug>/rounds/<project>/<int:number>")
@reads(offers=PAGE_OR_JSON)
def send(slug: str, project: str, number: int) -> BaseResponse:
    """Receive the message of a partner for a round, from its own people."""
    identity = require_identity(Permission.SUBMIT, NOT_SENDING)
    settings = host().settings
    party = require_own(host(), identity.reader, slug)
    if not may_send(party):
        raise Refusal(HTTPStatus.FORBIDDEN, NOT_SENDING)
    require_round(settings, project, number, party)
    with receive_upload() as file, Pool.open(settings, lenient=True) as pool:
        record = receive_message(pool, project, number, party, file, identity.author)
    if require_ending(PAGE_OR_JSON) != HTML:
        body = view_round(record, party).to_json()
        return negotiated_response(jsonify(body), store=False)
    return redirect(url_for("rounds.listing", slug=slug), 303)
