"""Signing in and out: a person exchanges a token for a session."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.errors import TokenError
from parvis.i18n import N_
from parvis.web.http import access
from parvis.web.http.access import host, readers, require_party
from parvis.web.http.errors import HttpProblem, Refusal, problem_of

signing = Blueprint("signing", __name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NO_HTTPS = N_(
    "Signing in needs HTTPS: the pool’s base address must begin with https:// and be reached so."
)


@signing.get("/login")
def login() -> Response:
    """Show the form, or who is signed in."""
    _require_https()
    return _render_page(None)


@signing.post("/login")
def sign_in() -> BaseResponse:
    """Begin a session with a valid token, or show what is wrong with it."""
    _require_https()
    try:
        identity = require_party(readers().by_token(request.form.get("token", "").strip()))
    except TokenError as error:
        return _render_page(problem_of(error))
    response = redirect(url_for("pages.home"), 303)
    access.begin_session(response, identity, readers().signing_key, host().settings.base)
    return response


@signing.post("/logout")
def logout() -> BaseResponse:
    response = redirect(url_for("pages.home"), 303)
    access.end_session(response, host().settings.base)
    return response


def _render_page(problem: HttpProblem | None) -> Response:
    page = render_template("login.html", problem=problem, hours=access.SESSION_SECONDS // 3600)
    response = make_response(page)
    response.cache_control.no_store = True  # the page shows who is signed in
    if problem is not None:
        response.status_code = problem.status
        response.headers.update(problem.headers)
    return response


def _require_https() -> None:
    # Before anybody types a token; plain http is safe on one's own machine.
    name = urlsplit(f"//{request.host}").hostname
    if not host().settings.base.startswith("https://") and name not in LOOPBACK:
        raise Refusal(403, NO_HTTPS)
