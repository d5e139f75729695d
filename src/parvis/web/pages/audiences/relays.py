"""The intermediaries that reach an audience: a form and its results as a page, and as JSON."""

from collections.abc import Iterable
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from parvis.catalog.codelists import count_by_region, region_tiles, scheme
from parvis.pooling.serving.figures.relays import (
    SCHEMES,
    RelayCard,
    list_reached_publics,
    parse_relay_query,
)
from parvis.pooling.serving.figures.relays import find_relays as rank_relays
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

relays = Blueprint("relays", __name__)

ENDINGS = f"any({','.join(PAGE_OR_JSON.values())})"
UNASKED = ("total", "unknown")
"""Codes that name no public, area, language or channel."""
SHOWN = 100
"""Intermediaries on a page; the JSON has all."""


@relays.get("/relays")
@relays.get(f"/relays.<{ENDINGS}:ending>")
@reads(*SCHEMES, offers=PAGE_OR_JSON)
def listing(ending: str | None = None) -> Response:
    """Rank the intermediaries of ``?public=``, also by ``area``, ``language`` and ``channel``.

    Without a public, list the audiences that they reach. Raise `UsageError` for unknown values.
    """
    ending = ending or require_ending(PAGE_OR_JSON)
    parameters = {name: request.args.get(name, "").strip() for name in SCHEMES}
    view, result = host().reaches(reader_of(request)), None
    query = urlencode({name: text for name, text in parameters.items() if text})
    alternates = alternate_forms("relays.listing", PAGE_OR_JSON, query)
    context: dict[str, object]
    if parameters["public"]:
        result = rank_relays(view, parse_relay_query(**parameters))
        context = {"result": result, "publics": ()}
        # The form has the code of each value, whether a code, a label or an IRI was sent.
        parameters = {
            name: match["code"] if match else "" for name, match in result.concepts.items()
        }
    else:
        context = {"result": None, "publics": list_reached_publics(view)}
    if ending != HTML:
        response = jsonify({"publics": context["publics"]} if result is None else result.to_json())
        return link_alternates(alternates, ending, response)
    return page_response(
        alternates,
        "audiences/relays.html",
        chosen=parameters,
        choices={
            name: scheme(code_list).choices(language(), UNASKED)
            for name, code_list in SCHEMES.items()
        },
        shown=SHOWN,
        tiles=region_tiles(),
        regions=_count_by_region,
        **context,
    )


def _count_by_region(reports: Iterable[RelayCard]) -> dict[str, dict[str, object]]:
    """Count the intermediaries that reach each region, with its label in a language."""
    areas = {
        report.relay.iri: [area for match in report.relay.matches for area in match.reach.areas]
        for report in reports
    }
    labels, lang = scheme("area").labels, language()
    return {
        region: {"label": labels[region][lang], "value": count}
        for region, count in count_by_region(areas).items()
    }
