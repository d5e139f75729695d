"""The feed of entities, for who keeps a copy of them: a Linked Data Event Stream (LDES)."""

from flask import Blueprint, Response, request

from parvis.catalog.feed import entity_page, entity_page_graph, entity_stream_graph
from parvis.pooling.publication.entity_feed import RETENTION
from parvis.pooling.serving.harvest.entities import list_branches, read_page
from parvis.rdf.files import sorted_lines
from parvis.rdf.joining import serialise_dataset
from parvis.vocab.iris import DatasetKey
from parvis.web.api.harvesting.harvest import FEED_ENDINGS, FEED_FORMATS, FEED_PREFIXES
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import negotiated_response, require_ending

entity_feed = Blueprint("entity_feed", __name__)

MEDIA_TYPES = {ending: media_type for media_type, ending in FEED_FORMATS.items()}


@entity_feed.get("/feed/entities")
@entity_feed.get(f"/feed/entities.<{FEED_ENDINGS}:ending>")
@reads(offers=FEED_FORMATS)
def stream(ending: str | None = None) -> Response:
    """Describe the feed, and lead to the datasets that the reader may follow."""
    iris, keys = host().iris, list_branches(host(), reader_of(request))
    lines = sorted_lines(entity_stream_graph(iris, keys, RETENTION.days))
    return _respond(lines, {}, ending)


@entity_feed.get("/feed/entities/<partner>/<dataset>")
@entity_feed.get(f"/feed/entities/<partner>/<dataset>.<{FEED_ENDINGS}:ending>")
@reads("after", offers=FEED_FORMATS)
def page(partner: str, dataset: str, ending: str | None = None) -> Response:
    """Return the changes of a dataset's entities after a place, and lead to the next page."""
    iris, key, after = host().iris, DatasetKey(partner, dataset), request.args.get("after", "")
    answer = read_page(host(), reader_of(request), key, after)
    activities = [change.activity for change in answer.changes]
    lines = sorted_lines(entity_page_graph(iris, key, after, answer.following, activities))
    graphs = {change.activity.name(iris): change.lines for change in answer.changes if change.lines}
    response = _respond(lines, graphs, ending)
    if answer.following is not None:
        response.headers.add("Link", f'<{entity_page(iris, key, answer.following)}>; rel="next"')
    return response


def _respond(lines: bytes, graphs: dict[str, bytes], ending: str | None) -> Response:
    ending = ending or require_ending(FEED_FORMATS)
    body = serialise_dataset(lines, graphs, ending, FEED_PREFIXES)
    return negotiated_response(Response(body, mimetype=MEDIA_TYPES[ending]))
