"""What readers with a token read is written down, after the answer; nobody waits for it.

What anyone may read without a name is not: it would tell nothing of who, and cost each look-up.
"""

import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import cast

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from parvis.config import Settings
from parvis.errors import NothingPublished
from parvis.pooling.audit import ROWED, Trail, counted
from parvis.pooling.serving.readers import Identified
from parvis.pooling.stewardship.trail import Act, Published, Ranges, event_of
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host

ACTS = {
    "sparql.endpoint": Act.QUERY,
    "pages.query": Act.QUERY,
    "pages.answer": Act.QUERY,
    "search.words": Act.SEARCH,
    "search.suggestions": Act.SEARCH,
    "downloads.dump": Act.DOWNLOAD,
    "resources.thing": Act.DESCRIBE,
    "resources.describe": Act.DESCRIBE,
}
"""What the endpoints do; those that are not named, by their blueprint."""
PARTS = {
    "catalog": Act.RECORD,
    "downloads": Act.RECORD,
    "feed": Act.RECORD,
    "oai": Act.RECORD,
    "reconciliation": Act.SEARCH,
    "replicas": Act.DOWNLOAD,
    "steward": Act.CONSULT,
}
ASKED = ("query", "q", "iri", "queries", "extend", "prefix", "id")
"""The parameters that are kept as a hash, never as they are."""
FORMS = {kind: ending for ending, kind in media.RESULTS.items() if ending in ROWED}


def _begin() -> None:
    """Look at the clock."""
    g.begun = time.perf_counter()


def _note(response: Response) -> Response:
    """Write down what a reader with a token got; rows are counted as they go."""
    by = cast("Identified | None", g.get("identified"))
    act = None if by is None else _act()
    if by is None or act is None:
        return response
    noted = _Noted(act, by, _facts(response), _published(), _only(), *_trail())
    form = FORMS.get(response.mimetype or "")
    if form is None or request.method == "HEAD":
        noted()
    elif response.is_streamed:
        response.response = counted(response.iter_encoded(), form, noted)
    else:
        list(counted([response.get_data()], form, noted))
    return response


def _act() -> Act | None:
    """Say what a request does, if that is written down."""
    return ACTS.get(request.endpoint or "") or PARTS.get(request.blueprint or "")


class _Noted:
    """What is to be written down once the rows are known, outside of any request by then."""

    def __init__(  # noqa: PLR0913, PLR0917 - what is written down has as many parts
        self,
        act: Act,
        by: Identified,
        facts: dict[str, str | int | float | None],
        published: Published | None,
        only: DatasetKey | None,
        trail: Trail,
        ranges: Ranges,
    ) -> None:
        self._at, self._facts, self._trail = datetime.now(UTC), facts, trail
        self._event = partial(event_of, act, self._at, by, ranges, published, only)

    def __call__(self, rows: int | None = None) -> None:
        """Hand it on."""
        self._trail.note(partial(self._event, self._facts | {"rows": rows}))


def _published() -> Published | None:
    """Give what was served, if anything is."""
    with suppress(NothingPublished):
        return host().published()
    return None


def _only() -> DatasetKey | None:
    """Give the dataset that an address names, if it names one."""
    named = request.view_args or {}
    if {"partner", "dataset"} <= named.keys():
        return DatasetKey(named["partner"], named["dataset"])
    return None


def _trail() -> tuple[Trail, Ranges]:
    """Give what the application writes with."""
    trail, ranges = current_app.extensions["parvis.trail"]
    return cast("Trail", trail), cast("Ranges", ranges)


def _facts(response: Response) -> dict[str, str | int | float | None]:
    """Tell what is kept of a request: no address, no text."""
    asked = None
    with suppress(HTTPException):  # a body that was refused while it was read is refused again
        asked = next((request.values[name] for name in ASKED if name in request.values), None)
        if asked is None and request.mimetype == "application/sparql-query":
            asked = request.get_data(as_text=True)
    now = time.perf_counter()
    return {
        "endpoint": request.endpoint,
        "status": response.status_code,
        "query": None if asked is None else sha256(asked.encode()).hexdigest(),
        "ms": round(1000 * (now - g.get("begun", now)), 1),  # one refused before it began took none
    }


def install(app: Flask, settings: Settings) -> Trail:
    """Write down what readers with a token get from an application; gives what writes."""
    trail = Trail(settings.data)
    app.extensions["parvis.trail"] = (trail, Ranges())
    app.before_request(_begin)
    app.after_request(_note)
    return trail
