"""What people sign in by: passkeys (WebAuthn), and accounts at OpenID providers."""

from dataclasses import dataclass, field
from datetime import datetime
from sqlite3 import Connection, IntegrityError

from parvis.errors import TokenError
from parvis.i18n import N_

TAKEN = N_("This passkey or account already signs in another person.")
SPENT = N_("This step was done already: begin again.")


@dataclass(frozen=True)
class Passkey:
    """A public key by which a person signs in (WebAuthn); `id` is base64url."""

    id: str
    person: str
    public_key: bytes = field(repr=False)
    sign_count: int
    label: str
    created: datetime
    used: datetime | None = None


@dataclass(frozen=True)
class Subject:
    """An account of a person at an OpenID provider."""

    issuer: str
    subject: str


def select_passkeys(connection: Connection, condition: str, *values: str) -> list[Passkey]:
    rows = connection.execute(
        "SELECT id, person, public_key, sign_count, label, created, used FROM passkey"  # noqa: S608 - our own
        f" WHERE {condition} ORDER BY created, id",
        values,
    )
    return [
        Passkey(
            name,
            person,
            public_key,
            sign_count,
            label,
            datetime.fromisoformat(created),
            used and datetime.fromisoformat(used),
        )
        for name, person, public_key, sign_count, label, created, used in rows
    ]


def insert_proof(connection: Connection, pseudonym: str, proof: Passkey | Subject) -> None:
    try:
        if isinstance(proof, Subject):
            cells = (proof.issuer, proof.subject, pseudonym)
            connection.execute("INSERT INTO oidc_subject VALUES (?, ?, ?)", cells)
        else:
            instants = (proof.created.isoformat(), proof.used and proof.used.isoformat())
            connection.execute(
                "INSERT INTO passkey VALUES (?, ?, ?, ?, ?, ?, ?)",
                (proof.id, pseudonym, proof.public_key, proof.sign_count, proof.label, *instants),
            )
    except IntegrityError as error:
        raise TokenError(TAKEN) from error


def spend_challenge(
    connection: Connection, challenge: bytes, now: datetime, until: datetime
) -> None:
    """Mark a challenge as used, until it is over by itself; raises `TokenError` at a second use."""
    connection.execute("DELETE FROM spent_challenge WHERE until < ?", (now.isoformat(),))
    try:
        row = (challenge, until.isoformat())
        connection.execute("INSERT INTO spent_challenge VALUES (?, ?)", row)
    except IntegrityError as error:
        raise TokenError(SPENT) from error
