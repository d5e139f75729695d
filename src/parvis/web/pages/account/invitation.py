"""Accepting an invitation: what it gives, what is kept, a name, then a passkey or an account."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.errors import InputError, TokenError
from parvis.governance import Role
from parvis.ledger import Code, Invitation, People
from parvis.pooling.people import passkeys as ceremonies
from parvis.pooling.people import read_details
from parvis.pooling.people.people import ROLE_MEANINGS, ROLE_NAMES
from parvis.pooling.serving.readers import SESSION
from parvis.web.http.access import begin_session, host, readers, require_party
from parvis.web.http.errors import HttpProblem, problem_of
from parvis.web.http.steps import STEP_OVER, end_step, read_step
from parvis.web.pages.account.passkeys import JOIN
from parvis.web.pages.account.signing import provider_label, require_https

invitations = Blueprint("invitations", __name__)


@invitations.get("/invitation/<code>")
def page(code: str) -> Response:
    """Show what an invitation gives, with the form to accept it."""
    require_https()
    return render_invitation(open_invitation(code), code, None)


@invitations.post("/invitation/<code>")
def accept(code: str) -> BaseResponse:
    """Add the person, and begin a session."""
    require_https()
    invitation, form = open_invitation(code), request.form
    try:
        details = read_details(*(form.get(name, "") for name in ("name", "email", "language")))
        challenge, members = read_step(JOIN)
        if members["invitation"] != invitation.id:
            raise TokenError(STEP_OVER)
        secret = Code(code[: len(invitation.id)], code[len(invitation.id) :])
        person = ceremonies.join(
            host().settings,
            secret,
            members["pseudonym"],
            details,
            form.get("credential", ""),
            challenge,
        )
    except InputError as error:
        return render_invitation(invitation, code, problem_of(error))
    identity = require_party(readers().of_person(person, clock.now() + SESSION))
    response = redirect(url_for("account.page"), 303)
    begin_session(response, identity)
    end_step(response)
    return response


def open_invitation(code: str) -> Invitation:
    """Return the invitation of a code while it can be used; raise `TokenError`."""
    # An invitation that is over answers as a wrong session does: its guesses are counted.
    return People(host().settings.data).open_invitation(Code.parse(code), clock.machine_time())


def render_invitation(invitation: Invitation, code: str, problem: HttpProblem | None) -> Response:
    """Return the page of an invitation, with what was wrong."""
    membership, role = invitation.membership, Role(invitation.membership.role)
    page = render_template(
        "account/invitation.html",
        invitation=invitation,
        code=code,
        party=host().names(membership.party),
        role=ROLE_NAMES[role],
        meaning=ROLE_MEANINGS[role],
        problem=problem,
        typed=request.form,
        provider=provider_label(),
    )
    response = make_response(page)
    response.cache_control.no_store = True
    if problem is not None:
        response.status_code = problem.status
    return response
