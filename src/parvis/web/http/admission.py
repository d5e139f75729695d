"""Admission control: limits the size of requests, and each reader's share of the process.

All readers share one process. A request's size is checked before anything reads it, and its
processor time is charged to its reader. A reader who has used much is served one request at a
time; one who has used its whole share, or anyone while the process is far behind, must retry.
These refusals are written before the application, for they must cost nearly nothing.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from html import escape
from http import HTTPStatus
from itertools import count
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from parvis.errors import ShareError
from parvis.governance.access_request import Reader
from parvis.i18n import N_, both
from parvis.pooling.quotas import Guesses, Shares
from parvis.pooling.serving.cache import ASKED_ONCE
from parvis.pooling.serving.service import PoolService
from parvis.sandbox.processes import release_memory, trim_memory
from parvis.web.http.access import READER, anonymous
from parvis.web.http.errors import PROBLEM
from parvis.web.http.inputs import Routes
from parvis.web.http.request_log import ACCEPT, ID
from parvis.web.http.security import HEADERS

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH_BYTES, QUERY_BYTES, PARAMETERS = 2_048, 8_192, 200
"""Limits of an address; a query string with a SPARQL query may be as long as servers allow."""
FIELDS, HEADER_BYTES, ALL_BYTES = 64, 8_192, 32_768
"""The number of headers a request may have, and the bytes of each and of all."""
LISTS = ("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT_ENCODING", "HTTP_X_FORWARDED_FOR")
LIST_BYTES, LIST_ITEMS = 2_048, 32
"""Limits of each of these headers: weighing an item against all offers takes time."""
COOKIES = 64

LONG_ADDRESS = N_("this address is too long: {most} bytes at most are read here")
MANY_PARAMETERS = N_("this address has too many parameters: {most} at most are read here")
LARGE_HEADERS = N_(
    "the headers of this request are too large: {each} bytes at most for each, {all} for all"
)
LONG_LIST = N_(
    "the header {name} is too long: {bytes} bytes and {items} items at most are read here"
)
BEHIND = N_("the site has more to do than it can; try again in {retry} s")
ONE_BY_ONE = N_(
    "your requests take much of the site’s own work, and are answered one after the other;"
    " try again in {retry} s"
)

WRONG_TOKENS = N_("too many wrong tokens came from your address; try again in {retry} s")

HEALTH, LOGIN = "/health", "/login"
WAITING, PATIENCE = 8, 10.0
"""How many requests of such a reader wait for their turn, and the seconds they wait."""
RETRY = 2
"""Seconds after which a refused request may come again."""


class RequestLimits:
    """Refuses requests that are too large, and removes from the others what no route reads.

    It runs before all that parses a request, and before every cache.
    """

    def __init__(self, app: "WSGIApplication", routes: Routes) -> None:
        self.app, self.routes = app, routes

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        match = self.routes.match(path) if len(path) <= PATH_BYTES else None
        long = match is not None and match[0].long
        if len(path) > PATH_BYTES or (len(query) > QUERY_BYTES and not long):
            most = PATH_BYTES if len(path) > PATH_BYTES else QUERY_BYTES
            return refuse(environ, start_response, 414, LONG_ADDRESS, most=most)
        if query.count("&") >= PARAMETERS:
            return refuse(environ, start_response, 400, MANY_PARAMETERS, most=PARAMETERS)
        if problem := _check_headers(environ):
            template, fields = problem
            return refuse(environ, start_response, 431, template, **fields)
        if match is not None:
            self.routes.rewrite(environ, match)
        return self.app(environ, start_response)


def _check_headers(environ: "WSGIEnvironment") -> tuple[str, dict[str, object]] | None:
    """Return the message and fields for headers that are too large, by their lengths alone."""
    fields = total = longest = 0
    for name, value in environ.items():  # one pass without a call: each look-up goes through it
        if name[:5] == "HTTP_":
            size = len(value)
            fields += 1
            total += size
            longest = max(longest, size)
    if fields > FIELDS or longest > HEADER_BYTES or total > ALL_BYTES:
        return LARGE_HEADERS, {"each": HEADER_BYTES, "all": ALL_BYTES}
    if longest <= LIST_ITEMS:  # an item has a character at least
        return None
    if environ.get("HTTP_COOKIE", "").count(";") >= COOKIES:
        return LONG_LIST, {"name": "Cookie", "bytes": HEADER_BYTES, "items": COOKIES}
    for name in LISTS:
        value = environ.get(name)
        if value is not None and (len(value) > LIST_BYTES or value.count(",") >= LIST_ITEMS):
            header = name.removeprefix("HTTP_").replace("_", "-").title()
            return LONG_LIST, {"name": header, "bytes": LIST_BYTES, "items": LIST_ITEMS}
    return None


class AdmissionControl:
    """Serves an application to readers who have something left of their share of the process.

    It runs after the middleware that reads a proxy's headers, and before every cache.
    """

    def __init__(self, app: "WSGIApplication", host: PoolService) -> None:
        self.app, self.shares, self.pulse = app, host.shares, LagMonitor(host.answers.tidy)
        root = urlsplit(host.settings.base).path.rstrip("/")
        self._health, self._files = {HEALTH, root + HEALTH}, f"{root}/static/"
        self.guesses, self._queues = Guesses(), ReaderQueues()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        # The health check is answered even while the process is behind.
        if environ["PATH_INFO"] in self._health:
            return self.app(environ, start_response)
        if self.pulse.is_behind:
            return refuse(environ, start_response, 503, BEHIND, retry=RETRY)
        reader = anonymous(environ.get("REMOTE_ADDR", ""))
        app, credential = self.app, _credential(environ)
        is_file = environ["PATH_INFO"].startswith(self._files)  # static files are for everyone
        signs_in = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith(LOGIN)
        if (credential or signs_in) and not is_file:
            if wait := self.guesses.wait(reader.address, credential):
                return refuse(environ, start_response, 429, WRONG_TOKENS, retry=wait)
            app = _note_outcome(app, self.guesses, reader.address, credential)
        # A valid token has its own share: others at the same address take nothing of it.
        if not self.shares.takes_much(reader) or self.guesses.is_proven(credential):
            return app(environ, start_response)
        return self._serve_in_turn(app, reader, environ, start_response)

    def _serve_in_turn(
        self,
        app: "WSGIApplication",
        reader: Reader,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        """Serve a reader who has used much, one request at a time, while something is left."""
        try:
            if not _credential(environ):  # a reader with a token has a share of its own
                self.shares.require_site(reader)
        except ShareError as error:
            return refuse(environ, start_response, 429, error.template, **error.fields)
        with self._queues.turn(reader.address) as granted:
            if granted:
                return app(environ, start_response)
        return refuse(environ, start_response, 429, ONE_BY_ONE, retry=RETRY)


def charge_request(shares: Shares, environ: "WSGIEnvironment", seconds: float) -> None:
    """Charge a request's processor time to its reader."""
    reader = environ.get(READER)
    if not isinstance(reader, Reader):
        reader = anonymous(environ.get("REMOTE_ADDR", ""))
    shares.charge_site(reader, seconds)


