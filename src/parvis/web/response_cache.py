"""A response cache in front of Flask, for anonymous readers.

It stores only what the application marks as public, is emptied when another version is served,
and neither stores nor serves anything from an access decision until the next publication.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask

from parvis.pooling.serving.cache import Key, RecordedChunks
from parvis.pooling.serving.service import Generation, PoolService
from parvis.web.fast_path import FastPath
from parvis.web.http.caching import (
    PUBLIC,
    UNCACHED_RESPONSE_HEADERS,
    CachedResponse,
    Headers,
    header_value,
    negotiation_headers,
)

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CACHEABLE_VARY = {"accept", "accept-encoding", "accept-language", "authorization", "cookie"}
"""What a stored response may vary by: all of it stands in `CHOOSING` or in `NEVER`."""

ONE_PIECE_BYTES = 65_536
"""Bytes up to which a body of known length is sent in one piece, which is faster."""


class ResponseCache:
    """Serves an application: from the cache, by the fast path, or by the application itself."""

    def __init__(self, app: "WSGIApplication", host: PoolService, look_ups: FastPath) -> None:
        self.app = app
        self.host = host
        self.look_ups = look_ups

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        variant = negotiation_headers(environ)
        standing = None
        if variant is not None and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            standing = self.host.standing()
        if variant is None or standing is None:
            return self._call_app(environ, start_response, None)
        key = (environ["PATH_INFO"], environ.get("QUERY_STRING"), *variant)
        response = self.host.answers.get(key)
        if not isinstance(response, CachedResponse):
            return self._compute(environ, start_response, standing, key)
        if response.is_held(environ):
            start_response("304 NOT MODIFIED", response.unchanged)
            return []
        start_response(response.status, response.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def _compute(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        standing: Generation,
        key: Key,
    ) -> Iterable[bytes]:
        """Answer a request whose response is not in the cache, and store the response."""
        looked_up = self.look_ups.answer(environ, standing)
        if looked_up is None:

            def store(begun: ResponseStart, body: bytes) -> None:
                # A decision since the request began may have closed what the body shows.
                if self.host.standing() is not standing:
                    return
                headers = [
                    header
                    for header in begun.headers
                    if header[0].lower() not in UNCACHED_RESPONSE_HEADERS
                ]
                response = CachedResponse.sent(begun.status, headers, body)
                self.host.answers.keep(standing, key, response)
                self.look_ups.learn(environ, standing, response)

            # Queries do not wait for an equal one: the limits of one reader are not another's.
            if self.look_ups.is_query(environ):
                return self._call_app(environ, start_response, store)
            with self.host.answers.first(key) as waited:
                if waited and isinstance(self.host.answers.get(key), CachedResponse):
                    return self(environ, start_response)
                return self._call_app(environ, start_response, store)
        response, own_headers = looked_up
        self.host.answers.keep(standing, key, response)
        start_response(response.status, [*response.headers, *own_headers])
        return [response.body]

    def _call_app(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        store: "Callable[[ResponseStart, bytes], None] | None",
    ) -> Iterable[bytes]:
        """Let the application answer; `store` is called with its body if that is cacheable."""
        begun = ResponseStart(start_response)
        body = iter(self.app(environ, begun.begin))
        if store is not None and environ["REQUEST_METHOD"] == "GET" and begun.may_be_kept:
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
        self,
        status: str,
        headers: Headers,
        exc_info: "OptExcInfo | None" = None,
        /,
    ) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return self._start(status, headers, exc_info)

    @property
    def may_be_kept(self) -> bool:
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


def install(app: Flask, host: PoolService, base: str) -> None:
    """Put the cache before an application known under `base`, before all other middleware."""
    look_ups = FastPath(host, base)
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = ResponseCache(app.wsgi_app, host, look_ups)  # type: ignore[method-assign]
