"""The steward's page of published versions: publish, go back to one, recall one."""

from flask import Blueprint, Response, jsonify, render_template

from parvis.pooling.stewardship.generations import generations
from parvis.pooling.stewardship.today import list_tasks
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_watcher
from parvis.web.pages.steward.subjects import dataset_choices

versions = Blueprint("versions", __name__)

UNPUBLISHED = ("publish", "figures", "judgements")
"""What a publication brings to readers."""


@versions.get("/steward/versions")
@versions.get("/steward/versions.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def listing(ending: str | None = None) -> Response:
    """List the published versions that are stored, and what is not published yet."""
    require_watcher()
    stored = generations(host().settings)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return negotiated_response(jsonify(stored), store=False)
    tasks = [task for task in list_tasks(host().settings) if task.name in UNPUBLISHED]
    page = render_template(
        "steward/versions.html",
        versions=list(reversed(stored)),
        tasks=tasks,
        choices=dataset_choices(),
    )
    return negotiated_response(page, store=False)
