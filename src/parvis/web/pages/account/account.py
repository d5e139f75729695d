"""The page of one's own account: details, passkeys, sessions, the end of it."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.ledger import People, Person, Sessions
from parvis.pooling import people
from parvis.pooling.people import passkeys as ceremonies
from parvis.pooling.people.people import ROLE_MEANINGS, ROLE_NAMES
from parvis.pooling.serving.readers import Identity
from parvis.web.http.access import end_session, host
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import negotiated_response
from parvis.web.http.steps import end_step, read_step
from parvis.web.pages.account.passkeys import ADD
from parvis.web.pages.account.signing import provider_label

account = Blueprint("account", __name__)

NOT_SIGNED_IN = N_("Sign in to see your account.")
OF_A_TOKEN = N_("This is for people: a token has no details and no passkeys.")
NOT_CONFIRMED = N_("Tick the box that says that you want to delete your account.")
LONGEST = 60
"""Characters of the label of a passkey."""


def require_session() -> Identity:
    """Return who is signed in; refuse a token in a header, and nobody."""
    identity = require_identity(None, NOT_SIGNED_IN)
    if identity.session is None:
        raise Refusal(403, NOT_SIGNED_IN)
    return identity


def require_person() -> Person:
    """Return the person who is signed in; refuse who signed in by a token."""
    person = require_session().person
    if person is None:
        raise Refusal(403, OF_A_TOKEN)
    return person


@account.get("/account")
@reads("done")
def page() -> Response:
    """Show the account of the person, or the token, that is signed in."""
    identity = require_session()
    data, person = host().settings.data, identity.person
    holder = {"person": person.pseudonym} if person else {"token": identity.token}
    page = render_template(
        "account/account.html",
        person=person,
        role=ROLE_NAMES[identity.role],
        meaning=ROLE_MEANINGS[identity.role],
        passkeys=People(data).passkeys(person.pseudonym) if person else [],
        is_linked=bool(person and People(data).subjects(person.pseudonym)),
        provider=provider_label(),
        sessions=Sessions(data).open(clock.machine_time(), **holder),
        done=request.args.get("done", ""),
    )
    return negotiated_response(page, store=False)


@account.post("/account/details")
def change_details() -> BaseResponse:
    """Change one's name, address and language."""
    person, form = require_person(), request.form
    details = people.read_details(*(form.get(name, "") for name in ("name", "email", "language")))
    people.change_details(host().settings, person.pseudonym, details)
    return _lead_back("details")


@account.post("/account/passkey")
def add_passkey() -> BaseResponse:
    """Add a passkey, as the step that the browser began says."""
    person, form = require_person(), request.form
    challenge, members = read_step(ADD)
    if members["pseudonym"] != person.pseudonym:
        raise Refusal(403, NOT_SIGNED_IN)
    label = people.clean_text(form.get("label", ""), LONGEST)
    ceremonies.add_passkey(
        host().settings, person.pseudonym, label, form.get("credential", ""), challenge
    )
    response = _lead_back("passkey")
    end_step(response)
    return response


@account.post("/account/passkey/remove")
def remove_passkey() -> BaseResponse:
    """Remove one's passkey, unless nothing else would sign one in."""
    name, now = request.form.get("id", ""), clock.machine_time()
    People(host().settings.data).remove_passkey(require_person().pseudonym, name, now)
    return _lead_back("passkey-removed")


@account.post("/account/sessions/end")
def end_sessions() -> BaseResponse:
    """End one of one's sessions, or all of them, this one included."""
    identity = require_session()
    name, person = request.form.get("id") or None, identity.person
    holder = {"person": person.pseudonym} if person else {"token": identity.token}
    Sessions(host().settings.data).end_of(
        clock.machine_time(), name=name, author=identity.author, **holder
    )
    if name is not None and identity.session and name != identity.session.id:
        return _lead_back("session")
    response = redirect(url_for("signing.login"), 303)
    end_session(response)
    return response


@account.post("/account/delete")
def delete() -> BaseResponse:
    """Delete one's account: all that identifies the person is gone."""
    person = require_person()
    if not request.form.get("confirmed"):
        raise UsageError(NOT_CONFIRMED)
    people.remove(host().settings, person.pseudonym, person.author)
    response = redirect(url_for("pages.home"), 303)
    end_session(response)
    return response


def _lead_back(done: str) -> BaseResponse:
    return redirect(url_for("account.page", done=done), 303)
