"""Guided search: a table of results from choices in plain forms, which need no script."""

from itertools import zip_longest
from typing import Any

from flask import Blueprint, render_template, request, url_for

from parvis.i18n import both
from parvis.pooling.serving.service import QueryRequest
from parvis.pooling.serving.site.guided import GuidedSearch, guide_search
from parvis.web.api.results import preview
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language

guided = Blueprint("guided", __name__)


@guided.get("/search/guided")
@reads("class", "property", "value", repeated=True)
def page() -> str:
    """Show the choices made, those that can follow, and the first results."""
    names, values = request.args.getlist("property"), request.args.getlist("value")
    wishes = zip_longest(names, values[: len(names)], fillvalue="")
    kind = request.args.get("class", "")
    search = guide_search(host(), reader_of(request), kind, wishes, language())
    result = preview(QueryRequest(search.query)) if search.query and search.total else None
    address = url_for("sparql.endpoint", query=search.query) if search.query else ""
    return render_template(
        "questions/guided.html",
        search=search,
        result=result,
        address=address,
        columns=column_titles(search),
        downloads={
            ending: f"{address}&format={ending}" for ending in (result.endings if result else ())
        },
        removals=[address_without(search, number) for number in range(len(search.conditions))],
    )


def column_titles(search: GuidedSearch) -> dict[str, dict[str, str]]:
    """Return the titles of a table's columns in both languages, by variable."""
    if search.chosen is None:
        return {}
    titles = {name: both(title) for name, title, _ in search.chosen.columns}
    return {"result": both(search.chosen.title)} | titles


def address_without(search: GuidedSearch, number: int) -> str:
    """Return the address of a search without one of its conditions."""
    conditions = [condition for place, condition in enumerate(search.conditions) if place != number]
    choices: dict[str, Any] = {
        "class": search.chosen.code if search.chosen else "",
        "property": [condition.property.code for condition in conditions],
        "value": [condition.value for condition in conditions],
    }
    return url_for("guided.page", **choices)
