"""Answers given again without waking the application: to anonymous readers, while they hold.

This stands before Flask. It keeps what the application lets everyone keep, and nothing else;
forgets all when another generation is served; and from the instant at which an access decision
changes until the next publication it keeps and gives nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask

from parvis.pooling.serving.cache import Key, Recorded
from parvis.pooling.serving.service import Generation, Host
from parvis.web.fast_path import LookUps
from parvis.web.http.caching import OWN, PUBLIC, Headers, Kept, choices, said

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VARY = {"accept", "accept-encoding", "accept-language", "authorization", "cookie"}
"""What an answer that is kept may vary by: all of it stands in `CHOOSING` or in `NEVER`."""

FLAT = 65_536
"""Bytes up to which an answer of known length is handed on in one piece, which is faster."""


class Repeats:
    """Serves an application, and by itself what it knows already, and plain questions."""

    def __init__(self, app: "WSGIApplication", host: Host, look_ups: LookUps) -> None:
        """Stand before an application, sharing its host's memory for answers."""
        self.app = app
        self.host = host
        self.look_ups = look_ups

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer from memory, or what is plain, or let the application answer."""
        key = _key(environ)
        standing = None if key is None else self.host.standing()
        if key is None or standing is None:
            return self._asked(environ, start_response, None)
        kept = self.host.answers.get(key)
        if not isinstance(kept, Kept):
            return self._new(environ, start_response, standing, key)
        if kept.is_held(environ):
            start_response("304 NOT MODIFIED", kept.unchanged)
            return []
        start_response(kept.status, kept.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]

    def _new(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        standing: Generation,
        key: Key,
    ) -> Iterable[bytes]:
        """Answer what is asked for the first time, and keep the answer."""
        found = self.look_ups.answer(environ, standing)
        if found is None:
            keep = partial(self._keep, environ, standing, key)
            if self.look_ups.is_query(environ):  # the limits of one reader are not another's
                return self._asked(environ, start_response, keep)
            with self.host.answers.first(key) as waited:
                if waited and isinstance(self.host.answers.get(key), Kept):
                    return self(environ, start_response)
                return self._asked(environ, start_response, keep)
        kept, own = found
        self.host.answers.keep(standing, key, kept)
        start_response(kept.status, [*kept.headers, *own])
        return [kept.body]

    def _asked(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        keep: "Callable[[Begun, bytes], None] | None",
    ) -> Iterable[bytes]:
        """Let the application answer, and listen where it may be kept."""
        begun = Begun(start_response)
        body = iter(self.app(environ, begun.begin))
        if keep is not None and environ["REQUEST_METHOD"] == "GET" and begun.may_be_kept:
            largest = self.host.answers.largest
            body = Recorded(body, largest, partial(keep, begun))
            if begun.length <= largest:  # read at once, so that who waits for it has it now
                return flat(body)
        return flat(body) if begun.length <= FLAT else body

    def _keep(
        self,
        environ: "WSGIEnvironment",
        standing: Generation,
        key: Key,
        begun: "Begun",
        body: bytes,
    ) -> None:
        """Keep a whole answer, unless a decision has changed since it began."""
        if self.host.standing() is not standing:
            return
        headers = [one for one in begun.headers if one[0].lower() not in OWN]
        kept = Kept.sent(begun.status, headers, body)
        self.host.answers.keep(standing, key, kept)
        self.look_ups.learn(environ, standing, kept)


class Begun:
    """The status and headers with which an answer began (PEP 3333)."""

    def __init__(self, start_response: "StartResponse") -> None:
        """Stand before the server's callable."""
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
        """Take note, and go on."""
        self.status, self.headers = status, headers
        return self._start(status, headers, exc_info)

    @property
    def may_be_kept(self) -> bool:
        """Say whether the application lets everyone keep this answer."""
        if not self.status.startswith("200"):
            return False
        told = {name.lower(): value for name, value in self.headers}
        varied = {one.strip() for one in said(self.headers, "vary").lower().split(",")}
        return (
            told.get("cache-control") == PUBLIC
            and "etag" in told
            and "set-cookie" not in told
            and varied <= VARY | {""}
        )

    @property
    def length(self) -> float:
        """Give the length that was announced."""
        return float(said(self.headers, "content-length") or "inf")


def flat(body: Iterator[bytes]) -> list[bytes]:
    """Read a body to its end, and close it."""
    try:
        return [b"".join(body)]
    finally:
        _close(body)


def _close(body: Iterator[bytes]) -> None:
    """Close what can be closed."""
    close = getattr(body, "close", None)
    if close is not None:
        close()


def _key(environ: "WSGIEnvironment") -> Key | None:
    """Tell a request from all that may be answered otherwise; None for what is never kept."""
    chosen = choices(environ)
    if chosen is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return None
    return (environ["PATH_INFO"], environ.get("QUERY_STRING"), *chosen)


def install(app: Flask, host: Host, base: str) -> None:
    """Stand before an application known under `base`, before all else that stands there."""
    look_ups = LookUps(host, base)
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = Repeats(app.wsgi_app, host, look_ups)  # type: ignore[method-assign]
