"""Answers anonymous readers in front of Flask: from the response cache, or plain queries directly.

The cache stores only what the application marks as public, is emptied when another version is
served, and neither stores nor serves anything from an access decision until the next publication.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.http import parse_date, quote_etag
from werkzeug.utils import get_content_type

from parvis.config import Share
from parvis.errors import ParvisError
from parvis.pooling.serving.cache import Key, RecordedChunks
from parvis.pooling.serving.service import Generation, PoolService, QueryRequest
from parvis.web.api.sparql import ANSWERS
from parvis.web.api.workbench import TABLES
from parvis.web.http.access import CREDENTIALS, anonymous
from parvis.web.http.caching import EVALUATED_KEY, GENERATION, PUBLIC, EvaluatedQuery
from parvis.web.http.compression import is_small, is_text
from parvis.web.http.inputs import canonical_coding
from parvis.web.http.negotiation import GRAPHS, HTML, RESULTS, accepted_ending
from parvis.web.http.quotas import policy, remaining_quota
from parvis.web.http.security import HEADERS

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENDPOINT = "/sparql"
"""The path of queries."""
QUERY = "query="

ONE_PIECE_BYTES = 65_536
"""Bytes up to which a body of known length is sent in one piece, which is faster."""

Headers = list[tuple[str, str]]

NEGOTIATION_HEADERS = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE")
"""The request headers by which the application chooses among the forms of a response."""

UNCACHED_HEADERS = frozenset({"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_MATCH"})
"""Headers of requests that always go to the application."""

UNCACHED_RESPONSE_HEADERS = {"date", "ratelimit"}
"""Headers for one reader or one moment: they are not stored."""

UNPLAIN_HEADERS = frozenset({"CONTENT_TYPE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"})
"""Headers that a plain query does not have, nor any of the above."""

CACHEABLE_VARY = {"accept", "accept-encoding", "accept-language", "authorization", "cookie"}
"""What a stored response may vary by: all of it is in the key or is never cached."""


class ResponseCache:
    """Serves an application: from the cache, by answering a plain query, or by the application."""

    def __init__(self, app: "WSGIApplication", host: PoolService) -> None:
        self.app, self.host = app, host
        root = urlsplit(host.settings.base).path.rstrip("/")
        self._endpoints = {ENDPOINT, root + ENDPOINT}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        standing, answers = None, self.host.answers
        safe = environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        if safe and environ.keys().isdisjoint(UNCACHED_HEADERS):
            standing = self.host.steady_generation()
        if standing is None:
            return self._call_app(environ, start_response, None)
        variant = map(environ.get, NEGOTIATION_HEADERS)
        key = (environ["PATH_INFO"], environ.get("QUERY_STRING"), *variant)
        response = answers.get(key)
        if isinstance(response, CachedResponse):
            return response.send(environ, start_response)
        store = partial(self._store, standing, key)
        if environ["PATH_INFO"] not in self._endpoints:
            with answers.single_flight(key) as waited:
                if waited and isinstance(answers.get(key), CachedResponse):
                    return self(environ, start_response)
                return self._call_app(environ, start_response, store)
        # Queries do not wait for an equal one: the limits of one reader are not another's.
        answer = answer_plain_query(self.host, environ, standing)
        if answer is None:
            return self._call_app(environ, start_response, store)
        response, own_headers = answer
        answers.keep(standing, key, response)
        start_response(response.status, [*response.headers, *own_headers])
        return [response.body]

    def _store(self, standing: Generation, key: Key, begun: "ResponseStart", body: bytes) -> None:
        """Store a response of the application."""
        # A decision since the request began may have closed what the body shows.
        if self.host.steady_generation() is standing:
            headers = [
                header
                for header in begun.headers
                if header[0].lower() not in UNCACHED_RESPONSE_HEADERS
            ]
            response = CachedResponse(begun.status, headers, body)
            self.host.answers.keep(standing, key, response)

    def _call_app(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        store: "Callable[[ResponseStart, bytes], None] | None",
    ) -> Iterable[bytes]:
        """Let the application answer; `store` is called with its body if that is cacheable."""
        begun = ResponseStart(start_response)
        body = iter(self.app(environ, begun.begin))
        if store is not None and environ["REQUEST_METHOD"] == "GET" and begun.is_cacheable:
            largest = self.host.answers.largest
            body = RecordedChunks(body, largest, partial(store, begun))
            # Read at once, so that requests waiting for the same response have it now.
            if begun.length <= largest:
                return read_body(body)
        return read_body(body) if begun.length <= ONE_PIECE_BYTES else body


class ResponseStart:
    """The status and headers with which a response began (PEP 3333)."""

    def __init__(self, start_response: "StartResponse") -> None:
        self._start = start_response
        self.status = ""
        self.headers: Headers = []

    def begin(
        self, status: str, headers: Headers, exc_info: "OptExcInfo | None" = None, /
    ) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return self._start(status, headers, exc_info)

    @property
    def is_cacheable(self) -> bool:
        """Whether the application lets everyone store this response."""
        if not self.status.startswith("200"):
            return False
        headers = {name.lower(): value for name, value in self.headers}
        vary = {name.strip() for name in header_value(self.headers, "vary").lower().split(",")}
        return (
            headers.get("cache-control") == PUBLIC
            and "etag" in headers
            and "set-cookie" not in headers
            and vary <= CACHEABLE_VARY | {""}
        )

    @property
    def length(self) -> float:
        """The announced Content-Length in bytes; infinite if there is none."""
        return float(header_value(self.headers, "content-length") or "inf")


def read_body(body: Iterator[bytes]) -> list[bytes]:
    """Read a body to its end, and close it."""
    try:
        return [b"".join(body)]
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()


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


# Plain queries are answered without Flask, which takes longer than a look-up itself. A plain query
# is an anonymous GET with a query and nothing else. Its response is the one that the application
# gives: same status, headers and body. It is written here if the answer is complete, has a tag and
# a format that the reader accepts, and is sent as it is. The application answers what is coded,
# begun or in error; the store is not queried twice for it.


def answer_plain_query(
    host: PoolService, environ: "WSGIEnvironment", standing: Generation
) -> tuple[CachedResponse, Headers] | None:
    """Return the response for everyone, and the headers for this reader alone.

    None where the application must answer: it finds the answer or error in `environ`.
    """
    query = _parse_plain_query(environ)
    if query is None:
        return None
    reader = anonymous(environ.get("REMOTE_ADDR", ""))
    try:
        answer = host.ask(reader, query, standing)
    except ParvisError as error:  # the application reports it
        environ[EVALUATED_KEY] = EvaluatedQuery(reader, query, error)
        return None
    body = answer.body
    form = query.graph_format if answer.kind == "graph" else query.results_format
    compressible = body is not None and not is_small(body) and is_text(answer.media_type)
    coded = compressible and canonical_coding(environ.get("HTTP_ACCEPT_ENCODING", "")) == "gzip"
    if body is None or answer.tag is None or form is None or coded:
        environ[EVALUATED_KEY] = EvaluatedQuery(reader, query, answer)
        return None
    status = host.shares.status(reader)
    vary = ("Accept", *CREDENTIALS, *(("Accept-Encoding",) if compressible else ()))
    content_type, *common = _common_headers(
        answer.media_type, answer.generation, status.share, vary
    )
    own = [("Content-Length", str(len(body))), ("ETag", quote_etag(answer.tag))]
    headers = [content_type, *own, *common]
    left = remaining_quota(status)
    response = CachedResponse("200 OK", headers, body)
    return response, [("RateLimit", left)] if left else []


@lru_cache(64)
def _common_headers(
    media_type: str, generation: int, share: Share, vary: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return the headers that an answer shares with others of its kind.

    They are those of `respond`, `add_quotas`, `forbid_caching`, `finish_response` and
    `SecurityHeaders`, in this order.
    """
    return (
        ("Content-Type", get_content_type(media_type, "utf-8")),
        ("Vary", ", ".join(vary)),
        ("RateLimit-Policy", policy(share)),
        (GENERATION, str(generation)),
        ("Cache-Control", PUBLIC),
        *HEADERS.items(),
    )


