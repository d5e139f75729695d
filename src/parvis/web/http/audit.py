"""Writes to the audit log what readers with a token read, after the response.

Anonymous reading is not logged: it would identify nobody, and cost every look-up time.
"""

import time
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from parvis.config import clock
from parvis.errors import NothingPublished
from parvis.pooling.audit import TABULAR_FORMATS, Trail, count_rows
from parvis.pooling.stewardship.trail import Act, Ranges, event_of
from parvis.rdf.formats import RESULT_TYPES
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host

if TYPE_CHECKING:
    from parvis.pooling.serving.readers import Identity

ACTS = {
    "sparql.endpoint": Act.QUERY,
    "questions.query": Act.QUERY,
    "questions.answer": Act.QUERY,
    "questions.embed": Act.QUERY,
    "guided.page": Act.QUERY,
    "crates.crate": Act.QUERY,
    "rounds.people": Act.QUERY,
    "receipts.receipt": Act.QUERY,
    "receipts.status": Act.QUERY,
    "partners.box_office": Act.QUERY,
    "partners.results": Act.QUERY,
    "partners.results_table": Act.QUERY,
    "crawlers.sitemap": Act.SEARCH,
    "crawlers.news": Act.RECORD,
    "short_links.cite": Act.RECORD,
    "uses.report": Act.RECORD,
    "agenda.page": Act.SEARCH,
    "agenda.embed": Act.SEARCH,
    "search.words": Act.SEARCH,
    "search.suggestions": Act.SEARCH,
    "downloads.dump": Act.DOWNLOAD,
    "downloads.parquet_table": Act.DOWNLOAD,
    "resources.thing": Act.DESCRIBE,
    "resources.describe": Act.DESCRIBE,
    "resources.datascene": Act.DOWNLOAD,
}
"""The acts of the endpoints; others have the act of their blueprint."""
BLUEPRINT_ACTS = {
    **dict.fromkeys(
        (
            *(
                "account",
                "agreeing",
                "answering",
                "asking",
                "backups",
                "columns",
                "curating",
                "deleting",
                "drafting",
            ),
            *("drafts", "giving", "jobs", "judging", "law25", "metrics", "notices", "people"),
            *("planning", "portals", "queueing", "releases", "remembering", "requesting"),
            *("counting", "rounds"),
            *("saved_queries", "steward", "tokens", "versions"),
        ),
        Act.CONSULT,
    ),
    "box_office": Act.QUERY,
    "catalog": Act.RECORD,
    "citations": Act.RECORD,
    "completion": Act.DESCRIBE,
    "dataspace": Act.RECORD,
    "downloads": Act.RECORD,
    "events": Act.SEARCH,
    "entity_feed": Act.DOWNLOAD,
    "feed": Act.RECORD,
    "frame": Act.RECORD,
    "mappings": Act.DESCRIBE,
    "oai": Act.RECORD,
    "offerings": Act.QUERY,
    "organization": Act.RECORD,
    "pages": Act.RECORD,
    "partners": Act.RECORD,
    "portrait": Act.QUERY,
    "practice": Act.QUERY,
    "reconciliation": Act.SEARCH,
    "relays": Act.QUERY,
    "replicas": Act.COPY,
    "story": Act.QUERY,
}
UNRECORDED = frozenset(
    {
        # Texts and forms that all read alike, whatever token comes along.
        *("about.accessibility", "about.contact", "about.privacy", "about.purpose"),
        *("checking.form", "checking.table", "crawlers.api_catalog", "crawlers.llms"),
        *(
            "crawlers.robots",
            "description.openapi",
            "docs.developers",
            "docs.index",
            "docs.notebook",
        ),
        *("docs.page", "glossary.page", "health.state", "ontology.context", "ontology.shapes"),
        *("ontology.vocabulary", "questions.queries", "status.page", "styleguide.component"),
        *("receipts.page", "receipts.public_keys", "terms.ontology_terms"),
        *("agenda.script", "cleaning.runtime", "static"),
        # They lead to an address that is recorded, or to a page that is read without a token.
        *("cells.narrow", "resources.graph", "resources.identifier", "short_links.follow"),
        *("invitations.page", "oidc.answer", "oidc.begin", "signing.login"),
    }
)
"""The endpoints that are read and have no act."""
QUERY_PARAMETERS = ("query", "q", "iri", "queries", "extend", "prefix", "id")
"""The parameters that are logged as a hash, never as they are."""
FORMS = {kind: ending for ending, kind in RESULT_TYPES.items() if ending in TABULAR_FORMATS}


def query_text() -> str | None:
    """Return the query of the current request, in its parameters or its body."""
    text = next((request.values[name] for name in QUERY_PARAMETERS if name in request.values), None)
    if text is None and request.mimetype in {"application/sparql-query", "application/json"}:
        text = request.get_data(as_text=True)
    return text


def start_clock() -> None:
    g.begun = time.perf_counter()


def record_reading(response: Response) -> Response:
    """Log what a reader with a token receives."""
    identity = cast("Identity | None", g.get("identified"))
    # What a message to ``/mcp`` does is known once it was read.
    act = ACTS.get(request.endpoint or "") or BLUEPRINT_ACTS.get(request.blueprint or "")
    act = act or g.get("act")
    if identity is None or act is None:
        return response
    published = dataset = None
    with suppress(NothingPublished):
        published = host().snapshot()
    values = request.view_args or {}
    if {"partner", "dataset"} <= values.keys():
        dataset = DatasetKey(values["partner"], values["dataset"])
    trail, ranges = cast("tuple[Trail, Ranges]", current_app.extensions["parvis.trail"])
    text = None
    with suppress(HTTPException):  # a body that was refused while it was read is refused again
        text = query_text()
    now = time.perf_counter()
    # Neither the address of the reader nor the text of the query is logged.
    fields: dict[str, str | int | float | None] = {
        "endpoint": request.endpoint,
        "status": response.status_code,
        "query": None if text is None else sha256(text.encode()).hexdigest(),
        "ms": round(1000 * (now - g.get("begun", now)), 1),  # one refused before it began took none
    }
    event = partial(event_of, act, clock.machine_time(), identity, ranges, published, dataset)

    def write(rows: int | None) -> None:  # it may run after the end of the request
        trail.note(partial(event, fields | {"rows": rows}))

    form = FORMS.get(response.mimetype or "")
    if form is None or request.method == "HEAD":
        write(None)
    elif response.is_streamed:  # rows are counted as they are sent
        response.response = count_rows(response.iter_encoded(), form, write)
    else:
        list(count_rows([response.get_data()], form, write))
    return response
