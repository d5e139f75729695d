"""What every round ends with: its partners are told, and its messages are destroyed, with a proof.

The state in the ledger comes first. A process that is killed afterwards leaves a round that has
ended and whose messages are there: the daily job finishes it.
"""

from parvis.config import Settings, clock
from parvis.ledger import SHELL, WAITING, Author, RoundRecord, Rounds, RoundState
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.announcing import announce_end
from parvis.pooling.publics.rounds.figures import release_estimates
from parvis.pooling.publics.rounds.messages import locate_messages
from parvis.store.files import shred_folder, writing


def settle_round(pool: Pool, record: RoundRecord, author: Author) -> None:
    """Release what was approved of a round that has ended, and destroy its messages.

    Repeated, it changes nothing.
    """
    with writing(pool.settings.data):
        # Released before destroyed: a proof says that the purpose is achieved.
        if record.state is RoundState.RELEASED:
            release_estimates(pool, author)
        announce_end(pool.settings, record)
        shred_folder(locate_messages(pool.settings, record))
        Rounds(pool.settings.data).prove_destruction(record, author, clock.machine_time())


def settle_rounds(pool: Pool, author: Author = SHELL) -> None:
    """Finish what a killed process began, of each round that has ended."""
    records = Rounds(pool.settings.data).all()
    pending = [record for record in records if _is_pending(pool.settings, record)]
    # A release that is refused, for a text of the catalogue, hinders no destruction but its own.
    for record in sorted(pending, key=lambda record: record.state is RoundState.RELEASED):
        settle_round(pool, record, author)


def _is_pending(settings: Settings, record: RoundRecord) -> bool:
    """Return whether messages of an ended round are there, or the proof that they are not, is not.

    A folder may hold what the ledger does not name: a message whose reception was cut short.
    """
    if record.state in WAITING:
        return False
    is_unproved = any(message.destroyed is None for message in record.messages)
    return is_unproved or locate_messages(settings, record).exists()
