"""What who watches over the pool sees: decisions, deletions, releases; and certificates."""

import logging
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    request,
)

from parvis.config import Settings
from parvis.errors import TokenError
from parvis.i18n import N_
from parvis.pooling.quotas import kind
from parvis.pooling.stewardship.trail import Certificate, Page
from parvis.web.http.access import identified, reader_of, register
from parvis.web.http.audit import ASKED
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import DOCUMENT, ENDINGS, HTML, among, document, forms, require
from parvis.web.http.request_log import BEGUN, request_name

# Slow and refused queries, in memory, for the steward: no disk holds them, and no reader is told.
#
# Beside the text stands the kind of reader only: anonymous, party or host.

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


steward = Blueprint("steward", __name__)

NOT_YOURS = N_("This is for the steward and the protectors of the pool: sign in with such a token.")
KINDS = {"text/html": HTML, "application/json": "json"}
NAMES = ("decisions", "deletions", "releases")
WHICH = f"any({','.join(NAMES)})"
LONGEST = 10
"""Digits that no number of an entry has."""


@steward.get("/steward")
@reads(offers=KINDS)
def overview() -> Response:
    """Lead to the pages, and tell where each chain of the ledger ends."""
    _refuse_others()
    chains = register().chains()
    if require(KINDS) != HTML:
        return _negotiated(jsonify({"chains": chains, "pages": list(NAMES)}))
    return _negotiated(make_response(render_template("steward.html", chains=chains, pages=NAMES)))


@steward.get(f"/steward/<{WHICH}:name>")
@steward.get(f"/steward/<{WHICH}:name>.<any(html,json):ending>")
@reads("before", offers=KINDS)
def page(name: str, ending: str | None = None) -> Response:
    """Give a page of the audit trail, the newest entries first."""
    _refuse_others()
    found = register().page(name, _before())
    proofs = {one.link.entry["iri"]: one for one in register().certificates()}
    if (ending or require(KINDS)) == HTML:
        return _negotiated(make_response(_rendered(name, found, proofs)))
    return _negotiated(jsonify(found.to_json()))


@steward.get("/steward/queries")
@steward.get("/steward/queries.<any(html,json):ending>")
@reads(offers=KINDS)
def queries(ending: str | None = None) -> Response:
    """Give the last slow and refused queries, as the server remembers them."""
    _refuse_others()
    found = notebook().latest()
    if (ending or require(KINDS)) == HTML:
        page = render_template("slow.html", queries=found, pages=NAMES, name="queries")
        return _negotiated(make_response(page))
    return _negotiated(jsonify({"queries": [one.to_json() for one in found]}))


@steward.get("/steward/feeds")
@steward.get("/steward/feeds.<any(html,json):ending>")
@reads(offers=KINDS)
def feeds(ending: str | None = None) -> Response:
    """Tell how the source of each dataset does: which are late, broken, stopped."""
    _refuse_others()
    found = register().feeds()
    if (ending or require(KINDS)) == HTML:
        page = render_template("feeds.html", feeds=found, pages=NAMES, name="feeds")
        return _negotiated(make_response(page))
    return _negotiated(jsonify({"feeds": found}))


@steward.get("/certificate/<name>")
@steward.get(f"/certificate/<name>.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def certificate(name: str, ending: str | None = None) -> Response:
    """Give a certificate of destruction; one that a reader may not see is like none."""
    ending = ending or require(DOCUMENT)
    found = register().certificate(name, identified(request))
    others = forms("steward.certificate", name=name)
    if ending != HTML:
        return among(others, ending, document(found.to_graph(), ending))
    page = render_template("certificate.html", certificate=found, forms=others)
    return among(others, ending, make_response(page))


def _rendered(name: str, found: Page, proofs: dict[str, Certificate]) -> str:
    """Render a page of the trail."""
    facts: list[dict[str, Any]] = [_facts(one.entry) for one in found.links]
    rows = list(zip(found.links, facts, strict=True))
    return render_template(
        "trail.html", name=name, rows=rows, older=found.older, proofs=proofs, pages=NAMES
    )


def _facts(entry: dict[str, Any]) -> dict[str, Any]:
    """Give what an entry tells beyond what each does, as far as it is told."""
    known = {"act", "at", "by", "datasets", "endpoint", "query"}
    return {name: value for name, value in entry.items() if name not in known and value is not None}


def _before() -> int | None:
    """Read before which entry the page begins; what is no number counts for nothing."""
    asked = request.args.get("before", "")
    fits = asked.isascii() and asked.isdigit() and len(asked) < LONGEST
    return int(asked) if fits else None


def _refuse_others() -> None:
    """Refuse who does not watch over the pool."""
    found = identified(request)
    if found is None or not found.watches:
        raise Refusal(403, NOT_YOURS)


def _negotiated(response: Response) -> Response:
    response.vary.add("Accept")
    return response
