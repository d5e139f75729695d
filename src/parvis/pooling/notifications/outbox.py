"""Put a notice into the outbox for each person whom it concerns, by the person's own rules."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from secrets import token_hex, token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from parvis.config import Settings, clock
from parvis.errors import UnknownThing, UsageError
from parvis.fetch.address import Address
from parvis.governance import PERMISSIONS, Role
from parvis.i18n import N_
from parvis.ledger import Delivery, Notice, Outbox, Preferences
from parvis.pooling.notifications.kinds import KINDS, NoticeKind, Timing
from parvis.pooling.notifications.links import NO_LINK, sign, verify
from parvis.pooling.people import contacts, list_people

EMAIL, WEBHOOK = "email", "webhook"
MORNING = time(7)
"""The hour, of the pool, at which the notices of a day leave together."""
SATURDAY = 5
NO_TIMING = N_("“{text}” is none of: now, daily, never")
NO_KIND = N_("“{text}” is no kind of notice")


def notify(
    settings: Settings, kind: NoticeKind, party: str, facts: Mapping[str, Any], key: str = ""
) -> int:
    """Put a notice into the outbox for the people of a party (an IRI); return how many got one.

    `facts` fill the kind's sentence: texts, texts by language, or days (ISO 8601); `path` is the
    page to go to. A notice of the same `key` reaches a person once.
    """
    now, outbox = clock.machine_time(), Outbox(settings.data)
    with_email = {card.pseudonym for card in contacts(settings, party)}
    pairs = []
    for card in list_people(settings, party):
        if KINDS[kind].permission not in PERMISSIONS[Role(card.role)]:
            continue
        wishes = outbox.preferences(card.pseudonym)
        timing = timing_of(wishes, kind)
        if timing is Timing.NEVER:
            continue
        name = token_hex(12)
        unique = f"{kind}|{key or name}|{card.pseudonym}"
        notice = Notice(name, unique, kind, party, card.pseudonym, dict(facts), now)
        due = next_due(settings, now, timing, working_days=wishes.working_days)
        mailed = settings.mail.host and card.pseudonym in with_email
        channels = [EMAIL] if mailed else []
        channels += [WEBHOOK] if wishes.webhook else []
        pairs.append((notice, [Delivery(name, channel, due) for channel in channels]))
    return outbox.add(pairs)


def timing_of(preferences: Preferences, kind: NoticeKind) -> Timing:
    """Return when a person wants a kind of notices."""
    return Timing(preferences.timings.get(kind, KINDS[kind].timing))


def next_due(settings: Settings, now: datetime, timing: Timing, *, working_days: bool) -> datetime:
    """Return when a notice leaves: now, or in the morning, on a working day if that is wanted."""
    local = now.astimezone(ZoneInfo(settings.timezone))
    morning = datetime.combine(local.date(), MORNING, local.tzinfo)
    if timing is Timing.DAILY:
        due = morning if local < morning else morning + timedelta(days=1)
    elif working_days and local.weekday() >= SATURDAY:
        due = morning
    else:
        return now
    while working_days and due.weekday() >= SATURDAY:
        due += timedelta(days=1)
    return due


# What each person wants.


def read_preferences(settings: Settings, person: str) -> Preferences:
    return Outbox(settings.data).preferences(person)


def change_preferences(
    settings: Settings,
    person: str,
    timings: Mapping[str, str],
    *,
    working_days: bool,
    webhook: str,
) -> Preferences:
    """Store what a person wants; raises `UsageError` and `AddressError` for what is wrong.

    A new webhook gets a new secret, by which its messages are signed.
    """
    for kind, timing in timings.items():
        if kind not in list(NoticeKind):
            raise UsageError(NO_KIND, text=kind)
        if timing not in list(Timing):
            raise UsageError(NO_TIMING, text=timing)
    address = webhook.strip()
    if address:
        Address.parse(address)
    former = read_preferences(settings, person)
    is_same = address == former.webhook
    secret = former.secret if is_same else token_urlsafe(32) if address else ""
    changed = replace(
        former,
        timings={**former.timings, **timings},
        working_days=working_days,
        webhook=address,
        secret=secret,
    )
    Outbox(settings.data).prefer(changed)
    return changed


def unsubscribe(settings: Settings, link: str) -> NoticeKind | None:
    """Stop the e-mails of one kind, or of all, by a signed link; return which (None: all)."""
    person, name = read_unsubscribe_link(settings, link)
    kinds: Iterable[NoticeKind] = NoticeKind if name is None else [name]
    preferences = read_preferences(settings, person)
    timings = {**preferences.timings, **dict.fromkeys(map(str, kinds), str(Timing.NEVER))}
    Outbox(settings.data).prefer(replace(preferences, timings=timings))
    return name


def unsubscribe_link(settings: Settings, person: str, kind: NoticeKind | None) -> str:
    """Return the address that stops a kind of messages, or all."""
    token = sign(settings.data, "unsubscribe", person, kind or "all")
    return f"{settings.base}notices/unsubscribe/{token}"


def read_unsubscribe_link(settings: Settings, link: str) -> tuple[str, NoticeKind | None]:
    """Return the person and the kind of a link; raises `UnknownThing`, also after they left."""
    person, name = verify(settings.data, "unsubscribe", link, 2)
    # Else the link would store something of who left anew.
    if all(card.pseudonym != person for card in list_people(settings)):
        raise UnknownThing(NO_LINK)
    return person, None if name == "all" else NoticeKind(name)


def feed_link(settings: Settings, preferences: Preferences) -> str:
    """Return the secret address of a person's feed."""
    token = sign(settings.data, "feed", preferences.person, str(preferences.feed))
    return f"{settings.base}notices/{token}.atom"


def renew_feed(settings: Settings, person: str) -> Preferences:
    """Give a person's feed another address: the one before ends at once."""
    former = read_preferences(settings, person)
    changed = replace(former, feed=former.feed + 1)
    Outbox(settings.data).prefer(changed)
    return changed
