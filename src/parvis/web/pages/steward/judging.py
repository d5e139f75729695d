"""The steward's page of candidate links: those to review, and the last judgements."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_object
from parvis.errors import UsageError
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.ledger import JudgementDecision
from parvis.linking.entity import KINDS
from parvis.pooling.linking.judgements import (
    KIND_NAMES,
    WITHIN,
    CandidateRow,
    PairDecision,
    judge,
    latest,
    to_review,
    undo,
)
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, require_ending

judging = Blueprint("judging", __name__)

NOT_YOURS = N_("This is for the steward of the pool: sign in with such a token.")
NO_DECISION = N_("a form says what is decided: yes, no or unsure, or which judgement is taken back")
AT_A_TIME = 10
"""Candidates on a page."""
LAST = 20
"""Judgements on a page."""
DECISIONS = (JudgementDecision.POSITIVE, JudgementDecision.NEGATIVE, JudgementDecision.UNSURE)


@judging.get("/steward/links")
@judging.get("/steward/links.<any(html,json):ending>")
@reads("kind", offers=PAGE_OR_JSON)
def links(ending: str | None = None) -> Response | str:
    """Return the candidates to review, the most likely first, and the last judgements."""
    _require_steward()
    data, kind = host().settings.data, request.args.get("kind", "")
    # An unknown kind is ignored: all candidates are listed.
    waiting = to_review(data, kind if kind in KINDS else "", AT_A_TIME)
    judgements = latest(data, LAST)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return jsonify(
            {
                "waiting": waiting.count,
                "outdated": waiting.outdated,
                "candidates": list(map(_describe_candidate, waiting.rows)),
                "judgements": [
                    to_object(judgement) | {"stands": stands} for judgement, stands in judgements
                ],
            }
        )
    return render_template(
        "steward/links.html",
        waiting=waiting.rows,
        count=waiting.count,
        outdated=waiting.outdated,
        judgements=judgements,
        kind=kind if kind in KINDS else "",
        kinds=KIND_NAMES,
        decisions=DECISIONS,
        within=WITHIN,
    )


def _describe_candidate(row: CandidateRow) -> dict[str, Any]:
    candidate = row.candidate
    return {
        **candidate.to_json(),
        "one_dataset": candidate.is_internal,
        "evidence": [
            {"kind": reason.kind, "score": round(reason.score, 4), "said": reason.sentences}
            for reason in candidate.evidence
        ],
        "shown": {candidate.here: vars(row.here), candidate.there: vars(row.there)},
    }


@judging.post("/steward/links")
def decide() -> BaseResponse:
    """Record the decision of the form, then show the page again (POST, then GET)."""
    author, data, form = _require_steward(), host().settings.data, request.form
    if (number := form.get("undo", "")).isdecimal():
        undo(data, int(number), author)
    elif form.get("decision") in set(DECISIONS):
        first, second, grounds = (form.get(name, "") for name in ("here", "there", "grounds"))
        judge(
            data,
            [PairDecision(first, second, JudgementDecision(form["decision"]), grounds)],
            author,
        )
    else:
        raise UsageError(NO_DECISION)
    return redirect(url_for("judging.links", kind=form.get("kind") or None), 303)


def _require_steward() -> str:
    """Return the IRI of the steward; refuse other readers."""
    return str(require_identity(Permission.DECIDE, NOT_YOURS).reader.iri)
