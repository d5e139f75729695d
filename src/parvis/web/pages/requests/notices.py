"""My notices: what I am told and when, a private feed, the way out of e-mails, and the outbox."""

from functools import partial

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug import Response as BaseResponse

from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.errors import UnknownThing
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.ledger import Outbox
from parvis.pooling.notifications import KINDS, NoticeKind, Timing
from parvis.pooling.notifications import outbox as verbs
from parvis.pooling.notifications.composing import notice_text
from parvis.pooling.notifications.links import NO_LINK, verify
from parvis.pooling.people import list_people
from parvis.web.http.access import PRIVATE, host
from parvis.web.http.errors import Refusal, require_identity
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, PAGE_OR_JSON, negotiated_response, require_ending

notices = Blueprint("notices", __name__)

NO_PERSON = N_("Notices are for people: sign in with an account of your own, not with a token.")
NOT_STEWARD = N_("This is for the steward: sign in with an account of the trusted third party.")
LONGEST = 2_000
"""Characters of the address of a webhook."""
SHOWN = 50
"""Notices that the page and the feed show."""
TIMINGS = {
    Timing.NOW: N_("at once"),
    Timing.DAILY: N_("once a day, together"),
    Timing.NEVER: N_("never"),
}


def _require_person() -> tuple[str, frozenset[Permission]]:
    identity = require_identity(Permission.OWN, NO_PERSON)
    if identity.person is None:
        raise Refusal(403, NO_PERSON)
    return identity.person.pseudonym, identity.permissions


@notices.get("/notices")
@reads(offers=PAGE_OR_JSON)
def page() -> Response:
    """Show a person's last notices and preferences."""
    person, permissions = _require_person()
    settings = host().settings
    preferences = verbs.read_preferences(settings, person)
    latest = Outbox(settings.data).of(person, SHOWN)
    if require_ending(PAGE_OR_JSON) != HTML:
        listed = {"preferences": to_json(preferences), "notices": to_json(latest)}
        return negotiated_response(jsonify(listed), store=False)
    content = render_template(
        "requests/notices.html",
        preferences=preferences,
        latest=[(notice, notice_text(notice, language())) for notice in latest],
        kinds={
            kind: (about, verbs.timing_of(preferences, kind))
            for kind, about in KINDS.items()
            if about.permission in permissions
        },
        timings=TIMINGS,
        feed=verbs.feed_link(settings, preferences),
        mailed=bool(settings.mail.host),
    )
    return negotiated_response(content, store=False)


@notices.post("/notices")
def prefer() -> BaseResponse:
    """Store what a person wants: a timing for each kind, working days, a webhook."""
    person, _ = _require_person()
    timings = {kind: request.form[kind] for kind in NoticeKind if kind in request.form}
    verbs.change_preferences(
        host().settings,
        person,
        {str(kind): timing for kind, timing in timings.items()},
        working_days="working_days" in request.form,
        webhook=request.form.get("webhook", "")[:LONGEST],
    )
    return redirect(url_for("notices.page"), 303)


@notices.post("/notices/feed")
def renew() -> BaseResponse:
    """Give the feed another secret address; the one before ends."""
    person, _ = _require_person()
    verbs.renew_feed(host().settings, person)
    return redirect(url_for("notices.page", _anchor="feed"), 303)


@notices.get("/notices/<link>.atom")
def feed(link: str) -> Response:
    """Return a person's last notices as Atom, by the secret address."""
    settings = host().settings
    person, number = verify(settings.data, "feed", link, 2)
    preferences = verbs.read_preferences(settings, person)
    card = next((card for card in list_people(settings) if card.pseudonym == person), None)
    if card is None or number != str(preferences.feed):
        raise UnknownThing(NO_LINK)
    latest = Outbox(settings.data).of(person, SHOWN)
    content = render_template(
        "requests/notices.xml",
        latest=[(notice, notice_text(notice, card.language)) for notice in latest],
        here=verbs.feed_link(settings, preferences),
        updated=latest[0].at if latest else card.created,
        lang=card.language,
    )
    return _private(Response(content, mimetype="application/atom+xml"))


@notices.get("/notices/unsubscribe/<link>")
def leave(link: str) -> Response:
    """Show what the link of an e-mail would stop; nothing changes."""
    _, kind = verbs.read_unsubscribe_link(host().settings, link)
    about = KINDS[kind].name if kind else ""
    return _private(Response(render_template("requests/stop.html", about=about, link=link, done=0)))


@notices.post("/notices/unsubscribe/<link>")
def stop(link: str) -> Response:
    """Stop a kind of e-mails, or all: by the page, or by a mail program (RFC 8058)."""
    kind = verbs.unsubscribe(host().settings, link)
    about = KINDS[kind].name if kind else ""
    return _private(Response(render_template("requests/stop.html", about=about, link=link, done=1)))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = PRIVATE
    response.headers["Referrer-Policy"] = "no-referrer"  # the address itself is the secret
    response.headers["X-Robots-Tag"] = "noindex"
    return response


_require_steward = partial(require_identity, Permission.DECIDE, NOT_STEWARD)


@notices.get("/steward/outbox")
@reads(offers=PAGE_OR_JSON)
def listing() -> Response:
    """List the messages that wait and those that were given up; nobody is named."""
    _require_steward()
    box = Outbox(host().settings.data)
    deliveries, counts = box.open(), box.count()
    if require_ending(PAGE_OR_JSON) != HTML:
        listed = {"counts": counts, "open": to_json(deliveries)}
        return negotiated_response(jsonify(listed), store=False)
    waiting = box.notices(delivery.notice for delivery in deliveries[:SHOWN])
    content = render_template(
        "requests/outbox.html",
        rows=[
            (item, waiting[item.notice]) for item in deliveries[:SHOWN] if item.notice in waiting
        ],
        counts=counts,
        kinds=KINDS,
        mailed=bool(host().settings.mail.host),
    )
    return negotiated_response(content, store=False)


@notices.post("/steward/outbox/retry")
def retry() -> BaseResponse:
    """Let what was given up wait again."""
    identity = _require_steward()
    Outbox(host().settings.data).retry(clock.machine_time(), identity.author)
    return redirect(url_for("notices.listing"), 303)
