"""The steward's pages of the pool's surroundings: other portals, and the settings in force."""

from flask import Blueprint, Response, jsonify, render_template

from parvis.pooling.stewardship.settings import settings_in_force
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_steward, require_watcher
from parvis.web.pages.steward.subjects import partner_choices

portals = Blueprint("portals", __name__)


@portals.get("/steward/portals")
def overview() -> Response:
    """Offer to send records to a CKAN, to take records from a portal, to check the catalogue."""
    require_watcher()
    ckan = host().settings.ckan
    page = render_template("steward/portals.html", ckan=ckan, partners=partner_choices())
    return negotiated_response(page, store=False)


@portals.get("/steward/settings")
@portals.get("/steward/settings.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def settings(ending: str | None = None) -> Response:
    """Show the settings in force, and who says each; what they name is never opened here."""
    require_steward()
    listed = settings_in_force(host().settings)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return negotiated_response(jsonify([s.to_json() for s in listed]), store=False)
    page = render_template("steward/settings.html", settings=[s.to_json() for s in listed])
    return negotiated_response(page, store=False)
