"""Box-office figures sent by programs: one performance, or a night of them."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from parvis.config.documents import Document
from parvis.errors import InputError
from parvis.governance import Permission
from parvis.i18n import N_, both
from parvis.pooling.publics.box_office import (
    BODY,
    MOST_BYTES,
    Receipt,
    read_report,
    read_reports,
    receive,
    require_own,
)
from parvis.pooling.serving.figures.box_office import list_missing, list_performances
from parvis.rdf.formats import RESULT_TYPES
from parvis.report.delimited import csv_text
from parvis.web.api.harvesting.harvest import integer_parameter
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import negotiated_response, require_ending

box_office = Blueprint("box_office", __name__)

RECEIVING = frozenset({"box_office.send"})
"""The endpoints of this blueprint that receive many figures."""

NOT_SENDING = N_("Sending figures needs a partner’s token to give: the trusted third party has it.")

NOT_READING = N_(
    "Reading these figures needs a token or a session of their partner or the steward."
)
SERIES = {"application/json": "json", RESULT_TYPES["csv"]: "csv"}

_require_giver = partial(require_identity, Permission.SUBMIT, NOT_SENDING)


@box_office.put("/box-office/<dataset>/<performance>")
@reads()
def send_performance(dataset: str, performance: str) -> Response:
    """Store the figures of one performance; sent again, they change nothing."""
    author = _require_giver().author
    body = Document.parse(request.get_data(), both(BODY), error=InputError)
    reader = reader_of(request)
    report = read_report(body, performance)
    receipt = receive(
        host().settings, host().snapshot().policies, str(reader.iri), dataset, [report], author
    )
    for error in receipt.refused.values():
        raise Refusal(409, error.template, **error.fields)
    return _accept(receipt)


@box_office.post("/box-office/<dataset>")
@reads()
def send(dataset: str) -> Response:
    """Store the figures of many performances; those that are refused are named."""
    author = _require_giver().author
    reader = reader_of(request)
    reports = read_reports(request.stream.read(MOST_BYTES + 1))
    receipt = receive(
        host().settings, host().snapshot().policies, str(reader.iri), dataset, reports, author
    )
    return _accept(receipt)


@box_office.get("/box-office/<dataset>")
@reads("page", "partner", offers=SERIES)
def performances(dataset: str) -> Response:
    """List the performances of a dataset with their figures day by day.

    To its partner, and to the steward, who names the partner.
    """
    require_identity(None, NOT_READING)
    reader, ending = reader_of(request), require_ending(SERIES)
    own = str(reader.iri).removeprefix(host().iris.partner(""))
    page = integer_parameter("page", 1, 1_000_000)
    listed = list_performances(host(), reader, request.args.get("partner", own), page, dataset)
    if ending == "json":
        return negotiated_response(jsonify(listed.to_json()), store=False)
    response = Response(csv_text([*listed.list_rows()], ","), mimetype=RESULT_TYPES["csv"])
    if listed.page < listed.pages:
        following: dict[str, Any] = {**request.args, "page": listed.page + 1}
        address = url_for("box_office.performances", dataset=dataset, **following)
        response.headers["Link"] = f'<{address}>; rel="next"'
    return negotiated_response(response, store=False)


@box_office.get("/box-office/<dataset>/missing")
@reads()
def missing(dataset: str) -> Response:
    """List the performances of the party that have no figures, or none since they took place."""
    _require_giver()
    reader = reader_of(request)
    iri = require_own(host().settings, host().snapshot().policies, str(reader.iri), dataset)
    return jsonify({"performances": list_missing(host(), reader, iri)})


def _accept(receipt: Receipt) -> Response:
    response = jsonify(receipt.to_json())
    response.status_code = 202
    response.headers["Cache-Control"] = "no-store"
    return response
