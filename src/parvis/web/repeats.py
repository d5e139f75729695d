"""Answers given again without waking the application: to anonymous readers, while they hold.

This stands before Flask. It keeps what the application lets everyone keep, and nothing else;
forgets all when another generation is served; and from the instant at which an access decision
changes until the next publication it keeps and gives nothing.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.http import parse_date

from parvis.pooling.answers import Recorded
from parvis.pooling.ask import Generation, Host
from parvis.web.conditions import PUBLIC

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]

CHOOSING = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE")
"""The headers by which the application chooses among forms of an answer."""

NEVER = ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_MATCH")
"""Headers of requests that always go to the application."""

VARY = {"accept", "accept-encoding", "accept-language", "authorization", "cookie"}
"""What an answer that is kept may vary by: all of it stands in `CHOOSING` or in `NEVER`."""

OWN = {"date", "ratelimit"}
"""What an answer says to one reader, or of one moment: it is not said again."""

STANDING = "parvis.standing"
"""Where a request that may be answered from memory tells the generation that is served."""

FLAT = 65_536
"""Bytes up to which an answer of known length is handed on in one piece, which is faster."""


@dataclass(frozen=True)
class Kept:
    """An answer as it was sent."""

    status: str
    headers: Headers
    body: bytes

    @cached_property
    def size(self) -> int:
        """Count the bytes."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers)

    @cached_property
    def tag(self) -> str:
        """Give the opaque part of its tag."""
        return _value(self.headers, "etag").removeprefix("W/")

    @cached_property
    def unchanged(self) -> Headers:
        """Give what a 304 says (RFC 9110 §15.4.5): what is not about a body."""
        about = ("content-type", "content-length", "content-encoding", "content-language")
        return [one for one in self.headers if one[0].lower() not in about]

    def is_held(self, environ: "WSGIEnvironment") -> bool:
        """Say whether a request names this answer's tag; tags are compared weakly (§13.1.2).

        Without one, the instant of its last change counts (§13.1.3).
        """
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked is None:
            held = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
            changed = parse_date(_value(self.headers, "last-modified"))
            return held is not None and changed is not None and changed <= held
        return self.tag in {one.strip().removeprefix("W/") for one in asked.split(",")}


class Repeats:
    """Serves an application, and by itself what it knows already."""

    def __init__(self, app: "WSGIApplication", host: Host) -> None:
        """Stand before an application, sharing its host's memory for answers."""
        self.app = app
        self.host = host

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer from memory, or let the application answer."""
        key = _key(environ)
        standing = None if key is None else self.host.standing()
        if standing is None:
            return self._asked(environ, start_response, None, None)
        environ[STANDING] = standing
        kept = self.host.answers.get(key)
        if not isinstance(kept, Kept):
            return self._asked(environ, start_response, standing, key)
        if kept.is_held(environ):
            start_response("304 NOT MODIFIED", kept.unchanged)
            return []
        start_response(kept.status, kept.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]

    def _asked(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        standing: Generation | None,
        key: Hashable,
    ) -> Iterable[bytes]:
        """Let the application answer, and listen where it may be kept."""
        begun = Begun(start_response)
        body = iter(self.app(environ, begun.begin))
        if standing is not None and environ["REQUEST_METHOD"] == "GET" and begun.may_be_kept:
            largest = self.host.answers.largest
            body = Recorded(body, largest, partial(self._keep, standing, key, begun))
        return flat(body) if begun.length <= FLAT else body

    def _keep(self, standing: Generation, key: Hashable, begun: "Begun", body: bytes) -> None:
        """Keep a whole answer, unless a decision has changed since it began."""
        if self.host.standing() is not standing:
            return
        headers = [one for one in begun.headers if one[0].lower() not in OWN]
        self.host.answers.keep(standing, key, Kept(begun.status, headers, body))


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
        varied = {one.strip() for one in _value(self.headers, "vary").lower().split(",")}
        return (
            told.get("cache-control") == PUBLIC
            and "etag" in told
            and "set-cookie" not in told
            and varied <= VARY | {""}
        )

    @property
    def is_coded(self) -> bool:
        """Say whether the bytes that come are those of a coding, as gzip."""
        return bool(_value(self.headers, "content-encoding"))

    @property
    def length(self) -> float:
        """Give the length that was announced."""
        return float(_value(self.headers, "content-length") or "inf")


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


def _key(environ: "WSGIEnvironment") -> Hashable:
    """Tell a request from all that may be answered otherwise; None for what is never kept."""
    chosen = choices(environ)
    if chosen is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return None
    return (environ["PATH_INFO"], environ.get("QUERY_STRING"), *chosen)


def choices(environ: "WSGIEnvironment") -> tuple[str | None, ...] | None:
    """Give the headers by which a request chooses; None if it is one for the application alone."""
    if any(name in environ for name in NEVER):
        return None
    return tuple([environ.get(name) for name in CHOOSING])


def _value(headers: Headers, wanted: str) -> str:
    """Give the values of a header."""
    return ", ".join(value for name, value in headers if name.lower() == wanted)


def install(app: Flask, host: Host) -> None:
    """Stand before an application, before all else that stands there."""
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = Repeats(app.wsgi_app, host)  # type: ignore[method-assign]
