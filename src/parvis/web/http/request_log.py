"""What each request leaves for whoever keeps the machine: an id, a line of the log, figures.

An address, a reader, a query or a path beyond its first part is in none of it.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, request

from parvis.config import Settings
from parvis.i18n import LANGUAGES

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-Id"
ID, BEGUN = "parvis.request", "parvis.begun"
"""Where a request's environment tells its id, and when it began by the steady clock."""
ACCEPT = "parvis.accept"
"""Where it has the header Accept as it was sent, by which errors choose their form."""
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""An id that is taken from who asks, a proxy most often: nothing that a log could stumble over."""
OTHER = "other"
OF_TIME = frozenset({"begun", "processor"})
"""What is noted of a request and not logged."""
Count = Callable[[str, int, float, int], None]
"""Counts an answer: its area, its status, its seconds and its bytes."""
Charge = Callable[["WSGIEnvironment", float], None]
"""Charges a request with the seconds of processor that it took of this process."""
FREE = 0.001
"""Seconds of processor of each request that are not charged: a look-up takes less."""
LOG = logging.getLogger("parvis.requests")


@dataclass
class Seen:
    """What there is to tell of a request: sizes in bytes, times in seconds."""

    name: str
    method: str
    area: str
    begun: float
    status: int = 0
    size: int = 0
    processor: float = 0.0

    def begin(self, start_response: "StartResponse") -> "StartResponse":
        """Stand before the server's callable: note the status, and send the id."""

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
        ) -> Callable[[bytes], object]:
            self.status = int(status[:3])
            return start_response(status, [*headers, (HEADER, self.name)], exc_info)

        return start


class Observed:
    """Serves an application, and tells of each request once its answer is sent."""

    def __init__(
        self, app: "WSGIApplication", settings: Settings, count: Count, charge: Charge
    ) -> None:
        """Stand before an application; the areas of its addresses are learned from it."""
        self.app = app
        self.areas: frozenset[str] = frozenset()
        self._root = urlsplit(settings.base).path
        self._every = settings.observing.log == "requests"
        self._log = settings.observing.log != "none"
        self._count, self._charge = count, charge

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer, and count."""
        seen = Seen(
            _name(environ.get("HTTP_X_REQUEST_ID")),
            environ["REQUEST_METHOD"],
            self._area(environ["PATH_INFO"]),
            time.perf_counter(),
        )
        environ[ID], environ[BEGUN] = seen.name, seen.begun
        processor = time.thread_time()
        body = self.app(environ, seen.begin(start_response))
        seen.processor = time.thread_time() - processor
        if isinstance(body, list):
            seen.size = sum(map(len, body))
            self._end(environ, seen)
            return body
        return Passing(body, seen, partial(self._end, environ))

    def _area(self, path: str) -> str:
        """Give the first part of a path if it is one of ours, without the site's own and language.

        What anyone may ask for is not told: it could be anything, without end.
        """
        parts = path.removeprefix(self._root).strip("/").split("/", 2)
        if parts[0] in LANGUAGES:
            parts = parts[1:] or [""]
        first = parts[0].partition(".")[0]
        return first if first in self.areas else OTHER

    def _end(self, environ: "WSGIEnvironment", seen: Seen) -> None:
        """Charge and count a request that is over."""
        if seen.processor > FREE:
            self._charge(environ, seen.processor - FREE)
        self._tell(seen)

    def _tell(self, seen: Seen) -> None:
        """Count a request that is over, and write it down if it is to be."""
        seconds = time.perf_counter() - seen.begun
        self._count(seen.area, seen.status, seconds, seen.size)
        broken = seen.status >= 500  # noqa: PLR2004 - the machine's fault, not the reader's
        if self._log and (self._every or broken):
            level = logging.ERROR if broken else logging.INFO
            told = vars(seen) | {"ms": round(1000 * seconds, 1)}
            LOG.log(level, "request", extra=_fields(told))


class Passing(Iterator[bytes]):
    """Pieces on their way to a reader, counted; told of when they are closed."""

    def __init__(self, pieces: Iterable[bytes], seen: Seen, tell: Callable[[Seen], None]) -> None:
        """Stand before pieces."""
        self._whole, self._pieces = pieces, iter(pieces)
        self._seen, self._tell = seen, tell

    def __next__(self) -> bytes:
        """Hand the next piece on."""
        processor = time.thread_time()
        piece = next(self._pieces)
        self._seen.processor += time.thread_time() - processor
        self._seen.size += len(piece)
        return piece

    def close(self) -> None:
        """Close what can be closed, and tell."""
        try:
            close = getattr(self._whole, "close", None)
            if close is not None:
                close()
        finally:
            self._tell(self._seen)


def request_name() -> str:
    """Give the id of the request that is being answered."""
    return str(request.environ.get(ID, ""))


def _name(told: str | None) -> str:
    """Take the id that a request brings if it is well formed, else make one."""
    return told if told and WELL_FORMED.fullmatch(told) else token_hex(8)


def _fields(told: dict[str, object]) -> dict[str, object]:
    """Name what is logged so that it hides nothing that `logging` says itself."""
    renamed = {"name": "request", "size": "bytes"}
    return {renamed.get(name, name): value for name, value in told.items() if name not in OF_TIME}


def install(app: Flask, settings: Settings, count: Count, charge: Charge) -> None:
    """Stand before an application, before all else that stands there."""
    observed = Observed(app.wsgi_app, settings, count, charge)
    rules = (rule.rule.strip("/").split("/")[0] for rule in app.url_map.iter_rules())
    observed.areas = frozenset(one.partition(".")[0] for one in rules if "<" not in one[:1])
    # The attribute is made to be replaced so: https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
    app.wsgi_app = observed  # type: ignore[method-assign]
