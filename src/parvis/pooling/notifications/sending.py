"""Send what waits in the outbox: each batch once, tried again more and more rarely.

A batch is decided in the ledger before it is sent, and so is the same at each try: where a process
ends between the server's acceptance and the record, the message leaves once more under the same
Message-ID.
"""

import fcntl
import json
import logging
import os
import smtplib
import ssl
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256
from hmac import new as hmac
from http import HTTPStatus
from secrets import token_hex
from threading import Event, Thread

from parvis.config import Settings, clock, make_private
from parvis.errors import AddressError, FetchError, ParvisError, UsageError
from parvis.fetch.webhook import post
from parvis.ledger import Delivery, Notice, Outbox
from parvis.ledger.notices import DROPPED, FAILED, SENT
from parvis.pooling.notifications.composing import compose_email, notice_to_json
from parvis.pooling.notifications.kinds import NoticeKind, Timing
from parvis.pooling.notifications.outbox import EMAIL, timing_of
from parvis.pooling.people import PersonCard, list_people

FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=6)
"""How long to wait before the second try, and between later ones at most."""
KEPT_DAYS = 400
"""Days that a notice is in its person's feed."""
WEBHOOK_SECONDS = 60.0
"""Seconds that webhooks take together in one run; what is left waits for the next one."""
PAUSE = 30.0
"""Seconds between two looks at the outbox."""
LOG = logging.getLogger("parvis")


class PermanentError(Exception):
    """A refusal that no later try would change; says why."""


class TemporaryError(Exception):
    """A failure after which the message is tried again; says why."""


