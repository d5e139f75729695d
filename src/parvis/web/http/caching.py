"""HTTP caching and conditional requests (RFC 9110 §13, RFC 9111).

Any cache may store public responses, but must revalidate them before each use (``public,
no-cache``): data may be closed at any instant. Revalidation costs little: an unchanged tag is
answered by 304 without a query. Responses to a token or a session are ``private, no-store``.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from flask import Response, g, request
from werkzeug.http import parse_date

from parvis.errors import NothingPublished, ParvisError
from parvis.governance.access_request import Reader
from parvis.pooling.serving.service import QueryAnswer, QueryRequest
from parvis.web.http.access import CREDENTIALS, PRIVATE, host
from parvis.web.http.compression import COMPRESSED_TAG_SUFFIX, add_vary, compress, compress_file
from parvis.web.http.language import COOKIE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PUBLIC = "public, no-cache"
GENERATION = "Parvis-Generation"
EVALUATED_KEY = "parvis.asked"
"""The key of the environment for a query evaluated by the fast path."""


@dataclass(frozen=True)
class EvaluatedQuery:
    """A query that the fast path evaluated already, its reader, and its answer or error."""

    reader: Reader
    question: QueryRequest
    outcome: QueryAnswer | ParvisError

    def result(self) -> QueryAnswer:
        """Return the answer, or raise the error."""
        if isinstance(self.outcome, ParvisError):
            raise self.outcome
        return self.outcome


def is_private() -> bool:
    """Return whether a request has a token, or any cookie but the language's."""
    return "Authorization" in request.headers or any(name != COOKIE for name in request.cookies)


def evaluate_query(reader: Reader, question: QueryRequest) -> QueryAnswer:
    """Evaluate a query, unless the fast path did, and note what its response's headers need."""
    prior = request.environ.pop(EVALUATED_KEY, None)
    if isinstance(prior, EvaluatedQuery) and (prior.reader, prior.question) == (reader, question):
        answer = prior.result()
    else:
        answer = host().ask(reader, question)
    g.generation, g.changing = answer.generation, answer.tag is None
    return answer


def check_query_tag(reader: Reader, question: QueryRequest) -> Response | None:
    """Return a 304 if the request has the answer's tag, without evaluating the query."""
    # The tag was sent from here, so the query was answered once. ``*`` proves nothing of the kind.
    if not _is_conditional():
        return None
    tag = host().tag(reader, question)
    response = None if tag is None else check_tag(tag)
    if response is not None:
        add_vary(response, "Accept")
        g.generation = question.generation
    return response


def check_tag(tag: str, changed: datetime | None = None) -> Response | None:
    """Return a 304 if the request has the tag or, without tags, a date not before the change."""
    tags, since = request.if_none_match, request.if_modified_since
    if not _is_conditional() or is_private():
        return None
    for own_tag, weak in ((tag, False), (f"{tag}{COMPRESSED_TAG_SUFFIX}", True)):
        if tags.contains_weak(own_tag) and not tags.star_tag:
            return _not_modified(own_tag, changed, weak=weak)
    if tags or since is None or changed is None or changed.replace(microsecond=0) > since:
        return None
    return _not_modified(tag, changed, weak=False)


def _is_conditional() -> bool:
    tags, since = request.if_none_match, request.if_modified_since
    return request.method in {"GET", "HEAD"} and (bool(tags) or since is not None)


def _not_modified(tag: str, changed: datetime | None, *, weak: bool) -> Response:
    response = Response(status=304)
    response.set_etag(tag, weak)
    response.last_modified = changed
    add_vary(response, "Accept-Encoding")
    return response


def respond(answer: QueryAnswer) -> Response:
    """Send an answer once it is complete; a HEAD stops the query at once."""
    if answer.body is not None:
        response = Response(answer.body, mimetype=answer.media_type)
    elif request.method == "HEAD":
        answer.chunks.close()
        response = Response(iter(()), mimetype=answer.media_type)
    else:
        # Our server (granian 2.8) ends a body that its application breaks off as if it were
        # complete: an error must come while a status can report it. The answer waits on disk.
        size = answer.wait()
        response = Response(answer.chunks, mimetype=answer.media_type)
        response.content_length = size
    if answer.tag is not None and request.method != "POST":
        response.set_etag(answer.tag)
    return response


def finish_response(response: Response) -> Response:
    """Set a response's caching headers, compress it, and answer a conditional request."""
    if request.endpoint == "static":
        compress_file(response)
        return response
    with suppress(NothingPublished):
        number = g.get("generation") or host().generation().number
        response.headers[GENERATION] = str(number)
    if g.get("changing"):  # an access decision is about to change the answer
        response.cache_control.no_store = True
    cache_control = response.headers.get("Cache-Control", "")
    if is_private():
        response.headers["Cache-Control"] = PRIVATE
        response.headers.pop("ETag", None)
        response.headers.pop("Last-Modified", None)
    elif (
        response.status_code in {200, 304}
        and "no-store" not in cache_control
        and request.method in {"GET", "HEAD"}
    ):
        add_vary(response, *CREDENTIALS)
        # A complete body without a tag gets the digest of its bytes.
        if not response.is_streamed and response.status_code == 200:  # noqa: PLR2004
            response.add_etag()
        if not cache_control:
            response.headers["Cache-Control"] = PUBLIC
    compress(response)  # before the tag is compared: it depends on the coding
    conditional = request.if_none_match or request.if_modified_since
    if "ETag" in response.headers and conditional and response.status_code == 200:  # noqa: PLR2004
        response.make_conditional(request)
    return response


# Public responses as the cache stores them, and the headers that choose among them.

Headers = list[tuple[str, str]]

NEGOTIATION_HEADERS = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE")
"""The request headers by which the application chooses among the forms of a response."""

UNCACHED_HEADERS = frozenset({"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_MATCH"})
"""Headers of requests that always go to the application."""

UNCACHED_RESPONSE_HEADERS = {"date", "ratelimit"}
"""Headers for one reader or one moment: they are not stored."""


@dataclass(frozen=True)
class CachedResponse:
    """A stored response."""

    status: str
    headers: Headers
    body: bytes

    @property
    def size(self) -> int:
        """The bytes of headers and body."""
        return sum([len(name) + len(value) for name, value in self.headers]) + len(self.body)

    @cached_property
    def tag(self) -> str:
        """The opaque part of the entity tag."""
        return header_value(self.headers, "etag").removeprefix("W/")

    @cached_property
    def not_modified_headers(self) -> Headers:
        """The headers of a 304 (RFC 9110 §15.4.5): those that are not about a body."""
        about = ("content-type", "content-length", "content-encoding", "content-language")
        return [header for header in self.headers if header[0].lower() not in about]

    def send(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        """Answer a request: with 304 if it has the response already, without a body a HEAD."""
        if self.is_current_for(environ):
            start_response("304 NOT MODIFIED", self.not_modified_headers)
            return []
        start_response(self.status, self.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]

    def is_current_for(self, environ: "WSGIEnvironment") -> bool:
        """Return whether a request has this response's tag, or its date.

        Tags are compared weakly (§13.1.2); without one, If-Modified-Since counts (§13.1.3).
        """
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is None:
            since = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
            changed = parse_date(header_value(self.headers, "last-modified"))
            return since is not None and changed is not None and changed <= since
        return self.tag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}


def header_value(headers: Headers, header: str) -> str:
    """Return the values of a header, joined by commas."""
    return ", ".join(value for name, value in headers if name.lower() == header)
