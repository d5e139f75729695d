"""Ask for access, see one's requests, and answer those of others."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.governance import STAGES, Permission, RequestAct, RequestState
from parvis.governance.requests import DPV, PURPOSES
from parvis.i18n import N_
from parvis.ledger import StandingOffers
from parvis.pooling.serving.readers import Identity
from parvis.pooling.stewardship.requests import requesting as verbs
from parvis.pooling.stewardship.requests.odrl import write_request
from parvis.pooling.stewardship.requests.requesting import RequestView
from parvis.pooling.stewardship.requests.standing_offers import (
    add_standing_offer,
    describe_standing_offer,
    end_standing_offer,
)
from parvis.rdf.files import serialise
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, identify, partner_of, reader_of
from parvis.web.http.errors import require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import localise
from parvis.web.http.negotiation import (
    HTML,
    PAGE_OR_JSON,
    negotiated_response,
    require_ending,
)

requesting = Blueprint("requesting", __name__)

REQUEST_FORMS = PAGE_OR_JSON | {"text/turtle": "ttl"}
NOT_EDITOR = N_(
    "This is for people who may ask and answer in the name of an organisation: sign in with such an"
    " account."
)
NOT_PARTY = N_("This is for the organisations of the pool: sign in.")
NOT_STEWARD = N_("This is for the steward: sign in with an account of the trusted third party.")
MONTHS = 365
"""Days after which a new request ends, unless changed."""
CHANGES = {
    "make": N_("asked"),
    "offer": N_("made an offer"),
    "accept": N_("accepted the offer"),
    "decline": N_("declined"),
    "withdraw": N_("withdrew the request"),
    "grant": N_("an agreement in force permits it"),
    "expire": N_("expired"),
    "law25-answers": N_("file under Law 25 written"),
    "law25-assessment": N_("assessment joined"),
    "law25-step": N_("step of Law 25 dated"),
}

_require_editor = partial(require_identity, Permission.EDIT, NOT_EDITOR)
_require_party = partial(require_identity, Permission.OWN, NOT_PARTY)


@requesting.get("/requests/new")
@reads("subject")
def form() -> Response:
    """Show the form to ask for access, or explain how to get an account."""
    identity, subject = identify(request), request.args.get("subject", "")
    may_ask = identity is not None and identity.may(Permission.EDIT)
    title = verbs.find_owners(host(), reader_of(request), subject)[0] if may_ask else {}
    today = clock.day_in_quebec()
    page = render_template(
        "requests/new.html",
        subject=subject,
        title=title,
        may_ask=may_ask,
        purposes=PURPOSES,
        first=(today + timedelta(days=1)).isoformat(),
        until=(today + timedelta(days=MONTHS)).isoformat(),
        days=STAGES[RequestState.WAITING].days,
        longest=verbs.LONGEST,
    )
    return negotiated_response(page, store=False)


@requesting.post("/requests")
@reads(offers=PAGE_OR_JSON)
def make() -> BaseResponse:
    """Ask for access: subject, purpose, until, message."""
    identity = _require_editor()
    fields = (request.form.get(name, "") for name in ("subject", "purpose", "until", "message"))
    wish = verbs.read_wish(*fields)
    requests = verbs.request_access(host(), identity.reader, identity.author, wish)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify([to_json(item) for item in requests]), store=False)
    if len(requests) > 1:
        return redirect(url_for("requesting.own"), 303)
    return redirect(url_for("requesting.page", name=requests[0].id), 303)


@requesting.get("/organization/requests")
@reads(offers=PAGE_OR_JSON)
def own() -> Response:
    """List the requests that the reader's organisation made and those that it is to answer."""
    identity = _require_party()
    party = str(identity.reader.iri)
    views = verbs.list_requests(host().settings, party)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify([to_json(view) for view in views]), store=False)
    slug = partner_of(identity)
    cards = [card for card in host().datasets(identity.reader) if slug and card.key.partner == slug]
    page = render_template(
        "requests/own.html",
        received=[view for view in views if view.request.owner == party],
        sent=[view for view in views if view.request.requester == party],
        names=_names_of(views),
        states=verbs.STATES,
        rules=_describe_rules(party),
        purposes=PURPOSES,
        cards=cards,
        projects=[p for p in host().list_projects() if party in p.members],
        may_edit=identity.may(Permission.EDIT),
    )
    return negotiated_response(page, store=False)


@requesting.get("/steward/requests")
@reads(offers=PAGE_OR_JSON)
def all_requests() -> Response:
    """List every request of the pool."""
    require_identity(Permission.DECIDE, NOT_STEWARD)
    views = verbs.list_requests(host().settings)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify([to_json(view) for view in views]), store=False)
    page = render_template(
        "requests/all.html", views=views, names=_names_of(views), states=verbs.STATES
    )
    return negotiated_response(page, store=False)


