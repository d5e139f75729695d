"""Box-office figures sent by programs: one performance, or a night of them."""

from functools import partial
from operator import attrgetter

from flask import Blueprint, Response, jsonify, request

from parvis.config.documents import Document
from parvis.errors import InputError
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
from parvis.pooling.serving.figures.box_office import list_missing
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads

box_office = Blueprint("box_office", __name__)

RECEIVING = frozenset({"box_office.send"})
"""The endpoints of this blueprint that receive many figures."""

NOT_SENDING = N_("Sending figures needs a partner’s token to give: the trusted third party has it.")

_require_giver = partial(require_identity, attrgetter("may_submit"), NOT_SENDING)


@box_office.put("/box-office/<dataset>/<performance>")
@reads()
def send_performance(dataset: str, performance: str) -> Response:
    """Store the figures of one performance; sent again, they change nothing."""
    _require_giver()
    body = Document.parse(request.get_data(), both(BODY), error=InputError)
    reader = reader_of(request)
    report = read_report(body, performance)
    receipt = receive(
        host().settings, host().snapshot().policies, str(reader.iri), dataset, [report]
    )
    for error in receipt.refused.values():
        raise Refusal(409, error.template, **error.fields)
    return _accept(receipt)


@box_office.post("/box-office/<dataset>")
@reads()
def send(dataset: str) -> Response:
    """Store the figures of many performances; those that are refused are named."""
    _require_giver()
    reader = reader_of(request)
    reports = read_reports(request.stream.read(MOST_BYTES + 1))
    receipt = receive(
        host().settings, host().snapshot().policies, str(reader.iri), dataset, reports
    )
    return _accept(receipt)


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
