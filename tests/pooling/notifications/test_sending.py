"""Messages are never lost while a server is away, and never sent again once it took them."""

import hmac
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.config import FetchSettings, Settings
from parvis.errors import UnknownThing, UsageError
from parvis.ledger import Act, Audit, Author, Outbox, People
from parvis.pooling.notifications import NoticeKind, Timing, notify, sending
from parvis.pooling.notifications import outbox as verbs
from parvis.pooling.notifications.composing import header_text, one_line
from parvis.pooling.notifications.sending import Sent, send_due
from parvis.pooling.people import read_details
from parvis.pooling.publics.storing import announce_release
from tests.pooling.notifications.conftest import THEATRE, Join, MailServer

FACTS = {
    "party": {"fr": "Une chercheuse", "en": "A researcher"},
    "title": {"fr": "Billets", "en": "Tickets"},
    "day": "2026-12-31",
    "path": "requests/1",
}
RECEIVED = NoticeKind.REQUEST_RECEIVED
DAY = timedelta(days=1)


def tell(settings: Settings, kind: NoticeKind = RECEIVED, key: str = "") -> int:
    return notify(settings, kind, THEATRE, FACTS, key)


def test_a_message_waits_for_the_server_and_is_delivered_once(
    settings: Settings, mail_server: MailServer, join: Join
) -> None:
    join()
    assert tell(settings) == 1
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert send_due(settings, now) == Sent(waiting=1)
    assert send_due(settings, now) == Sent()  # not before its next try
    mail_server.start()
    mail_server.answer = "451 try again"
    assert send_due(settings, now + timedelta(hours=1)) == Sent(waiting=1)
    mail_server.answer = "250 OK"
    assert send_due(settings, now + timedelta(hours=2)) == Sent(sent=1)
    assert send_due(settings, now + DAY) == Sent()
    (message,) = mail_server.messages
    assert message["Subject"].startswith(
        "[Parvis d’essai (inventé)] Une chercheuse demande l’accès"
    )


