"""Readers' tokens: given to a party, shown once, kept as a digest, taken back at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Self

from parvis.errors import StoreError, TokenError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import Act, Event, note
from parvis.ledger.credential import ID, Credential
from parvis.ledger.database import DAMAGED, FILE, Database

UNKNOWN = N_("this token is not known here")
EXPIRED = N_("this token has expired")
REVOKED = N_("this token was revoked")
NO_TOKEN = N_("there is no token {token}")
OVER = {
    "expired": N_("the token {token} has expired: create another"),
    "revoked": N_("the token {token} was revoked: create another"),
}
TOO_MANY = N_(
    "{party} has {count} live tokens already ({tokens}): revoke one, or wait until one expires"
)

MOST = 2
"""How many live tokens a party may have: the one in use, and the one that replaces it."""

NOBODY = sha256(b"").digest()
"""What the digest of an unknown token is held against, so that it costs the same."""


_COLUMNS = "id, party, scope, label, purposes, created, expires, revoked, digest"


class Scope(StrEnum):
    """What a token is for: to read, give files, watch over the pool, copy it, or do its work."""

    READ = "read"
    GIVE = "give"
    REPLICA = "replica"
    PROTECTOR = "protector"
    HOST = "host"


@dataclass(frozen=True)
class Grant:
    """What a token is given for: the party by its IRI, the purposes it declares by theirs."""

    party: str
    scope: Scope = Scope.READ
    label: str = ""
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Token:
    """What is kept of a token; instants have their offsets."""

    id: str
    grant: Grant
    created: datetime
    expires: datetime
    revoked: datetime | None
    digest: bytes = field(repr=False)

    def state(self, now: datetime) -> str:
        """Tell whether the token is ``live``, ``expired`` or ``revoked``."""
        if self.revoked is not None:
            return "revoked"
        return "live" if now < self.expires else "expired"

    def ended_with(self, other: Self) -> Self:
        """Give the token with the earlier end of the two that are known of it."""
        revoked = [at for at in (self.revoked, other.revoked) if at is not None]
        expires = min(self.expires, other.expires)
        return replace(self, expires=expires, revoked=min(revoked, default=None))

    def require_live(self, now: datetime) -> Self:
        """Give the token itself while it is live; raises `TokenError`."""
        match self.state(now):
            case "live":
                return self
            case "expired":
                raise TokenError(EXPIRED)
            case _:
                raise TokenError(REVOKED)


class Tokens:
    """The tokens of a pool, in the ledger of its data folder."""

    def __init__(self, data: Path) -> None:
        """Name the data folder; nothing is read or written yet."""
        self._database = Database(data / FILE)

    def create(self, grant: Grant, now: datetime, expires: datetime) -> tuple[Credential, Token]:
        """Give a party a token; the credential is nowhere else and cannot be had again.

        Raises `UsageError` for a party that has two live ones.
        """
        with self._database.writing() as connection:
            given = _give(connection, grant, now, expires)
            note(connection, _event(Act.TOKEN_CREATED, given[1], now))
            return given

    def rotate(
        self, name: str, now: datetime, expires: datetime, grace: timedelta
    ) -> tuple[Credential, Token]:
        """Give a second token like a live one, which then ends within `grace`.

        Raises `UnknownThing`, and `UsageError` for one that is not live or a party that has two.
        """
        with self._database.writing() as connection:
            old = _require(connection, name)
            if (state := old.state(now)) != "live":
                raise UsageError(OVER[state], token=name)
            made = _give(connection, old.grant, now, expires)
            end = min(old.expires, now + grace)
            connection.execute("UPDATE token SET expires = ? WHERE id = ?", (end.isoformat(), name))
            note(connection, _event(Act.TOKEN_ROTATED, old, now))
            return made

    def revoke(self, name: str, now: datetime) -> Token:
        """End a token at once, whatever its state; raises `UnknownThing`."""
        with self._database.writing() as connection:
            if _require(connection, name).revoked is None:
                note(connection, _event(Act.TOKEN_REVOKED, _require(connection, name), now))
            connection.execute(
                "UPDATE token SET revoked = coalesce(revoked, ?) WHERE id = ?",
                (now.isoformat(), name),
            )
            return _require(connection, name)

    def all(self) -> list[Token]:
        """Give every token, the oldest first."""
        with self._database.reading() as connection:
            return [] if connection is None else _tokens(connection, "TRUE", ())

    def take_over(self, saved: Path) -> None:
        """Make the tokens those of a copy of the ledger; one that is not there has none.

        What has ended since stays ended: a revocation holds, and so does an earlier end. Raises
        `StoreError` for a copy that is damaged, before anything changes.
        """
        copy = Database(saved)
        copy.check()
        with copy.reading() as connection:
            tokens = [] if connection is None else _tokens(connection, "TRUE", ())
        if not tokens and not self.all():
            return
        with self._database.writing() as connection:
            known = {one.id: one for one in _tokens(connection, "TRUE", ())}
            connection.execute("DELETE FROM token")
            _insert(connection, (one.ended_with(known.get(one.id, one)) for one in tokens))

    def require_sound(self) -> None:
        """Check the form of every token, which another ledger may have. Raises `StoreError`."""
        file = self._database.file
        try:
            tokens = self.all()
        except (ValueError, TypeError, AttributeError) as error:
            raise StoreError(DAMAGED, file=file, reason=error) from error
        if not all(map(_is_sound, tokens)):
            raise StoreError(DAMAGED, file=file, reason="token")

    def check(self, credential: Credential, now: datetime) -> Token:
        """Give the live token that a credential is for; raises `TokenError`.

        The digests are compared in constant time, for an unknown token too. Only who has the
        secret learns that a token has expired or was revoked.
        """
        found = self._get(credential.id)
        if not compare_digest(_digest(credential), found.digest if found else NOBODY) or not found:
            raise TokenError(UNKNOWN)
        return found.require_live(now)

    def live(self, name: str, now: datetime) -> Token:
        """Give a live token by its id; raises `TokenError`."""
        found = self._get(name)
        if found is None:
            raise TokenError(UNKNOWN)
        return found.require_live(now)

    def _get(self, name: str) -> Token | None:
        with self._database.reading() as connection:
            found = [] if connection is None else _tokens(connection, "id = ?", (name,))
        return found[0] if found else None


def _event(act: Act, token: Token, now: datetime) -> Event:
    """Say what happened to a token: its public id, its party and scope, never its label."""
    grant = token.grant
    facts = (("token", token.id), ("party", grant.party), ("scope", str(grant.scope)))
    return Event(act, now, facts=facts)


def _give(
    connection: Connection, grant: Grant, now: datetime, expires: datetime
) -> tuple[Credential, Token]:
    """Keep a new token of a party that may have one more."""
    theirs = _tokens(connection, "party = ?", (grant.party,))
    live = [one.id for one in theirs if one.state(now) == "live"]
    if len(live) >= MOST:
        raise UsageError(TOO_MANY, party=grant.party, count=len(live), tokens=", ".join(live))
    credential = Credential.new()
    made = Token(credential.id, grant, now, expires, None, _digest(credential))
    _insert(connection, [made])
    return credential, made


def _insert(connection: Connection, tokens: Iterable[Token]) -> None:
    """Write new rows."""
    connection.executemany(
        f"INSERT INTO token ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own
        map(_row, tokens),
    )


def _digest(credential: Credential) -> bytes:
    """Digest a credential: with 256 random bits there is nothing to slow down for."""
    return sha256(credential.reveal().encode("ascii")).digest()


def _require(connection: Connection, name: str) -> Token:
    found = _tokens(connection, "id = ?", (name,))
    if not found:
        raise UnknownThing(NO_TOKEN, token=name)
    return found[0]


def _tokens(connection: Connection, condition: str, values: Iterable[str]) -> list[Token]:
    """Read the tokens that meet a condition, which is one of this module's own."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM token WHERE {condition} ORDER BY created, id",  # noqa: S608 - our own
        tuple(values),
    )
    return [_token(*row) for row in rows]


