"""Signing in, and accepting an invitation, by an account at the configured OpenID provider.

Who has a session links such an account to their own, and unlinks it.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.errors import InputError, TokenError
from parvis.i18n import N_
from parvis.ledger import Code, Details, People, Person, Sessions, Subject, new_pseudonym
from parvis.ledger.people.sessions import SESSION_OVER
from parvis.pooling.people import oidc as ceremonies
from parvis.pooling.people import read_details
from parvis.pooling.people.passkeys import Challenge
from parvis.pooling.serving.readers import SESSION
from parvis.web.http.access import begin_session, host, readers, require_party
from parvis.web.http.errors import problem_of
from parvis.web.http.inputs import reads
from parvis.web.http.steps import begin_step, end_step, keep_step, read_step
from parvis.web.pages.account.account import require_person, require_session
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
    joining = {"name": details.name, "email": details.email, "language": details.language}
    return _send_on({**joining, "code": code})


@oidc.post("/account/provider")
def link() -> Response:
    """Send the browser to the provider, to link an account to who is signed in."""
    require_https()
    identity, person = require_session(), require_person()
    session = identity.session.id if identity.session else ""
    return _send_on({"person": person.pseudonym, "session": session})


@oidc.post("/account/provider/remove")
def unlink() -> BaseResponse:
    """Unlink one's account, unless nothing else would sign one in."""
    People(host().settings.data).remove_subjects(require_person().pseudonym, clock.machine_time())
    return redirect(url_for("account.page", done="unlinked"), 303)


def _send_on(members: dict[str, str]) -> Response:
    """Return a page that leads to the provider, with what to keep until its answer."""
    challenge, step = begin_step(OIDC)
    address, flow = ceremonies.begin(host().settings, challenge)
    # A form may not lead to another site (form-action), so that a page does.
    response = _render_onward(address)
    keep_step(response, {**step, **flow, **members, "root": request.script_root})
    return response


@oidc.get("/login/oidc/callback")
@reads("code", "state", "iss", "error")
def answer() -> BaseResponse:
    """Begin a session for the person whose account it is, or link it to who asked for that."""
    require_https()
    try:
        challenge, members = read_step(OIDC)
        if (root := members["root"]) != request.script_root:
            # The provider knows one address: here, the language of the page comes back.
            query = request.query_string.decode("ascii", "replace")
            return redirect(f"{root}{request.path}?{query}", 303)
        if "person" in members:
            return _finish_link(challenge, members)
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


def _read_subject(challenge: Challenge, members: dict[str, str]) -> Subject:
    if "error" in request.args:
        raise TokenError(DENIED)
    return ceremonies.read_answer(host().settings, challenge, members, request.args)


def _finish_link(challenge: Challenge, members: dict[str, str]) -> Response:
    # No cookie of the session comes along from another site: that it is open still is looked up,
    # for who has ended it wants nothing more to be done in it.
    settings, pseudonym = host().settings, members["person"]
    sessions = Sessions(settings.data).open(clock.machine_time(), person=pseudonym)
    if members["session"] not in {session.id for session in sessions}:
        raise TokenError(SESSION_OVER)
    ceremonies.link(settings, pseudonym, _read_subject(challenge, members), challenge)
    response = _render_onward(url_for("account.page", done="linked"))
    end_step(response)
    return response


def _find_person(challenge: Challenge, members: dict[str, str]) -> Person:
    settings, subject = host().settings, _read_subject(challenge, members)
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
