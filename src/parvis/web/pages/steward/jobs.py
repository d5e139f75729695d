"""The steward's pages of jobs: starting one, its progress and result, the last ones."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config.json_data import to_object
from parvis.ledger import Job
from parvis.pooling.stewardship.jobs import (
    KINDS,
    STATE_NAMES,
    cancel_job,
    foresee,
    get_job,
    list_jobs,
    require_kind,
    require_typed,
    run_again,
    start_job,
    subject_of,
)
from parvis.web.http.access import host
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.http.security import FIELD
from parvis.web.pages.steward.rights import require_steward, require_watcher
from parvis.web.pages.steward.subjects import author_name, subject_titles

jobs = Blueprint("jobs", __name__)

OWN_FIELDS = frozenset({"kind", "typed", FIELD})
"""The fields of a form that are no arguments of the job."""
ARGUMENTS = tuple(sorted({name for kind in KINDS.values() for name in kind.parameters}))
AGAIN = 4
"""Seconds after which a page without scripts shows the progress anew."""


@jobs.get("/steward/jobs")
@jobs.get("/steward/jobs.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def listing(ending: str | None = None) -> Response:
    """List the last jobs, the newest first."""
    require_watcher()
    last = list_jobs(host().settings)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return negotiated_response(jsonify([to_object(job) for job in last]), store=False)
    page = render_template("steward/jobs.html", jobs=last, **_describe())
    return negotiated_response(page, store=False)


@jobs.post("/steward/jobs")
@reads(offers=PAGE_OR_JSON)
def start() -> BaseResponse:
    """Start a job of a `kind`; one that destroys something needs its name `typed`."""
    author = require_steward().author
    kind, arguments = request.form.get("kind", ""), _read_arguments()
    require_typed(kind, arguments, request.form.get("typed", ""))
    return _answer(start_job(host().settings, kind, arguments, author))


def _read_arguments() -> dict[str, str]:
    arguments = {name: text for name, text in request.form.items() if name not in OWN_FIELDS}
    # A reason is in the language of the page on which it was written.
    if "reason" in arguments:
        arguments.setdefault("reason_lang", language())
    return arguments


@jobs.get("/steward/jobs/new")
@reads("kind", *ARGUMENTS, offers=PAGE_OR_JSON)
def confirm() -> Response:
    """Say what a job will do, and ask for the name that confirms it."""
    require_watcher()
    kind = request.args.get("kind", "")
    arguments = {name: text for name in ARGUMENTS if (text := request.args.get(name))}
    title = require_kind(kind).title
    foresight = foresee(host().settings, kind, arguments)
    if require_ending(PAGE_OR_JSON) != HTML:
        plan = None if foresight is None else to_object(foresight)
        return negotiated_response(jsonify(plan), store=False)
    page = render_template(
        "steward/confirm.html",
        kind=kind,
        title=title,
        arguments=arguments,
        foresight=foresight,
        takes_reason="reason" in KINDS[kind].parameters,
    )
    return negotiated_response(page, store=False)


@jobs.get("/steward/jobs/<int:number>")
@jobs.get("/steward/jobs/<int:number>.<any(html,json):ending>")
@reads(offers=PAGE_OR_JSON)
def job(number: int, ending: str | None = None) -> Response:
    """Show how far a job is, or how it ended."""
    require_watcher()
    entry = get_job(host().settings, number)
    if (ending or require_ending(PAGE_OR_JSON)) != HTML:
        return negotiated_response(jsonify(to_object(entry)), store=False)
    page = render_template("steward/job.html", job=entry, again=AGAIN, **_describe())
    return negotiated_response(page, store=False)


@jobs.post("/steward/jobs/<int:number>/<any(cancel,again):verb>")
@reads(offers=PAGE_OR_JSON)
def change(number: int, verb: str) -> BaseResponse:
    """Cancel a job, or run one that has ended again."""
    author, settings = require_steward().author, host().settings
    if verb == "cancel":
        return _answer(cancel_job(settings, number, author))
    former = get_job(settings, number)
    require_typed(former.kind, former.arguments, request.form.get("typed", ""))
    return _answer(run_again(settings, number, author))


def _answer(entry: Job) -> BaseResponse:
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_object(entry)), store=False)
    return redirect(url_for("jobs.job", number=entry.number), 303)


def _describe() -> dict[str, Any]:
    """Return what templates write jobs with."""
    return {
        "kinds": KINDS,
        "state_names": STATE_NAMES,
        "subject_of": subject_of,
        "subjects": subject_titles(),
        "author_name": author_name,
    }
