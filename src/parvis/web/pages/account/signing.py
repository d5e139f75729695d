"""Signing in and out: a person exchanges a token for a session."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.errors import TokenError
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.pooling.serving.readers import Identity
from parvis.web.http import access
from parvis.web.http.access import host, readers, require_party
from parvis.web.http.errors import HttpProblem, Refusal, problem_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.next_steps import is_read

signing = Blueprint("signing", __name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NO_HTTPS = N_(
    "Signing in needs HTTPS: the pool’s base address must begin with https:// and be reached so."
)


@signing.get("/login")
@reads("next")
def login() -> Response:
    """Show the form, or who is signed in."""
    require_https()
    return render_sign_in(None)


@signing.post("/login")
def sign_in() -> BaseResponse:
    """Begin a session with a valid token, or show what is wrong with it."""
    require_https()
    try:
        identity = require_party(readers().by_token(request.form.get("token", "").strip()))
    except TokenError as error:
        return render_sign_in(problem_of(error))
    response = lead_on(identity)
    access.begin_session(response, identity)
    return response


@signing.post("/logout")
def logout() -> BaseResponse:
    response = redirect(url_for("pages.home"), 303)
    access.end_session(response)
    return response


def lead_on(identity: Identity) -> BaseResponse:
    """Lead a reader on who has just signed in."""
    return redirect(page_after(identity, request.form.get("next", "")), 303)


def page_after(identity: Identity, path: str) -> str:
    """Return where a reader goes who has just signed in: where they were going, or their page."""
    # Only to a path of this site that is read by GET: a link to the form may come from anywhere.
    if path.startswith("/") and is_read(path):
        return f"{request.script_root}{path}"
    # A partner goes to its own page, the steward to stewardship, others to the home page.
    leads = access.partner_of(identity) or identity.may(Permission.WATCH)
    return url_for("organization.own" if leads else "pages.home")


def provider_label() -> str:
    """Return what the button of the OpenID provider says; empty where there is none."""
    configured = host().settings.oidc
    if not configured:
        return ""
    labels = {"fr": configured.label_fr, "en": configured.label_en}
    return labels.get(language(), "") or urlsplit(configured.issuer).hostname or ""


def render_sign_in(problem: HttpProblem | None) -> Response:
    """Return the page on which one signs in, with what was wrong."""
    page = render_template(
        "login.html",
        problem=problem,
        hours=access.SESSION_SECONDS // 3600,
        following=request.values.get("next", ""),
        provider=provider_label(),
    )
    response = make_response(page)
    response.cache_control.no_store = True  # the page shows who is signed in
    if problem is not None:
        response.status_code = problem.status
        response.headers.update(problem.headers)
    return response


def require_https() -> None:
    """Refuse plain http, except on one's own machine."""
    # Before anybody types a token.
    name = urlsplit(f"//{request.host}").hostname
    if not host().settings.base.startswith("https://") and name not in LOOPBACK:
        raise Refusal(403, NO_HTTPS)
