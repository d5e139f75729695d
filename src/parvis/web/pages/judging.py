"""The candidates that wait for a person, and what was judged: the steward decides on a page."""

from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug import Response as BaseResponse

from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger import Decision
from parvis.linking.entity import KINDS
from parvis.pooling.linking.judgements import (
    KIND_NAMES,
    Judged,
    Shows,
    judge,
    latest,
    to_review,
    undo,
)
from parvis.web.http.access import host, identified
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, require

judging = Blueprint("judging", __name__)

NOT_YOURS = N_("This is for the steward of the pool: sign in with such a token.")
NO_DECISION = N_("a form says what is decided: yes, no or unsure, or which judgement is taken back")
WAYS = {"text/html": HTML, "application/json": "json"}
AT_A_TIME = 10
"""Candidates on a page."""
LAST = 20
"""Judgements on a page."""
DECISIONS = (Decision.POSITIVE, Decision.NEGATIVE, Decision.UNSURE)


@judging.get("/steward/links")
@judging.get("/steward/links.<any(html,json):ending>")
@reads("kind", offers=WAYS)
def links(ending: str | None = None) -> Response:
    """Give the candidates that wait, the most likely first, and the last judgements."""
    _steward()
    kind = request.args.get("kind", "")
    waiting = to_review(_data(), kind if kind in KINDS else "", AT_A_TIME)
    judged = latest(_data(), LAST)
    if (ending or require(WAYS)) != HTML:
        told = {"waiting": waiting.count, "candidates": [_plain(one) for one in waiting.some]}
        return jsonify(
            told | {"judgements": [one.to_json() | {"stands": it} for one, it in judged]}
        )
    page = render_template(
        "links.html",
        waiting=waiting.some,
        count=waiting.count,
        judged=judged,
        kind=kind if kind in KINDS else "",
        kinds=KIND_NAMES,
        decisions=DECISIONS,
    )
    return make_response(page)


@judging.post("/steward/links")
def decided() -> BaseResponse:
    """Write down what the form decides, then show the page again (POST, then GET)."""
    author, told = _steward(), request.form
    if (number := told.get("undo", "")).isdecimal():
        undo(_data(), int(number), author)
    elif told.get("decision") in set(DECISIONS):
        decision = Decision(told["decision"])
        one = Judged(told.get("here", ""), told.get("there", ""), decision, told.get("grounds", ""))
        judge(_data(), [one], author)
    else:
        raise UsageError(NO_DECISION)
    return redirect(url_for("judging.links", kind=told.get("kind") or None), 303)


def _data() -> Path:
    return host().settings.data


def _steward() -> str:
    """Tell by whom it is decided: the steward alone, who is named as a party."""
    found = identified(request)
    if found is None or not found.decides:
        raise Refusal(403, NOT_YOURS)
    return str(found.reader.iri)


def _plain(one: Shows) -> dict[str, Any]:
    """Give a candidate as plain data, with its reasons in both languages."""
    return {
        **one.candidate.to_json(),
        "evidence": [
            {"kind": why.kind, "score": round(why.score, 4), "said": why.said}
            for why in one.candidate.evidence
        ],
        "shown": {one.candidate.here: vars(one.here), one.candidate.there: vars(one.there)},
    }
