"""Invite somebody, by e-mail where the pool sends any: the link is shown in any case."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.ledger import SHELL, Author
from parvis.pooling import people
from parvis.pooling.notifications.composing import compose_invitation
from parvis.pooling.notifications.sending import PermanentError, TemporaryError, send_email
from parvis.pooling.people import InvitationLink, require_email

NO_MAIL = N_(
    "This pool sends no e-mail: leave the address out and hand the link over, or set “mail” in"
    " parvis.toml."
)
NOT_SENT = N_(
    "The e-mail to {address} could not be sent: hand the link over yourself. The mail server said:"
    " {reason}"
)
LONGEST = 300
"""Characters of what a mail server says."""


@dataclass(frozen=True)
class SentInvitation:
    """An invitation, the address that its link was to be sent to, and why it was not."""

    invited: InvitationLink
    address: str = ""
    problem: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        sent = {"email": self.address, "problem": self.problem} if self.address else {}
        return self.invited.to_json() | sent


def check_address(settings: Settings, text: str) -> str:
    """Return an address that the pool can write to, empty for none; raises `UsageError`."""
    address = require_email(text) if text.strip() else ""
    if address and not settings.mail.host:
        raise UsageError(NO_MAIL)
    return address


def invite_person(  # noqa: PLR0913 - an invitation has as many parts
    settings: Settings,
    party: str,
    role: str,
    *,
    email: str = "",
    purposes: Collection[str] = (),
    days: int = people.DAYS,
    author: Author = SHELL,
) -> SentInvitation:
    """Invite one person to a party, and send the link to an address if there is one.

    The address and the link are stored nowhere. Raises as `people.invite`, and `UsageError` for an
    address that is none or that this pool cannot write to: then nobody is invited.
    """
    address = check_address(settings, email)
    invited = people.invite(settings, party, role, purposes=purposes, days=days, author=author)
    if not address:
        return SentInvitation(invited)
    message = compose_invitation(settings, invited, address, clock.machine_time())
    try:
        send_email(settings, message)
    except (PermanentError, TemporaryError, UsageError) as error:
        # Not put into the outbox: a link that opens an account is written down nowhere.
        reason = " ".join(str(error).split())[:LONGEST]
        return SentInvitation(invited, address, both(NOT_SENT, address=address, reason=reason))
    return SentInvitation(invited, address)
