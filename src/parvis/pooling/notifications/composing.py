"""Write notices as an e-mail in both languages, the person's own first, or as JSON."""

import re
from collections.abc import Sequence
from contextlib import suppress
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
from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog.turtle import read_turtle
from parvis.config import Settings, clock
from parvis.errors import CatalogError, UsageError
from parvis.governance import Role
from parvis.i18n import LANGUAGES, N_, NN_, choose_text, say, say_count
from parvis.i18n import day as write_day
from parvis.ledger import Notice
from parvis.pooling.notifications.kinds import KINDS, NoticeKind
from parvis.pooling.notifications.outbox import unsubscribe_link
from parvis.pooling.people import ROLE_NAMES, InvitationLink, PersonCard, list_parties
from parvis.rdf.literals import read_texts

SUBJECT = N_("[{pool}] {subject}")
SEVERAL = NN_("{count} notice", "{count} notices")
GREETING, TO_STRANGER = N_("Hello {name},"), N_("Hello,")
STOP_KIND = N_("Stop e-mails on: {name}")
STOP_ALL = N_("Stop all these e-mails")
ORIGIN = N_("This message comes from “{pool}” ({address}), where you have an account.")
INVITATION = N_("Your invitation")
INVITED = N_(
    "You are invited to “{pool}” for {party}, with the role “{role}”. This link works once, until"
    " {day}; you will create a passkey, by which you sign in from then on."
)
STRANGER = N_(
    "This message comes from “{pool}” ({address}), whose steward entered your address to invite"
    " you; it is stored nowhere. If you expect no invitation, ignore it."
)
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


def name_pool(settings: Settings, lang: str) -> str:
    """Return the title of the pool, else where it is."""
    # The whole catalogue folder may be wrong for now: a message leaves all the same.
    with suppress(CatalogError):
        graph = read_turtle(settings.catalog / "catalog.ttl", settings.base)
        titles = read_texts(graph, URIRef(f"{settings.base}catalog"), DCTERMS.title)
        if titles:
            return one_line(choose_text(lang, titles))
    return urlsplit(settings.base).hostname or settings.base


@dataclass(frozen=True)
class MessagePart:
    """A message in one language: its greeting, sentences with their pages, who writes, and links.

    The links let a person choose, or stop, what it is written about.
    """

    lang: str
    greeting: str
    sentences: Sequence[tuple[str, str]]
    origin: str
    links: Sequence[tuple[str, str]] = ()


def compose_email(
    settings: Settings, person: PersonCard, notices: Sequence[Notice], batch: str, now: datetime
) -> EmailMessage:
    """Write the e-mail of a batch. Raises `UsageError` for an address that is none."""
    kinds = {NoticeKind(notice.kind) for notice in notices}
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    langs = sorted(LANGUAGES, key=lambda lang: lang != person.language)
    parts = [_write_part(settings, person, notices, kind, lang) for lang in langs]
    first, count = parts[0], len(notices)
    subject = (
        first.sentences[0][0] if count == 1 else say_count(first.lang, SEVERAL, count, count=count)
    )
    recipient = person.name, person.email
    message = _write_message(settings, recipient, subject, parts, batch, now)
    message["List-Unsubscribe"] = f"<{unsubscribe_link(settings, person.pseudonym, kind)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058 §3.1
    return message


def compose_invitation(
    settings: Settings, invited: InvitationLink, address: str, now: datetime
) -> EmailMessage:
    """Write an invitation to an address; its language is not known, so French comes first."""
    membership, parts = invited.invitation.membership, []
    names = list_parties(settings).get(membership.party, {})
    for lang in LANGUAGES:
        pool = name_pool(settings, lang)
        sentence = say(
            lang,
            INVITED,
            pool=pool,
            party=one_line(choose_text(lang, names)),
            role=say(lang, ROLE_NAMES[Role(membership.role)]),
            day=write_day(lang, invited.invitation.expires.astimezone(clock.QUEBEC)),
        )
        origin = say(lang, STRANGER, pool=pool, address=settings.base)
        greeting = say(lang, TO_STRANGER)
        parts.append(MessagePart(lang, greeting, [(sentence, invited.link)], origin))
    subject, name = say(LANGUAGES[0], INVITATION), invited.invitation.id
    return _write_message(settings, ("", address), subject, parts, name, now)


def _write_message(  # noqa: PLR0913, PLR0917 - a message has as many parts
    settings: Settings,
    recipient: tuple[str, str],
    subject: str,
    parts: Sequence[MessagePart],
    name: str,
    now: datetime,
) -> EmailMessage:
    """Write a message in the language of its first part, then in the others."""
    lang, (display_name, address) = parts[0].lang, recipient
    pool = name_pool(settings, lang)
    subject = header_text(say(lang, SUBJECT, pool=pool, subject=subject))[:LONGEST]
    message = EmailMessage(policy=SMTP.clone(header_factory=_HEADERS))
    try:
        message["To"] = Address(display_name=header_text(display_name), addr_spec=address)
        message["From"] = Address(display_name=header_text(pool), addr_spec=settings.mail.sender)
    except MALFORMED as error:
        raise UsageError(NO_ADDRESS, address=one_line(address)) from error
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    # The same at each try: a server that took the message already recognises it.
    message["Message-ID"] = f"<{name}@{urlsplit(settings.base).hostname or 'parvis'}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
    message["Content-Language"] = ", ".join(part.lang for part in parts)
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
    origin = say(lang, ORIGIN, pool=name_pool(settings, lang), address=settings.base)
    preferences = say(lang, PREFERENCES), f"{base}notices"
    greeting = say(lang, GREETING, name=one_line(person.name))
    return MessagePart(lang, greeting, sentences, origin, [preferences, *stops])


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
