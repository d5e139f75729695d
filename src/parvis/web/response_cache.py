"""A response cache in front of Flask, for anonymous readers.

It stores only what the application marks as public, is emptied when another version is served,
and neither stores nor serves anything from an access decision until the next publication.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from parvis.pooling.serving.cache import Key, RecordedChunks
from parvis.pooling.serving.service import Generation, PoolService
from parvis.web.fast_path import answer_plain_query
from parvis.web.http.caching import (
    NEGOTIATION_HEADERS,
    PUBLIC,
    UNCACHED_HEADERS,
    UNCACHED_RESPONSE_HEADERS,
    CachedResponse,
    Headers,
    header_value,
)

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENDPOINT = "/sparql"
"""The path of queries."""

CACHEABLE_VARY = {"accept", "accept-encoding", "accept-language", "authorization", "cookie"}
"""What a stored response may vary by: all of it is in the key or is never cached."""

ONE_PIECE_BYTES = 65_536
"""Bytes up to which a body of known length is sent in one piece, which is faster."""


class ResponseCache:
    """Serves an application: from the cache, by the fast path, or by the application itself."""

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
