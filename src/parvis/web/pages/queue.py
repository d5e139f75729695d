"""The steward decides about files that partners gave: looks at the report, accepts or refuses."""

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask import url_for as address_of
from werkzeug import Response as BaseResponse

from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Deposit, Deposits
from parvis.pooling.intake.deposit_files import account_kept
from parvis.pooling.intake.deposits import refuse, waiting
from parvis.pooling.report_forms import TEMPLATES
from parvis.web.http.access import host, identified, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, require
from parvis.web.http.uploads import checks
from parvis.web.pages.check import told

queueing = Blueprint("queueing", __name__, template_folder=str(TEMPLATES))

KINDS = {"text/html": HTML, "application/json": "json"}
NOT_HOST = N_("This is for the steward: sign in with the trusted third party’s token.")
NO_REASON = N_("Say why the file is refused: its partner reads it.")
LONGEST = 2_000
"""Characters of a reason."""


@queueing.get("/steward/queue")
@reads(offers=KINDS)
def listing() -> Response:
    """List the files that wait, the oldest first."""
    _refuse_others()
    found = waiting(host().settings)
    if require(KINDS) != HTML:
        return _negotiated(jsonify([one.to_json() for one in found]))
    page = render_template("queue.html", found=found, names=_names(found))
    return _negotiated(make_response(page))


@queueing.get("/steward/queue/<name>")
@reads(offers=KINDS)
def deposit(name: str) -> Response:
    """Show one file that was given, with the report on it while it waits."""
    _refuse_others()
    one = Deposits(host().settings.data).require(name)
    if require(KINDS) != HTML:
        return _negotiated(jsonify(one.to_json()))
    account = account_kept(host().settings.data, one)
    page = render_template(
        "deposit.html",
        one=one,
        waits=one in waiting(host().settings),
        names=_names([one]),
        **(told(account) if account else {"account": None}),
    )
    return _negotiated(make_response(page))


@queueing.post("/steward/queue/<name>/<any(accept,refuse):verdict>")
@reads(offers=KINDS)
def decide(name: str, verdict: str) -> BaseResponse:
    """Accept a file that waits, or refuse it with a `reason`."""
    _refuse_others()
    one, reader = Deposits(host().settings.data).require(name), reader_of(request)
    if verdict == "accept":
        done = checks().accepted(reader, one.id, one.file)
    else:
        reason = " ".join(request.form.get("reason", "").split())[:LONGEST]
        if not reason:
            raise UsageError(NO_REASON)
        done = refuse(host().settings, name, reader.iri, _said(reason)).to_json()
    if require(KINDS) != HTML:
        return _negotiated(jsonify(done))
    return redirect(address_of("queueing.deposit", name=name), 303)


def _said(reason: str) -> dict[str, str]:
    """Keep a reason in the language of the page that it was written on."""
    lang = language()
    return {lang: reason} if lang in LANGUAGES else {}


def _names(found: list[Deposit]) -> dict[str, dict[str, str]]:
    """Name the parties that gave files."""
    return {one.party: host().names(one.party) for one in found}


def _refuse_others() -> None:
    """Refuse who is not the steward."""
    found = identified(request)
    if found is None or not found.reader.host:
        raise Refusal(403, NOT_HOST)


def _negotiated(response: Response) -> Response:
    response.vary.add("Accept")
    response.cache_control.no_store = True
    return response