def _credential(environ: "WSGIEnvironment") -> bytes | None:
    """Return the digest of a request's Authorization header or cookie; None without either."""
    text = environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_COOKIE")
    return sha256(text.encode("utf-8", "surrogateescape")).digest() if text else None


def _note_outcome(
    app: "WSGIApplication", guesses: Guesses, address: str, credential: bytes | None
) -> "WSGIApplication":
    """Wrap an application, noting whether it accepts a credential."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
        ) -> Callable[[bytes], object]:
            # Wrong tokens are counted by address, so that guessing becomes slow; a valid token is
            # exempt, whatever others at the same address send.
            if status.startswith("401"):
                guesses.note_wrong(address)
            elif READER in environ and credential:
                guesses.note_proven(credential)
            return start_response(status, headers, exc_info)

        return app(environ, start)

    return answer


class ReaderQueues:
    """One turn at a time for each reader who uses much, with few waiting. Thread-safe."""

    def __init__(self) -> None:
        self._queues: dict[str, tuple[threading.Lock, list[None]]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, key: str) -> Iterator[bool]:
        """Wait for a reader's turn; yield whether it came within `PATIENCE` and `WAITING`."""
        # The list counts the requests of a reader, with the one whose turn it is; the last one
        # removes the queue, so that the dictionary does not grow.
        with self._lock:
            turn, waiting = self._queues.setdefault(key, (threading.Lock(), []))
            fits = len(waiting) <= WAITING
            if fits:
                waiting.append(None)
        granted = fits and turn.acquire(timeout=PATIENCE)
        try:
            yield granted
        finally:
            if granted:
                turn.release()
            with self._lock:
                if fits:
                    waiting.pop()
                if not waiting:
                    self._queues.pop(key, None)


