"""Ask for access to a dataset or a show, and answer: offer, accept, decline, withdraw.

Who asks must be able to know of what it asks for; the owner decides: the partner for its datasets,
the third party for releases, and for a show the partners whose datasets describe it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from parvis.catalog.folder import Catalog, broader_purposes
from parvis.config import Settings, clock
from parvis.config.json_data import to_object
from parvis.errors import InputError, UnknownThing, UsageError
from parvis.governance import (
    READ,
    Reader,
    RequestAct,
    RequestState,
    Side,
    acts_of,
    deadline_of,
    decide,
    next_state,
)
from parvis.governance.requests import DPV, PURPOSES
from parvis.i18n import LANGUAGES, N_, both, choose_text
from parvis.ledger import SHELL, Author, Offer, Request, RequestChange, Requests
from parvis.pooling.notifications import NoticeKind, notify
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.requests.drafting import draft_agreed, remove_clauses
from parvis.pooling.stewardship.requests.standing_offers import find_standing_offer
from parvis.pooling.texts.valid import last_valid
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from parvis.pooling.serving.service import PoolService

LONGEST = 2_000
"""Characters of a message, and of a reason."""
YEARS = 5
"""Years for which access may be requested at most."""
NO_REQUEST = N_("there is no request {id}")
NOT_NOW = N_(
    "this cannot be done with the request {id} any more, or not by you: its page says where it"
    " stands"
)
NO_PURPOSE = N_("“{purpose}” is none of the purposes: {choices}")
NO_DAY = N_("“{day}” is no day such as 2027-06-30")
BAD_DAY = N_("{day} is not a day to come within {years} years: choose when the access ends")
READS = N_("you may read {dataset} already: there is nothing to ask for")
OWN = N_("{dataset} is yours already")
NO_OWNER = N_("no partner of the pool describes {iri}: ask for one of its datasets instead")
NOT_YOURS = N_("{dataset} is no dataset of who answers: choose one of its own")
NO_REASON = N_("say why you decline: who asked reads it")
NO_MESSAGE = N_("say who will use the data, and what you will do with them: who decides reads it")


STATES = {
    RequestState.WAITING: N_("waits for an answer"),
    RequestState.OFFERED: N_("an offer waits for who asked to accept it"),
    RequestState.AGREED: N_("agreed: the agreement is to be signed"),
    RequestState.GRANTED: N_("granted: an agreement in force permits it"),
    RequestState.DECLINED: N_("declined"),
    RequestState.WITHDRAWN: N_("withdrawn"),
    RequestState.EXPIRED: N_("expired without an answer"),
}
"""Each state in words."""


@dataclass(frozen=True)
class Wish:
    """What somebody would read: a dataset or a show by its IRI, for a purpose, until a day."""

    subject: str
    purpose: str
    until: date
    message: str


def read_wish(subject: str, purpose: str, until: str, message: str) -> Wish:
    """Check what a form or a command says. Raises `UsageError` in words."""
    text = " ".join(message.split())[:LONGEST]
    if not text:
        raise UsageError(NO_MESSAGE)
    return Wish(subject, require_purpose(purpose), require_day(until), text)


def require_purpose(text: str) -> str:
    """Return the IRI of a purpose, named by its code or IRI. Raises `UsageError`."""
    iri = text if text.startswith(DPV) else f"{DPV}{text}"
    if iri not in broader_purposes():
        choices = {
            lang: ", ".join(f"{name} ({both(words)[lang]})" for name, words in PURPOSES.items())
            for lang in LANGUAGES
        }
        raise UsageError(NO_PURPOSE, purpose=text, choices=choices)
    return iri


def require_day(text: str) -> date:
    """Return a day to come. Raises `UsageError`."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(NO_DAY, day=text) from error
    today = clock.day_in_quebec()
    if not today < day <= today + timedelta(days=366 * YEARS):
        raise UsageError(BAD_DAY, day=text, years=YEARS)
    return day


def request_access(
    host: "PoolService", reader: Reader, author: Author, wish: Wish
) -> list[Request]:
    """Make a party's requests: one to each owner; a standing offer answers at once.

    Raises `UnknownThing` for what the reader may not know of, `UsageError` for what it reads
    already, `LimitError` for too many open requests.
    """
    requester, now = str(reader.iri), clock.machine_time()
    title, owners = find_owners(host, reader, wish.subject)
    requests = [
        Request(
            id=token_hex(8),
            requester=requester,
            owner=owner,
            subject=wish.subject,
            title=title,
            purpose=wish.purpose,
            until=wish.until,
            message=wish.message,
            created=now,
            state=RequestState.WAITING,
            since=now,
            due=deadline_of(RequestState.WAITING, now),
        )
        for owner in owners
    ]
    Requests(host.settings.data).add(requests, author)
    answered = [_answer_at_once(host, request) for request in requests]
    for request in answered:
        if request.due is not None and request.state == RequestState.WAITING:
            facts = {
                "party": host.names(requester),
                "title": dict(request.title),
                "day": request.due.astimezone(clock.QUEBEC).date().isoformat(),
                "path": f"requests/{request.id}",
            }
            notify(host.settings, NoticeKind.REQUEST_RECEIVED, request.owner, facts)
    return answered


