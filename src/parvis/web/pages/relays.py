"""The relays of a public: a plain form and its answer as a page, and the same as JSON."""

from collections.abc import Iterable
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from parvis.catalog.codelists import by_region, scheme, tiles
from parvis.pooling.serving.figures.relay_reasons import SCHEMES
from parvis.pooling.serving.figures.relays import Relays, Told, choices, reached, wanted
from parvis.pooling.serving.figures.relays import relays as answer
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, Form, among, require

relays = Blueprint("relays", __name__)

FORMS = {"text/html": HTML, "application/json": "json"}
ENDINGS = f"any({','.join(FORMS.values())})"
SHOWN = 100
"""Relays that a page shows; the JSON has all."""


@relays.get("/relays")
@relays.get(f"/relays.<{ENDINGS}:ending>")
@reads(*SCHEMES, offers=FORMS)
def listing(ending: str | None = None) -> Response:
    """Rank the relays of ``?public=``, by ``area``, ``language`` and ``channel`` too if asked.

    Without a public: those that relays declare. Raises `UsageError` for what no list knows.
    """
    ending = ending or require(FORMS)
    asked = {name: request.args.get(name, "").strip() for name in SCHEMES}
    view, others = host().reaches(reader_of(request)), _forms(asked)
    if asked["public"]:
        found = answer(view, wanted(**asked))
        told = _page(others, _codes(found), found=found) if ending == HTML else found.to_json()
    else:
        publics = reached(view)
        told = _page(others, asked, publics=publics) if ending == HTML else {"publics": publics}
    return among(others, ending, make_response(told if ending == HTML else jsonify(told)))


def _page(others: list[Form], asked: dict[str, str], **found: object) -> str:
    """Show the form, with what was asked in it, and below it the answer."""
    return render_template(
        "relays.html",
        asked=asked,
        choices=choices(language()),
        shown=SHOWN,
        tiles=tiles(),
        regions=_regions,
        forms=others,
        **found,
    )


def _regions(told: Iterable[Told]) -> dict[str, dict[str, object]]:
    """Count the relays that reach each region, with its label in the language of the answer."""
    areas = {
        one.relay.iri: [area for match in one.relay.matches for area in match.reach.areas]
        for one in told
    }
    labels, lang = scheme("area").labels, language()
    return {
        region: {"label": labels[region][lang], "value": count}
        for region, count in by_region(areas).items()
    }


def _codes(found: Relays) -> dict[str, str]:
    """Give the codes of what was asked, however it was named: the form holds them."""
    return {name: one["code"] if one else "" for name, one in found.asked.items()}


def _forms(asked: dict[str, str]) -> list[Form]:
    """List the forms of this answer, the page first."""
    query = urlencode({name: text for name, text in asked.items() if text})
    mark = f"?{query}" if query else ""
    return [
        Form(ending, kind, f"{url_for('relays.listing', ending=ending)}{mark}")
        for kind, ending in FORMS.items()
    ]
