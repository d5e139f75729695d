"""The steward's queue of submitted files: reads the report, accepts or refuses."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Deposit, Deposits
from parvis.pooling.intake.deposits import read_account, refuse, waiting
from parvis.pooling.report_forms import TEMPLATES
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.http.uploads import checks
from parvis.web.pages.giving.check import report_context
from parvis.web.pages.giving.drafting import is_published
from parvis.web.pages.steward.rights import require_steward
from parvis.web.pages.steward.subjects import subject_titles

queueing = Blueprint("queueing", __name__, template_folder=str(TEMPLATES))

NO_REASON = N_("Say why the file is refused: its partner reads it.")
LONGEST = 2_000
"""Characters stored of a reason."""


@queueing.get("/steward/queue")
@reads(offers=PAGE_OR_JSON)
def listing() -> Response:
    """List the files in the queue, the oldest first."""
    require_steward()
    deposits = waiting(host().settings)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(
            jsonify([deposit.to_json() for deposit in deposits]), store=False
        )
    page = render_template(
        "steward/queue.html",
        deposits=deposits,
        names=_party_names(deposits),
        titles=subject_titles(),
    )
    return negotiated_response(page, store=False)


@queueing.get("/steward/queue/<name>")
@reads(offers=PAGE_OR_JSON)
def deposit(name: str) -> Response:
    """Show a submitted file, with the report on it while it is in the queue."""
    require_steward()
    submission = Deposits(host().settings.data).require(name)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(submission.to_json()), store=False)
    account = read_account(host().settings.data, submission)
    page = render_template(
        "steward/deposit.html",
        deposit=submission,
        waits=submission in waiting(host().settings),
        published=is_published(submission),
        names=_party_names([submission]),
        **(report_context(account) if account else {"account": None}),
    )
    return negotiated_response(page, store=False)


@queueing.post("/steward/queue/<name>/<any(accept,refuse):verdict>")
@reads(offers=PAGE_OR_JSON)
def decide(name: str, verdict: str) -> BaseResponse:
    """Accept a file in the queue, or refuse it with a `reason`."""
    author = require_steward().author
    submission, reader = Deposits(host().settings.data).require(name), reader_of(request)
    if verdict == "accept":
        outcome = checks().accept_deposit(reader, submission.id, submission.file, author)
    else:
        reason = " ".join(request.form.get("reason", "").split())[:LONGEST]
        if not reason:
            raise UsageError(NO_REASON)
        # The reason is in the language of the page on which it was written.
        lang = language()
        reasons = {lang: reason} if lang in LANGUAGES else {}
        outcome = refuse(host().settings, name, reasons, author).to_json()
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(outcome), store=False)
    return redirect(url_for("queueing.deposit", name=name), 303)


def _party_names(deposits: list[Deposit]) -> dict[str, dict[str, str]]:
    return {deposit.party: host().names(deposit.party) for deposit in deposits}
