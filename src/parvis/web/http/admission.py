"""Which requests are let in: small ones, of readers who leave the process to others as well.

The process that serves is one for all readers. A request is measured before anything reads it;
what it takes of the process is charged to its reader; who has taken much is served one request
at a time; and who has taken a whole share, or anyone while the process is far behind, is told to
come again. These refusals are written before the application, for they must cost nearly nothing.
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

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from parvis.config import Settings
from parvis.errors import ShareError
from parvis.governance.question import Reader
from parvis.i18n import N_, both
from parvis.pooling.quotas import Guesses
from parvis.pooling.serving.cache import ASKED_ONCE
from parvis.pooling.serving.service import Host
from parvis.sandbox.starting import give_back
from parvis.vocab import media
from parvis.web.http import access as sessions
from parvis.web.http.access import READER, anonymous
from parvis.web.http.inputs import Routes
from parvis.web.http.request_log import ACCEPT, ID
from parvis.web.http.security import HEADERS

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH_BYTES, QUERY_BYTES, PARAMETERS = 2_048, 8_192, 200
"""What an address may have; a query string that carries a query may be as long as servers allow."""
FIELDS, HEADER_BYTES, ALL_BYTES = 64, 8_192, 32_768
"""How many headers a request may have, and the bytes of each and of all."""
LISTS = ("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT_ENCODING", "HTTP_X_FORWARDED_FOR")
LIST_BYTES, LIST_ITEMS = 2_048, 32
"""What each of these headers may have: weighing an item against all that is offered takes time."""
COOKIES = 64

LONG_ADDRESS = N_("this address is too long: {most} bytes at most are read here")
MANY_PARAMETERS = N_("this address has too many parameters: {most} at most are read here")
LARGE_HEADERS = N_(
    "the headers of this request are too large: {each} bytes at most for each, {all} for all"
)
LONG_LIST = N_(
    "the header {name} is too long: {bytes} bytes and {items} items at most are read here"
)
BEHIND = N_("the site has more to do than it can; try again in {retry} seconds")
ONE_BY_ONE = N_(
    "your requests take much of the site’s own work, and are answered one after the other;"
    " try again in {retry} seconds"
)

WRONG_TOKENS = N_("too many wrong tokens came from your address; try again in {retry} seconds")

HEALTH, LOGIN = "/health", "/login"
WAITING, PATIENCE = 8, 10.0
"""How many more requests of such a reader wait for their turn, and the seconds they wait."""
RETRY = 2
"""Seconds after which a request that was refused so may come again."""


class Bounds:
    """Serves an application with requests that are small, and hold only what their route reads."""

    def __init__(self, app: "WSGIApplication", routes: Routes) -> None:
        """Stand before all that parses a request, and before every cache."""
        self.app, self.routes = app, routes

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Refuse what is too large, else hand on what the route reads."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        known = self.routes.match(path) if len(path) <= PATH_BYTES else None
        long = known is not None and known[0].long
        if len(path) > PATH_BYTES or (len(query) > QUERY_BYTES and not long):
            most = PATH_BYTES if len(path) > PATH_BYTES else QUERY_BYTES
            return refuse(environ, start_response, 414, LONG_ADDRESS, most=most)
        if query.count("&") >= PARAMETERS:
            return refuse(environ, start_response, 400, MANY_PARAMETERS, most=PARAMETERS)
        if problem := _too_large(environ):
            template, fields = problem
            return refuse(environ, start_response, 431, template, **fields)
        if known is not None:
            self.routes.rewrite(environ, known)
        return self.app(environ, start_response)


def _too_large(environ: "WSGIEnvironment") -> tuple[str, dict[str, object]] | None:
    """Say what is too large in the headers of a request, by their lengths alone."""
    fields = whole = longest = 0
    for name, value in environ.items():  # one pass without a call: each look-up goes through it
        if name[:5] == "HTTP_":
            size = len(value)
            fields += 1
            whole += size
            longest = max(longest, size)
    if fields > FIELDS or longest > HEADER_BYTES or whole > ALL_BYTES:
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


class Turnstile:
    """Serves an application to readers who have something left of their share of the process."""

    def __init__(self, app: "WSGIApplication", host: Host, root: str) -> None:
        """Stand where the address of the reader is known, before every cache."""
        self.app, self.shares, self.pulse = app, host.shares, Pulse(host.answers.tidy)
        self._health, self._files = {HEALTH, root + HEALTH}, f"{root}/static/"
        self.guesses, self._queues = Guesses(), Queues()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Refuse who has nothing left, and everybody but a watcher while the process is behind."""
        if environ["PATH_INFO"] in self._health:
            return self.app(environ, start_response)
        if self.pulse.behind:
            return refuse(environ, start_response, 503, BEHIND, retry=RETRY)
        reader = anonymous(environ.get("REMOTE_ADDR", ""))
        app, credential = self.app, _credential(environ)
        is_file = environ["PATH_INFO"].startswith(self._files)  # of the site: given to everyone
        if (credential or _signs_in(environ)) and not is_file:
            if wait := self.guesses.wait(reader.address, credential):
                return refuse(environ, start_response, 429, WRONG_TOKENS, retry=wait)
            app = _watching(app, self.guesses, reader.address, credential)
        # Who has shown a token is counted by it: others at the same address take nothing of that.
        if not self.shares.takes_much(reader) or self.guesses.is_proven(credential):
            return app(environ, start_response)
        return self._one_by_one(app, reader, environ, start_response)

    def _one_by_one(
        self,
        app: "WSGIApplication",
        reader: Reader,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        """Serve a reader who has taken much, while something is left; who signs in has a share."""
        try:
            if not _credential(environ):
                self.shares.require_site(reader)
        except ShareError as error:
            return refuse(environ, start_response, 429, error.template, **error.fields)
        with self._queues.turn(reader.address) as granted:
            if granted:
                return app(environ, start_response)
        return refuse(environ, start_response, 429, ONE_BY_ONE, retry=RETRY)

    def charge(self, environ: "WSGIEnvironment", seconds: float) -> None:
        """Charge what a request took of the processor to who sent it."""
        reader = environ.get(READER)
        if not isinstance(reader, Reader):
            reader = anonymous(environ.get("REMOTE_ADDR", ""))
        self.shares.charge_site(reader, seconds)


def _signs_in(environ: "WSGIEnvironment") -> bool:
    """Say whether a request brings a token in a form."""
    path: str = environ["PATH_INFO"]
    return environ["REQUEST_METHOD"] == "POST" and path.endswith(LOGIN)


def _credential(environ: "WSGIEnvironment") -> bytes | None:
    """Digest what a request brings in its headers to say who sent it; None for nothing."""
    text = environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_COOKIE")
    return sha256(text.encode("utf-8", "surrogateescape")).digest() if text else None


def _watching(
    app: "WSGIApplication", guesses: Guesses, address: str, credential: bytes | None
) -> "WSGIApplication":
    """Take note of whether an application knows a credential."""

    def watched(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
        ) -> Callable[[bytes], object]:
            if status.startswith("401"):
                guesses.note_wrong(address)
            elif READER in environ and credential:
                guesses.note_proven(credential)
            return start_response(status, headers, exc_info)

        return app(environ, start)

    return watched


class Queues:
    """One turn at a time for each reader who takes much, with few waiting. For threads."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._queues: dict[str, tuple[threading.Lock, list[None]]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, key: str) -> Iterator[bool]:
        """Wait for the turn of a reader; gives whether it came, within patience and room."""
        with self._lock:
            turn, here = self._queues.setdefault(key, (threading.Lock(), []))
            fits = len(here) <= WAITING
            if fits:
                here.append(None)
        granted = fits and turn.acquire(timeout=PATIENCE)
        try:
            yield granted
        finally:
            if granted:
                turn.release()
            with self._lock:
                if fits:
                    here.pop()
                if not here:
                    self._queues.pop(key, None)


class Pulse:
    """Tells how far the process is behind: how late a thread comes that wants to run at an instant.

    A thread that wakes waits for the interpreter behind all that want to run; what it waits,
    smoothed over some seconds, is what every step of every request waits.
    """

    EVERY, SMOOTH, LATE = 0.1, 0.1, 0.25
    """Seconds between two beats, the part of a beat in the mean, and the mean that is too late."""
    LULL, WORK, LITTLE = 2.0, 5.0, 0.05
    """Seconds that are looked at together; the seconds of processor that leave something to give
    back; and those below which nobody waits for anything."""
    LATER = ASKED_ONCE + 10
    """Seconds after which there is more to give back: answers that nobody asked for again."""

    def __init__(self, forget: Callable[[], None]) -> None:
        """Do not beat yet; `forget` lets go of what is no longer worth its room."""
        self.late, self._forget = 0.0, forget
        self._worked, self._later = 0.0, inf
        self._stop = threading.Event()

    @property
    def behind(self) -> bool:
        """Say whether the process is too far behind to begin anything."""
        return self.late > self.LATE

    def begin(self) -> None:
        """Beat until `end`, in a thread of its own."""
        threading.Thread(target=self._beat, daemon=True).start()

    def end(self) -> None:
        """Beat no more."""
        self._stop.set()

    def _beat(self) -> None:
        before = time.process_time()
        for number in count(1):
            begun = time.monotonic()
            if self._stop.wait(self.EVERY):
                return
            self.note(time.monotonic() - begun - self.EVERY)
            if number % round(self.LULL / self.EVERY) == 0:
                now = time.process_time()
                self.tidy(now - before, time.monotonic())
                before = now

    def tidy(self, lately: float, now: float) -> None:
        """Give memory back in a lull after work, and once more when what it left has expired.

        `lately` is the processor’s time since the last call, in seconds.
        """
        self._worked += lately
        if lately > self.LITTLE or (self._worked < self.WORK and now < self._later):
            return
        self._later = now + self.LATER if self._worked >= self.WORK else inf
        self._worked = 0.0
        self._forget()
        give_back()

    def note(self, late: float) -> None:
        """Take one beat into the mean: how many seconds too late it came."""
        self.late += self.SMOOTH * (max(late, 0.0) - self.late)


def refuse(
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    status: int,
    template: str,
    **fields: object,
) -> list[bytes]:
    """Answer with a problem in both languages: to a browser as a page, to others as JSON."""
    accept = environ.get(ACCEPT) or environ.get("HTTP_ACCEPT", "")
    form = "html" if "text/html" in accept[:1_000] else "json"
    kind, body = _problem(status, template, tuple(fields.items()), form)
    body = body.replace(b"%request%", str(environ.get(ID, "")).encode())
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    headers += [("Cache-Control", "no-store"), *HEADERS.items()]
    if "retry" in fields:
        headers.append(("Retry-After", str(fields["retry"])))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@lru_cache(1_000)
def _problem(
    status: int, template: str, fields: tuple[tuple[str, object], ...], form: str
) -> tuple[str, bytes]:
    """Write a problem (RFC 9457), once for all who are refused for the same."""
    title, details = HTTPStatus(status).phrase, both(template, **dict(fields))
    if form == "html":
        texts = "".join(f'<p lang="{lang}">{escape(text)}</p>' for lang, text in details.items())
        head = f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>'
        return "text/html; charset=utf-8", f"{head}<h1>{status}</h1>{texts}</html>".encode()
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": details["fr"],
        "details": details,
        "request": "%request%",
    }
    return media.PROBLEM, json.dumps(problem, ensure_ascii=False).encode()


def install(app: Flask, settings: Settings, host: Host) -> Turnstile:
    """Stand before an application and its caches; gives where its work is charged."""
    root = urlsplit(settings.base).path.rstrip("/")
    turnstile = Turnstile(app.wsgi_app, host, root)
    proxied = ProxyFix(turnstile, x_for=settings.proxies) if settings.proxies else turnstile
    routes = Routes(app, root, sessions.cookie_name(settings.base))
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = Bounds(proxied, routes)  # type: ignore[method-assign]
    app.extensions["parvis.turnstile"] = turnstile
    return turnstile
