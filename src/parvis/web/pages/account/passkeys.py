"""Signing in by a passkey: options for the browser, then what it answers."""

from flask import Blueprint, Response, request
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.errors import TokenError
from parvis.i18n import N_
from parvis.ledger import Code, People, new_pseudonym
from parvis.pooling.people import passkeys as ceremonies
from parvis.pooling.serving.readers import SESSION
from parvis.web.http.access import begin_session, host, identify, readers, require_party
from parvis.web.http.errors import Refusal, problem_of
from parvis.web.http.steps import begin_step, end_step, keep_step, read_step
from parvis.web.pages.account.signing import lead_on, render_sign_in, require_https

passkeys = Blueprint("passkeys", __name__)

SIGN_IN, JOIN, ADD = "sign-in", "join", "add"
NOT_SIGNED_IN = N_("Sign in first: passkeys are added on the page of your account.")


@passkeys.post("/passkey/options")
def options() -> Response:
    """Return the options of a ceremony as JSON, and begin its step."""
    require_https()
    settings, purpose = host().settings, request.form.get("purpose", "")
    challenge, members = begin_step(purpose)
    if purpose == SIGN_IN:
        document = ceremonies.offer_sign_in(settings, challenge)
    elif purpose == JOIN:
        code = Code.parse(request.form.get("code", ""))
        invitation = People(settings.data).open_invitation(code, clock.machine_time())
        # The passkey names the person who will be added.
        members |= {"pseudonym": new_pseudonym(), "invitation": invitation.id}
        name = request.form.get("name", "").strip()[:100]
        document = ceremonies.offer_registration(settings, members["pseudonym"], name, challenge)
    elif purpose == ADD and (identity := identify(request)) and identity.person:
        person = identity.person
        members["pseudonym"] = person.pseudonym
        document = ceremonies.offer_registration(
            settings, person.pseudonym, person.details.name, challenge
        )
    else:
        raise Refusal(403, NOT_SIGNED_IN)
    response = Response(document, mimetype="application/json")
    response.cache_control.no_store = True
    keep_step(response, members)
    return response


@passkeys.post("/login/passkey")
def sign_in() -> BaseResponse:
    """Begin a session for the person whose passkey answered, or show what is wrong."""
    require_https()
    try:
        challenge, _ = read_step(SIGN_IN)
        answer = request.form.get("credential", "")
        person = ceremonies.sign_in(host().settings, answer, challenge)
        identity = require_party(readers().of_person(person, clock.now() + SESSION))
    except TokenError as error:
        return render_sign_in(problem_of(error))
    response = lead_on(identity)
    begin_session(response, identity)
    end_step(response)
    return response
