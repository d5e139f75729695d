"""Write notices as an e-mail in both languages, the person's own first, or as JSON."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from functools import cache
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from parvis.config import Settings
from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_, NN_, choose_text, say, say_count
from parvis.i18n import day as write_day
from parvis.ledger import Notice
from parvis.pooling.notifications.kinds import KINDS, NoticeKind
from parvis.pooling.notifications.outbox import unsubscribe_link
from parvis.pooling.people import PersonCard

SUBJECT = NN_("{count} notice of your pool", "{count} notices of your pool")
STOP_KIND = N_("Stop e-mails on: {name}")
STOP_ALL = N_("Stop all these e-mails")
ORIGIN = N_("This message comes from the pool at {address}, where you have an account.")
PREFERENCES = N_("Choose what you are told, and when")
NO_ADDRESS = N_("“{address}” is no address that can be written to")
MALFORMED = (ValueError, IndexError, AttributeError, HeaderParseError)
"""What the library raises for an address that is none."""
LONGEST = 200
"""Characters of a subject."""


class _AddressHeader(UnstructuredHeader, BaseHeader):
    """A header on one line: folded as a text, its long address would be encoded (RFC 2047 §5)."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("List-Unsubscribe", _AddressHeader)


def notice_text(notice: Notice, lang: str) -> str:
    """Return a notice as a sentence; texts of others stand in it on one line."""
    fields = {name: _in_words(value, lang) for name, value in notice.facts.items()}
    return say(lang, KINDS[NoticeKind(notice.kind)].sentence, **fields)


def _in_words(value: Any, lang: str) -> str:  # noqa: ANN401 - a JSON value
    if isinstance(value, dict):
        return one_line(choose_text(lang, value))
    text = str(value)
    try:
        return write_day(lang, date.fromisoformat(text))
    except ValueError:
        return one_line(text)


def one_line(text: str) -> str:
    """Return a text without controls or line ends, which a header must never hold."""
    ends = {"Zl", "Zp"}
    kinds = ((sign, category(sign)) for sign in text)
    spaced = "".join(" " if kind[0] == "C" or kind in ends else sign for sign, kind in kinds)
    return re.sub(" +", " ", spaced).strip(" ")


def header_text(text: str) -> str:
    """Return a text for a header: in one line, in which nothing reads as an encoded word."""
    # The library decodes encoded words (RFC 2047) of what it is given, line ends included, and
    # then writes these as they are: a title could add headers.
    return one_line(text).replace("=?", "= ?")


@dataclass(frozen=True)
class MessagePart:
    """A message in one language: its sentences with their pages, and links that stop it."""

    lang: str
    sentences: Sequence[tuple[str, str]]
    origin: str
    preferences: tuple[str, str]
    stops: Sequence[tuple[str, str]]


def compose_email(
    settings: Settings, person: PersonCard, notices: Sequence[Notice], batch: str, now: datetime
) -> EmailMessage:
    """Write the e-mail of a batch. Raises `UsageError` for an address that is none."""
    kinds = {NoticeKind(notice.kind) for notice in notices}
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    langs = sorted(LANGUAGES, key=lambda lang: lang != person.language)
    parts = [_write_part(settings, person, notices, kind, lang) for lang in langs]
    first = parts[0]
    single = len(notices) == 1
    subject = (
        first.sentences[0][0]
        if single
        else say_count(first.lang, SUBJECT, len(notices), count=len(notices))
    )
    message = EmailMessage(policy=SMTP.clone(header_factory=_HEADERS))
    try:
        recipient = Address(display_name=header_text(person.name), addr_spec=person.email)
        message["To"] = recipient
        message["From"] = Address(display_name="parvis", addr_spec=settings.mail.sender)
    except MALFORMED as error:
        raise UsageError(NO_ADDRESS, address=one_line(person.email)) from error
    message["Subject"] = header_text(subject)[:LONGEST]
    message["Date"] = format_datetime(now)
    # The same at each try: a server that took the message already recognises it.
    message["Message-ID"] = f"<{batch}@{urlsplit(settings.base).hostname or 'parvis'}>"
    message["List-Unsubscribe"] = f"<{unsubscribe_link(settings, person.pseudonym, kind)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058 §3.1
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
    message["Content-Language"] = ", ".join(langs)
    message.set_content(_templates().get_template("message.txt").render(parts=parts))
    html = _templates().get_template("message.html").render(parts=parts, subject=subject)
    message.add_alternative(html, subtype="html")
    return message


def _write_part(
    settings: Settings,
    person: PersonCard,
    notices: Sequence[Notice],
    kind: NoticeKind | None,
    lang: str,
) -> MessagePart:
    base = f"{settings.base}{lang}/"
    sentences = [
        (notice_text(notice, lang), f"{base}{str(notice.facts.get('path', '')).lstrip('/')}")
        for notice in notices
    ]
    stops = [(say(lang, STOP_ALL), unsubscribe_link(settings, person.pseudonym, None))]
    if kind is not None:
        text = say(lang, STOP_KIND, name=say(lang, KINDS[kind].name))
        stops.insert(0, (text, unsubscribe_link(settings, person.pseudonym, kind)))
    origin = say(lang, ORIGIN, address=settings.base)
    preferences = say(lang, PREFERENCES), f"{base}notices"
    return MessagePart(lang, sentences, origin, preferences, stops)


def notice_to_json(settings: Settings, notice: Notice) -> dict[str, Any]:
    """Return a notice as JSON data for a program."""
    path = str(notice.facts.get("path", "")).lstrip("/")
    return {
        "id": notice.id,
        "kind": notice.kind,
        "at": notice.at.isoformat(timespec="seconds"),
        "party": notice.party,
        "text": {lang: notice_text(notice, lang) for lang in LANGUAGES},
        "page": f"{settings.base}{path}",
    }


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("parvis.pooling.notifications"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
