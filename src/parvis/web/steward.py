"""What who watches over the pool sees: decisions, deletions, releases; and certificates."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from parvis.i18n import N_
from parvis.pooling.watching import Certificate, Page
from parvis.web.access import identified, register
from parvis.web.documents import among, document, forms
from parvis.web.errors import Refusal
from parvis.web.inputs import reads
from parvis.web.negotiation import DOCUMENT, ENDINGS, HTML, require
from parvis.web.slow import notebook

steward = Blueprint("steward", __name__)

NOT_YOURS = N_("This is for the steward and the protectors of the pool: sign in with such a token.")
KINDS = {"text/html": HTML, "application/json": "json"}
NAMES = ("decisions", "deletions", "releases")
WHICH = f"any({','.join(NAMES)})"
LONGEST = 10
"""Digits that no number of an entry has."""


@steward.get("/steward")
@reads(offers=KINDS)
def overview() -> Response:
    """Lead to the pages, and tell where each chain of the ledger ends."""
    _refuse_others()
    chains = register().chains()
    if require(KINDS) != HTML:
        return _negotiated(jsonify({"chains": chains, "pages": list(NAMES)}))
    return _negotiated(make_response(render_template("steward.html", chains=chains, pages=NAMES)))


@steward.get(f"/steward/<{WHICH}:name>")
@steward.get(f"/steward/<{WHICH}:name>.<any(html,json):ending>")
@reads("before", offers=KINDS)
def page(name: str, ending: str | None = None) -> Response:
    """Give a page of the audit trail, the newest entries first."""
    _refuse_others()
    found = register().page(name, _before())
    proofs = {one.link.entry["iri"]: one for one in register().certificates()}
    if (ending or require(KINDS)) == HTML:
        return _negotiated(make_response(_rendered(name, found, proofs)))
    return _negotiated(jsonify(found.to_json()))


@steward.get("/steward/queries")
@steward.get("/steward/queries.<any(html,json):ending>")
@reads(offers=KINDS)
def queries(ending: str | None = None) -> Response:
    """Give the last slow and refused queries, as the server remembers them."""
    _refuse_others()
    found = notebook().latest()
    if (ending or require(KINDS)) == HTML:
        page = render_template("slow.html", queries=found, pages=NAMES, name="queries")
        return _negotiated(make_response(page))
    return _negotiated(jsonify({"queries": [one.to_json() for one in found]}))


@steward.get("/steward/feeds")
@steward.get("/steward/feeds.<any(html,json):ending>")
@reads(offers=KINDS)
def feeds(ending: str | None = None) -> Response:
    """Tell how the source of each dataset does: which are late, broken, stopped."""
    _refuse_others()
    found = register().feeds()
    if (ending or require(KINDS)) == HTML:
        page = render_template("feeds.html", feeds=found, pages=NAMES, name="feeds")
        return _negotiated(make_response(page))
    return _negotiated(jsonify({"feeds": found}))


@steward.get("/certificate/<name>")
@steward.get(f"/certificate/<name>.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def certificate(name: str, ending: str | None = None) -> Response:
    """Give a certificate of destruction; one that a reader may not see is like none."""
    ending = ending or require(DOCUMENT)
    found = register().certificate(name, identified(request))
    others = forms("steward.certificate", name=name)
    if ending != HTML:
        return among(others, ending, document(found.to_graph(), ending))
    page = render_template("certificate.html", certificate=found, forms=others)
    return among(others, ending, make_response(page))


def _rendered(name: str, found: Page, proofs: dict[str, Certificate]) -> str:
    """Render a page of the trail."""
    facts: list[dict[str, Any]] = [_facts(one.entry) for one in found.links]
    rows = list(zip(found.links, facts, strict=True))
    return render_template(
        "trail.html", name=name, rows=rows, older=found.older, proofs=proofs, pages=NAMES
    )


def _facts(entry: dict[str, Any]) -> dict[str, Any]:
    """Give what an entry tells beyond what each does, as far as it is told."""
    known = {"act", "at", "by", "datasets", "endpoint", "query"}
    return {name: value for name, value in entry.items() if name not in known and value is not None}


def _before() -> int | None:
    """Read before which entry the page begins; what is no number counts for nothing."""
    asked = request.args.get("before", "")
    fits = asked.isascii() and asked.isdigit() and len(asked) < LONGEST
    return int(asked) if fits else None


def _refuse_others() -> None:
    """Refuse who does not watch over the pool."""
    found = identified(request)
    if found is None or not found.watches:
        raise Refusal(403, NOT_YOURS)


def _negotiated(response: Response) -> Response:
    response.vary.add("Accept")
    return response
