"""The relays of a public: a plain form and its answer as a page, and the same as JSON."""

from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from parvis.pooling import relays as verbs
from parvis.web.access import host, reader_of
from parvis.web.documents import Form, among
from parvis.web.language import language
from parvis.web.negotiation import HTML, require

relays = Blueprint("relays", __name__)

FORMS = {"text/html": HTML, "application/json": "json"}
ENDINGS = f"any({','.join(FORMS.values())})"
SHOWN = 100
"""Relays that a page shows; the JSON has all."""


@relays.get("/relays")
@relays.get(f"/relays.<{ENDINGS}:ending>")
def listing(ending: str | None = None) -> Response:
    """Rank the relays of ``?public=``, by ``area``, ``language`` and ``channel`` too if asked.

    Without a public: those that relays declare. Raises `UsageError` for what no list knows.
    """
    ending = ending or require(FORMS)
    asked = {name: request.args.get(name, "") for name in verbs.SCHEMES}
    view = host().reaches(reader_of(request))
    if not asked["public"].strip():
        publics = verbs.reached(view)
        answer = jsonify({"publics": publics}) if ending != HTML else _page(asked, publics=publics)
    else:
        found = verbs.relays(view, verbs.wanted(**asked))
        answer = jsonify(found.to_json()) if ending != HTML else _page(asked, found=found)
    return among(_forms(asked), ending, answer)


def _page(
    asked: dict[str, str],
    found: verbs.Relays | None = None,
    publics: list[dict[str, object]] | None = None,
) -> Response:
    """Show the form, with what was asked in it, and below it the answer."""
    codes = {name: _code(name, text) for name, text in asked.items()}
    page = render_template(
        "relays.html",
        asked=codes,
        choices=verbs.choices(language()),
        found=found,
        publics=publics,
        shown=SHOWN,
        forms=_forms(asked),
    )
    return make_response(page)


def _code(name: str, text: str) -> str:
    """Give the code of what was asked, which is what the form holds."""
    known = verbs.scheme(verbs.SCHEMES[name])
    return known.code(known.require(text)) if text.strip() and name else ""


def _forms(asked: dict[str, str]) -> list[Form]:
    """List the forms of this answer, the page first."""
    query = urlencode({name: text for name, text in asked.items() if text})
    mark = f"?{query}" if query else ""
    return [
        Form(ending, kind, f"{url_for('relays.listing', ending=ending)}{mark}")
        for kind, ending in FORMS.items()
    ]