def find_owners(
    host: "PoolService", reader: Reader, subject: str
) -> tuple[Mapping[str, str], list[str]]:
    """Return the title of what is asked for, and the parties that decide about it."""
    prefix = host.iris.thing("dataset", "")
    if subject.startswith(prefix):
        partner, _, name = subject.removeprefix(prefix).partition("/")
        card = host.dataset(reader, DatasetKey(partner, name))
        if reader.iri == host.iris.partner(partner):
            raise UsageError(OWN, dataset=card.title)
        if card.readable:
            raise UsageError(READS, dataset=card.title)
        return card.title, [host.iris.partner(partner)]
    description = host.describe(reader, subject)
    keys = {key for group in description.groups for value in group.values for key in value.datasets}
    owners = sorted({host.iris.partner(key.partner) for key in keys} - {str(reader.iri)})
    if not owners:
        raise UsageError(NO_OWNER, iri=subject)
    return description.label, owners


def _answer_at_once(host: "PoolService", request: Request) -> Request:
    rule = find_standing_offer(host, request)
    if rule is None:
        return request
    last = clock.day_in_quebec() + timedelta(days=rule.days)
    offer = Offer(rule.dataset, request.purpose, min(request.until, last), rule=rule.id)
    by_rule = Author(request.owner, "rule")
    return _change(host.settings, request.id, RequestAct.OFFER, {Side.OWNER}, by_rule, offer=offer)


def offer_access(  # noqa: PLR0913 - an offer has as many parts
    settings: Settings,
    name: str,
    author: Author,
    *,
    until: str,
    dataset: str = "",
    purpose: str = "",
    words: str = "",
) -> Request:
    """Answer a request by what its owner would allow; what is not said is as it was asked for.

    `dataset` is ``PARTNER/DATASET``: a request for a show needs one.
    """
    request = Requests(settings.data).require(name)
    iris = Catalog.load(settings.catalog, settings.base, last_valid(settings.data)).datasets
    target = request.subject
    if dataset:
        partner, _, rest = dataset.partition("/")
        target = f"{settings.base}id/dataset/{partner}/{rest}"
    own = {entry.iri for entry in iris.values() if entry.publisher == request.owner}
    if target not in own:
        raise UsageError(NOT_YOURS, dataset=dataset or choose_text("fr", request.title))
    offer = Offer(
        dataset=target,
        purpose=require_purpose(purpose) if purpose else request.purpose,
        until=require_day(until) if until else request.until,
        words=" ".join(words.split())[:LONGEST],
    )
    return _change(settings, name, RequestAct.OFFER, _sides(request, author), author, offer=offer)


def accept_offer(settings: Settings, name: str, author: Author) -> Request:
    """Accept an offer: the next version of the agreement is drafted, for both sides to sign.

    Repeated after an interruption, it finishes what was begun. Raises `UsageError` where there is
    no offer to accept, `PolicyError` or `CatalogError` where the draft would be wrong.
    """
    request = Requests(settings.data).require(name).at(clock.machine_time())
    sides = _sides(request, author)
    if next_state(RequestState(request.state), RequestAct.ACCEPT, sides) is None:
        raise UsageError(NOT_NOW, id=name)
    # The draft comes first: a request that is agreed always has its clause.
    draft_agreed(settings, request, author)
    return _change(settings, name, RequestAct.ACCEPT, sides, author)


def decline_request(settings: Settings, name: str, author: Author, reason: str) -> Request:
    """Decline a request, or an offer, with a reason."""
    text = " ".join(reason.split())[:LONGEST]
    if not text:
        raise UsageError(NO_REASON)
    request = Requests(settings.data).require(name)
    declined = _change(
        settings, name, RequestAct.DECLINE, _sides(request, author), author, reason=text
    )
    remove_clauses(settings, [declined], author)
    return declined


def withdraw_request(settings: Settings, name: str, author: Author) -> Request:
    """Take a request back."""
    request = Requests(settings.data).require(name)
    withdrawn = _change(settings, name, RequestAct.WITHDRAW, _sides(request, author), author)
    remove_clauses(settings, [withdrawn], author)
    return withdrawn


def _sides(request: Request, author: Author) -> frozenset[Side]:
    # The steward at the machine records what either side has said elsewhere.
    if author == SHELL:
        return frozenset({Side.REQUESTER, Side.OWNER})
    sides = {request.requester: Side.REQUESTER, request.owner: Side.OWNER}
    return frozenset(side for party, side in sides.items() if party == author.party)


