"""The DCAT catalogue for harvesters, the feed of its changes, and whole versions for replicas."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Self
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, request, send_file

from parvis import __version__
from parvis.catalog.feed import members_graph, stream_graph
from parvis.catalog.void import Paging, hydra
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.pooling.serving.query import DownloadFile
from parvis.pooling.stewardship.harvesting.replicas import (
    EDITION,
    SERVES,
    ReplicaRegister,
    file_of,
    manifest_of,
    parse_edition,
)
from parvis.rdf.files import sorted_lines
from parvis.rdf.formats import GRAPH_TYPES
from parvis.rdf.joining import (
    bodies,
    document,
    join_graphs,
    serialise_dataset,
    write_digests_as_texts,
)
from parvis.vocab.iris import DatasetKey
from parvis.vocab.streams import AS, HYDRA, LDES, TREE
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import check_tag
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import require_ending

PER_PAGE = 100
MOST = 1_000
"""Items on a page by default, and at most."""

PAGE_PARAMETERS = ("page", "per_page", "modified_since", "full", "state", "text_digests")
"""The parameters that choose a page of the catalogue."""

LONGEST = 20
"""Characters of a number."""
WHOLE = N_("“{name}” is a whole number from 1 to {most}, not “{text}”")
INSTANT = N_("“modified_since” is a date or an instant (2026-01-31, 2026-01-31T12:00:00Z)")
NO_PAGE = N_("there is no page {page}: the last one is {last}")

HYDRA_PREFIX = {"hydra": str(HYDRA._NS)}  # noqa: SLF001 - the namespace of a closed namespace


@dataclass(frozen=True)
class HarvestRequest:
    """A harvester's parameters."""

    page: int
    per_page: int
    since: datetime | None
    full: bool
    state: str | None
    text_digests: bool = False
    """Whether digests are plain texts: udata refuses every file whose digest is as DCAT asks."""

    @classmethod
    def read(cls) -> Self:
        """Read the request; refuse invalid values with 400."""
        since = None
        if (text := request.args.get("modified_since")) is not None:
            try:
                # A plus in an address reads as a space unless it is written %2B, as few do.
                since = datetime.fromisoformat(text.replace(" ", "+"))
            except ValueError as error:
                raise Refusal(400, INSTANT) from error
            since = since if since.tzinfo else since.replace(tzinfo=UTC)
        return cls(
            page=integer_parameter("page", 1, 1_000_000),
            per_page=min(integer_parameter("per_page", PER_PAGE, 1_000_000), MOST),
            since=since,
            full=request.args.get("full") == "1",
            state=request.args.get("state"),
            text_digests=request.args.get("text_digests") == "1",
        )

    def paging(self, total: int) -> Paging:
        """Return the page among `total` items; refuse with 404 one that does not exist."""
        page, size = (1, max(total, 1)) if self.full else (self.page, self.per_page)
        paging = Paging(page, size, total)
        if paging.page > paging.last:  # an empty page would look as if all had been withdrawn
            raise Refusal(404, NO_PAGE, page=paging.page, last=paging.last)
        return paging

    def query(self, page: int, state: str) -> str:
        """Return the query string of another page of the same harvest."""
        parameters = {"page": str(page), "per_page": str(self.per_page), "state": state}
        if self.since:
            parameters["modified_since"] = self.since.isoformat()
        if self.text_digests:
            parameters["text_digests"] = "1"
        return urlencode(parameters)


def page_parameters() -> dict[str, str]:
    """Return the parameters that choose the page, for links to its other forms."""
    return {name: value for name, value in request.args.items() if name in PAGE_PARAMETERS}


def catalogue_response(ending: str) -> Response:
    """Answer with a page of the catalogue, each of its datasets complete."""
    harvest = HarvestRequest.read()
    listing = host().listing(reader_of(request), harvest.state)
    since = harvest.since
    items = [item for item in listing.items if since is None or item.changed >= since]
    paging = harvest.paging(len(items))
    base = host().iris.base

    def address(page: int) -> str:
        return f"{base}catalog.{ending}?{harvest.query(page, listing.state)}"

    def write() -> bytes:
        frame = listing.frame
        if paging.page > 1:
            # udata takes each service that no file names for a new one, and says that it is there.
            feed_iri = host().iris.thing("service", "entities").encode()
            lines = frame.splitlines(keepends=True)
            frame = b"".join(line for line in lines if feed_iri not in line)
        frame += hydra(f"{base}catalog", paging, address)
        head = bodies(frame, (ending,), HYDRA_PREFIX).values()
        records = listing.bodies(items[paging.span], ending)
        text = document([*head, *records], ending, HYDRA_PREFIX)
        return write_digests_as_texts(text, ending) if harvest.text_digests else text

    hidden, closed = sorted(listing.hidden), sorted(listing.closed)
    about = (listing.state, hidden, closed, paging, since, base, harvest.text_digests)
    response = conditional_document(write, ending, about, listing.changed)
    is_whole = paging.last == 1 and not harvest.text_digests
    canonical = f"{base}catalog.{ending}" if is_whole else address(paging.page)
    response.headers.add("Link", f'<{canonical}>; rel="canonical"')
    if paging.last > 1:
        for name, page in paging.related_pages().items():
            # IANA registers “prev” (RFC 8288), Hydra has “previous”.
            relation = {"previous": "prev"}.get(name, name)
            response.headers.add("Link", f'<{address(page)}>; rel="{relation}"')
    g.generation = listing.published.generation.number
    return response


