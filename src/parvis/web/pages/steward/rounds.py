"""The steward's rounds of distinct people: open one, see who is missing, merge, approve, refuse."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger import Rounds
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.certificates import list_certificates
from parvis.pooling.publics.rounds.deciding import approve_round, refuse_round
from parvis.pooling.publics.rounds.merging import merge_round
from parvis.pooling.publics.rounds.opening import RoundRequest, open_round, reopen_round
from parvis.pooling.publics.rounds.reading import list_rounds
from parvis.pooling.publics.rounds.reviewing import ProjectBudget, list_budgets, review_round
from parvis.statistics.distinct.rounds import Kind
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.audiences.rounds import name_partners
from parvis.web.pages.steward.rights import require_steward

counting = Blueprint("counting", __name__)

NO_KIND = N_("choose what is counted: distinct people, or the shared audience")
LONGEST = 2_000


@counting.get("/steward/rounds")
@reads(offers=PAGE_OR_JSON)
def listing() -> Response:
    """List the rounds and the budget of each project, with a form to open one."""
    require_steward()
    settings = host().settings
    with Pool.open(settings, lenient=True) as pool:
        budgets = list_budgets(pool)
    views = list_rounds(settings)
    if require_ending(PAGE_OR_JSON) != HTML:
        body = {"rounds": to_json(views), "projects": to_json(budgets_to_json(budgets))}
        return negotiated_response(jsonify(body), store=False)
    slugs = [slug for view in views for slug in view.partners]
    slugs += [slug for budget in budgets for slug in (*budget.counting, *budget.comparing)]
    names = name_partners(slugs)
    page = render_template(
        "steward/rounds.html",
        rounds=views,
        budgets=budgets,
        names=names,
        least=settings.disclosure.contributors,
    )
    return negotiated_response(page, store=False)


@counting.post("/steward/rounds")
@reads(offers=PAGE_OR_JSON)
def start() -> BaseResponse:
    """Open a round, as the form says."""
    author, form = require_steward().author, request.form
    kind = form.get("kind", "")
    if kind not in {*Kind}:
        raise UsageError(NO_KIND)
    wanted = RoundRequest(
        project=form.get("project", "").strip(),
        kind=Kind(kind),
        period=form.get("period", ""),
        partners=tuple(filter(None, form.getlist("partner"))),
        until=form.get("until", "").strip(),
        epsilon=form.get("epsilon", "").strip().replace(",", "."),
        public=form.get("public") == "yes",
    )
    with Pool.open(host().settings, lenient=True) as pool:
        record = open_round(pool, wanted, author)
    return _answer(record.project, record.number)


@counting.get("/steward/rounds/<project>/<int:number>")
@reads(offers=PAGE_OR_JSON)
def detail(project: str, number: int) -> Response:
    """Show a round: who is missing, and what its approval would release."""
    require_steward()
    settings = host().settings
    with Pool.open(settings, lenient=True) as pool:
        review = review_round(pool, Rounds(settings.data).require(project, number))
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(review.to_json()), store=False)
    proofs = [
        proof
        for proof in list_certificates(settings)
        if (proof.link.entry["project"], proof.link.entry["round"]) == (project, number)
    ]
    page = render_template(
        "steward/round.html",
        review=review,
        view=review.view,
        proofs=proofs,
        names=name_partners(review.view.partners),
    )
    return negotiated_response(page, store=False)


@counting.post("/steward/rounds/<project>/<int:number>/<any(merge,approve,refuse,reopen):act>")
@reads(offers=PAGE_OR_JSON)
def decide(project: str, number: int, act: str) -> BaseResponse:
    """Merge the messages of a round, approve or refuse its estimates, or open it anew."""
    author = require_steward().author
    with Pool.open(host().settings, lenient=True) as pool:
        if act == "merge":
            merge_round(pool, project, number, author)
        elif act == "approve":
            approve_round(pool, project, number, author)
        elif act == "refuse":
            # The reason is in the language of the page on which it was written.
            reason = " ".join(request.form.get("reason", "").split())[:LONGEST]
            refuse_round(pool, project, number, {language(): reason}, author)
        else:
            number = reopen_round(pool, project, number, author).number
    return _answer(project, number)


def _answer(project: str, number: int) -> BaseResponse:
    if require_ending(PAGE_OR_JSON) != HTML:
        return detail(project, number)
    return redirect(url_for("counting.detail", project=project, number=number), 303)


def budgets_to_json(budgets: list[ProjectBudget]) -> list[dict[str, object]]:
    return [
        vars(budget) | {"budget": str(budget.budget), "spent": str(budget.spent)}
        for budget in budgets
    ]
