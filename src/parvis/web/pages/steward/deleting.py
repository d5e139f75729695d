"""The steward's page of deletions: what is due, withdrawals, and certificates."""

from flask import Blueprint, Response, jsonify, render_template

from parvis.config.json_data import to_json
from parvis.pooling.stewardship.jobs import foresee
from parvis.pooling.stewardship.retention import find_due_datasets
from parvis.web.http.access import host, register
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_watcher
from parvis.web.pages.steward.subjects import dataset_choices, partner_choices

deleting = Blueprint("deleting", __name__)


@deleting.get("/steward/due")
@deleting.get("/steward/due.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def due(ending: str | None = None) -> Response:
    """Show what is due to be deleted, and the certificates of what was."""
    require_watcher()
    certificates = list(reversed(register().certificates()))
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        expiry = find_due_datasets(host().settings)
        return negotiated_response(jsonify(to_json(expiry)), store=False)
    page = render_template(
        "steward/due.html",
        foresight=foresee(host().settings, "expire", {}),
        certificates=certificates,
        choices=dataset_choices(),
        partners=partner_choices(),
    )
    return negotiated_response(page, store=False)
