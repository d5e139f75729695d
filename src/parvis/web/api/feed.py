"""What happened to the datasets, for who keeps a copy of the catalogue: a DCAT-AP Feed (LDES)."""

from flask import Blueprint, Response, request

from parvis.catalog.feed import members, stream
from parvis.rdf.files import sorted_lines
from parvis.rdf.joining import in_graphs
from parvis.vocab.namespaces import AS, LDES, TREE
from parvis.web.api.harvest import NO_PAGE, whole
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import require

feed = Blueprint("feed", __name__)

FORMATS = {
    "application/trig": "trig",
    "application/ld+json": "jsonld",
    "application/n-quads": "nq",
}
"""Media types of what holds named graphs, with the ending of each."""

SPACES = {"as": AS, "ldes": LDES, "tree": TREE}
PREFIXES = {name: str(space._NS) for name, space in SPACES.items()}  # noqa: SLF001 - the namespace of a closed namespace

ENDINGS = f"any({','.join(FORMATS.values())})"


@feed.get("/feed")
@feed.get(f"/feed.<{ENDINGS}:ending>")
@reads("page", offers=FORMATS)
def events(ending: str | None = None) -> Response:
    """Lead to the pages of the feed or, by ``?page=``, give one with the records as they were.

    It is everyone's: a token shows nothing more.
    """
    ending = ending or require(FORMATS)
    iris, reader = host().iris, reader_of(request)
    page = whole("page", 0, 1_000_000) if "page" in request.args else None
    activities = host().feed(reader, page)
    if page is not None and not activities:
        last = max((one.page for one in host().feed(reader)), default=0)
        raise Refusal(404, NO_PAGE, page=page, last=last)
    described = stream(host().feed(reader), iris) if page is None else members(activities, iris)
    records = {one.iri(iris): one.lines for one in activities if one.lines}
    body = in_graphs(sorted_lines(described), records, ending, PREFIXES)
    response = Response(body, mimetype={e: kind for kind, e in FORMATS.items()}[ending])
    response.last_modified = max((one.published for one in activities), default=None)
    response.vary.add("Accept")
    return response
