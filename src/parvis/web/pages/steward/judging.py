"""The steward's page of candidate links: those to review, and the last judgements."""

from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_object
from parvis.errors import NothingPublished, UsageError
from parvis.i18n import N_
from parvis.ledger import Judgement, JudgementDecision
from parvis.linking.entity import KINDS
from parvis.linking.evidence import write_identifier
from parvis.pooling.linking.judgements import (
    KIND_NAMES,
    WITHIN,
    CandidateRow,
    PairDecision,
    judge,
    latest,
    name_entities,
    to_review,
    undo,
)
from parvis.pooling.serving.description import look_up_names
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, require_ending
from parvis.web.pages.steward.rights import require_steward
from parvis.web.pages.steward.subjects import subject_titles

judging = Blueprint("judging", __name__)

NO_DECISION = N_("a form says what is decided: yes, no or unsure, or which judgement is taken back")
AT_A_TIME = 5
"""Candidates on a page."""
DIGITS = 9
"""Digits of the number of a judgement."""
LAST = 20
"""Judgements on a page."""
DECISIONS = (JudgementDecision.POSITIVE, JudgementDecision.NEGATIVE, JudgementDecision.UNSURE)


@judging.get("/steward/links")
@judging.get("/steward/links.<any(html,json):ending>")
@reads("kind", "done", offers=PAGE_OR_JSON)
def links(ending: str | None = None) -> Response | str:
    """Return the candidates to review, the most likely first, and the last judgements."""
    require_steward()
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
    done = request.args.get("done", "")
    return render_template(
        "steward/links.html",
        waiting=waiting.rows,
        count=waiting.count,
        outdated=waiting.outdated,
        judgements=judgements,
        done=next((j for j, stands in judgements if stands and str(j.number) == done), None),
        names=_name_entities(judgements),
        titles=subject_titles(),
        authors={j.author: host().names(j.author) for j, _ in judgements if "://" in j.author},
        kind=kind if kind in KINDS else "",
        kinds=KIND_NAMES,
        decisions=DECISIONS,
        within=WITHIN,
        write_identifier=write_identifier,
    )


def _name_entities(judgements: list[tuple[Judgement, bool]]) -> dict[str, str]:
    """Return the names of judged entities, by IRI: of the last comparison, else of the site."""
    iris = {iri for judgement, _ in judgements for iri in judgement.pair}
    names = name_entities(host().settings.data, iris)
    with suppress(NothingPublished):
        left = look_up_names(host(), reader_of(request), sorted(iris - names.keys()))
        names |= {iri: localise(texts) for iri, texts in left.items()}
    return names


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
    author = require_steward().author
    name = str(author.party)
    data, form = host().settings.data, request.form
    done: int | None = None
    number = form.get("undo", "")
    if number.isascii() and number.isdecimal() and len(number) <= DIGITS:
        undo(data, int(number), name, author)
    elif form.get("decision") in set(DECISIONS):
        first, second, grounds = (form.get(name, "") for name in ("here", "there", "grounds"))
        decision = PairDecision(first, second, JudgementDecision(form["decision"]), grounds)
        (judgement,) = judge(data, [decision], name, author)
        done = judgement.number
    else:
        raise UsageError(NO_DECISION)
    # The next pair has the focus, so that the keyboard alone is enough.
    return redirect(
        url_for("judging.links", kind=form.get("kind") or None, done=done, _anchor="pair-1"), 303
    )
