"""Limits the requests answered at a time, shared among visitors, and the slowness of bodies.

A request holds a thread from its headers to the last byte of its response: without limits, some
hundred slow clients would hold them all. This runs before anything reads a body or queries a store.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn

from werkzeug.exceptions import RequestTimeout

from parvis.i18n import N_
from parvis.web.http import THREADS
from parvis.web.http.access import anonymous
from parvis.web.http.admission import refuse

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

PART = 8
"""One visitor may hold this part of the free places: an eighth.

So one visitor holds 57 of 512 at most, ten hold 25 each, a hundred hold 4 each, and there is always
a place for another.
"""
PACE = 32_000
"""Bytes a second at which a body comes at least, after `Limits.body_seconds`."""
DIGITS = 18
"""Digits of the largest Content-Length that is read as a number."""
RETRY = 2
"""Seconds after which a visitor may come again."""

YOURS = N_(
    "Too many of your requests are being answered at once: try again in {retry} s. People"
    " behind one address count together."
)
ALL = N_("Too many requests are being answered at once: try again in {retry} s.")


class RequestSlots:
    """The places for requests, by visitor. Thread-safe."""

    def __init__(self, total: int) -> None:
        self._free = total
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, visitor: str) -> bool:
        """Take a place, unless the visitor has its part of them; return whether it was taken."""
        with self._lock:
            if self._held[visitor] >= self._free // PART:
                return False
            self._held[visitor] += 1
            self._free -= 1
            return True

    def leave(self, visitor: str) -> None:
        with self._lock:
            self._free += 1
            self._held[visitor] -= 1
            if not self._held[visitor]:
                del self._held[visitor]

    def used_by(self, visitor: str) -> int:
        return self._held.get(visitor, 0)


class RequestBody:
    """A request's body; reading one that comes too slowly, or not whole, raises `RequestTimeout`.

    The server's `read` blocks until it has all bytes. `parvis.web.http.connections` ends the
    connections of bodies that are `overdue`, which ends the read.
    """

    def __init__(self, stream: "InputStream", peer: str, length: int | None, grace: float) -> None:
        self._stream, self._length, self._grace = stream, length, grace
        self.peer = peer
        self._received, self._waited = 0, 0.0
        self._since: float | None = None

    @property
    def overdue(self) -> bool:
        """Whether fewer bytes came than `PACE` asks, in the time spent on waiting for them."""
        since = self._since
        waited = self._waited + (0.0 if since is None else time.monotonic() - since)
        return waited > self._grace + self._received / PACE

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, fewer at the end; all that remain if `size` is negative."""
        self._since = time.monotonic()
        piece = self._stream.read() if size < 0 else self._stream.read(size)
        self._waited += time.monotonic() - self._since
        self._since = None
        self._received += len(piece)
        # The server returns a body that broke off as if it were complete.
        ended = size < 0 or len(piece) < size
        broken = ended and self._length is not None and self._received < self._length
        if broken or self.overdue:
            raise RequestTimeout
        return piece

    def readline(self, size: int = -1) -> NoReturn:
        # The server bounds a line by nothing, and nothing reads a body by lines.
        raise NotImplementedError

    def readlines(self, hint: int = -1) -> NoReturn:
        raise NotImplementedError

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError


class ConcurrencyLimit:
    """Serves an application to as many requests as there are places.

    A body has `grace` seconds before a pace is asked of it.
    """

    def __init__(self, app: "WSGIApplication", grace: float, total: int = THREADS) -> None:
        self.app = app
        self.places = RequestSlots(total)
        self.bodies: set[RequestBody] = set()
        self._grace = grace

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer, or refuse without reading the body."""
        visitor = anonymous(environ.get("REMOTE_ADDR", "")).address
        if not self.places.take(visitor):
            status, why = (429, YOURS) if self.places.used_by(visitor) else (503, ALL)
            return refuse(environ, start_response, status, why, retry=RETRY)
        body: RequestBody | None = None
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            announced = environ.get("CONTENT_LENGTH", "")
            # Python refuses to read thousands of digits, and the place would stay taken.
            is_number = announced.isascii() and announced.isdigit() and len(announced) <= DIGITS
            length = int(announced) if is_number else None
            body = RequestBody(
                environ["wsgi.input"], environ.get("REMOTE_ADDR", ""), length, self._grace
            )
            environ["wsgi.input"] = body
            self.bodies.add(body)

        def leave() -> None:
            if body is not None:
                self.bodies.discard(body)
            self.places.leave(visitor)

        streams = False
        try:
            answer = self.app(environ, start_response)
            streams = not isinstance(answer, list)  # a list is sent without this thread
        finally:
            if not streams:
                leave()
        return _Leaving(answer, leave) if streams else answer


class _Leaving(Iterator[bytes]):
    """The pieces of a response; closing it frees the visitor's place."""

    def __init__(self, pieces: Iterable[bytes], leave: Callable[[], None]) -> None:
        self._whole, self._pieces, self._leave = pieces, iter(pieces), leave

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        # The server may close a body twice: the place must be freed once.
        leave, self._leave = self._leave, lambda: None
        try:
            close = getattr(self._whole, "close", None)
            if close is not None:
                close()
        finally:
            leave()
