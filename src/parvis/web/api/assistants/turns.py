"""Few calls of assistants at a time, so that others read as quickly beside any number of them.

One process serves all readers, and each reader has a share of it; but assistants come by the
hundred, and each call computes. So few run at once, few wait, fewer of one reader, and the others
are told to come again: most of them before their message is read.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from parvis.errors import LimitError
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, N_, both
from parvis.web.api.assistants.messages import INTERNAL_ERROR
from parvis.web.http.access import anonymous
from parvis.web.http.admission import send_refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ASKING = 2
"""Calls that wait for a query at once, beside the one that computes.

All threads share one interpreter in turn: while n of them compute, whatever else runs takes n + 1
times as long. So one call of assistants computes at a time.
"""
REST, LONGEST_REST = 9, 0.5
"""How many times as long as a call computed the next one waits, and the seconds of that at most.

So calls that follow one another without end leave nine tenths of the interpreter to others. A
call that comes alone waits for nothing.
"""
INSIDE, PART = 24, 4
"""The most calls that run or wait, and the part of the free places that one reader may hold.

So one reader holds 5 of 24 at most, two hold 5 and 4, and it takes 17 to leave none to others.
"""
PATIENCE = 10.0
"""Seconds that a call waits for its turn."""
RETRY = 5
"""Seconds after which a refused call may come again."""

MCP = "/mcp"
JSON = "application/json"
BUSY = N_("assistants ask for more than can be answered at once: try again in {retry} s")


class Lock(Protocol):
    """What `Turns` takes for a call; a thread that computes may take that again."""

    def acquire(self, *, timeout: float) -> bool: ...
    def release(self) -> None: ...


class PacedLock:
    """A lock of threads that compute, which may take it again; the next one rests first.

    `must_rest` says whether others wait.
    """

    def __init__(self, must_rest: Callable[[], bool]) -> None:
        self._lock, self._must_rest = threading.RLock(), must_rest
        self._depth, self._began, self._rested = 0, 0.0, 0.0

    def acquire(self, *, timeout: float) -> bool:
        if not self._lock.acquire(timeout=timeout):
            return False
        # Only the thread that has the lock reads and writes what follows.
        if not self._depth:
            if self._must_rest():
                time.sleep(max(self._rested - time.monotonic(), 0))
            self._began = time.thread_time()
        self._depth += 1
        return True

    def release(self) -> None:
        self._depth -= 1
        if not self._depth:
            computed = time.thread_time() - self._began
            self._rested = time.monotonic() + min(REST * computed, LONGEST_REST)
        self._lock.release()


class Turns:
    """The turns of the calls that run. Thread-safe."""

    def __init__(self) -> None:
        self._computing = PacedLock(lambda: self._inside.total() > 1)
        self._asking = threading.BoundedSemaphore(ASKING)
        self._inside: Counter[str] = Counter()
        self._lock = threading.Lock()

    def has_place(self, key: str) -> bool:
        """Return whether a reader may have one more place."""
        with self._lock:
            return self._fits(key)

    def _fits(self, key: str) -> bool:
        free = INSIDE - self._inside.total()
        return free > 0 and self._inside[key] < max(free // PART, 1)

    @contextmanager
    def turn(self, reader: Reader, *, asks: bool) -> Iterator[bool]:
        """Wait for the turn of a call, which `asks` a query or computes; yield whether it came."""
        key = reader.iri or reader.address
        running: Lock = self._asking if asks else self._computing
        with self._lock:
            fits = self._fits(key)
            self._inside[key] += fits
        granted = fits and running.acquire(timeout=PATIENCE)
        try:
            yield granted
        finally:
            if granted:
                running.release()
            with self._lock:
                self._inside[key] -= fits
                if not self._inside[key]:
                    del self._inside[key]

    @contextmanager
    def compute(self) -> Iterator[None]:
        """Let the thread of a call compute, once no other does; raises `LimitError`."""
        if not self._computing.acquire(timeout=PATIENCE):
            raise LimitError(BUSY, retry=RETRY)
        try:
            yield
        finally:
            self._computing.release()


class AssistantGate:
    """Refuses messages of assistants before they are read, where their reader has no place.

    A call in Flask costs as much as a page; hundreds of refusals would delay others' pages.
    """

    def __init__(self, app: "WSGIApplication", turns: Turns, base: str) -> None:
        self.app, self.turns = app, turns
        root = urlsplit(base).path.rstrip("/")
        prefixes = ("", root, *(f"{root}/{lang}" for lang in LANGUAGES))
        self._paths = {f"{prefix}{MCP}" for prefix in prefixes}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        # Who has a token holds places of its own; who it is, only the application knows.
        if (
            environ["PATH_INFO"] in self._paths
            and environ["REQUEST_METHOD"] == "POST"
            and "HTTP_AUTHORIZATION" not in environ
            and not self.turns.has_place(anonymous(environ.get("REMOTE_ADDR", "")).address)
        ):
            return send_refusal(environ, start_response, 503, (JSON, _write_refusal()), RETRY)
        return self.app(environ, start_response)


@cache
def _write_refusal() -> bytes:
    """Return the error of a message that was not read: without its id (JSON-RPC 2.0 §5)."""
    details = both(BUSY, retry=RETRY)
    error = {"code": INTERNAL_ERROR, "message": details["en"], "data": {"details": details}}
    body = {"jsonrpc": "2.0", "id": None, "error": error}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
