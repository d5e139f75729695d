"""Invite people of a party, give them roles, and end their access."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parvis.catalog.folder import Catalog
from parvis.config import Settings, clock
from parvis.config.json_data import to_object
from parvis.errors import UnknownThing, UsageError
from parvis.governance import PARTNER_ROLES, THIRD_PARTY_ROLES, Role
from parvis.i18n import DEFAULT, LANGUAGES, N_
from parvis.ledger import (
    SHELL,
    Author,
    Details,
    Invitation,
    Membership,
    Outbox,
    People,
    Person,
    SavedQueries,
    Session,
    Sessions,
)
from parvis.pooling.texts.valid import last_valid

NO_PARTY = N_("there is no party “{party}” in the catalogue folder")
NO_ROLE = N_("“{role}” is no role of this party’s people: choose one of {roles}")
NOT_YOURS = N_("there is no person {person} here, or no longer")
TOO_LONG = N_("This is too long: {most} characters at most.")
NO_NAME = N_("Write a name, by which the people of your organisation know you.")
NO_EMAIL = N_("“{text}” is no e-mail address: leave it empty, or write one as name@example.org.")

ROLE_NAMES = {
    Role.STEWARD: N_("steward"),
    Role.PROTECTOR: N_("protector"),
    Role.EDITOR: N_("editor"),
    Role.READER: N_("reader"),
    Role.SENDER: N_("program that sends files"),
    Role.REPLICA: N_("copy"),
}
ROLE_MEANINGS = {
    Role.STEWARD: N_("Runs the pool: decides about files, agreements, people and publication."),
    Role.PROTECTOR: N_("Watches over the data: sees who read what and what was deleted."),
    Role.EDITOR: N_("Gives data, changes descriptions, signs agreements and invites people."),
    Role.READER: N_("Reads what agreements allow, and the organisation’s own figures."),
    Role.SENDER: N_("Reads what agreements allow, and sends files."),
    Role.REPLICA: N_("Copies all that is served."),
}
"""The roles in words, for pages."""

DAYS = 7
"""Days that an invitation lasts by default."""
LONGEST = 100
"""Characters of a name."""
LONGEST_EMAIL = 254
"""Characters of an e-mail address (RFC 5321 §4.5.3.1.3)."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[^\W_]([\w-]*[^\W_])?"
EMAIL = re.compile(rf"(?!.*=\?){_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+")
"""An address that is written without quotes (RFC 5322 §3.4.1), at a domain with a dot.

None that could be read as an encoded word (RFC 2047).
"""


@dataclass(frozen=True)
class PersonCard:
    """A person as people of the same party and the steward see them."""

    pseudonym: str
    party: str
    role: str
    name: str
    email: str
    language: str
    created: datetime

    def to_json(self) -> dict[str, Any]:
        return to_object(self)


@dataclass(frozen=True)
class InvitationLink:
    """An invitation just made, with its link, which is shown only once."""

    invitation: Invitation
    link: str

    def to_json(self) -> dict[str, Any]:
        return {"link": self.link, **invitation_to_json(self.invitation)}


def to_card(person: Person) -> PersonCard:
    membership, details = person.membership, person.details
    return PersonCard(
        person.pseudonym,
        membership.party,
        membership.role,
        details.name,
        details.email,
        details.language or DEFAULT,
        person.created,
    )


def list_people(settings: Settings, party: str | None = None) -> list[PersonCard]:
    """List the people of a party, by its IRI, or of all; the first to come first."""
    return [to_card(person) for person in People(settings.data).all(party)]


def contacts(settings: Settings, party: str) -> list[PersonCard]:
    """List the people of a party, by its IRI, who gave an address to write to."""
    return [card for card in list_people(settings, party) if card.email]


def list_roles(*, third_party: bool) -> tuple[Role, ...]:
    """Return the roles that a person of a party may have."""
    return THIRD_PARTY_ROLES if third_party else PARTNER_ROLES


def invite(  # noqa: PLR0913 - an invitation has as many parts
    settings: Settings,
    party: str,
    role: str,
    *,
    purposes: Collection[str] = (),
    days: int = DAYS,
    author: Author = SHELL,
) -> InvitationLink:
    """Invite one person to a party, named by slug or IRI; the link is stored nowhere.

    `purposes` are the IRIs of what the person declares to read for. Raises `UnknownThing` for a
    party that is not in the catalogue folder or not the author's, and `UsageError` for a role that
    its people cannot have.
    """
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    holder = catalog.party_named(party)
    if holder is None or not may_manage(author, holder.iri):
        raise UnknownThing(NO_PARTY, party=party)
    is_third_party = holder == catalog.third_party
    _require_role(role, third_party=is_third_party)
    membership = Membership(holder.iri, role, is_third_party, frozenset(purposes))
    return make_link(settings, membership, days, author)


def make_link(
    settings: Settings, membership: Membership, days: int = DAYS, author: Author = SHELL
) -> InvitationLink:
    """Invite one person to a party that is known to be there."""
    now = clock.machine_time()
    code, invitation = People(settings.data).invite(
        membership, now, now + timedelta(days=days), author
    )
    return InvitationLink(invitation, f"{settings.base}invitation/{code.reveal()}")


