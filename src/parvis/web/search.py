"""The search in words: a page, the same as JSON, and names that complete what is typed."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from parvis.pooling.ask import Found
from parvis.web.access import host, reader_of
from parvis.web.inputs import reads
from parvis.web.language import language
from parvis.web.negotiation import HTML, require

search = Blueprint("search", __name__)

FORMS = {"text/html": HTML, "application/json": "json"}
SUGGESTIONS = "application/x-suggestions+json"
"""The media type of OpenSearch Suggestions 1.0."""


@search.get("/search")
@reads("q", offers=FORMS)
def words() -> Response:
    """Give what holds all the words of ``?q=``; a text without words finds nothing."""
    ending = require(FORMS)
    found = host().search(reader_of(request), request.args.get("q", ""), language())
    if ending == HTML:
        response = make_response(render_template("search.html", found=found))
    else:
        response = jsonify(_plain(found))
    response.vary.add("Accept")
    return response


@search.get("/search/suggestions")
@reads("q")
def suggestions() -> Response:
    """Complete what is typed, as OpenSearch Suggestions has it: the query, then the names."""
    beginning = request.args.get("q", "")
    response = jsonify([beginning, host().suggest(reader_of(request), beginning, language())])
    response.mimetype = SUGGESTIONS
    return response


def _plain(found: Found) -> dict[str, Any]:
    """Give what was found as plain data."""
    return {
        "query": found.query,
        "more": found.more,
        "cut": found.cut,
        "things": [
            {
                "iri": thing.iri,
                "name": thing.name.text,
                "language": thing.name.lang,
                "kinds": thing.kinds,
                "excerpt": thing.about and thing.about.text,
                "dataset": thing.dataset and str(thing.dataset.key),
                "graph": thing.graph,
                "score": thing.score,
            }
            for thing in found.things
        ],
    }
