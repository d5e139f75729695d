"""The people of one's party, and for the steward those of every party: invite, change, end."""

from functools import partial

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.governance import Permission
from parvis.i18n import N_
from parvis.pooling import people as verbs
from parvis.pooling.notifications.inviting import SentInvitation, invite_person
from parvis.pooling.people.people import (
    ROLE_MEANINGS,
    ROLE_NAMES,
    list_parties,
)
from parvis.pooling.serving.readers import Identity
from parvis.web.http.access import host
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending
from parvis.web.pages.steward.tokens import PURPOSE_NAMES, read_days, read_purposes

people = Blueprint("people", __name__)

NOT_YOURS = N_("This is for those who manage the people of their organisation.")
NOT_STEWARD = N_("This is for the steward alone.")
_require_manager = partial(require_identity, Permission.INVITE, NOT_YOURS)
WRONG_DAYS = N_("A link works for 1 to {most} days: write a number.")
MOST_DAYS = 90
ACTS = "any(role,remove,sessions)"


@people.get("/people")
@reads("done", offers=PAGE_OR_JSON)
def own() -> Response:
    """Show the people of one's own party."""
    identity = _require_manager()
    return _render_page(identity, str(identity.reader.iri), None)


@people.get("/steward/people")
@reads("done", offers=PAGE_OR_JSON)
def all_parties() -> Response:
    """Show the people of every party."""
    return _render_page(require_identity(Permission.DECIDE, NOT_STEWARD), None, None)


@people.post("/people/invite")
def invite() -> Response:
    """Invite somebody, and show the link this once."""
    identity, form = _require_manager(), request.form
    is_steward = identity.may(Permission.DECIDE)
    party = form.get("party") if is_steward else None
    own_party = str(identity.reader.iri)
    email = form.get("email", "").strip()
    if email and not is_steward:
        # Whoever may invite their own people has not the pool's name to write to strangers.
        raise Refusal(403, NOT_STEWARD)
    # Who is invited declares no more purposes than who invites; the steward says them for others.
    purposes = identity.reader.purposes if party in {None, own_party} else read_purposes()
    sent = invite_person(
        host().settings,
        party or own_party,
        form.get("role", ""),
        email=email,
        purposes=purposes,
        days=read_days(verbs.DAYS, MOST_DAYS, WRONG_DAYS),
        author=identity.author,
    )
    return _render_page(identity, None if form.get("all") and is_steward else own_party, sent)


@people.post(f"/people/<name>/<{ACTS}:act>")
def change(name: str, act: str) -> BaseResponse:
    """Change a person's role, or end the sessions or the access of a person."""
    identity, settings = _require_manager(), host().settings
    if act == "role":
        verbs.change_role(settings, name, request.form.get("role", ""), identity.author)
    elif act == "remove":
        verbs.remove(settings, name, identity.author)
    else:
        verbs.end_sessions(settings, name, author=identity.author)
    return _lead_back(act)


@people.post("/people/invitation/<name>/withdraw")
def withdraw(name: str) -> BaseResponse:
    """End an invitation that nobody has used."""
    identity = _require_manager()
    verbs.withdraw_invitation(host().settings, name, identity.author)
    return _lead_back("withdraw")


def _lead_back(done: str) -> BaseResponse:
    endpoint = "people.all_parties" if request.form.get("all") else "people.own"
    return redirect(url_for(endpoint, done=done), 303)


def _render_page(identity: Identity, party: str | None, sent: SentInvitation | None) -> Response:
    """Render the people of a party, or of all; `sent` is an invitation made just now."""
    settings, own_party = host().settings, str(identity.reader.iri)
    cards = verbs.list_people(settings, party)
    invitations = verbs.list_invitations(settings, party)
    if sent is None and require_ending(PAGE_OR_JSON) != HTML:
        waiting = [verbs.invitation_to_json(entry) for entry in invitations]
        document = {"people": [card.to_json() for card in cards], "invitations": waiting}
        return negotiated_response(jsonify(document), store=False)
    parties = list_parties(settings) if party is None else {}
    iris = {card.party for card in cards} | {entry.membership.party for entry in invitations}
    third_party = own_party if identity.reader.host else ""
    page = render_template(
        "account/people.html",
        people=cards,
        invitations=invitations,
        parties={iri: parties.get(iri) or host().names(iri) for iri in [*parties, *iris]},
        every_party=party is None,
        sent=sent,
        mailed=bool(settings.mail.host) and identity.may(Permission.DECIDE),
        roles={
            iri: verbs.list_roles(third_party=iri == third_party)
            for iri in [*parties, *iris, own_party]
        },
        own_party=own_party,
        role_names=ROLE_NAMES,
        meanings=ROLE_MEANINGS,
        purposes=PURPOSE_NAMES,
        days=verbs.DAYS,
        most_days=MOST_DAYS,
        done=request.args.get("done", ""),
    )
    return negotiated_response(page, store=False)