def _parse_plain_query(environ: "WSGIEnvironment") -> QueryRequest | None:
    """Read a request that has one query and nothing else; None for all others."""
    text = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "GET":
        return None
    if not (text.startswith(QUERY) and text.isascii()) or "&" in text:
        return None
    # Conditional requests are left to the application, which compares tags.
    if not environ.keys().isdisjoint(UNPLAIN_HEADERS) and any(
        environ.get(name) for name in UNPLAIN_HEADERS
    ):
        return None
    query = _decode_value(text.removeprefix(QUERY))
    formats = _choose_formats(environ.get("HTTP_ACCEPT", "")) if query else None
    return formats and QueryRequest(query, results_format=formats[0], graph_format=formats[1])


def _decode_value(text: str) -> str:
    """Decode a value of a form; return the empty text for one that is malformed.

    >>> _decode_value("caf%C3%A9+noir%21")
    'café noir!'
    """
    escaped = text.replace("+", " ").replace("\\", "\\\\").replace("%", "\\x")
    try:  # a query has dozens of these: Python's own loop over them takes four times as long
        return escaped.encode().decode("unicode_escape").encode("latin-1").decode()
    except UnicodeError:
        return ""


@lru_cache(64)
def _choose_formats(accept: str) -> tuple[str | None, str | None] | None:
    """Return the formats of results and of graphs; None where the application must answer."""
    results = accepted_ending(accept, RESULTS)
    if results in TABLES or accepted_ending(accept, ANSWERS) in {None, HTML}:
        return None
    return results, accepted_ending(accept, GRAPHS)
