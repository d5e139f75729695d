"""The people of parties: roles under pseudonyms, and their details, which can be deleted.

A pseudonym stays in the audit trail for ever; the name and the address behind it, and all by which
a person signs in, are deleted when the person leaves.
"""

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection

from parvis.errors import LimitError, StoreError, TokenError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import SHELL, Act, Author, Event, record_events
from parvis.ledger.database import DAMAGED, FILE, Database
from parvis.ledger.people.codes import Code
from parvis.ledger.people.invitations import (
    NO_INVITATION,
    Invitation,
    end_invitation,
    insert_invitation,
    require_invitation,
    require_room,
    select_invitations,
)
from parvis.ledger.people.persons import (
    NO_PERSON,
    Details,
    Membership,
    Person,
    erase_person,
    insert_person,
    replace_details,
    require_person,
    select_people,
)
from parvis.ledger.people.proofs import (
    SPENT,
    Passkey,
    Subject,
    insert_proof,
    select_passkeys,
    spend_challenge,
)

LAST_STEWARD = N_(
    "this is the last steward: give somebody else that role first, or use the command line of the"
    " machine"
)
NO_PASSKEY = N_("there is no such passkey, or no longer")
MOST_PASSKEYS = 20
"""The passkeys of a person: more than the devices that anybody has."""
TOO_MANY_PASSKEYS = N_(
    "you have {count} passkeys, as many as a person may: remove one that you no longer use, then"
    " add the other"
)
NO_SUBJECT = N_("no account of an organisation is linked here, or no longer")
LAST_WAY = N_("This is the only way in that you have: add another passkey first.")
LINKED = N_("An account is linked already: unlink it first.")
STEWARD = "steward"
PASSKEY_ID = re.compile(r"[A-Za-z0-9_-]{1,1400}")
"""The id of a passkey has 1023 bytes at most (WebAuthn Level 3, §4)."""
Facts = tuple[tuple[str, str | int | float | None], ...]


