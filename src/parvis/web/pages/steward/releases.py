"""The steward's page of released figures: prepare a release, read it over, publish it."""

from flask import Blueprint, Response, jsonify, render_template

from parvis.config.json_data import to_json
from parvis.pooling.stewardship.register import read_figures_review, read_pool_register
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_steward, require_watcher

releases = Blueprint("releases", __name__)


@releases.get("/steward/figures")
@releases.get("/steward/figures.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def listing(ending: str | None = None) -> Response:
    """Explain the last release of each edition, and list the anonymisations to review."""
    require_steward()
    review = read_figures_review(host().settings)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return negotiated_response(jsonify(to_json(review)), store=False)
    page = render_template("steward/figures.html", review=review)
    return negotiated_response(page, store=False)


@releases.get("/steward/register.<any(csv,json):ending>")
def register_file(ending: str) -> Response:
    """Give the register of anonymisations as a file."""
    require_watcher()
    register = read_pool_register(host().settings)
    if ending == "json":
        return negotiated_response(jsonify(register.to_json()), store=False)
    # A spreadsheet needs the byte order mark to read the accents of a CSV file.
    body = register.to_csv(language()).encode("utf-8-sig")
    return negotiated_response(Response(body, mimetype="text/csv"), store=False)
