"""The steward's pages of questions for release: read a table over, release it, or refuse."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_object
from parvis.ledger.queries.release_questions import QuestionState, ReleaseQuestions
from parvis.pooling.stewardship.jobs import start_job
from parvis.pooling.stewardship.requests import questions as verbs
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.rights import require_steward

answering = Blueprint("answering", __name__)

JOBS = {"examine": "examine-table", "release": "release-table"}
"""The job of each act that computes."""


@answering.get("/steward/questions")
@reads(offers=PAGE_OR_JSON)
def listing() -> Response:
    """List every question for release, the newest first."""
    require_steward()
    questions = ReleaseQuestions(host().settings.data).all()
    if require_ending(PAGE_OR_JSON) != HTML:
        rows = [{"party": row.party, **verbs.question_to_json(row)} for row in questions]
        return negotiated_response(jsonify(rows), store=False)
    names = {row.party: localise(host().names(row.party)) for row in questions}
    page = render_template(
        "steward/questions.html", questions=questions, names=names, states=verbs.STATES
    )
    return negotiated_response(page, store=False)


@answering.get("/steward/questions/<name>")
@reads(offers=PAGE_OR_JSON)
def question(name: str) -> Response:
    """Show a question with what its table would show, what is suppressed, and why."""
    require_steward()
    questions = ReleaseQuestions(host().settings.data)
    row, preview = questions.require(name), questions.preview(name)
    if require_ending(PAGE_OR_JSON) != HTML:
        document = {"party": row.party, **verbs.question_to_json(row), "preview": preview}
        return negotiated_response(jsonify(document), store=False)
    page = render_template(
        "steward/question.html",
        question=row,
        preview=preview,
        party=localise(host().names(row.party)),
        states=verbs.STATES,
        waits=row.state is QuestionState.WAITING,
        interrupted=row.state is QuestionState.RELEASING,
        longest=verbs.LONGEST,
    )
    return negotiated_response(page, store=False)


@answering.post("/steward/questions/<name>/<any(examine,release,refuse):act>")
@reads(offers=PAGE_OR_JSON)
def decide(name: str, act: str) -> BaseResponse:
    """Compute a table or release it, as jobs, or refuse it with a `reason`."""
    author, settings = require_steward().author, host().settings
    is_page = require_ending(PAGE_OR_JSON) == HTML
    ReleaseQuestions(settings.data).require(name)
    if act == "refuse":
        refused = verbs.refuse_question(settings, name, request.form.get("reason", ""), author)
        if is_page:
            return redirect(url_for("answering.question", name=name), 303)
        return negotiated_response(jsonify(verbs.question_to_json(refused)), store=False)
    job = start_job(settings, JOBS[act], {"question": name}, author)
    if is_page:
        return redirect(url_for("jobs.job", number=job.number), 303)
    return negotiated_response(jsonify(to_object(job)), store=False)