def _is_sound(token: Token) -> bool:
    """Say whether a token of another ledger has the form of ours."""
    instants = [token.created, token.expires, *([token.revoked] if token.revoked else [])]
    return (
        isinstance(token.digest, bytes)
        and len(token.digest) == len(NOBODY)
        and re.fullmatch(rf"[0-9A-Za-z]{{{ID}}}", token.id) is not None
        and all(at.tzinfo is not None for at in instants)
    )


def _row(token: Token) -> tuple[object, ...]:
    """Give a token as a row, in the order of `_COLUMNS`; no IRI holds a space."""
    grant = token.grant
    purposes = " ".join(sorted(grant.purposes))
    revoked = None if token.revoked is None else token.revoked.isoformat()
    instants = (token.created.isoformat(), token.expires.isoformat(), revoked)
    return (token.id, grant.party, grant.scope, grant.label, purposes, *instants, token.digest)


def _token(*row: Any) -> Token:  # noqa: ANN401 - what SQLite gives
    """Read a row, in the order of `_COLUMNS`."""
    name, party, scope, label, purposes, created, expires, revoked, digest = row
    return Token(
        id=name,
        grant=Grant(party, Scope(scope), label, frozenset(purposes.split())),
        created=datetime.fromisoformat(created),
        expires=datetime.fromisoformat(expires),
        revoked=None if revoked is None else datetime.fromisoformat(revoked),
        digest=digest,
    )