@requesting.get("/requests/<name>")
@reads(offers=REQUEST_FORMS)
def page(name: str) -> Response:
    """Show a request with its history to its parties: as a page, JSON, or ODRL in Turtle."""
    identity = _require_party()
    view = _read_view(identity, name)
    ending = require_ending(REQUEST_FORMS)
    if ending == "json":
        return negotiated_response(jsonify(to_json(view)), store=False)
    if ending == "ttl":
        graph = write_request(view.request, host().settings.base)
        response = Response(serialise(graph, "ttl"), mimetype="text/turtle")
        return negotiated_response(response, store=False)
    access, owner = view.request, view.request.owner
    prefix = host().iris.partner("")
    slug = owner.removeprefix(prefix)
    cards = {card.iri: card for card in host().datasets(identity.reader)}
    content = render_template(
        "requests/request.html",
        view=view,
        access=access,
        states=verbs.STATES,
        changes=CHANGES,
        names=_names_of([view]),
        purposes=PURPOSES,
        purpose_of=_purpose_in_words,
        offered=cards.get(access.offer.dataset) if access.offer else None,
        choices=[card for card in cards.values() if card.key.partner == slug],
        is_dataset=access.subject.startswith(host().iris.thing("dataset", "")),
        may_edit=identity.may(Permission.EDIT),
        owns=owner == identity.reader.iri,
        longest=verbs.LONGEST,
    )
    return negotiated_response(content, store=False)


@requesting.post("/requests/<name>/<any(offer,accept,decline,withdraw):act>")
@reads(offers=PAGE_OR_JSON)
def change(name: str, act: str) -> BaseResponse:
    """Offer access, or accept, decline or withdraw."""
    identity, settings = _require_editor(), host().settings
    _read_view(identity, name)  # for anyone else it does not exist
    author = identity.author
    if act == RequestAct.OFFER:
        fields = {
            key: request.form.get(key, "") for key in ("dataset", "purpose", "until", "words")
        }
        changed = verbs.offer_access(settings, name, author, **fields)
    elif act == RequestAct.ACCEPT:
        changed = verbs.accept_offer(settings, name, author)
    elif act == RequestAct.DECLINE:
        changed = verbs.decline_request(settings, name, author, request.form.get("reason", ""))
    else:
        changed = verbs.withdraw_request(settings, name, author)
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(changed)), store=False)
    return redirect(url_for("requesting.page", name=name), 303)


@requesting.post("/organization/requests/rules")
@reads(offers=PAGE_OR_JSON)
def add_rule() -> BaseResponse:
    """Store a rule that answers requests at once: dataset, audience, days, purpose."""
    identity = _require_editor()
    partner, _, name = request.form.get("dataset", "").partition("/")
    days, purpose = request.form.get("days", ""), request.form.get("purpose", "")
    rule = add_standing_offer(
        host().settings,
        str(identity.reader.iri),
        DatasetKey(partner, name),
        request.form.get("audience", ""),
        int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,  # noqa: PLR2004
        identity.author,
        (verbs.require_purpose(purpose),) if purpose else (),
    )
    if require_ending(PAGE_OR_JSON) != HTML:
        return negotiated_response(jsonify(to_json(rule)), store=False)
    return redirect(url_for("requesting.own", _anchor="rules"), 303)


@requesting.post("/organization/requests/rules/<name>/end")
def end_rule(name: str) -> BaseResponse:
    """End a rule of the reader's organisation."""
    identity = _require_editor()
    end_standing_offer(host().settings, name, str(identity.reader.iri), identity.author)
    return redirect(url_for("requesting.own", _anchor="rules"), 303)


def _read_view(identity: Identity, name: str) -> RequestView:
    party = str(identity.reader.iri)
    watching = identity.may(Permission.WATCH)
    return verbs.read_request(host().settings, name, party, watching=watching)


def _names_of(views: Iterable[RequestView]) -> dict[str, str]:
    parties = {
        party
        for view in views
        for party in (view.request.requester, view.request.owner)
        for party in (party, *(change.party for change in view.history if change.party))
    }
    return {party: localise(host().names(party)) for party in parties}


def _purpose_in_words(iri: str) -> str:
    code = iri.removeprefix(DPV)
    return PURPOSES.get(code, code)


def _describe_rules(party: str) -> list[dict[str, object]]:
    published = host().snapshot()
    return [
        {
            "id": rule.id,
            "words": describe_standing_offer(published, rule),
            "title": published.cards[rule.dataset].title if rule.dataset in published.cards else {},
            "purposes": [_purpose_in_words(purpose) for purpose in rule.purposes],
        }
        for rule in StandingOffers(host().settings.data).of(party)
    ]