class LagMonitor:
    """Measures how far the process is behind: the delay of a thread that wakes at an instant.

    Such a thread waits for the interpreter behind all that want to run; its delay, smoothed over
    some seconds, is the delay of every step of every request.
    """

    EVERY, SMOOTH, LATE = 0.1, 0.1, 0.25
    """Seconds between two beats, the weight of one in the mean, and the mean that is too late."""
    LULL, WORK, LITTLE = 2.0, 5.0, 0.05
    """The length of a lull in seconds; the processor seconds after which memory can be released;
    and those below which the process is idle."""
    LATER = ASKED_ONCE + 10
    """Seconds after which more can be released: cached answers that were not requested again."""
    STEADY = 60.0
    """Seconds between two returns of unused memory while no lull comes."""

    def __init__(self, forget: Callable[[], None]) -> None:
        """Take what evicts expired answers from the cache."""
        self.lag, self._forget = 0.0, forget
        self._worked, self._later, self._trimmed = 0.0, inf, 0.0
        self._stop = threading.Event()

    @property
    def is_behind(self) -> bool:
        """Whether the process is too far behind to begin a request."""
        return self.lag > self.LATE

    def begin(self) -> None:
        """Measure until `end`, in a thread of its own."""
        threading.Thread(target=self._run, daemon=True).start()

    def end(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        before = time.process_time()
        for number in count(1):
            start = time.monotonic()
            if self._stop.wait(self.EVERY):
                return
            self.record_lag(time.monotonic() - start - self.EVERY)
            if number % round(self.LULL / self.EVERY) == 0:
                now = time.process_time()
                self.release_idle_memory(now - before, time.monotonic())
                before = now

    def release_idle_memory(self, lately: float, now: float) -> None:
        """Release memory in a lull after work, and once more when cached answers have expired.

        `lately` is the processor’s time since the last call, in seconds. While requests never
        pause, only what is unused already is returned, now and then.
        """
        self._worked += lately
        if lately > self.LITTLE and now - self._trimmed > self.STEADY:
            # What each publication and each large answer leave would otherwise add up.
            self._trimmed = now
            trim_memory()
        if lately > self.LITTLE or (self._worked < self.WORK and now < self._later):
            return
        self._later = now + self.LATER if self._worked >= self.WORK else inf
        self._worked = 0.0
        self._forget()
        release_memory()

    def record_lag(self, lag: float) -> None:
        """Add a beat's delay, in seconds, to the mean."""
        self.lag += self.SMOOTH * (max(lag, 0.0) - self.lag)


def refuse(
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    status: int,
    template: str,
    **fields: object,
) -> list[bytes]:
    """Answer with a problem in both languages: as a page to browsers, as JSON to programs."""
    accept = environ.get(ACCEPT) or environ.get("HTTP_ACCEPT", "")
    form = "html" if "text/html" in accept[:1_000] else "json"
    content_type, body = _render_problem(status, template, tuple(fields.items()), form)
    # The cached problem has a placeholder for the id of the request.
    body = body.replace(b"%request%", str(environ.get(ID, "")).encode())
    return send_refusal(environ, start_response, status, (content_type, body), fields.get("retry"))


def send_refusal(
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    status: int,
    content: tuple[str, bytes],
    retry: object,
) -> list[bytes]:
    """Answer with a refusal, its media type and bytes; it may come again after `retry` seconds."""
    content_type, body = content
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    headers += [("Cache-Control", "no-store"), *HEADERS.items()]
    if retry is not None:
        headers.append(("Retry-After", str(retry)))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@lru_cache(1_000)  # rendered once for all who are refused for the same reason
def _render_problem(
    status: int, template: str, fields: tuple[tuple[str, object], ...], form: str
) -> tuple[str, bytes]:
    """Return a problem (RFC 9457) as a media type and bytes."""
    title, details = HTTPStatus(status).phrase, both(template, **dict(fields))
    if form == "html":
        texts = "".join(f'<p lang="{lang}">{escape(text)}</p>' for lang, text in details.items())
        head = (
            '<!doctype html><html lang="fr"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        )
        return "text/html; charset=utf-8", f"{head}<h1>{status}</h1>{texts}</html>".encode()
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": details["fr"],
        "details": details,
        "request": "%request%",
    }
    return PROBLEM, json.dumps(problem, ensure_ascii=False).encode()
