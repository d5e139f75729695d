"""The steward's page of backups: those that are known, making one, checking one."""

from flask import Blueprint, Response, jsonify, render_template

from parvis.config.json_data import to_object
from parvis.pooling.stewardship.backup import backups_folder, list_backups
from parvis.pooling.stewardship.retention import backups as backups_to_delete
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_watcher

backups = Blueprint("backups", __name__)


@backups.get("/steward/backups")
@backups.get("/steward/backups.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def listing(ending: str | None = None) -> Response:
    """List the backups that were made, and those that hold what was deleted."""
    require_watcher()
    listed = list_backups(host().settings)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        body = [
            to_object(backup) | {"id": backup.id, "present": backup.is_there} for backup in listed
        ]
        return negotiated_response(jsonify(body), store=False)
    page = render_template(
        "steward/backups.html",
        backups=listed,
        place=backups_folder(host().settings),
        until={copy.folder: copy.until for copy in backups_to_delete(host().settings)},
    )
    return negotiated_response(page, store=False)
