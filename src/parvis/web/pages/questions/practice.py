"""The practice pool: its page, its files, and the table of a query on it."""

from flask import Blueprint, Response, jsonify, request

from parvis.errors import QueryError
from parvis.governance import Permission
from parvis.i18n import LANGUAGES, explain
from parvis.pooling.publics.tables import (
    NAMES,
    TableRequest,
    table_to_json,
)
from parvis.pooling.serving.site.practice import PracticePool, read_practice_pool
from parvis.pooling.stewardship.requests.questions import LONGEST, read_request
from parvis.rdf.formats import GRAPH_TYPES
from parvis.rdf.sparql.table_query import LONGEST as LONGEST_QUERY
from parvis.web.http.access import host, identify, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, negotiated_response, page_response, require_ending

practice = Blueprint("practice", __name__)

NQ = "nq"
FORMS = {
    "text/html": HTML,
    "application/json": "json",
    "application/n-quads": NQ,
    GRAPH_TYPES["ttl"]: "ttl",
}


@practice.get("/practice")
@practice.get(f"/practice.<any({','.join(FORMS.values())}):ending>")
@reads("query", offers=FORMS)
def page(ending: str | None = None) -> Response:
    """Show the practice pool and the table of a query on it, or return the pool as a file."""
    ending = ending or require_ending(FORMS)
    reader, query = reader_of(request), request.args.get("query", "").strip()
    pool = read_practice_pool(host(), reader)
    if ending in {NQ, "ttl"}:
        lines = pool.list_quads() if ending == NQ else pool.list_triples()
        media_type = next(name for name, form in FORMS.items() if form == ending)
        # It is written as it is sent, and charged to its reader; who has it gets it no second time.
        response = Response(lines, mimetype=media_type)
        response.set_etag(f"{pool.seed}-{ending}")
        return negotiated_response(response)
    if ending == "json":
        table = _select(pool, _read(query)) if query else None
        document = {"invented": True, "seed": pool.seed, "source": pool.source, "table": table}
        return negotiated_response(jsonify(document | {"figures": len(pool.figures)}))
    table_request, problem = None, None
    if query:
        try:
            table_request = _read(query)
        except QueryError as error:
            problem = {lang: explain(error, lang) for lang in LANGUAGES}
    identity = identify(request)
    return page_response(
        [],
        "questions/practice.html",
        count=len(pool.figures),
        query=query or pool.write_example(),
        asked=bool(query),
        table_request=table_request,
        table=None if table_request is None else _select(pool, table_request),
        problem=problem,
        may_ask=identity is not None and identity.may(Permission.OWN),
        longest=LONGEST_QUERY,
        longest_purpose=LONGEST,
        names=NAMES,
    )


def _read(query: str) -> TableRequest:
    # To read a query takes this process some hundredths of a second, and no figure.
    host().shares.require_site(reader_of(request))
    return read_request(host().settings, query)


def _select(pool: PracticePool, table: TableRequest) -> dict[str, object]:
    return table_to_json(table, pool.select(table))
