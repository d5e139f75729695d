"""The steward's pages: audit log, slow queries, feeds; and certificates of destruction."""

import logging
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, jsonify, render_template, request

from parvis.catalog.ontology import concept_labels
from parvis.config import Settings, clock
from parvis.config.json_data import to_json, to_object
from parvis.errors import TokenError
from parvis.pooling.quotas import kind
from parvis.pooling.stewardship.today import list_tasks
from parvis.pooling.texts.valid import read_set_aside
from parvis.vocab.namespaces import CONCEPT
from parvis.web.http.access import host, identify, reader_of, register
from parvis.web.http.audit import query_text
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    PAGE_OR_JSON,
    alternate_forms,
    graph_response,
    negotiated_response,
    page_response,
    require_ending,
)
from parvis.web.http.request_log import START, request_id
from parvis.web.pages.steward.rights import require_watcher
from parvis.web.pages.steward.subjects import subject_titles

# Slow and refused queries, in memory only, for the steward alone. Of the reader only the kind is
# recorded: anonymous, party or host.

ENDPOINTS = frozenset({"sparql.endpoint", "questions.query", "questions.answer"})
REFUSED = frozenset({400, 422, 429, 500, 503})
"""The statuses of refused queries; a format that does not exist (406) is none of these."""
LOG = logging.getLogger("parvis.queries")


@dataclass(frozen=True)
class QueryRecord:
    """A query: `seconds` until its answer, and `why` it was refused in each language."""

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
        """The reason for recording it: ``slow`` or ``refused``."""
        return "refused" if self.status in REFUSED else "slow"

    def to_json(self) -> dict[str, Any]:
        return {"outcome": self.outcome, **to_object(self)}