class People:
    """The people of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        self._database = Database(data / FILE)

    def all(self, party: str | None = None) -> list[Person]:
        """Return the people who have access, of one party or of all, the first to come first."""
        condition, values = ("TRUE", ()) if party is None else ("person.party = ?", (party,))
        with self._database.reading("person_details") as connection:
            if connection is None:
                return []
            return select_people(connection, f"person.ended IS NULL AND {condition}", values)

    def get(self, pseudonym: str) -> Person:
        """Return a person who has access; raises `UnknownThing`."""
        with self._database.reading("person_details") as connection:
            if connection is None:
                raise UnknownThing(NO_PERSON, person=pseudonym)
            return require_person(connection, pseudonym)

    def invite(
        self, membership: Membership, now: datetime, expires: datetime, author: Author = SHELL
    ) -> tuple[Code, Invitation]:
        """Create an invitation; its code is not stored and cannot be had again.

        Raises `LimitError` for a party that has made as many as it may.
        """
        code = Code.new()
        invitation = Invitation(code.id, membership, now, expires, digest=code.digest)
        with self._database.writing() as connection:
            # What is over is of no use to anybody.
            connection.execute("DELETE FROM invitation WHERE expires < ?", (now.isoformat(),))
            require_room(connection, membership.party, now)
            insert_invitation(connection, invitation)
            facts = (("invitation", code.id), *_facts(membership))
            record_events(connection, _event(Act.PERSON_INVITED, now, author, facts))
        return code, invitation

    def invitations(self, now: datetime, party: str | None = None) -> list[Invitation]:
        """Return the invitations that can still be used, of one party or of all."""
        with self._database.reading("invitation") as connection:
            if connection is None:
                return []
            waiting = select_invitations(
                connection, "ended IS NULL AND expires > ?", (now.isoformat(),)
            )
        return [entry for entry in waiting if party in {None, entry.membership.party}]

    def open_invitation(self, code: Code | None, now: datetime) -> Invitation:
        """Return the invitation of a code while it can be used; raises `TokenError`."""
        with self._database.reading("invitation") as connection:
            return require_invitation(connection, code, now)

    def withdraw(self, name: str, now: datetime, author: Author = SHELL) -> Invitation:
        """End an invitation that nobody has used; raises `UnknownThing`."""
        with self._database.writing() as connection:
            matches = select_invitations(connection, "id = ? AND ended IS NULL", (name,))
            if not matches:
                raise UnknownThing(NO_INVITATION)
            end_invitation(connection, name, now)
            facts = (("invitation", name), *_facts(matches[0].membership))
            record_events(connection, _event(Act.INVITATION_WITHDRAWN, now, author, facts))
            return matches[0]

    def join(  # noqa: PLR0913 - an acceptance has as many parts
        self,
        code: Code,
        pseudonym: str,
        details: Details,
        proof: Passkey | Subject,
        now: datetime,
        *,
        challenge: bytes,
        until: datetime,
    ) -> Person:
        """Use an invitation: add a person who signs in by a passkey or an account.

        All or nothing. Raises `TokenError` for an invitation or a `challenge` that was used, and
        for a passkey or an account that is another person's.
        """
        with self._database.writing() as connection:
            invitation = require_invitation(connection, code, now)
            spend_challenge(connection, challenge, now, until)
            end_invitation(connection, invitation.id, now)
            person = Person(pseudonym, invitation.membership, now, details=details)
            insert_person(connection, person)
            insert_proof(connection, person.pseudonym, proof)
            facts = (("invitation", invitation.id), *_facts(invitation.membership))
            record_events(connection, _event(Act.PERSON_JOINED, now, person.author, facts))
            return person

    def change_details(self, pseudonym: str, details: Details) -> None:
        """Replace what identifies a person; raises `UnknownThing`."""
        with self._database.writing() as connection:
            require_person(connection, pseudonym)
            replace_details(connection, pseudonym, details)

    def change_role(
        self, pseudonym: str, role: str, now: datetime, author: Author = SHELL
    ) -> Person:
        """Give a person another role, and end their sessions.

        Raises `UnknownThing`; `UsageError` where no steward would remain, except to the machine's
        own command line.
        """
        with self._database.writing() as connection:
            person = require_person(connection, pseudonym)
            if role != STEWARD:
                _require_other_steward(connection, person, author)
            connection.execute("UPDATE person SET role = ? WHERE pseudonym = ?", (role, pseudonym))
            _end_sessions(connection, pseudonym, now)
            membership = Membership(person.membership.party, role)
            facts = (("subject", pseudonym), *_facts(membership))
            record_events(connection, _event(Act.PERSON_ROLE, now, author, facts))
            return require_person(connection, pseudonym)

    def remove(self, pseudonym: str, now: datetime, author: Author = SHELL) -> Person:
        """End a person's access, and delete all but the pseudonym; raises as `change_role`."""
        with self._database.writing() as connection:
            person = require_person(connection, pseudonym)
            _require_other_steward(connection, person, author)
            erase_person(connection, pseudonym, now)
            facts = (("subject", pseudonym), *_facts(person.membership))
            record_events(connection, _event(Act.PERSON_REMOVED, now, author, facts))
        # What was deleted is in no page of the file (secure_delete), nor in its journal.
        self._database.empty_journal()
        return person

    # What a person signs in by.

    def passkeys(self, pseudonym: str) -> list[Passkey]:
        """Return a person's passkeys, the oldest first."""
        with self._database.reading("passkey") as connection:
            if connection is None:
                return []
            return select_passkeys(connection, "person = ?", pseudonym)

    def passkey(self, name: str) -> Passkey | None:
        """Return a passkey by its id."""
        with self._database.reading("passkey") as connection:
            passkeys = select_passkeys(connection, "id = ?", name) if connection else []
        return passkeys[0] if passkeys else None

    def add_passkey(self, passkey: Passkey, challenge: bytes, until: datetime) -> None:
        """Add a passkey to a person; raises as `join`, `LimitError` for one who has many."""
        with self._database.writing() as connection:
            person = require_person(connection, passkey.person)
            if len(select_passkeys(connection, "person = ?", passkey.person)) >= MOST_PASSKEYS:
                raise LimitError(TOO_MANY_PASSKEYS, count=MOST_PASSKEYS)
            spend_challenge(connection, challenge, passkey.created, until)
            insert_proof(connection, passkey.person, passkey)
            event = _event(Act.PASSKEY_ADDED, passkey.created, person.author, ())
            record_events(connection, event)

    def use_passkey(
        self, name: str, sign_count: int, now: datetime, challenge: bytes, until: datetime
    ) -> Person:
        """Record that a passkey signed in its person; raises as `join`."""
        with self._database.writing() as connection:
            spend_challenge(connection, challenge, now, until)
            passkeys = select_passkeys(connection, "id = ?", name)
            if not passkeys:
                raise TokenError(SPENT)
            connection.execute(
                "UPDATE passkey SET sign_count = ?, used = ? WHERE id = ?",
                (sign_count, now.isoformat(), name),
            )
            return require_person(connection, passkeys[0].person)

    def remove_passkey(self, pseudonym: str, name: str, now: datetime) -> None:
        """Remove a passkey of a person; raises `UnknownThing`, `UsageError` for the last way in."""
        with self._database.writing() as connection:
            person = require_person(connection, pseudonym)
            statement = "DELETE FROM passkey WHERE id = ? AND person = ?"
            if not connection.execute(statement, (name, pseudonym)).rowcount:
                raise UnknownThing(NO_PASSKEY)
            _require_way(connection, pseudonym)
            record_events(connection, _event(Act.PASSKEY_REMOVED, now, person.author, ()))

    def use_subject(
        self, subject: Subject, now: datetime, challenge: bytes, until: datetime
    ) -> Person | None:
        """Return the person whose account it is, None for nobody's; raises as `join`."""
        with self._database.writing() as connection:
            spend_challenge(connection, challenge, now, until)
            row = connection.execute(
                "SELECT person FROM oidc_subject WHERE issuer = ? AND subject = ?",
                (subject.issuer, subject.subject),
            ).fetchone()
            return None if row is None else require_person(connection, row[0])

    def add_subject(
        self, pseudonym: str, subject: Subject, now: datetime, challenge: bytes, until: datetime
    ) -> None:
        """Link an account to a person; raises as `join`, `UsageError` where one is linked."""
        with self._database.writing() as connection:
            person = require_person(connection, pseudonym)
            spend_challenge(connection, challenge, now, until)
            query = "SELECT 1 FROM oidc_subject WHERE person = ?"
            if connection.execute(query, (pseudonym,)).fetchone():
                raise UsageError(LINKED)
            insert_proof(connection, pseudonym, subject)
            record_events(connection, _event(Act.ACCOUNT_LINKED, now, person.author, ()))

    def remove_subjects(self, pseudonym: str, now: datetime) -> None:
        """Unlink a person's accounts; raises as `remove_passkey`."""
        with self._database.writing() as connection:
            person = require_person(connection, pseudonym)
            statement = "DELETE FROM oidc_subject WHERE person = ?"
            if not connection.execute(statement, (pseudonym,)).rowcount:
                raise UnknownThing(NO_SUBJECT)
            _require_way(connection, pseudonym)
            record_events(connection, _event(Act.ACCOUNT_UNLINKED, now, person.author, ()))

    def subjects(self, pseudonym: str) -> list[Subject]:
        """Return the accounts of a person at providers."""
        with self._database.reading("oidc_subject") as connection:
            if connection is None:
                return []
            query = "SELECT issuer, subject FROM oidc_subject WHERE person = ?"
            return [Subject(*row) for row in connection.execute(query, (pseudonym,))]

    def take_over(self, saved: Path) -> None:
        """Add the people of a copy of the ledger whom this one does not know.

        Of those it knows, what was changed since stays: who was removed stays removed, a role that
        was taken stays so, an invitation that was used is of no more use. Sessions are never
        restored.
        """
        copy = Database(saved)
        with copy.reading("oidc_subject") as connection:
            if connection is None:
                return
            people = select_people(connection, "TRUE", ())
            invitations = select_invitations(connection, "TRUE", ())
            proofs: list[tuple[str, Passkey | Subject]] = [
                (passkey.person, passkey) for passkey in select_passkeys(connection, "TRUE")
            ]
            query = "SELECT person, issuer, subject FROM oidc_subject"
            proofs += [(row[0], Subject(*row[1:])) for row in connection.execute(query)]
        if not people and not invitations:
            return
        with self._database.writing() as connection:
            current = {person.pseudonym for person in select_people(connection, "TRUE", ())}
            added = {person.pseudonym for person in people if person.ended is None} - current
            for person in people:
                if person.pseudonym not in current:
                    insert_person(connection, person)
            for pseudonym, proof in proofs:
                if pseudonym in added:
                    insert_proof(connection, pseudonym, proof)
            waiting = {entry.id for entry in select_invitations(connection, "TRUE", ())}
            for invitation in invitations:
                if invitation.id not in waiting:
                    insert_invitation(connection, invitation)

    def require_sound(self, roles: Collection[str]) -> None:
        """Check the form of every person, invitation and passkey of another ledger.

        Raises `StoreError`, also for a role that is none of `roles`.
        """
        file = self._database.file
        try:
            with self._database.reading("oidc_subject") as connection:
                if connection is None:
                    return
                people = select_people(connection, "TRUE", ())
                invitations = select_invitations(connection, "TRUE", ())
                passkeys = select_passkeys(connection, "TRUE")
        except (ValueError, TypeError, AttributeError) as error:
            raise StoreError(DAMAGED, file=file, reason=error) from error
        entries: list[Person | Invitation | Passkey] = [*people, *invitations, *passkeys]
        memberships = [person.membership for person in people]
        memberships += [invitation.membership for invitation in invitations]
        is_sound = (
            all(entry.created.tzinfo is not None for entry in entries)
            and all(invitation.expires.tzinfo is not None for invitation in invitations)
            and all(membership.role in roles for membership in memberships)
            and all(PASSKEY_ID.fullmatch(passkey.id) for passkey in passkeys)
        )
        if not is_sound:
            raise StoreError(DAMAGED, file=file, reason="person")


def _facts(membership: Membership) -> Facts:
    return (("party", membership.party), ("to", membership.role))


def _event(act: Act, now: datetime, author: Author, facts: Facts) -> Event:
    return Event(act, now, author.party, facts=(*author.facts(), *facts))


def _require_other_steward(connection: Connection, person: Person, author: Author) -> None:
    if person.membership.role != STEWARD or author == SHELL:
        return
    others = select_people(connection, "role = ? AND ended IS NULL", (STEWARD,))
    if len(others) == 1:
        raise UsageError(LAST_STEWARD)


def _require_way(connection: Connection, pseudonym: str) -> None:
    """Raise `UsageError` for a person whom nothing would sign in any more."""
    # In the transaction: two ways that are removed at once are not both the one but last.
    for table in ("passkey", "oidc_subject"):
        query = f"SELECT 1 FROM {table} WHERE person = ?"  # noqa: S608 - our own
        if connection.execute(query, (pseudonym,)).fetchone():
            return
    raise UsageError(LAST_WAY)


def _end_sessions(connection: Connection, pseudonym: str, now: datetime) -> None:
    connection.execute(
        "UPDATE session SET ended = ? WHERE person = ? AND ended IS NULL",
        (now.isoformat(), pseudonym),
    )
