"""A mail server on loopback, and people of a small pool who are told something."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from parvis.config import FetchSettings, MailSettings, Settings
from parvis.ledger import FILE, Database, Details, Membership, Person
from parvis.ledger.people.persons import insert_person, replace_details

if TYPE_CHECKING:
    from email.message import EmailMessage

POOL = Path(__file__).parents[2] / "cases" / "pool"
THEATRE = "http://pool.test/id/partner/theatre-b"


class MailServer:
    """A real mail server: what it accepted, and what it answers instead, if anything."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            self.port = int(place.getsockname()[1])
        self._controller: Controller | None = None

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a message, unless the answer is another."""
        del server, session
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=default)
            self.messages.append(message)
        return self.answer

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """Return a mail server that is not started."""
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def settings(tmp_path: Path, mail_server: MailServer) -> Settings:
    """Return the settings of a pool that sends by the mail server, and may call loopback."""
    mail = MailSettings("127.0.0.1", mail_server.port, "none", sender="avis@pool.test")
    loaded = Settings.load(data=tmp_path / "data", catalog=POOL)
    return replace(loaded, mail=mail, fetch=FetchSettings(allow=("127.0.0.1",)))


Join = Callable[..., Person]


@pytest.fixture
def join(settings: Settings) -> Join:
    """Return a function that adds a person to a party."""

    def add(name: str = "Ana", language: str = "fr", role: str = "editor") -> Person:
        pseudonym = f"p{abs(hash((name, role))):x}"
        details = Details(name, f"{pseudonym}@theatre.test", language)
        person = Person(pseudonym, Membership(THEATRE, role), datetime.now(UTC), details=details)
        with Database(settings.data / FILE).writing() as connection:
            insert_person(connection, person)
            replace_details(connection, pseudonym, details)
        return person

    return add
