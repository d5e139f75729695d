"""The masked messages that partners send: received once, read by nobody else, then destroyed.

A message is a file of mode 0600 in the folder ``rounds``, which no backup and no published version
contains. Of what it says there is only its digest in the ledger.
"""

from hashlib import sha256
from pathlib import Path

from parvis.catalog.ontology import last_segment
from parvis.config import Settings, clock, make_private
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_
from parvis.ledger import Author, RoundMessage, RoundRecord, Rounds
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.document import read_round
from parvis.statistics.distinct.sketching import Message, message_size, read_message
from parvis.store.files import replace_private, shred

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
    slug = last_segment(party)
    if party not in record.parties:
        raise UsageError(NOT_IN_ROUND, party=slug, number=number, project=project)
    opened = read_round(record)
    most = message_size(opened, slug)
    # A message is of a fixed size: whoever sends more is refused before it is read.
    if file.stat().st_size > most:
        raise SourceError(TOO_LARGE, file=file.name, most=most)
    body = file.read_bytes()
    message = read_message(body, opened, file.name)
    if message.partner != slug:
        raise SourceError(OTHER_PARTNER, partner=message.partner, party=slug)
    received = RoundMessage(party, sha256(body).hexdigest(), len(body), clock.machine_time())

    def store() -> None:
        if clock.day_in_quebec() > opened.until:
            raise UsageError(OVER, number=number, day=opened.until.isoformat())
        folder = locate_messages(pool.settings, record)
        make_private(folder)
        place = folder / f"{slug}{ENDING}"
        if place.exists():  # its reception was cut short: of two messages, only one is ever stored
            shred(place)
        replace_private(place, body)

    # The ledger's transaction is enough: a partner does not wait for a publication to end.
    return rounds.receive(record, received, author, store)


def read_messages(settings: Settings, record: RoundRecord) -> list[Message]:
    """Read the messages of a round; raises `UsageError` for one that changed since it came."""
    opened, messages = read_round(record), []
    folder = locate_messages(settings, record)
    for received in record.messages:
        slug = last_segment(received.party)
        file = folder / f"{slug}{ENDING}"
        body = file.read_bytes() if file.is_file() else b""
        if sha256(body).hexdigest() != received.sha256:
            raise UsageError(LOST, party=slug)
        messages.append(read_message(body, opened, file.name))
    return messages


def locate_messages(settings: Settings, record: RoundRecord) -> Path:
    """Return the folder of a round's messages, which is there while any of them is."""
    return settings.data / FOLDER / record.project / str(record.number)