@dataclass(frozen=True)
class Sent:
    """How many messages left, wait for another try, or were given up, in one run."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0


def send_due(settings: Settings, now: datetime | None = None) -> Sent:
    """Send what is due, one process at a time; another that sends already does it all."""
    at, outbox = now or clock.machine_time(), Outbox(settings.data)
    if not outbox.due(at):
        return Sent()
    with _sole_sender(settings) as alone:
        if not alone:
            return Sent()
        _decide_batches(outbox, at)
        batches = defaultdict[str, list[Delivery]](list)
        for delivery in outbox.due(at):
            batches[delivery.batch or delivery.notice].append(delivery)
        people = {card.pseudonym: card for card in list_people(settings)}
        states, spent = list[str](), 0.0
        # E-mails first: the programs of strangers may be as slow as they like.
        for name, deliveries in sorted(batches.items(), key=lambda b: b[1][0].channel != EMAIL):
            if spent > WEBHOOK_SECONDS:
                break
            begun = time.monotonic()
            states.append(_send_batch(settings, outbox, people, name, deliveries, at))
            if deliveries[0].channel != EMAIL:
                spent += time.monotonic() - begun
    return Sent(states.count(SENT), states.count("waiting"), states.count(FAILED))


@contextmanager
def _sole_sender(settings: Settings) -> Iterator[bool]:
    """Hold the lock of the outbox; yield whether this process has it."""
    make_private(settings.data)
    handle = os.open(settings.data / "outbox.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


def _decide_batches(outbox: Outbox, now: datetime) -> None:
    """Put what leaves at the same instant to one person by one channel into one message."""
    new = [delivery for delivery in outbox.due(now) if delivery.batch is None]
    notices = outbox.notices(delivery.notice for delivery in new)
    persons = {name: notice.person for name, notice in notices.items()}
    batches: dict[tuple[str, str, datetime], str] = {}
    decided = []
    for delivery in new:
        place = (persons.get(delivery.notice, ""), delivery.channel, delivery.due)
        # A webhook takes one notice at a time.
        batch = token_hex(12) if delivery.channel != EMAIL else batches.get(place, token_hex(12))
        batches[place] = batch
        decided.append(replace(delivery, batch=batch))
    outbox.write(decided)


def _send_batch(  # noqa: PLR0913, PLR0917 - a batch has as many parts
    settings: Settings,
    outbox: Outbox,
    people: dict[str, PersonCard],
    batch: str,
    deliveries: list[Delivery],
    now: datetime,
) -> str:
    """Send one batch and record what came of it; return its state, empty for one dropped."""
    notices = outbox.notices(delivery.notice for delivery in deliveries)
    person = next((people.get(notice.person) for notice in notices.values()), None)
    wishes = outbox.preferences(person.pseudonym) if person else None
    wanted = [
        notice
        for notice in notices.values()
        if wishes and timing_of(wishes, NoticeKind(notice.kind)) is not Timing.NEVER
    ]
    channel = deliveries[0].channel
    reachable = person and wishes and (person.email if channel == EMAIL else wishes.webhook)
    if not person or not wishes or not wanted or not reachable:
        outbox.write(replace(item, state=DROPPED, done=now) for item in deliveries)
        return ""
    try:
        if channel == EMAIL:
            send_email(settings, compose_email(settings, person, wanted, batch, now))
        else:
            send_webhook(settings, wanted[0], wishes.webhook, wishes.secret, now)
    except (PermanentError, UsageError, AddressError) as error:
        outbox.write(_fail(item, error, now) for item in deliveries)
        return FAILED
    except (TemporaryError, FetchError) as error:
        retried = [_retry(settings, item, error, now) for item in deliveries]
        outbox.write(retried)
        return retried[0].state
    outbox.write(replace(item, state=SENT, done=now, error="") for item in deliveries)
    return SENT


def _fail(delivery: Delivery, error: Exception, now: datetime) -> Delivery:
    tries = delivery.tries + 1
    return replace(delivery, state=FAILED, error=str(error)[:500], tries=tries, done=now)


def _retry(settings: Settings, delivery: Delivery, error: Exception, now: datetime) -> Delivery:
    tries = delivery.tries + 1
    if tries >= settings.mail.tries:
        return _fail(delivery, error, now)
    wait = min(FIRST * 2 ** (tries - 1), LONGEST)
    return replace(delivery, tries=tries, error=str(error)[:500], due=now + wait)


def send_email(settings: Settings, message: EmailMessage) -> None:
    """Hand a message to the mail server; raises `PermanentError` or `TemporaryError`."""
    mail = settings.mail
    if not mail.host:
        raise TemporaryError("no mail server is set (“host” of “mail”)")
    try:
        with _connect(settings) as server:
            if mail.user:
                server.login(mail.user, mail.secret())
            server.send_message(message)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPHeloError) as error:
        raise _by_code(error.smtp_code, error) from error
    except smtplib.SMTPRecipientsRefused as error:
        code = min(code for code, _ in error.recipients.values())
        raise _by_code(code, error) from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        # A wrong password too: the steward mends it, and nothing is lost meanwhile.
        raise TemporaryError(str(error)) from error


def _connect(settings: Settings) -> smtplib.SMTP:
    mail = settings.mail
    if mail.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.seconds, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=mail.seconds)
    if mail.security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server


def _by_code(code: int, error: Exception) -> Exception:
    # 5yz is a permanent refusal, 4yz a passing one (RFC 5321 §4.2.1).
    permanent = code >= 500  # noqa: PLR2004
    return PermanentError(str(error)) if permanent else TemporaryError(str(error))


def send_webhook(settings: Settings, notice: Notice, url: str, secret: str, now: datetime) -> None:
    """Post a notice as JSON, signed with the person's secret and the time.

    ``Parvis-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">``
    """
    body = json.dumps(notice_to_json(settings, notice), ensure_ascii=False).encode()
    seconds = str(int(now.timestamp()))
    digest = hmac(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Parvis-Signature": f"t={seconds},v1={digest}",
        "Parvis-Notice": notice.id,
    }
    status = post(settings.fetch, url, body, headers)
    if status == HTTPStatus.GONE:
        raise PermanentError(str(HTTPStatus.GONE))
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise TemporaryError(str(status))


class Sender:
    """A thread of the server that sends what is due."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._ended = settings, Event()
        self._thread: Thread | None = None

    def begin(self) -> None:
        self._thread = Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop after the message that is being sent."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(PAUSE):
            try:
                send_due(self._settings)
            except (ParvisError, OSError) as error:
                # The outbox is as it was: the next look may do better.
                LOG.error("notices cannot be sent for now: %s", error)  # noqa: TRY400 - one line
