"""Slow and refused queries, in memory, for the steward: no disk holds them, and no reader is told.

Beside the text stands the kind of reader only: anonymous, party or host.
"""

import logging
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from flask import Flask, Response, current_app, g, request

from parvis.config import Settings
from parvis.errors import TokenError
from parvis.pooling.shares import kind
from parvis.web.access import reader_of
from parvis.web.audit import ASKED
from parvis.web.observing import BEGUN, request_name

ENDPOINTS = frozenset({"sparql.endpoint", "pages.query", "pages.answer"})
REFUSED = frozenset({400, 422, 429, 500, 503})
"""What a query may come to beside an answer; a form that cannot be given (406) is none of these."""
LOG = logging.getLogger("parvis.queries")


@dataclass(frozen=True)
class Noted:
    """One query: `seconds` until the answer was there, `why` in each language if it was refused."""

    at: datetime
    request: str
    reader: str
    status: int
    seconds: float
    digest: str
    text: str
    why: dict[str, str]

    @property
    def outcome(self) -> str:
        """Say in a word why it is here: ``slow`` or ``refused``."""
        return "refused" if self.status in REFUSED else "slow"

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {"outcome": self.outcome} | vars(self) | {"at": self.at.isoformat()}


class Notebook:
    """The last slow and refused queries, the newest first. For threads."""

    def __init__(self, settings: Settings) -> None:
        """Begin with none."""
        self._slow = settings.observing.slow_seconds
        self._log = settings.observing.log != "none"
        self._kept: deque[Noted] = deque(maxlen=settings.observing.kept_queries)

    def latest(self) -> list[Noted]:
        """Give all that are kept."""
        return list(self._kept)

    def see(self, status: int, seconds: float) -> None:
        """Note the query of the request that was answered, if it was slow or refused."""
        slow = status < 400 and seconds >= self._slow  # noqa: PLR2004 - answered
        text = _text() if slow or status in REFUSED else None
        if text is None:
            return
        problem = g.get("problem")
        noted = Noted(
            at=datetime.now(UTC),
            request=request_name(),
            reader=_kind(),
            status=status,
            seconds=round(seconds, 3),
            digest=sha256(text.encode()).hexdigest(),
            text=text,
            why={} if problem is None else problem.detail,
        )
        self._kept.appendleft(noted)
        if self._log:
            names = ("request", "reader", "status", "seconds", "digest")
            told = {name: getattr(noted, name) for name in names}
            LOG.warning("%s query", noted.outcome, extra=told)


def notebook() -> Notebook:
    """Give the notebook of the application."""
    return cast("Notebook", current_app.extensions["parvis.notebook"])


def _text() -> str | None:
    """Give the query of a request: its text, or the address of a ready question."""
    if request.endpoint != "sparql.endpoint":
        return request.path
    asked = next((request.values[name] for name in ASKED if name in request.values), None)
    if asked is None and request.mimetype == "application/sparql-query":
        asked = request.get_data().decode("utf-8", "replace")
    return asked


def _kind() -> str:
    """Say which kind of reader asked."""
    try:
        return kind(reader_of(request))
    except TokenError:
        return "anonymous"


def _note(response: Response) -> Response:
    """Look at what a query came to."""
    if request.endpoint in ENDPOINTS:
        begun = request.environ.get(BEGUN, time.perf_counter())
        notebook().see(response.status_code, time.perf_counter() - begun)
    return response


def install(app: Flask, settings: Settings) -> None:
    """Keep the queries of an application."""
    app.extensions["parvis.notebook"] = Notebook(settings)
    app.after_request(_note)
