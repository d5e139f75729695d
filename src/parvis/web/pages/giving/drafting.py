"""The last steps of a draft: its agreement as questions, and its submission."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.errors import NothingPublished, ParvisError, StaleForm
from parvis.i18n import LANGUAGES, both
from parvis.ledger import Author, Deposit, Deposits, DepositState
from parvis.pooling.intake.deposits import datasets_of_party
from parvis.pooling.intake.drafts.store import Draft
from parvis.pooling.report_forms import TEMPLATES
from parvis.pooling.report_model import ReportModel
from parvis.pooling.stewardship.agreements.presenting import list_kinds
from parvis.pooling.stewardship.onboarding import (
    ACCESS,
    PURPOSES,
    OnboardingRequest,
    adopt_mapping,
    begin_dataset,
    explain_request,
    makes_figures,
)
from parvis.web.http.access import host, identify
from parvis.web.http.errors import problem_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import negotiated_response
from parvis.web.pages.giving.check import report_context
from parvis.web.pages.giving.drafts import desk, find_draft

drafting = Blueprint("drafting", __name__, template_folder=str(TEMPLATES))

KEEP = ("P1Y", "P3Y", "P5Y", "P10Y")
"""How long data are kept, as the questions offer it; empty is for as long as the agreement."""
QUESTIONS = ("title", "access", "excluded", "keep", "purpose", "in_return")
DEFAULTS = {"access": "members", "keep": "P5Y", "purpose": "analytics"}
LONGEST = 200


@drafting.get("/drafts/<name>/agreement")
@reads()
def agreement(name: str) -> Response:
    """Ask who may read a new dataset, for what, until when and in return for what."""
    draft = find_draft(name)
    answers = {**DEFAULTS, "title": _title(draft), **draft.agreement}
    return _render_agreement(draft, answers)


@drafting.post("/drafts/<name>/agreement")
@reads()
def answer(name: str) -> BaseResponse:
    """Show the rules that the answers make, in both languages; with `write`, draft them."""
    draft = find_draft(name, changing=True)
    answers = {question: request.form.get(question, "")[:LONGEST] for question in QUESTIONS}
    try:
        onboarding = _to_request(draft, answers)
        if "write" not in request.form:
            explain_request(host().settings, onboarding)
            draft = desk().drafts.save(replace(draft, agreement=answers))
            return redirect(url_for("drafting.agreement", name=name) + "#rules", 303)
        begin_dataset(host().settings, onboarding, _author(), f"{draft.file}: {answers['title']}")
        desk().drafts.save(replace(draft, agreement=answers))
    except StaleForm:
        raise
    except ParvisError as error:
        return _render_agreement(draft, answers, error)
    return redirect(url_for("drafting.submission", name=name), 303)


@drafting.get("/drafts/<name>/submission")
@reads()
def submission(name: str) -> Response:
    """Show what all of the file makes and what it changes, then what became of it."""
    return _render_submission(find_draft(name))


@drafting.post("/drafts/<name>/submission")
@reads()
def submit(name: str) -> BaseResponse:
    """Check all of the file, or (`submit`) give it to the third party."""
    draft = find_draft(name, changing=True)
    try:
        if "submit" not in request.form:
            desk().check(draft, language())
        else:
            author = _author()
            file = desk().require_unaltered(draft)
            mapping = draft.view.mapping
            adopt_mapping(host().settings, draft.key, file, mapping, author, draft.file)
            account, draft = desk().submit(draft, author)
            if not draft.deposit:
                return _render_submission(draft, account)
    except StaleForm:
        raise
    except ParvisError as error:
        return _render_submission(draft, None, error)
    return redirect(url_for("drafting.submission", name=name), 303)


def _author() -> Author:
    identity = identify(request)
    assert identity is not None  # noqa: S101 - the draft was found for it
    return identity.author


def _title(draft: Draft) -> str:
    stem = draft.file.rpartition(".")[0] or draft.file
    return stem.replace("-", " ").replace("_", " ")


def _to_request(draft: Draft, answers: Mapping[str, str]) -> OnboardingRequest:
    """Return the answers as the steps of `parvis onboard` read them."""
    of_members = answers["access"] == "members"
    title = answers["title"].strip() or _title(draft)
    return OnboardingRequest(
        draft.key.partner,
        kind="",
        file=desk().drafts.file_of(draft),
        access=answers["access"],
        title=dict.fromkeys(LANGUAGES, title),
        dataset=draft.key.dataset,
        keep=answers["keep"],
        purpose=answers["purpose"],
        excluded=[answers["excluded"]] if of_members and answers["excluded"] else [],
        in_return=of_members and answers["in_return"] == "yes",
        mapping=draft.view.mapping,
    )


def _render_agreement(
    draft: Draft, answers: Mapping[str, str], error: ParvisError | None = None
) -> Response:
    if _exists(draft):
        return redirect_to_submission(draft)
    rules = []
    if error is None and draft.agreement:
        try:
            rules = explain_request(host().settings, _to_request(draft, answers))
        except ParvisError as problem:
            error = problem
    rendered = render_template(
        "giving/agreement.html",
        draft=draft,
        answers=answers,
        rules=rules,
        access={code: both(text) for code, text in ACCESS.items()},
        purposes=tuple(PURPOSES),
        keep=KEEP,
        kinds=list_kinds(host().settings, language()),
        of_figures=makes_figures(draft.view.mapping),
        problem=error and problem_of(error).detail,
    )
    response = negotiated_response(rendered, store=False)
    if error:
        response.status_code = problem_of(error).status
    return response


def redirect_to_submission(draft: Draft) -> Response:
    address = url_for("drafting.submission", name=draft.id)
    return current_app.make_response(redirect(address, 303))


def _exists(draft: Draft) -> bool:
    return draft.key in datasets_of_party(host().settings, draft.party)


def _render_submission(
    draft: Draft, account: ReportModel | None = None, error: ParvisError | None = None
) -> Response:
    report = account or desk().drafts.read_report(draft)
    deposit = Deposits(host().settings.data).require(draft.deposit) if draft.deposit else None
    deposit = deposit and deposit.at(clock.machine_time())
    needs = report.data.get("needs", []) if report else []
    rendered = render_template(
        "giving/submission.html",
        draft=draft,
        exists=_exists(draft),
        deposit=deposit,
        published=deposit is not None and is_published(deposit),
        needs=needs,
        may_submit=report is not None and report.good and not needs and not draft.deposit,
        agreements=url_for("agreeing.own_agreement"),
        uses=url_for("uses.report", slug=draft.key.partner),
        problem=error and problem_of(error).detail,
        **(report_context(report) if report else {"account": None}),
    )
    response = negotiated_response(rendered, store=False)
    if error:
        response.status_code = problem_of(error).status
    return response


def is_published(deposit: Deposit) -> bool:
    """Return whether what was accepted is served: something was published since."""
    if deposit.state is not DepositState.ACCEPTED or deposit.decided is None:
        return False
    try:
        return host().snapshot().generation.manifest.created >= deposit.decided
    except NothingPublished:
        return False