class QueryNotebook:
    """The last slow and refused queries, the newest first. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._slow = settings.observing.slow_seconds
        self._log = settings.observing.log != "none"
        self._queries: deque[QueryRecord] = deque(maxlen=settings.observing.kept_queries)

    def latest(self) -> list[QueryRecord]:
        return list(self._queries)

    def record_query(self, status: int, seconds: float) -> None:
        """Record the query of the current request, if it was slow or refused."""
        slow = status < 400 and seconds >= self._slow  # noqa: PLR2004 - answered
        if not (slow or status in REFUSED):
            return
        # An example query is named by its path.
        text = query_text() if request.endpoint == "sparql.endpoint" else request.path
        if text is None:
            return
        # A query with an invalid token counts as anonymous: its error is recorded all the same.
        reader_kind = "anonymous"
        with suppress(TokenError):
            reader_kind = kind(reader_of(request))
        problem = g.get("problem")
        record = QueryRecord(
            at=clock.machine_time(),
            request=request_id(),
            reader=reader_kind,
            status=status,
            seconds=round(seconds, 3),
            digest=sha256(text.encode()).hexdigest(),
            text=text,
            why={} if problem is None else problem.detail,
        )
        self._queries.appendleft(record)
        if self._log:
            logged = ("request", "reader", "status", "seconds", "digest")
            fields = {name: getattr(record, name) for name in logged}
            LOG.warning("%s query", record.outcome, extra=fields)


def notebook() -> QueryNotebook:
    return cast("QueryNotebook", current_app.extensions["parvis.notebook"])


def record_query(response: Response) -> Response:
    """Record the query of a request, if it was slow or refused."""
    if request.endpoint in ENDPOINTS:
        start = request.environ.get(START, time.perf_counter())
        notebook().record_query(response.status_code, time.perf_counter() - start)
    return response


steward = Blueprint("steward", __name__)


NAMES = ("decisions", "deletions", "releases")
WHICH = f"any({','.join(NAMES)})"
LONGEST = 10
"""More digits than any number of an entry has."""


@steward.get("/steward")
@reads(offers=PAGE_OR_JSON)
def overview() -> Response:
    """List what waits, then the last entry of each chain of the ledger, engines and copies."""
    require_watcher()
    engines = host().engines
    overview = {
        "tasks": list_tasks(host().settings),
        "chains": register().chains(),
        "engines": engines and engines.watch.state(),
        "replicas": current_app.extensions["parvis.replicas"].states(),
        "set_aside": read_set_aside(host().settings.data),
    }
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(overview) | {"pages": list(NAMES)}))
    return negotiated_response(render_template("steward/steward.html", **overview))


@steward.get(f"/steward/<{WHICH}:name>")
@steward.get(f"/steward/<{WHICH}:name>.<any(html,json):ending>")
@reads("before", offers=PAGE_OR_JSON)
def page(name: str, ending: str | None = None) -> Response:
    """Return a page of the audit log, the newest entries first."""
    require_watcher()
    number = request.args.get("before", "")  # what is no number is ignored
    fits = number.isascii() and number.isdigit() and len(number) < LONGEST
    entries = register().page(name, int(number) if fits else None)
    proofs = {proof.link.entry["iri"]: proof for proof in register().certificates()}
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return negotiated_response(jsonify(to_json(entries)))
    # The columns that all entries have are not repeated in the last one.
    columns = {"act", "at", "by", "datasets", "endpoint", "query"}
    rows = []
    for link in entries.links:
        items = link.entry.items()
        rows.append((link, {k: v for k, v in items if k not in columns and v is not None}))
    page = render_template(
        "steward/trail.html",
        name=name,
        rows=rows,
        older=entries.older,
        proofs=proofs,
        titles_of=name_things(link.entry for link in entries.links),
    )
    return negotiated_response(page)


def name_things(entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of readers, datasets and deciding rules of entries, by their IRIs.

    What is no longer published has none.
    """
    cards = {card.iri: localise(card.title) for card in host().datasets(reader_of(request))}
    agreements = host().snapshot().policies.agreements
    titles = {agreement.iri: localise(agreement.title) for agreement in agreements}
    for entry in entries:
        for access in entry.get("datasets") or ():
            iri, decided = access["dataset"], access.get("decided") or ""
            if iri in cards:
                titles[iri] = cards[iri]
            if decided.startswith(str(CONCEPT)):
                titles[decided] = localise(concept_labels(decided))
        for iri in (entry.get("by"), entry.get("party")):
            if iri and (name := localise(host().names(iri))) != iri:
                titles[iri] = name
    return titles


@steward.get("/steward/queries")
@steward.get("/steward/queries.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def queries(ending: str | None = None) -> Response:
    """Return the last slow and refused queries since the start of the server."""
    require_watcher()
    records = notebook().latest()
    if (ending or require_ending(PAGE_OR_JSON)) == HTML:
        return negotiated_response(render_template("steward/slow.html", queries=records))
    return negotiated_response(jsonify({"queries": to_json(records)}))


@steward.get("/steward/feeds")
@steward.get("/steward/feeds.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def feeds(ending: str | None = None) -> Response:
    """Return the state of each dataset's source: which are late, broken, stopped."""
    require_watcher()
    states = register().feeds()
    if (ending or require_ending(PAGE_OR_JSON)) == HTML:
        page = render_template("steward/feeds.html", feeds=states, titles=subject_titles())
        return negotiated_response(page)
    return negotiated_response(jsonify({"feeds": states}))


@steward.get("/certificate/<name>")
@steward.get(f"/certificate/<name>.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def certificate(name: str, ending: str | None = None) -> Response:
    """Return a certificate of destruction; one that the reader may not read does not exist."""
    ending = ending or require_ending(DOCUMENT)
    proof = register().certificate(name, identify(request))
    alternates = alternate_forms("steward.certificate", name=name)
    if ending != HTML:
        return graph_response(proof.to_graph(), ending, alternates)
    return page_response(alternates, "catalog/certificate.html", certificate=proof)
