"""The changes of the catalogue, for those who replicate it: a DCAT-AP Feed (LDES)."""

from flask import Blueprint, Response, request

from parvis.catalog.feed import members_graph, stream_graph
from parvis.rdf.files import sorted_lines
from parvis.rdf.joining import serialise_dataset
from parvis.vocab.namespaces import AS, LDES, TREE
from parvis.web.api.harvest import NO_PAGE, integer_parameter
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import require_ending

feed = Blueprint("feed", __name__)

FORMATS = {
    "application/trig": "trig",
    "application/ld+json": "jsonld",
    "application/n-quads": "nq",
}
"""Media types with named graphs, and their endings."""

SPACES = {"as": AS, "ldes": LDES, "tree": TREE}
PREFIXES = {name: str(space._NS) for name, space in SPACES.items()}  # noqa: SLF001 - the namespace of a closed namespace

ENDINGS = f"any({','.join(FORMATS.values())})"


@feed.get("/feed")
@feed.get(f"/feed.<{ENDINGS}:ending>")
@reads("page", offers=FORMATS)
def events(ending: str | None = None) -> Response:
    """Return the feed or, by ``?page=``, a page of it with the records as they were.

    It is public: a token shows nothing more.
    """
    ending = ending or require_ending(FORMATS)
    iris, reader = host().iris, reader_of(request)
    page = integer_parameter("page", 0, 1_000_000) if "page" in request.args else None
    activities = host().feed(reader, page)
    if page is not None and not activities:
        last = max((activity.page for activity in host().feed(reader)), default=0)
        raise Refusal(404, NO_PAGE, page=page, last=last)
    stream_lines = (
        stream_graph(host().feed(reader), iris) if page is None else members_graph(activities, iris)
    )
    # Only activities of a page have the records as they were; the feed itself lists its pages.
    records = {activity.iri(iris): activity.lines for activity in activities if activity.lines}
    body = serialise_dataset(sorted_lines(stream_lines), records, ending, PREFIXES)
    response = Response(
        body, mimetype={form: media_type for media_type, form in FORMATS.items()}[ending]
    )
    response.last_modified = max((activity.published for activity in activities), default=None)
    response.vary.add("Accept")
    return response