def record_response(key: DatasetKey, ending: str) -> Response:
    lines, changed = host().item(reader_of(request), key)
    response = conditional_document(
        lambda: join_graphs((lines,), ending), ending, (lines,), changed
    )
    canonical = f"{host().iris.base}dataset/{key}.{ending}"
    response.headers.add("Link", f'<{canonical}>; rel="canonical"')
    return response


def conditional_document(
    write: Callable[[], bytes], ending: str, about: Sequence[object], changed: datetime | None
) -> Response:
    """Answer with a document in a format, or with 304 to a conditional request.

    `about` identifies its content, so that the tag is known before it is written; `changed` is
    the instant of its last change.
    """
    # Another version of parvis may write the same content differently.
    tag = sha256(repr((__version__, ending, *about)).encode()).hexdigest()[:32]
    response = check_tag(tag, changed)
    if response is None:
        response = Response(write(), mimetype=GRAPH_TYPES[ending])
        response.set_etag(tag)
        response.last_modified = changed
    response.vary.add("Accept-Language")
    return response


def integer_parameter(name: str, default: int, most: int) -> int:
    """Return a parameter that is an integer from 1 to `most`; refuse others with 400."""
    text = request.args.get(name)
    if text is None:
        return default
    readable = len(text) < LONGEST and text.isascii() and text.isdigit()
    if not (readable and 1 <= int(text) <= most):
        raise Refusal(400, WHOLE, name=name, most=most, text=text[:LONGEST])
    return int(text)


# The changes of the catalogue, for those who replicate it: a DCAT-AP Feed (LDES).

feed = Blueprint("feed", __name__)

FEED_FORMATS = {
    "application/trig": "trig",
    "application/ld+json": "jsonld",
    "application/n-quads": "nq",
}
"""Media types with named graphs, and their endings."""

FEED_SPACES = {"as": AS, "ldes": LDES, "tree": TREE}
FEED_PREFIXES = {name: str(space._NS) for name, space in FEED_SPACES.items()}  # noqa: SLF001 - the namespace of a closed namespace

FEED_ENDINGS = f"any({','.join(FEED_FORMATS.values())})"


@feed.get("/feed")
@feed.get(f"/feed.<{FEED_ENDINGS}:ending>")
@reads("page", offers=FEED_FORMATS)
def events(ending: str | None = None) -> Response:
    """Return the feed or, by ``?page=``, a page of it with the records as they were.

    It is public: a token shows nothing more.
    """
    ending = ending or require_ending(FEED_FORMATS)
    iris, reader = host().iris, reader_of(request)
    page = integer_parameter("page", 0, 1_000_000) if "page" in request.args else None
    activities = host().feed(reader, page)
    if page is not None and not activities:
        last = max((activity.page for activity in host().feed(reader)), default=0)
        raise Refusal(404, NO_PAGE, page=page, last=last)
    write = stream_graph if page is None else members_graph
    lines = sorted_lines(write(activities, iris))
    # Only activities of a page have the records as they were; the feed itself lists its pages.
    records = {activity.iri(iris): activity.lines for activity in activities if activity.lines}
    body = serialise_dataset(lines, records, ending, FEED_PREFIXES)
    media_types = {form: media_type for media_type, form in FEED_FORMATS.items()}
    response = Response(body, mimetype=media_types[ending])
    response.last_modified = max((activity.published for activity in activities), default=None)
    response.vary.add("Accept")
    return response


# The published version as files, for replicas: a manifest, and the files that it lists.

replicas = Blueprint("replicas", __name__)

NOT_YOURS = N_("A copy of all that is served is for who has a token of scope “replica”.")

_require_replica_token = partial(require_identity, Permission.COPY, NOT_YOURS)


@replicas.get("/replica/manifest.json")
@reads(files=True)
def manifest() -> Response:
    """Return the manifest of the version that is served, and record what the copy serves now."""
    identity, edition = _require_replica_token(), host().edition()  # read before the manifest
    register: ReplicaRegister = current_app.extensions["parvis.replicas"]
    serves = parse_edition(request.headers.get(SERVES, ""))
    register.record(identity.label or identity.holder, request.remote_addr or "", serves)
    response = _send(manifest_of(host().settings), "application/json")
    response.headers[EDITION] = str(edition)
    return response


@replicas.get("/replica/<int:number>/<path:name>")
@reads(files=True)
def file(number: int, name: str) -> Response:
    """Return a file of a version, or the requested range of it; it never changes."""
    _require_replica_token()
    return _send(file_of(host().settings, number, name), "application/octet-stream")


def _send(dump: DownloadFile, media_type: str) -> Response:
    g.generation = dump.generation
    # The digest as tag lets a replica resume a download by If-Range.
    response = send_file(dump.path, mimetype=media_type, conditional=True, etag=dump.sha256)
    response.accept_ranges = "bytes"
    return response