def test_what_the_server_took_before_a_crash_leaves_again_under_the_same_id(
    settings: Settings, mail_server: MailServer, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one case in which a message leaves twice; new notices are no part of it."""
    join()
    tell(settings)
    mail_server.start()
    now = datetime.now(UTC) + timedelta(seconds=1)
    write, calls = Outbox.write, []

    def crash(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) > 1:  # the batch is decided by the first
            raise KeyboardInterrupt
        write(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            send_due(settings, now)
    tell(settings)
    assert send_due(settings, now + timedelta(seconds=1)) == Sent(sent=2)
    ids = [message["Message-ID"] for message in mail_server.messages]
    assert len(ids) == 3
    assert ids[0] == ids[1] != ids[2]


def test_a_message_is_in_both_languages_the_persons_own_first(
    settings: Settings, mail_server: MailServer, join: Join
) -> None:
    mail_server.start()
    for name, language, subject, greeting in (
        ("Ana", "fr", "[Parvis d’essai (inventé)] Une chercheuse", "Bonjour Ana,"),
        ("Bo", "en", "[Test parvis (invented)] A researcher", "Hello Bo,"),
    ):
        join(name, language)
        tell(settings, key="a")
        send_due(settings, datetime.now(UTC) + timedelta(seconds=1))
        (message,) = [m for m in mail_server.messages if m["To"].startswith(name)]
        assert message["Subject"].startswith(subject)
        plain, page = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        assert page is not None
        for part in (plain.get_content(), page.get_content()):
            assert "Une chercheuse demande" in part
            assert "A researcher asks" in part
            assert f"{settings.base}fr/requests/1" in part
            assert greeting in part
            assert f"This message comes from “Test parvis (invented)” ({settings.base})," in part
            assert f"Parvis d’essai (inventé)\u00a0» ({settings.base})," in part
        assert f'<html lang="{language}">' in page.get_content()


def test_daily_notices_leave_together_in_the_morning(
    settings: Settings, mail_server: MailServer, join: Join
) -> None:
    person = join()
    timings = {str(RECEIVED): "daily"}
    verbs.change_preferences(settings, person.pseudonym, timings, working_days=False, webhook="")
    mail_server.start()
    for _ in range(3):
        tell(settings)
    assert send_due(settings, datetime.now(UTC) + timedelta(seconds=1)) == Sent()
    assert send_due(settings, datetime.now(UTC) + DAY) == Sent(sent=1)
    (message,) = mail_server.messages
    body = message.get_body(("plain",))
    assert message["Subject"] == "[Parvis d’essai (inventé)] 3 avis"
    assert body is not None
    assert body.get_content().count("Une chercheuse demande") == 3


def test_on_working_days_only_nothing_leaves_on_a_weekend(settings: Settings) -> None:
    saturday = datetime(2026, 12, 5, 15, tzinfo=UTC)
    for timing in (Timing.NOW, Timing.DAILY):
        due = verbs.next_due(settings, saturday, timing, working_days=True)
        assert due.astimezone(UTC) == datetime(2026, 12, 7, 12, tzinfo=UTC)
        assert verbs.next_due(settings, saturday, timing, working_days=False) <= saturday + DAY


def test_a_refusal_for_good_is_given_up_and_the_steward_may_try_again(
    settings: Settings, mail_server: MailServer, join: Join
) -> None:
    join()
    tell(settings)
    mail_server.start()
    mail_server.answer = "554 no"
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert send_due(settings, now) == Sent(failed=1)
    (delivery,) = Outbox(settings.data).open()
    assert (delivery.state, delivery.tries) == ("failed", 1)
    assert "554" in delivery.error
    mail_server.answer = "250 OK"
    steward = Author("https://pool.example/id/partner/tiers", "steward", "p1")
    assert Outbox(settings.data).retry(now, steward) == 1
    entry = Audit(settings.data).latest([Act.NOTICES_RETRIED], 1)[0].entry
    assert {"act": "notices-retried", "person": "p1", "entries": 1}.items() <= entry.items()
    assert send_due(settings, now) == Sent(sent=1)


def test_tries_are_bounded_and_rarer_and_rarer(settings: Settings, join: Join) -> None:
    """Nobody listens: the message is given up, and stays for the steward to see."""
    join()
    tell(settings)
    now, waits = datetime.now(UTC) + timedelta(seconds=1), []
    for _ in range(settings.mail.tries):
        outcome = send_due(settings, now)
        (delivery,) = Outbox(settings.data).open()
        waits.append(delivery.due - now)
        now = delivery.due
    assert outcome == Sent(failed=1)
    assert waits[0] == timedelta(minutes=1)
    assert sorted(waits[:-1]) == waits[:-1]
    assert max(waits) == timedelta(hours=6)


def test_a_date_is_told_once(settings: Settings, join: Join) -> None:
    join()
    assert [tell(settings, key="a") for _ in range(3)] == [1, 0, 0]
    assert tell(settings, key="b") == 1


def test_who_may_only_read_is_not_told_of_what_only_editors_do(
    settings: Settings, join: Join
) -> None:
    reader = join(role="reader")
    assert tell(settings) == 0
    assert tell(settings, NoticeKind.NEW_READER) == 1
    assert [notice.kind for notice in Outbox(settings.data).of(reader.pseudonym, 9)] == [
        "new-reader"
    ]


def test_unsubscribing_by_the_link_of_the_message_stops_its_kind(
    settings: Settings, mail_server: MailServer, join: Join
) -> None:
    """What waits already is dropped; another link stops everything, a forged one nothing."""
    person = join()
    tell(settings)
    mail_server.start()
    now = datetime.now(UTC) + timedelta(seconds=1)
    send_due(settings, now)
    message = mail_server.messages[0]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # Mail programs read the address as it was sent: an encoded word is none to them.
    raw = dict(message.raw_items())["List-Unsubscribe"]
    assert raw.strip().startswith(f"<{settings.base}notices/unsubscribe/")
    link = message["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    tell(settings)
    assert verbs.unsubscribe(settings, link) == RECEIVED
    assert send_due(settings, now + timedelta(seconds=9)) == Sent()
    assert tell(settings) == 0
    assert tell(settings, NoticeKind.NEW_READER) == 1
    everything = verbs.unsubscribe_link(settings, person.pseudonym, None).rpartition("/")[2]
    assert verbs.unsubscribe(settings, everything) is None
    assert tell(settings, NoticeKind.NEW_READER) == 0
    for forged in (link[:-1] + ("0" if link[-1] != "0" else "1"), "a.all.b", "é", "a.b"):
        with pytest.raises(UnknownThing):
            verbs.unsubscribe(settings, forged)


@pytest.mark.parametrize("name", ["Ana\r\nBcc: x@evil.test", "Ana\nSubject: y", "A\u2028B", "\x00"])
def test_a_name_with_line_ends_injects_no_header(
    settings: Settings, mail_server: MailServer, join: Join, name: str
) -> None:
    join(name)
    facts = FACTS | {"party": f"x\r\nBcc: z@evil.test {name}", "title": name}
    notify(settings, RECEIVED, THEATRE, facts)
    mail_server.start()
    assert send_due(settings, datetime.now(UTC) + timedelta(seconds=1)) == Sent(sent=1)
    (message,) = mail_server.messages
    assert message["Bcc"] is None
    assert len(message.get_all("Subject") or []) == 1
    assert len(message.get_all("To") or []) == 1


@pytest.mark.parametrize("word", ["=?utf-8?q?=0d=0aBcc:_z@evil.test?=", "=?utf-8?b?DQpCY2M6IHo=?="])
def test_an_encoded_word_with_line_ends_injects_no_header(
    settings: Settings, mail_server: MailServer, join: Join, word: str
) -> None:
    """A partner chooses the titles of its datasets, which others are written to about."""
    join(word)
    notify(settings, RECEIVED, THEATRE, FACTS | {"party": word, "title": word})
    mail_server.start()
    assert send_due(settings, datetime.now(UTC) + timedelta(seconds=1)) == Sent(sent=1)
    (message,) = mail_server.messages
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]
    assert "Bcc" not in message["To"].addresses[0].addr_spec


PIECES = ("=?", "utf-8", "?q?", "?b?", "=0d", "=0a", "_", "Bcc:", "?=", "é", "<", "@", ",")


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_no_text_adds_a_header(parts: list[str]) -> None:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = header_text("".join(parts))
    assert message_from_bytes(bytes(message), policy=default).keys() == ["Subject"]


@pytest.mark.parametrize("address", ["a@b..c", "a@[b.c", "<a@b.c", "a@", "é@b.ca"])
def test_an_address_that_is_none_stops_no_message_of_others(
    settings: Settings, mail_server: MailServer, join: Join, address: str
) -> None:
    """Whatever the ledger holds: one that is wrong would end the thread that sends."""
    wrong, _ = join("Ana"), join("Zoé")
    details = replace(wrong.details, email=address)
    People(settings.data).change_details(wrong.pseudonym, details)
    assert tell(settings) == 2
    mail_server.start()
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert send_due(settings, now) == Sent(sent=1, failed=1)


@given(st.text('ab.@é[(<,;:\\ "-_=?'))
def test_an_address_that_a_person_may_write_can_be_written_to(text: str) -> None:
    """What is refused is refused where it is typed."""
    try:
        details = read_details("Ana", text, "fr")
    except UsageError:
        return
    if details.email:
        assert Address(addr_spec=details.email).addr_spec == details.email


@given(st.text())
def test_a_line_has_no_control_and_no_end(text: str) -> None:
    line = one_line(text)
    assert not any(category(sign)[0] == "C" for sign in line)
    assert len(line.splitlines()) <= 1


def test_a_release_is_told_once_to_the_partners_whose_data_it_is_made_of(
    settings: Settings, join: Join
) -> None:
    person = join()
    title = {"fr": "Portrait", "en": "Portrait"}
    for _ in range(2):
        announce_release(settings, {THEATRE, "urn:x"}, title, "urn:release|1")
    (notice,) = Outbox(settings.data).of(person.pseudonym, 9)
    assert (notice.kind, notice.facts["path"]) == ("release-published", "partner/theatre-b/uses")


def test_who_left_is_told_nothing_more(
    settings: Settings, mail_server: MailServer, join: Join
) -> None:
    person = join()
    tell(settings)
    mail_server.start()
    Outbox(settings.data).leave(person.pseudonym)
    assert send_due(settings, datetime.now(UTC) + timedelta(seconds=1)) == Sent()
    assert Outbox(settings.data).of(person.pseudonym, 9) == []


class Hook(BaseHTTPRequestHandler):
    """Takes messages, after some failures."""

    def do_POST(self) -> None:
        """Answer as the server says."""
        server = self.server
        assert isinstance(server, HookServer)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.received.append((dict(self.headers), body))
        self.send_response(server.statuses.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


class HookServer(ThreadingHTTPServer):
    """A program's address on loopback."""

    def __init__(self) -> None:
        """Listen on a port of the machine's choice."""
        super().__init__(("127.0.0.1", 0), Hook)
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.statuses = [503, 200]


def test_a_webhook_is_signed_and_tried_again(settings: Settings, join: Join) -> None:
    person = join()
    with HookServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/avis"
        wishes = verbs.change_preferences(
            settings, person.pseudonym, {}, working_days=False, webhook=address
        )
        tell(settings)
        now = datetime.now(UTC) + timedelta(seconds=1)
        send_due(settings, now)
        send_due(settings, now + timedelta(hours=1))
        server.shutdown()
        thread.join()
    first, second = server.received
    assert first[1] == second[1]
    headers, body = second
    seconds, signature = headers["Parvis-Signature"].removeprefix("t=").split(",v1=")
    signed = hmac.new(wishes.secret.encode(), f"{seconds}.".encode() + body, sha256)
    assert hmac.compare_digest(signed.hexdigest(), signature)
    content = json.loads(body)
    assert content["kind"] == "request-received"
    assert set(content["text"]) == {"fr", "en"}
    assert person.details.name not in body.decode()


def test_a_webhook_inside_the_network_is_not_called(settings: Settings, join: Join) -> None:
    """Unless the settings allow it; the steward sees why."""
    person = join()
    inward = "http://127.0.0.1:1/avis"
    verbs.change_preferences(settings, person.pseudonym, {}, working_days=False, webhook=inward)
    tell(settings)
    closed = replace(settings, fetch=FetchSettings())
    send_due(closed, datetime.now(UTC) + timedelta(seconds=1))
    failed = [item for item in Outbox(settings.data).open() if item.state == "failed"]
    assert [item.channel for item in failed] == ["webhook"]
    assert "no public address" in failed[0].error


def test_slow_webhooks_keep_no_email_of_others_waiting(
    settings: Settings, mail_server: MailServer, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any person may name an address that answers as late as it may; what is left goes later."""
    monkeypatch.setattr(sending, "WEBHOOK_SECONDS", 0.0)
    with HookServer() as server:
        server.statuses = [200, 200]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/avis"
        for name in ("Ana", "Zoé"):
            person = join(name)
            verbs.change_preferences(
                settings, person.pseudonym, {}, working_days=False, webhook=address
            )
        mail_server.start()
        tell(settings)
        now = datetime.now(UTC) + timedelta(seconds=1)
        assert send_due(settings, now) == Sent(sent=3)
        assert len(mail_server.messages) == 2
        assert send_due(settings, now) == Sent(sent=1)
        server.shutdown()
        thread.join()
    assert len(server.received) == 2


def test_the_link_of_who_left_stores_nothing_anew(settings: Settings, join: Join) -> None:
    person = join()
    link = verbs.unsubscribe_link(settings, person.pseudonym, None).rpartition("/")[2]
    People(settings.data).remove(person.pseudonym, datetime.now(UTC))
    with pytest.raises(UnknownThing):
        verbs.unsubscribe(settings, link)
