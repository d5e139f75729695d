"""Gives each request an id, and records it in the log and the metrics for the operator.

No address, reader, query or path beyond its first part is recorded.
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

from flask import request
from werkzeug.routing import Map

from parvis.config import Settings
from parvis.i18n import LANGUAGES

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-Id"
ID, START = "parvis.request", "parvis.begun"
"""The keys of the environment for a request's id, and when it began by the monotonic clock."""
ACCEPT = "parvis.accept"
"""The key for the Accept header as it was sent, by which errors choose their form."""
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""An id accepted from a client, most often a proxy: it must be safe in a log."""
OTHER = "other"
UNLOGGED = frozenset({"begun", "processor"})
"""Fields that are not logged."""
Count = Callable[[str, int, float, int], None]
"""Counts a response: its area, its status, its seconds and its bytes."""
Charge = Callable[["WSGIEnvironment", float], None]
"""Charges a request's processor seconds to its reader."""
FREE = 0.001
"""Processor seconds of each request that are not charged: a look-up takes less."""
LOG = logging.getLogger("parvis.requests")


@dataclass
class RequestRecord:
    """The record of a request: sizes in bytes, times in seconds."""

    name: str
    method: str
    area: str
    begun: float
    status: int = 0
    size: int = 0
    processor: float = 0.0


class RequestLog:
    """Serves an application, and records each request once its response is sent."""

    def __init__(
        self,
        app: "WSGIApplication",
        settings: Settings,
        areas: frozenset[str],
        count: Count,
        charge: Charge,
    ) -> None:
        self.app, self.areas = app, areas
        self._root = urlsplit(settings.base).path
        self._every = settings.observing.log == "requests"
        self._log = settings.observing.log != "none"
        self._count, self._charge = count, charge

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        # The area is the first part of the path, without base and language, if it is one of the
        # site's: clients may request any path, and recording them all would have no bound.
        parts = environ["PATH_INFO"].removeprefix(self._root).strip("/").split("/", 2)
        if parts[0] in LANGUAGES:
            parts = parts[1:] or [""]
        area = parts[0].partition(".")[0]
        sent_id = environ.get("HTTP_X_REQUEST_ID")
        record = RequestRecord(
            sent_id if sent_id and WELL_FORMED.fullmatch(sent_id) else token_hex(8),
            environ["REQUEST_METHOD"],
            area if area in self.areas else OTHER,
            time.perf_counter(),
        )
        environ[ID], environ[START] = record.name, record.begun

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
        ) -> Callable[[bytes], object]:
            record.status = int(status[:3])
            return start_response(status, [*headers, (HEADER, record.name)], exc_info)

        processor = time.thread_time()
        body = self.app(environ, start)
        record.processor = time.thread_time() - processor
        if isinstance(body, list):
            record.size = sum(map(len, body))
            self._end(environ, record)
            return body
        return CountedBody(body, record, partial(self._end, environ))

    def _end(self, environ: "WSGIEnvironment", record: RequestRecord) -> None:
        """Charge, count and log a request that is over."""
        if record.processor > FREE:
            self._charge(environ, record.processor - FREE)
        seconds = time.perf_counter() - record.begun
        self._count(record.area, record.status, seconds, record.size)
        failed = record.status >= 500  # noqa: PLR2004 - the machine's fault, not the reader's
        if self._log and (self._every or failed):
            level = logging.ERROR if failed else logging.INFO
            # `logging` has its own field “name”, which a field of ours must not hide.
            names = {"name": "request", "size": "bytes"}
            fields = vars(record) | {"ms": round(1000 * seconds, 1)}
            extra = {names.get(key, key): fields[key] for key in fields if key not in UNLOGGED}
            LOG.log(level, "request", extra=extra)


class CountedBody(Iterator[bytes]):
    """The pieces of a response, counted as they are sent; closing it ends the record."""

    def __init__(
        self, pieces: Iterable[bytes], record: RequestRecord, end: Callable[[RequestRecord], None]
    ) -> None:
        self._body, self._pieces = pieces, iter(pieces)
        self._record, self._end = record, end

    def __next__(self) -> bytes:
        processor = time.thread_time()
        piece = next(self._pieces)
        self._record.processor += time.thread_time() - processor
        self._record.size += len(piece)
        return piece

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end(self._record)


def request_id() -> str:
    """Return the id of the current request."""
    return str(request.environ.get(ID, ""))


def list_areas(routes: Map) -> frozenset[str]:
    """Return the first parts of all paths of an application, without the ending of a format."""
    first_parts = (rule.rule.strip("/").split("/")[0] for rule in routes.iter_rules())
    return frozenset(part.partition(".")[0] for part in first_parts if "<" not in part[:1])
