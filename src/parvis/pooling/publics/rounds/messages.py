"""The masked messages that partners send: received once, read by nobody else, then destroyed.

A message is a file of mode 0600 in the folder ``rounds``, which no backup and no published version
contains. Of what it says there is only its digest in the ledger.
"""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from parvis.config import Settings, clock
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_
from parvis.ledger import Author, ChainLink, RoundMessage, RoundRecord, Rounds, RoundState
from parvis.ledger.rounds import SENT_TWICE, TOO_LATE
from parvis.pooling.pool import Pool
from parvis.statistics.distinct.rounds import Round
from parvis.statistics.distinct.sketching import Message, message_size, read_message
from parvis.store.files import replace, settle, writing

FOLDER = "rounds"
ENDING = ".message"
OTHER_PARTNER = N_(
    "this message was computed with the kit of {partner}, and you send for {party}: send the file"
    " that your own kit made"
)
NOT_IN_ROUND = N_("{party} is not a partner of round {number} of the project {project}")
TOO_LARGE = N_("{file} is larger than a message of this round: {most} bytes at most")
OVER = N_(
    "messages of round {number} were received until {day}: ask the trusted third party to open"
    " another round"
)
LOST = N_(
    "the message of {party} is no longer as it was received: open a new round, where everybody"
    " sends again"
)


def receive_message(  # noqa: PLR0913, PLR0917 - a message has as many circumstances
    pool: Pool, project: str, number: int, party: str, file: Path, author: Author
) -> RoundRecord:
    """Receive the message that a party (an IRI) sends for a round; the same again changes nothing.

    Raises `SourceError` for what is no message of this round, `UsageError` for one that may not be
    received.
    """
    rounds = Rounds(pool.settings.data)
    record = rounds.require(project, number)
    slug = party.removeprefix(pool.iris.partner(""))
    if party not in record.parties:
        raise UsageError(NOT_IN_ROUND, party=slug, number=number, project=project)
    opened = Round.from_json(record.text)
    most = message_size(opened, slug)
    # A message is of a fixed size: whoever sends more is refused before it is read.
    if file.stat().st_size > most:
        raise SourceError(TOO_LARGE, file=file.name, most=most)
    body = file.read_bytes()
    message = read_message(body, opened, file.name)
    if message.partner != slug:
        raise SourceError(OTHER_PARTNER, partner=message.partner, party=slug)
    received = RoundMessage(party, sha256(body).hexdigest(), len(body), clock.machine_time())
    with writing(pool.settings.data):
        current = rounds.require(project, number)
        sent = next((m for m in current.messages if m.party == party), None)
        # Another one is never stored: two messages of one partner, one less the other, show bins.
        if sent is not None and sent.sha256 != received.sha256:
            raise UsageError(SENT_TWICE, party=slug, number=number)
        if sent is not None:
            return current
        if current.state is not RoundState.OPEN:
            raise UsageError(TOO_LATE, number=number, project=project)
        if clock.day_in_quebec() > opened.until:
            raise UsageError(OVER, number=number, day=opened.until.isoformat())
        folder = _folder(pool.settings, record)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        umask = os.umask(0o077)
        try:
            # The file comes first: what the ledger names is there, also after a crash.
            replace(folder / f"{slug}{ENDING}", body)
        finally:
            os.umask(umask)
        return rounds.receive(current, received, author)


def read_messages(settings: Settings, record: RoundRecord) -> list[Message]:
    """Read the messages of a round; raises `UsageError` for one that changed since it came."""
    opened, messages = Round.from_json(record.text), []
    for received in record.messages:
        file = _file(settings, record, received.party)
        body = file.read_bytes() if file.is_file() else b""
        if sha256(body).hexdigest() != received.sha256:
            raise UsageError(LOST, party=slug_of(received.party))
        messages.append(read_message(body, opened, file.name))
    return messages


def destroy_messages(settings: Settings, record: RoundRecord, author: Author) -> ChainLink | None:
    """Destroy the messages of a round, and prove it in the ledger; repeated, it changes nothing."""

    def remove(party: str) -> int:
        file = _file(settings, record, party)
        if file.is_file():
            # A journal of the disk may still hold blocks: they are masked, and random to it.
            with file.open("r+b") as stream:
                stream.write(bytes(file.stat().st_size))
                stream.flush()
                os.fsync(stream.fileno())
            file.unlink()
            settle(file.parent)
        return int(file.exists())

    with writing(settings.data):
        link = Rounds(settings.data).destroy(record, author, clock.machine_time(), remove)
        shutil.rmtree(_folder(settings, record), ignore_errors=True)
    return link


def slug_of(party: str) -> str:
    return party.rpartition("/")[2]


def _folder(settings: Settings, record: RoundRecord) -> Path:
    return settings.data / FOLDER / record.project / str(record.number)


def _file(settings: Settings, record: RoundRecord, party: str) -> Path:
    return _folder(settings, record) / f"{slug_of(party)}{ENDING}"
