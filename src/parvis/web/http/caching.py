"""HTTP caching and conditional requests (RFC 9110 §13, RFC 9111).

Any cache may store public responses, but must revalidate them before each use (``public,
no-cache``): data may be closed at any instant. Revalidation costs little: an unchanged tag is
answered by 304 without a query. Responses to a token or a session are ``private, no-store``.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Response, current_app, g, request

from parvis.errors import NothingPublished, ParvisError
from parvis.governance.access_request import Reader
from parvis.pooling.serving.service import QueryAnswer, QueryRequest
from parvis.web.http.access import CREDENTIALS, PRIVATE, PUBLIC_ENDPOINTS, host
from parvis.web.http.compression import COMPRESSED_TAG_SUFFIX, add_vary, compress, compress_file
from parvis.web.http.language import COOKIE

PUBLIC = "public, no-cache"
GENERATION = "Parvis-Generation"
SERVICES = "Parvis-Services"
"""The header that names the other sites of an answer, and when each answered (RFC 9651, a list)."""
EVALUATED_KEY = "parvis.asked"
"""The key of the environment for a plain query, evaluated before the application."""


@dataclass(frozen=True)
class EvaluatedQuery:
    """A query that was evaluated before the application, its reader, its answer or error."""

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
    """Evaluate a query, unless that was done before, and note what its response's headers need."""
    prior = request.environ.pop(EVALUATED_KEY, None)
    if isinstance(prior, EvaluatedQuery) and (prior.reader, prior.question) == (reader, question):
        answer = prior.result()
    else:
        answer = host().ask(reader, question)
    g.generation, g.changing, g.services = answer.generation, answer.tag is None, answer.services
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
    if request.endpoint == "static" and request.view_args:
        file = Path(current_app.static_folder or "", request.view_args["filename"])
        compress_file(response, file)
    if request.endpoint in PUBLIC_ENDPOINTS:
        return response
    with suppress(NothingPublished):
        number = g.get("generation") or host().generation().number
        response.headers[GENERATION] = str(number)
    if services := g.get("services"):
        response.headers[SERVICES] = ", ".join(
            f'"{use.address}";received=@{int(use.received.timestamp())}' for use in services
        )
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
