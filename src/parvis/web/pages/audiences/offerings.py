"""Programming compared with audiences: a form and its results as a page, and as JSON."""

from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from parvis.catalog.codelists import scheme
from parvis.pooling.serving.figures.offerings import SCHEMES, compare_offerings, parse_request
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import (
    HTML,
    PAGE_OR_JSON,
    alternate_forms,
    link_alternates,
    page_response,
    require_ending,
)

offerings = Blueprint("offerings", __name__)

ENDINGS = f"any({','.join(PAGE_OR_JSON.values())})"
SHOWN = 100
"""Rows of each table on a page; the JSON has all."""
UNASKED = ("total", "unknown", "everyone")
"""Codes that are not offered: they restrict nothing."""
YEAR = 4


@offerings.get("/offerings")
@offerings.get(f"/offerings.<{ENDINGS}:ending>")
@reads(*SCHEMES, "year", offers=PAGE_OR_JSON)
def listing(ending: str | None = None) -> Response:
    """Compare programming with audiences, by ``public``, ``area``, ``discipline`` and ``year``.

    Raise `UsageError` for unknown values.
    """
    ending = ending or require_ending(PAGE_OR_JSON)
    texts = {name: request.args.get(name, "").strip() for name in (*SCHEMES, "year")}
    # What is no year is ignored, as an empty field is.
    year = texts["year"] if texts["year"].isdigit() and len(texts["year"]) == YEAR else None
    filters = parse_request(**{name: texts[name] for name in SCHEMES})
    comparison = compare_offerings(host(), reader_of(request), filters, year)
    query = urlencode({name: text for name, text in texts.items() if text})
    alternates = alternate_forms("offerings.listing", PAGE_OR_JSON, query)
    if ending != HTML:
        return link_alternates(alternates, ending, jsonify(comparison.to_json()))
    return page_response(
        alternates,
        "audiences/offerings.html",
        comparison_data=comparison.to_json(),
        comparison=comparison,
        choices={
            name: list_choices(code_list, comparison.available[name])
            for name, code_list in SCHEMES.items()
        },
        shown=SHOWN,
    )


def list_choices(code_list: str, available: frozenset[str]) -> list[tuple[str, str]]:
    """Return the code and label of the concepts that have data: another would find nothing."""
    codes = {scheme(code_list).code(concept) for concept in available}
    choices = scheme(code_list).choices(language(), UNASKED)
    return [(code, label) for code, label in choices if code in codes]