def list_parties(settings: Settings) -> dict[str, dict[str, str]]:
    """Return the names of the parties of the catalogue folder, by IRI: partners, then others."""
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    return {
        **{partner.iri: dict(partner.names) for partner in catalog.partners.values()},
        **{party.iri: dict(party.names) for party in catalog.parties.values()},
    }


def list_invitations(settings: Settings, party: str | None = None) -> list[Invitation]:
    """List the invitations that wait to be accepted, of one party or of all."""
    return People(settings.data).invitations(clock.machine_time(), party)


def withdraw_invitation(settings: Settings, name: str, author: Author = SHELL) -> Invitation:
    """End an invitation, by its id; raises `UnknownThing`."""
    for invitation in list_invitations(settings):
        if invitation.id == name and may_manage(author, invitation.membership.party):
            return People(settings.data).withdraw(name, clock.machine_time(), author)
    raise UnknownThing(NOT_YOURS, person=name)


def change_role(
    settings: Settings, pseudonym: str, role: str, author: Author = SHELL
) -> PersonCard:
    """Give a person another role; their sessions end.

    Raises `UnknownThing` for nobody of the author's, and `UsageError` for a role that they cannot
    have or for the last steward.
    """
    person = _require_manageable(settings, pseudonym, author)
    _require_role(role, third_party=person.membership.third_party)
    people = People(settings.data)
    return to_card(people.change_role(pseudonym, role, clock.machine_time(), author))


def remove(settings: Settings, pseudonym: str, author: Author = SHELL) -> Person:
    """End a person's access at once, and delete what identifies them; raises as `change_role`.

    Everybody may remove themselves.
    """
    if author.person != pseudonym:
        _require_manageable(settings, pseudonym, author)
    person = People(settings.data).remove(pseudonym, clock.machine_time(), author)
    Outbox(settings.data).leave(pseudonym)
    SavedQueries(settings.data).delete_private(pseudonym)
    return person


def change_details(settings: Settings, pseudonym: str, details: Details) -> None:
    """Replace a person's name, address and language; raises `UnknownThing`."""
    People(settings.data).change_details(pseudonym, details)


def list_sessions(settings: Settings, pseudonym: str, author: Author = SHELL) -> list[Session]:
    """List where a person is signed in, the last used first; raises `UnknownThing`."""
    if author.person != pseudonym:
        _require_manageable(settings, pseudonym, author)
    return Sessions(settings.data).open(clock.machine_time(), person=pseudonym)


def end_sessions(
    settings: Settings, pseudonym: str, name: str | None = None, author: Author = SHELL
) -> int:
    """End the sessions of a person, or the one of an id; return how many.

    Raises `UnknownThing`.
    """
    if author.person != pseudonym:
        _require_manageable(settings, pseudonym, author)
    sessions = Sessions(settings.data)
    return sessions.end_of(clock.machine_time(), person=pseudonym, name=name, author=author)


def may_manage(author: Author, party: str) -> bool:
    """Return whether the people of a party are the author's to manage."""
    # That it may manage anybody at all was decided by its permission (INVITE).
    return author == SHELL or author.role == Role.STEWARD or author.party == party


def require_email(text: str) -> str:
    """Return an e-mail address without what is invisible; raises `UsageError`."""
    email = clean_text(text, LONGEST_EMAIL)
    if not EMAIL.fullmatch(email):
        raise UsageError(NO_EMAIL, text=email)
    return email


def read_details(name: str, email: str, language: str) -> Details:
    """Return what a person typed, without what is invisible; raises `UsageError`."""
    name = clean_text(name, LONGEST)
    if not name:
        raise UsageError(NO_NAME)
    email = require_email(email) if email.strip() else ""
    return Details(name, email, language if language in LANGUAGES else DEFAULT)


def invitation_to_json(invitation: Invitation) -> dict[str, Any]:
    membership = invitation.membership
    return {
        "id": invitation.id,
        "party": membership.party,
        "role": membership.role,
        "purposes": sorted(membership.purposes),
        "created": invitation.created.isoformat(timespec="seconds"),
        "expires": invitation.expires.isoformat(timespec="seconds"),
    }


def session_to_json(session: Session) -> dict[str, Any]:
    instants = ("created", "seen", "expires")
    return {
        "id": session.id,
        "browser": session.browser.strip("/"),
        **{name: getattr(session, name).isoformat(timespec="seconds") for name in instants},
    }


def clean_text(text: str, most: int) -> str:
    """Return what is visible of a text; raises `UsageError` for a longer one."""
    # Control characters and marks of direction could hide in lists what a name says.
    visible = "".join(
        " " if character.isspace() else character
        for character in text[: most * 4]
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    cleaned = " ".join(visible.split())
    if len(cleaned) > most:
        raise UsageError(TOO_LONG, most=most)
    return cleaned


def _require_role(role: str, *, third_party: bool) -> None:
    roles = list_roles(third_party=third_party)
    if role not in roles:
        raise UsageError(NO_ROLE, role=role[:LONGEST], roles=", ".join(roles))


def _require_manageable(settings: Settings, pseudonym: str, author: Author) -> Person:
    person = People(settings.data).get(pseudonym)
    if not may_manage(author, person.membership.party):
        raise UnknownThing(NOT_YOURS, person=pseudonym)
    return person
