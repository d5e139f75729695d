"""What became of a partner's data, for it and the steward: as a page, CSV, JSON and Atom."""

from flask import Blueprint, Response, jsonify, render_template, request

from parvis.config.json_data import to_json
from parvis.pooling.serving.figures.box_office import require_own
from parvis.pooling.stewardship.data_uses import COUNTED, DAYS, KINDS, report_uses
from parvis.rdf.formats import RESULT_TYPES
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

uses = Blueprint("uses", __name__)

ATOM = "application/atom+xml"
FORMS = PAGE_OR_JSON | {RESULT_TYPES["csv"]: "csv", ATOM: "atom"}
SHOWN = 300
"""Lines that the page and the feed show."""


@uses.get("/partner/<slug>/uses")
@uses.get("/partner/<slug>/uses.<any(html,json,csv,atom):ending>")
@reads(offers=FORMS)
def report(slug: str, ending: str | None = None) -> Response:
    """Report what became of a partner's data in the last year."""
    ending = ending or require_ending(FORMS)
    reader, service = reader_of(request), host()
    require_own(service, reader, slug)
    published, now = service.snapshot(), service.decision_instant()
    listed = report_uses(service.settings, published, slug, now)
    if ending == "json":
        return negotiated_response(jsonify(to_json(listed)), store=False)
    if ending == "csv":
        table = Response(listed.to_csv(language()), mimetype=RESULT_TYPES["csv"])
        return negotiated_response(table, store=False)
    template = "requests/uses.html" if ending == HTML else "requests/uses.xml"
    content = render_template(
        template,
        slug=slug,
        name=service.partner(reader, slug).name,
        uses=listed.uses[:SHOWN],
        count=len(listed.uses),
        kinds=KINDS,
        counted_kinds=COUNTED,
        days=DAYS,
        now=now,
    )
    if ending == "atom":
        return negotiated_response(Response(content, mimetype=ATOM), store=False)
    return negotiated_response(content, store=False)
