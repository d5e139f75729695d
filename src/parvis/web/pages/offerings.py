"""Offerings beside publics: a plain form and its answer as a page, and the same as JSON."""

from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from parvis.catalog.codelists import scheme
from parvis.mapping.concepts import folded
from parvis.pooling.serving.figures.offerings import SCHEMES, asked_for, compared
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, Form, among, require

offerings = Blueprint("offerings", __name__)

FORMS = {"text/html": HTML, "application/json": "json"}
ENDINGS = f"any({','.join(FORMS.values())})"
SHOWN = 100
"""Rows that a page shows of each table; the JSON has all."""
UNASKED = ("total", "unknown", "everyone")
"""Codes that leave everything open, as asking for nothing does."""
YEAR = 4


@offerings.get("/offerings")
@offerings.get(f"/offerings.<{ENDINGS}:ending>")
@reads(*SCHEMES, "year", offers=FORMS)
def listing(ending: str | None = None) -> Response:
    """Hold offerings against publics, by ``public``, ``area``, ``discipline``, ``year`` if asked.

    Raises `UsageError` for what no list knows.
    """
    ending = ending or require(FORMS)
    texts = {name: request.args.get(name, "").strip() for name in (*SCHEMES, "year")}
    year = texts["year"] if texts["year"].isdigit() and len(texts["year"]) == YEAR else None
    asked = asked_for(**{name: texts[name] for name in SCHEMES})
    found, others = compared(host(), reader_of(request), asked, year), _forms(texts)
    if ending != HTML:
        return among(others, ending, jsonify(found.to_json()))
    page = render_template(
        "offerings.html",
        told=found.to_json(),
        found=found,
        choices=_choices(),
        shown=SHOWN,
        forms=others,
    )
    return among(others, ending, make_response(page))


def _choices() -> dict[str, list[tuple[str, str]]]:
    """Give what may be asked in each part, by code and label, in the order of the language."""
    found, lang = {}, language()
    for name, listed in SCHEMES.items():
        known = scheme(listed)
        pairs = [(known.code(one), known.label(one)[lang]) for one in known.labels]
        some = [pair for pair in pairs if pair[0] not in UNASKED]
        found[name] = sorted(some, key=lambda pair: folded(pair[1]))
    return found


def _forms(asked: dict[str, str]) -> list[Form]:
    """List the forms of this answer, the page first."""
    query = urlencode({name: text for name, text in asked.items() if text})
    mark = f"?{query}" if query else ""
    return [
        Form(ending, kind, f"{url_for('offerings.listing', ending=ending)}{mark}")
        for kind, ending in FORMS.items()
    ]
