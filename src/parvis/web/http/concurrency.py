"""How many requests are answered at a time, shared among visitors; how slowly a body may come.

A request holds a thread from its headers to the last byte of its answer. Whoever sends or reads
slowly holds it for long, so that some hundred slow clients would hold them all. This stands before
whatever reads a body or asks a store.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from flask import Flask
from werkzeug.exceptions import RequestTimeout

from parvis.config import Settings
from parvis.i18n import N_
from parvis.web.http.access import anonymous
from parvis.web.http.admission import refuse

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 512
"""Requests that are held at a time: a slow client costs a thread that sleeps, and no query.

Threads are begun when they are needed; queries wait for one another in `Turns`.
"""
PART = 8
"""One visitor may hold this part of the free places: an eighth.

So one visitor holds 57 of 512 at most, ten hold 25 each, a hundred hold 4 each, and there is always
a place for another.
"""
PACE = 32_000
"""Bytes a second at which a body comes at least, after `Limits.body_seconds`."""
RETRY = 2
"""Seconds after which a visitor may come again."""

YOURS = N_(
    "Too many of your requests are being answered at once: try again in {retry} seconds. People"
    " behind one address count together."
)
ALL = N_("Too many requests are being answered at once: try again in {retry} seconds.")


class Places:
    """The places for requests, by visitor. For threads."""

    def __init__(self, total: int) -> None:
        """Begin with all of them free."""
        self._free = total
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, visitor: str) -> bool:
        """Take a place, unless the visitor holds its part of them; say whether it was taken."""
        with self._lock:
            if self._held[visitor] >= self._free // PART:
                return False
            self._held[visitor] += 1
            self._free -= 1
            return True

    def leave(self, visitor: str) -> None:
        """Give a place back."""
        with self._lock:
            self._free += 1
            self._held[visitor] -= 1
            if not self._held[visitor]:
                del self._held[visitor]

    def held(self, visitor: str) -> int:
        """Return how many places a visitor holds."""
        return self._held.get(visitor, 0)


class Body:
    """A request's body; to read one that comes too slowly, or not whole, raises `RequestTimeout`.

    The server's `read` waits until it has as many bytes as it was asked for, and nobody can look
    at the clock meanwhile. `parvis.web.http.connections` ends the connections of bodies that are
    `overdue`, which ends the read.
    """

    def __init__(self, stream: "InputStream", peer: str, length: int | None, grace: float) -> None:
        """Stand before the server's stream of what comes from an address."""
        self._stream, self._length, self._grace = stream, length, grace
        self.peer = peer
        self._received, self._waited = 0, 0.0
        self._since: float | None = None

    @property
    def overdue(self) -> bool:
        """Say whether less has come than should have, in the time spent on waiting for it."""
        since = self._since
        waited = self._waited + (0.0 if since is None else time.monotonic() - since)
        return waited > self._grace + self._received / PACE

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, fewer at the end; all that remain if `size` is negative."""
        self._since = time.monotonic()
        piece = self._stream.read() if size < 0 else self._stream.read(size)
        self._waited += time.monotonic() - self._since
        self._since = None
        self._received += len(piece)
        # The server gives a body that broke off as if it were whole.
        ended = size < 0 or len(piece) < size
        broken = ended and self._length is not None and self._received < self._length
        if broken or self.overdue:
            raise RequestTimeout
        return piece

    def readline(self, size: int = -1) -> NoReturn:
        """Refuse: the server bounds a line by nothing. Nothing here reads a body by lines."""
        raise NotImplementedError

    def readlines(self, hint: int = -1) -> NoReturn:
        """Refuse, as `readline` does."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[bytes]:
        """Refuse, as `readline` does."""
        raise NotImplementedError


class Concurrency:
    """Serves an application to as many requests as there are places."""

    def __init__(self, app: "WSGIApplication", grace: float, total: int = THREADS) -> None:
        """Stand before an application; a body has `grace` seconds before a pace is asked of it."""
        self.app = app
        self.places = Places(total)
        self.bodies: set[Body] = set()
        self._grace = grace

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer, or refuse without reading the body."""
        visitor = anonymous(environ.get("REMOTE_ADDR", "")).address
        if not self.places.take(visitor):
            status, why = (429, YOURS) if self.places.held(visitor) else (503, ALL)
            return refuse(environ, start_response, status, why, retry=RETRY)
        leave = partial(self.places.leave, visitor)
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            leave = partial(self._forget, self._watched(environ), leave)
        try:
            answer = self.app(environ, start_response)
        except BaseException:
            leave()
            raise
        if isinstance(answer, list):  # the server sends it without this thread
            leave()
            return answer
        return _Leaving(answer, leave)

    def _watched(self, environ: "WSGIEnvironment") -> Body:
        """Watch the body of a request."""
        told = environ.get("CONTENT_LENGTH", "")
        length = int(told) if told.isascii() and told.isdigit() else None
        body = Body(environ["wsgi.input"], environ.get("REMOTE_ADDR", ""), length, self._grace)
        environ["wsgi.input"] = body
        self.bodies.add(body)
        return body

    def _forget(self, body: Body, leave: Callable[[], None]) -> None:
        """Watch a body no longer."""
        self.bodies.discard(body)
        leave()


class _Leaving(Iterator[bytes]):
    """Pieces on their way to a visitor, whose place is left when they are closed."""

    def __init__(self, pieces: Iterable[bytes], leave: Callable[[], None]) -> None:
        self._whole, self._pieces, self._leave = pieces, iter(pieces), leave

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Close what can be closed, and leave, once."""
        leave, self._leave = self._leave, lambda: None
        try:
            close = getattr(self._whole, "close", None)
            if close is not None:
                close()
        finally:
            leave()


def install(app: Flask, settings: Settings) -> Concurrency:
    """Stand before an application, inside what tells the visitor's address from a proxy's."""
    concurrency = Concurrency(app.wsgi_app, settings.limits.body_seconds)
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = concurrency  # type: ignore[method-assign]
    app.extensions["parvis.concurrency"] = concurrency
    return concurrency
