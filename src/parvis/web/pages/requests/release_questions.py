"""Questions for release: a signed-in researcher asks, and reads the table once it is released."""

from functools import partial

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_json
from parvis.errors import UnknownThing
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.ledger.queries.release_questions import (
    NO_QUESTION,
    QuestionState,
    ReleaseQuestion,
    ReleaseQuestions,
)
from parvis.pooling.publics.receipts.keys import has_signer
from parvis.pooling.stewardship.requests import questions as verbs
from parvis.rdf.formats import RESULT_TYPES
from parvis.rdf.sparql.table_query import LONGEST
from parvis.web.http.access import host
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

asking = Blueprint("asking", __name__)

TABLE_FORMS = PAGE_OR_JSON | {RESULT_TYPES["csv"]: "csv"}
NOT_PARTY = N_("This is for researchers and organisations that have an account: sign in.")
NOT_YET = N_("the question {id} has no released table: its page says where it stands")

_require_party = partial(require_identity, Permission.OWN, NOT_PARTY)


@asking.get("/organization/questions")
@reads("query", offers=PAGE_OR_JSON)
def listing() -> Response:
    """List the questions of the reader's organisation, and show the form to ask another."""
    party = str(_require_party().reader.iri)
    questions = ReleaseQuestions(host().settings.data).of(party)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify([*map(verbs.question_to_json, questions)]), store=False)
    page = render_template(
        "requests/release_questions.html",
        questions=questions,
        states=verbs.STATES,
        query=request.args.get("query", "")[:LONGEST],
        longest=LONGEST,
        longest_purpose=verbs.LONGEST,
    )
    return negotiated_response(page, store=False)


@asking.post("/organization/questions")
@reads(offers=PAGE_OR_JSON)
def ask() -> BaseResponse:
    """Queue a query for the steward: query, purpose."""
    identity = _require_party()
    reader, shares = identity.reader, host().shares
    shares.require_site(reader)
    shares.charge_site(reader, verbs.SECONDS)
    texts = (request.form.get(name, "") for name in ("query", "purpose"))
    question = verbs.ask_release(host().settings, str(reader.iri), identity.author, *texts)
    return _answer(question)


@asking.get("/organization/questions/<name>")
@reads(offers=TABLE_FORMS)
def question(name: str) -> Response:
    """Show a question, and its table once it is released: as a page, JSON or CSV."""
    question = _read_own(name)
    ending = require_ending(TABLE_FORMS)
    if ending == "json":
        return negotiated_response(jsonify(to_json(verbs.question_to_json(question))), store=False)
    if ending == "csv":
        if question.table is None:
            raise UnknownThing(NOT_YET, id=name)
        body = verbs.table_to_csv(question.table, language())
        return negotiated_response(Response(body, mimetype=RESULT_TYPES["csv"]), store=False)
    page = render_template(
        "requests/release_question.html",
        question=question,
        states=verbs.STATES,
        waits=question.state is QuestionState.WAITING,
        has_receipts=has_signer(host().settings.data),
    )
    return negotiated_response(page, store=False)


@asking.post("/organization/questions/<name>/withdraw")
@reads(offers=PAGE_OR_JSON)
def withdraw(name: str) -> BaseResponse:
    """Take a question back."""
    identity = _require_party()
    party = str(identity.reader.iri)
    settings = host().settings
    return _answer(verbs.withdraw_question(settings, name, party, identity.author))


def _read_own(name: str) -> ReleaseQuestion:
    """Return a question of the reader's organisation; no other exists for it."""
    identity = _require_party()
    if len(name) > verbs.LONGEST_ID:
        raise UnknownThing(NO_QUESTION, id=name[: verbs.LONGEST_ID])
    return ReleaseQuestions(host().settings.data).require(name, str(identity.reader.iri))


def _answer(question: ReleaseQuestion) -> BaseResponse:
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(verbs.question_to_json(question))), store=False)
    return redirect(url_for("asking.question", name=question.id), 303)
