"""A person under a pseudonym, and the details behind it, in tables of their own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from parvis.errors import UnknownThing
from parvis.i18n import N_
from parvis.ledger.audit import Author
from parvis.ledger.people.codes import draw

NO_PERSON = N_("there is no person {person} here, or no longer")


@dataclass(frozen=True)
class Membership:
    """A party by its IRI, a role in it, and the purposes declared, by their IRIs.

    `third_party` says whether the party is the third party itself.
    """

    party: str
    role: str
    third_party: bool = False
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Details:
    """What identifies a person; empty where it was not said."""

    name: str = ""
    email: str = ""
    language: str = ""


@dataclass(frozen=True)
class Person:
    """A person under a pseudonym; instants have their offsets."""

    pseudonym: str
    membership: Membership
    created: datetime
    ended: datetime | None = None
    details: Details = field(default_factory=Details)

    @property
    def author(self) -> Author:
        """Return the person as the ledger names them."""
        return Author(self.membership.party, self.membership.role, self.pseudonym)


def new_pseudonym() -> str:
    """Draw a pseudonym."""
    return draw().lower()


def select_people(connection: Connection, condition: str, values: Iterable[str]) -> list[Person]:
    """Return the people who meet a condition of this module, the first to come first."""
    rows = connection.execute(
        "SELECT pseudonym, party, third_party, role, purposes, created, ended, name, email,"  # noqa: S608 - our own
        " language FROM person LEFT JOIN person_details ON person = pseudonym"
        f" WHERE {condition} ORDER BY created, pseudonym",
        tuple(values),
    )
    return [
        Person(
            pseudonym,
            to_membership(*membership),
            datetime.fromisoformat(created),
            ended and datetime.fromisoformat(ended),
            Details(name or "", email or "", language or ""),
        )
        for pseudonym, *membership, created, ended, name, email, language in rows
    ]


def to_membership(party: str, third_party: int, role: str, purposes: str) -> Membership:
    return Membership(party, role, bool(third_party), frozenset(purposes.split()))


def membership_cells(membership: Membership) -> tuple[Any, ...]:
    # No IRI has a space.
    purposes = " ".join(sorted(membership.purposes))
    return membership.party, int(membership.third_party), membership.role, purposes


def require_person(connection: Connection, pseudonym: str) -> Person:
    people = select_people(connection, "pseudonym = ? AND ended IS NULL", (pseudonym,))
    if not people:
        raise UnknownThing(NO_PERSON, person=pseudonym)
    return people[0]


def insert_person(connection: Connection, person: Person) -> None:
    instants = (person.created.isoformat(), person.ended and person.ended.isoformat())
    connection.execute(
        "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person.pseudonym, *membership_cells(person.membership), *instants),
    )
    if person.ended is None:
        replace_details(connection, person.pseudonym, person.details)


def replace_details(connection: Connection, pseudonym: str, details: Details) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO person_details VALUES (?, ?, ?, ?)",
        (pseudonym, details.name, details.email, details.language),
    )


def erase_person(connection: Connection, pseudonym: str, now: datetime) -> None:
    connection.execute(
        "UPDATE person SET ended = ?, purposes = '' WHERE pseudonym = ?",
        (now.isoformat(), pseudonym),
    )
    for table in ("person_details", "passkey", "oidc_subject", "session"):
        connection.execute(f"DELETE FROM {table} WHERE person = ?", (pseudonym,))  # noqa: S608 - our own
