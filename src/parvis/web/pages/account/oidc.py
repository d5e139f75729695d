"""Signing in, and accepting an invitation, by an account at the configured OpenID provider."""

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.errors import InputError, TokenError
from parvis.i18n import N_
from parvis.ledger import Code, Details, People, Person, new_pseudonym
from parvis.pooling.people import oidc as ceremonies
from parvis.pooling.people import read_details
from parvis.pooling.people.passkeys import Challenge
from parvis.pooling.serving.readers import SESSION
from parvis.web.http.access import begin_session, host, readers, require_party
from parvis.web.http.errors import problem_of
from parvis.web.http.inputs import reads
from parvis.web.http.steps import begin_step, end_step, keep_step, read_step
from parvis.web.pages.account.invitation import open_invitation, render_invitation
from parvis.web.pages.account.signing import page_after, render_sign_in, require_https

oidc = Blueprint("oidc", __name__)

OIDC = "oidc"
LONGEST = 1_000
"""Characters of the address that one was going to."""
DENIED = N_("The provider says that you did not agree: begin again, or use a passkey.")


@oidc.get("/login/oidc")
@reads("next")
def begin() -> BaseResponse:
    """Send the browser to the provider, to sign in."""
    require_https()
    challenge, members = begin_step(OIDC)
    address, flow = ceremonies.begin(host().settings, challenge)
    response = redirect(address, 303)
    response.cache_control.no_store = True
    following = {"next": request.args.get("next", "")[:LONGEST]}
    keep_step(response, {**members, **flow, **following, "root": request.script_root})
    return response


@oidc.post("/invitation/<code>/account")
def accept(code: str) -> Response:
    """Send the browser to the provider, to accept an invitation with an account."""
    require_https()
    invitation, form = open_invitation(code), request.form
    try:
        details = read_details(*(form.get(name, "") for name in ("name", "email", "language")))
    except InputError as error:
        return render_invitation(invitation, code, problem_of(error))
    challenge, members = begin_step(OIDC)
    address, flow = ceremonies.begin(host().settings, challenge)
    # A form may not lead to another site (form-action), so that a page does.
    response = _render_onward(address)
    joining = {"name": details.name, "email": details.email, "language": details.language}
    keep_step(response, {**members, **flow, **joining, "code": code, "root": request.script_root})
    return response


@oidc.get("/login/oidc/callback")
@reads("code", "state", "iss", "error")
def answer() -> BaseResponse:
    """Begin a session for the person whose account the provider names, or show what is wrong."""
    require_https()
    try:
        challenge, members = read_step(OIDC)
        if (root := members["root"]) != request.script_root:
            # The provider knows one address: here, the language of the page comes back.
            query = request.query_string.decode("ascii", "replace")
            return redirect(f"{root}{request.path}?{query}", 303)
        person = _find_person(challenge, members)
        identity = require_party(readers().of_person(person, clock.now() + SESSION))
    except TokenError as error:
        return render_sign_in(problem_of(error))
    # The browser comes from another site, to which it sends no cookie of this one yet (SameSite):
    # a page of ours leads on.
    response = _render_onward(page_after(identity, members.get("next", "")))
    begin_session(response, identity)
    end_step(response)
    return response


def _find_person(challenge: Challenge, members: dict[str, str]) -> Person:
    if "error" in request.args:
        raise TokenError(DENIED)
    settings = host().settings
    subject = ceremonies.read_answer(settings, challenge, members, request.args)
    if "code" not in members:
        return ceremonies.sign_in(settings, subject, challenge)
    code = Code.parse(members["code"])
    People(settings.data).open_invitation(code, clock.machine_time())
    details = Details(members["name"], members["email"], members["language"])
    return ceremonies.join(
        settings, code or Code.new(), new_pseudonym(), details, subject, challenge
    )


def _render_onward(address: str) -> Response:
    response = make_response(render_template("account/onward.html", address=address))
    response.cache_control.no_store = True
    return response