def _change(  # noqa: PLR0913 - a change has as many parts
    settings: Settings,
    name: str,
    act: RequestAct,
    sides: Iterable[Side],
    author: Author,
    *,
    offer: Offer | None = None,
    reason: str = "",
) -> Request:
    """Change the state of a request as the table lets these sides; raises `UsageError`."""
    now, sides = clock.machine_time(), frozenset(sides)

    def update(request: Request) -> Request:
        current = request if act is RequestAct.EXPIRE else request.at(now)
        state = next_state(RequestState(current.state), act, sides)
        if state is None:
            raise UsageError(NOT_NOW, id=name)
        return replace(
            current,
            state=state,
            since=now,
            due=deadline_of(state, now),
            offer=offer or current.offer,
            reason=reason,
        )

    facts = ({"reason": reason} if reason else {}) | (to_object(offer) if offer else {})
    changed = Requests(settings.data).change(name, update, act, author, now, facts)
    answer = {
        "title": dict(changed.title),
        "state": both(STATES[RequestState(changed.state)]),
        "path": f"requests/{name}",
    }
    # Who did it knows; the pool's own acts are for both sides.
    for party in {changed.requester, changed.owner} - {author.party}:
        notify(settings, NoticeKind.REQUEST_ANSWERED, party, answer)
    return changed


@dataclass(frozen=True)
class SettledRequests:
    """The requests that a look at the clock and at the agreements in force has ended."""

    expired: list[Request]
    granted: list[Request]


def settle_requests(pool: Pool, now: datetime | None = None) -> SettledRequests:
    """Expire the requests whose deadline is over; end those that an agreement in force grants."""
    at, settings = now or clock.machine_time(), pool.settings
    expired, granted, requests = list[Request](), list[Request](), Requests(settings.data).all()
    for request in requests:
        if request.due is None:
            continue
        reader = Reader(request.requester, frozenset({request.purpose}))
        target = request.offer.dataset if request.offer else request.subject
        if request.at(at).due is None:
            expired.append(_end(settings, request, RequestAct.EXPIRE))
        elif request.at(clock.machine_time()).due is None:
            continue  # over by now: a grant would come too late, and the next call expires it
        elif decide(pool.catalog.policies, reader, READ, target, at).allowed:
            granted.append(_end(settings, request, RequestAct.GRANT))
            _announce_reader(pool, request)
    # A text that is wrong elsewhere stops no expiry: whoever signs the draft reads the clause.
    with suppress(InputError):
        remove_clauses(settings, expired, SHELL)
    return SettledRequests(expired, granted)


def _announce_reader(pool: Pool, request: Request) -> None:
    reader = pool.catalog.party_named(request.requester)
    names = reader.names if reader else dict.fromkeys(LANGUAGES, request.requester)
    facts = {"party": names, "title": dict(request.title), "path": "organization/requests"}
    notify(pool.settings, NoticeKind.NEW_READER, request.owner, facts, request.id)


def _end(settings: Settings, request: Request, act: RequestAct) -> Request:
    return _change(settings, request.id, act, {Side.POOL}, Author(None, "pool"))


# What each party sees of requests: those that it made, and those that it is to answer.


@dataclass(frozen=True)
class RequestView:
    """A request as one of its parties sees it, with what it may do; `history` is in order."""

    request: Request
    acts: frozenset[RequestAct]
    history: tuple[RequestChange, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return to_object(self.request) | {
            "acts": sorted(self.acts),
            "history": [to_object(change) for change in self.history],
        }


def read_request(settings: Settings, name: str, party: str, *, watching: bool) -> RequestView:
    """Return a request to one of its parties, or to who watches over the pool.

    Raises `UnknownThing` for anyone else, as for a request that does not exist.
    """
    requests = Requests(settings.data)
    request = requests.require(name).at(clock.machine_time())
    if not watching and party not in {request.requester, request.owner}:
        raise UnknownThing(NO_REQUEST, id=name)
    history = requests.history(name)
    if not watching:
        # Which of its people did something is for each party alone to know.
        history = [
            change if change.party == party else replace(change, person=None) for change in history
        ]
    return RequestView(request, _acts(request, party), tuple(history))


def list_requests(settings: Settings, party: str | None = None) -> list[RequestView]:
    """Return the requests that a party made or is to answer, or all, the newest first."""
    requests, now = Requests(settings.data), clock.machine_time()
    rows = requests.all() if party is None else requests.of(party)
    current = [request.at(now) for request in rows]
    return [RequestView(request, _acts(request, party or "")) for request in current]


def _acts(request: Request, party: str) -> frozenset[RequestAct]:
    return acts_of(RequestState(request.state), _sides(request, Author(party, "")))
