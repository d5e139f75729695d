"""Invitations: each lets one person join a party in a role, once, within some days."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from sqlite3 import Connection

from parvis.errors import LimitError, TokenError
from parvis.i18n import N_
from parvis.ledger.people.codes import Code
from parvis.ledger.people.persons import Membership, membership_cells, to_membership

NO_INVITATION = N_(
    "This invitation is not valid: it was used, withdrawn or is over. Ask for another one."
)
TOO_MANY = N_(
    "{count} invitations of this party wait already, as many as may: withdraw some, or wait until"
    " they are used"
)
TOO_MANY_A_DAY = N_(
    "this party has made {count} invitations within a day, as many as it may: make the others"
    " tomorrow"
)
MOST = 50
"""Invitations of one party that wait."""
MOST_A_DAY = 200
"""Invitations that one party makes within a day, whatever became of them."""


@dataclass(frozen=True)
class Invitation:
    """A link that lets one person join; `ended` once it was used or withdrawn."""

    id: str
    membership: Membership
    created: datetime
    expires: datetime
    ended: datetime | None = None
    digest: bytes = field(repr=False, default=b"")


def require_room(connection: Connection, party: str, now: datetime) -> None:
    """Raise `LimitError` for a party that has made as many invitations as it may."""
    entries = select_invitations(connection, "party = ?", (party,))
    if sum(entry.ended is None and entry.expires > now for entry in entries) >= MOST:
        raise LimitError(TOO_MANY, count=MOST)
    # Each one is written to the audit trail, also one that is withdrawn at once.
    if sum(entry.created > now - timedelta(days=1) for entry in entries) >= MOST_A_DAY:
        raise LimitError(TOO_MANY_A_DAY, count=MOST_A_DAY)


def insert_invitation(connection: Connection, invitation: Invitation) -> None:
    instants = [
        at and at.isoformat() for at in (invitation.created, invitation.expires, invitation.ended)
    ]
    connection.execute(
        "INSERT INTO invitation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (invitation.id, *membership_cells(invitation.membership), *instants, invitation.digest),
    )


def select_invitations(
    connection: Connection, condition: str, values: Iterable[str]
) -> list[Invitation]:
    rows = connection.execute(
        "SELECT id, party, third_party, role, purposes, created, expires, ended, digest"  # noqa: S608 - our own
        f" FROM invitation WHERE {condition} ORDER BY created, id",
        tuple(values),
    )
    return [
        Invitation(
            name,
            to_membership(*membership),
            datetime.fromisoformat(created),
            datetime.fromisoformat(expires),
            ended and datetime.fromisoformat(ended),
            digest,
        )
        for name, *membership, created, expires, ended, digest in rows
    ]


def require_invitation(
    connection: Connection | None, code: Code | None, now: datetime
) -> Invitation:
    if connection is None or code is None:
        raise TokenError(NO_INVITATION)
    matches = select_invitations(connection, "id = ?", (code.id,))
    invitation = matches[0] if matches else None
    # One sentence for every cause: only who has the secret could learn more.
    is_right = code.fits(invitation.digest if invitation else None)
    if not is_right or invitation is None or invitation.ended or invitation.expires <= now:
        raise TokenError(NO_INVITATION)
    return invitation


def end_invitation(connection: Connection, name: str, now: datetime) -> None:
    connection.execute("UPDATE invitation SET ended = ? WHERE id = ?", (now.isoformat(), name))
