"""Narrow a query to the rows of a condition on a column of its answer."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from parvis.errors import QueryError
from parvis.i18n import N_
from parvis.rdf.sparql.narrowing import ColumnFilter, Comparison, narrow_query
from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.parameters import code_list_names
from parvis.web.http.inputs import reads

cells = Blueprint("cells", __name__)

NO_COMPARISON = N_("“{text}” is no way to compare: one of {ways}")
GRAPHS = ("generation", "default-graph-uri", "named-graph-uri")


@cells.get("/sparql/filter")
@reads(
    *("query", "column", "how", "value", "iri", *GRAPHS),
    repeated=True,
    long=True,
    more=lambda *_: code_list_names(),
)
def narrow() -> Response:
    """Lead to the query with one more condition."""
    how = request.args.get("how", Comparison.IS)
    if how not in [*Comparison]:
        raise QueryError(
            N_("“{text}” is no way to compare: one of {ways}"), text=how, ways=", ".join(Comparison)
        )
    condition = ColumnFilter(
        column=request.args.get("column", ""),
        how=Comparison(how),
        text=request.args.get("value", ""),
        iri=request.args.get("iri", ""),
    )
    query = request.args.get("query", "").replace("\r\n", "\n")
    parameters: dict[str, Any] = {
        name: request.args.getlist(name) for name in (*GRAPHS, *code_list_names())
    }
    narrowed = narrow_query(query, condition, PREFIXES)
    return make_response(redirect(url_for("sparql.endpoint", query=narrowed, **parameters), 303))
