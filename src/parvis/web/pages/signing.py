"""Signing in and out: people exchange their token for a session."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.errors import TokenError
from parvis.i18n import N_
from parvis.web.http import access as sessions
from parvis.web.http.access import host, of_party, readers
from parvis.web.http.errors import Problem, Refusal, problem_of

signing = Blueprint("signing", __name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NO_HTTPS = N_(
    "Signing in needs HTTPS: the pool’s base address must begin with https:// and be reached so."
)


@signing.get("/login")
def login() -> Response:
    """Present the form, or who is signed in."""
    _refuse_open_lines()
    return _page(None)


@signing.post("/login")
def sign_in() -> BaseResponse:
    """Begin a session with a token that is live, or say what is wrong with it."""
    _refuse_open_lines()
    try:
        found = of_party(readers().by_token(request.form.get("token", "").strip()))
    except TokenError as error:
        return _page(problem_of(error))
    response = redirect(url_for("pages.home"), 303)
    sessions.begin(response, found, readers().signing_key, host().settings.base)
    return response


@signing.post("/logout")
def logout() -> BaseResponse:
    """End the session."""
    response = redirect(url_for("pages.home"), 303)
    sessions.forget(response, host().settings.base)
    return response


def _page(problem: Problem | None) -> Response:
    page = render_template("login.html", problem=problem, hours=sessions.SECONDS // 3600)
    response = make_response(page)
    response.cache_control.no_store = True
    if problem is not None:
        response.status_code = problem.status
        response.headers.update(problem.headers)
    return response


def _refuse_open_lines() -> None:
    """Refuse plain http, but on one's own machine, before anybody types a token."""
    at = urlsplit(f"//{request.host}").hostname
    if not host().settings.base.startswith("https://") and at not in LOOPBACK:
        raise Refusal(403, NO_HTTPS)
