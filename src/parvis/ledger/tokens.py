"""Tokens of parties: shown once, stored as a digest, and revoked at once."""

import re
import secrets
import string
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from sqlite3 import Connection
from typing import Self

from parvis.errors import StoreError, TokenError, UnknownThing, UsageError
from parvis.i18n import N_
from parvis.ledger.audit import SHELL, Act, Author, Event, record_events
from parvis.ledger.database import DAMAGED, FILE, Database

# The text of a token, ``parvis_<id>_<secret>_<crc>``.
#
# The id is public: it identifies the token in lists. The secret has 256 bits, so that nobody
# guesses it and a plain digest is enough to store it.

MALFORMED = N_("this is no token of parvis: a character is missing or wrong")

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID, SECRET, CHECK = 8, 43, 6
"""Lengths in characters of base 62."""

_TOKEN = re.compile(
    rf"(?P<body>parvis_(?P<id>[0-9A-Za-z]{{{ID}}})_(?P<secret>[0-9A-Za-z]{{{SECRET}}}))"
    rf"_(?P<check>[0-9A-Za-z]{{{CHECK}}})"
)


@dataclass(frozen=True)
class Credential:
    """The credential of a reader; its secret is in no `repr`, so that no log can hold it."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Draw one at random."""
        return cls(*("".join(secrets.choice(ALPHABET) for _ in range(n)) for n in (ID, SECRET)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a credential; raises `TokenError`, which does not repeat the text."""
        match = _TOKEN.fullmatch(text)
        if match is None or match["check"] != _compute_check(match["body"]):
            raise TokenError(MALFORMED)
        return cls(match["id"], match["secret"])

    def reveal(self) -> str:
        """Return the text, secret included."""
        body = f"parvis_{self.id}_{self.secret}"
        return f"{body}_{_compute_check(body)}"


def _compute_check(body: str) -> str:
    """Return the CRC-32 of a text in base 62, digits first."""
    # It distinguishes a typing error from a wrong token without reading the ledger, and lets
    # scanners of leaked secrets recognise a token.
    remainder, check = zlib.crc32(body.encode("ascii")), ""
    for _ in range(CHECK):
        remainder, digit = divmod(remainder, len(ALPHABET))
        check = ALPHABET[digit] + check
    return check


# The tokens of parties, in the ledger.

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
"""The digest that an unknown token is compared with, so that it takes the same time."""


_COLUMNS = "id, party, scope, label, purposes, created, expires, revoked, digest"


class TokenScope(StrEnum):
    """The scope of a token: to read, deposit files, copy the pool, oversee it, or run it."""

    READ = "read"
    GIVE = "give"
    REPLICA = "replica"
    PROTECTOR = "protector"
    HOST = "host"


@dataclass(frozen=True)
class Grant:
    """The rights of a token: the party by its IRI, the purposes it declares by theirs."""

    party: str
    scope: TokenScope = TokenScope.READ
    label: str = ""
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Token:
    """A stored token; instants have their offsets."""

    id: str
    grant: Grant
    created: datetime
    expires: datetime
    revoked: datetime | None
    digest: bytes = field(repr=False)

    def state(self, now: datetime) -> str:
        """Return ``live``, ``expired`` or ``revoked``."""
        if self.revoked is not None:
            return "revoked"
        return "live" if now < self.expires else "expired"

    def with_earlier_end(self, other: Self) -> Self:
        """Return the token with the earlier end of two records of it."""
        revoked = [at for at in (self.revoked, other.revoked) if at is not None]
        expires = min(self.expires, other.expires)
        return replace(self, expires=expires, revoked=min(revoked, default=None))

    def require_live(self, now: datetime) -> Self:
        """Return the token itself while it is live; raises `TokenError`."""
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
        self._database = Database(data / FILE)

    def create(
        self, grant: Grant, now: datetime, expires: datetime, author: Author = SHELL
    ) -> tuple[Credential, Token]:
        """Create a token for a party; the credential is not stored and cannot be had again.

        Raises `UsageError` for a party that has two live ones.
        """
        with self._database.writing() as connection:
            credential, token = _create(connection, grant, now, expires)
            record_events(connection, _build_event(Act.TOKEN_CREATED, token, now, author))
            return credential, token

    def rotate(
        self,
        name: str,
        now: datetime,
        expires: datetime,
        grace: timedelta,
        author: Author = SHELL,
    ) -> tuple[Credential, Token]:
        """Create a second token like a live one, which then ends within `grace`.

        Raises `UnknownThing`, and `UsageError` for one that is not live or a party that has two.
        """
        with self._database.writing() as connection:
            old = _require(connection, name)
            # Rotation must not revive a token that ended.
            if (state := old.state(now)) != "live":
                raise UsageError(OVER[state], token=name)
            created = _create(connection, old.grant, now, expires)
            end = min(old.expires, now + grace)
            connection.execute("UPDATE token SET expires = ? WHERE id = ?", (end.isoformat(), name))
            record_events(connection, _build_event(Act.TOKEN_ROTATED, old, now, author))
            return created

    def revoke(self, name: str, now: datetime, author: Author = SHELL) -> Token:
        """End a token at once, whatever its state; raises `UnknownThing`."""
        with self._database.writing() as connection:
            token = _require(connection, name)
            if token.revoked is None:
                record_events(connection, _build_event(Act.TOKEN_REVOKED, token, now, author))
            connection.execute(
                "UPDATE token SET revoked = coalesce(revoked, ?) WHERE id = ?",
                (now.isoformat(), name),
            )
            return _require(connection, name)

    def all(self) -> list[Token]:
        """Return every token, the oldest first."""
        with self._database.reading() as connection:
            return [] if connection is None else _select(connection, "TRUE", ())

    def take_over(self, saved: Path) -> None:
        """Replace the tokens by those of a copy of the ledger; a copy that is not there has none.

        Raises `StoreError` for a copy that is damaged, before anything changes.
        """
        copy = Database(saved)
        copy.check()
        with copy.reading() as connection:
            tokens = [] if connection is None else _select(connection, "TRUE", ())
        if not tokens and not self.all():
            return
        with self._database.writing() as connection:
            # What has ended since stays ended: a revocation holds, and so does an earlier end.
            current = {token.id: token for token in _select(connection, "TRUE", ())}
            connection.execute("DELETE FROM token")
            merged = (token.with_earlier_end(current.get(token.id, token)) for token in tokens)
            _insert(connection, merged)

    def require_sound(self) -> None:
        """Check the form of every token of another ledger. Raises `StoreError`."""
        file = self._database.file
        try:
            tokens = self.all()
        except (ValueError, TypeError, AttributeError) as error:
            raise StoreError(DAMAGED, file=file, reason=error) from error
        for token in tokens:
            instants = [token.created, token.expires, *([token.revoked] if token.revoked else [])]
            is_sound = (
                isinstance(token.digest, bytes)
                and len(token.digest) == len(NOBODY)
                and re.fullmatch(rf"[0-9A-Za-z]{{{ID}}}", token.id) is not None
                and all(at.tzinfo is not None for at in instants)
            )
            if not is_sound:
                raise StoreError(DAMAGED, file=file, reason="token")

    def check(self, credential: Credential, now: datetime) -> Token:
        """Return the live token of a credential; raises `TokenError`."""
        token = self._get(credential.id)
        # The digests are compared in constant time, for an unknown token too. Only who has the
        # secret learns that a token has expired or was revoked.
        digest = token.digest if token else NOBODY
        if not compare_digest(_compute_digest(credential), digest) or not token:
            raise TokenError(UNKNOWN)
        return token.require_live(now)

    def live(self, name: str, now: datetime) -> Token:
        """Return a live token by its id; raises `TokenError`."""
        token = self._get(name)
        if token is None:
            raise TokenError(UNKNOWN)
        return token.require_live(now)

    def _get(self, name: str) -> Token | None:
        with self._database.reading() as connection:
            tokens = [] if connection is None else _select(connection, "id = ?", (name,))
        return tokens[0] if tokens else None


def _build_event(act: Act, token: Token, now: datetime, author: Author) -> Event:
    # The label is left out: it may be personal.
    grant = token.grant
    facts = (("token", token.id), ("party", grant.party), ("scope", str(grant.scope)))
    return Event(act, now, author.party, facts=(*author.facts(), *facts))


def _create(
    connection: Connection, grant: Grant, now: datetime, expires: datetime
) -> tuple[Credential, Token]:
    tokens = _select(connection, "party = ?", (grant.party,))
    live = [token.id for token in tokens if token.state(now) == "live"]
    if len(live) >= MOST:
        raise UsageError(TOO_MANY, party=grant.party, count=len(live), tokens=", ".join(live))
    credential = Credential.new()
    token = Token(credential.id, grant, now, expires, None, _compute_digest(credential))
    _insert(connection, [token])
    return credential, token


def _insert(connection: Connection, tokens: Iterable[Token]) -> None:
    rows = []
    for token in tokens:
        grant, revoked = token.grant, token.revoked
        # No IRI has a space.
        purposes = " ".join(sorted(grant.purposes))
        instants = (
            token.created.isoformat(),
            token.expires.isoformat(),
            None if revoked is None else revoked.isoformat(),
        )
        row = (token.id, grant.party, grant.scope, grant.label, purposes, *instants, token.digest)
        rows.append(row)
    connection.executemany(
        f"INSERT INTO token ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own
        rows,
    )


def _compute_digest(credential: Credential) -> bytes:
    # With 256 random bits, a slow hash would protect no better.
    return sha256(credential.reveal().encode("ascii")).digest()


def _require(connection: Connection, name: str) -> Token:
    tokens = _select(connection, "id = ?", (name,))
    if not tokens:
        raise UnknownThing(NO_TOKEN, token=name)
    return tokens[0]


def _select(connection: Connection, condition: str, values: Iterable[str]) -> list[Token]:
    """Return the tokens that meet a condition of this module, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM token WHERE {condition} ORDER BY created, id",  # noqa: S608 - our own
        tuple(values),
    )
    return [
        Token(
            id=name,
            grant=Grant(party, TokenScope(scope), label, frozenset(purposes.split())),
            created=datetime.fromisoformat(created),
            expires=datetime.fromisoformat(expires),
            revoked=None if revoked is None else datetime.fromisoformat(revoked),
            digest=digest,
        )
        for name, party, scope, label, purposes, created, expires, revoked, digest in rows
    ]
