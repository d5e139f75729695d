"""The steward's page of files that were refused because they identify persons."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_json
from parvis.i18n import both
from parvis.mapping.screening.identifiers import KIND_NAMES
from parvis.pooling.intake.allowed_columns import (
    all_allowances,
    allow_column,
    forbid_column,
    refusals,
)
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_steward

columns = Blueprint("columns", __name__)


@columns.get("/steward/columns")
@reads(offers=PAGE_OR_JSON)
def listing() -> Response:
    """List the refused files, and the columns that were let in."""
    require_steward()
    refused, allowed = refusals(host().settings), all_allowances(host().settings.data)
    if require_ending(PAGE_OR_JSON) != HTML:
        by_dataset = {str(key): to_json(allowances) for key, allowances in allowed.items()}
        return negotiated_response(
            jsonify({"refused": to_json(refused), "allowed": by_dataset}), store=False
        )
    kinds = {kind: both(name) for kind, name in KIND_NAMES.items()}
    page = render_template("steward/columns.html", refused=refused, allowed=allowed, kinds=kinds)
    return negotiated_response(page, store=False)


@columns.post("/steward/columns")
def decide() -> BaseResponse:
    """Let a `column` of a `dataset` in with a `reason`, or no longer with `forbid`."""
    author, form = require_steward().author, request.form
    partner, _, dataset = form.get("dataset", "").partition("/")
    key, column = DatasetKey(partner, dataset), form.get("column", "")
    if "forbid" in form:
        forbid_column(host().settings, key, column, author)
    else:
        allow_column(host().settings, key, column, form.get("reason", ""), author)
    return redirect(url_for("columns.listing"), 303)
