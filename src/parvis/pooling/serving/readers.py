"""Identify readers by their tokens, and manage these tokens."""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from parvis.catalog.entries import Partner
from parvis.catalog.folder import Catalog
from parvis.config import Settings, clock
from parvis.errors import MachineError, TokenError, UnknownThing, UsageError
from parvis.governance import (
    PERMISSIONS,
    Permission,
    Reader,
    Role,
    permissions_of_person,
    permissions_of_program,
)
from parvis.i18n import N_
from parvis.ledger import (
    SHELL,
    Author,
    Code,
    Contributions,
    Credential,
    Grant,
    People,
    Person,
    Requests,
    Session,
    Sessions,
    Token,
    Tokens,
    TokenScope,
    signing_key,
)
from parvis.ledger.people.sessions import SESSION_OVER
from parvis.pooling.texts.valid import last_valid
from parvis.store.record.graph_record import GraphRecord

ROLES = {
    TokenScope.READ: Role.READER,
    TokenScope.GIVE: Role.SENDER,
    TokenScope.REPLICA: Role.REPLICA,
    TokenScope.PROTECTOR: Role.PROTECTOR,
    TokenScope.HOST: Role.STEWARD,
}
"""The role of who has a token, by its scope."""

SESSION = timedelta(hours=12)
"""How long a session lasts, unless its token ends before."""


@dataclass(frozen=True)
class Identity:
    """A reader whom a token or a session identifies; `expires` is its end.

    `token` is the id of the token and `label` the token's, both empty for a `person`; `session` is
    there for who signed in.
    """

    reader: Reader
    token: str
    label: str
    expires: datetime
    role: Role = Role.READER
    permissions: frozenset[Permission] = PERMISSIONS[Role.READER]
    person: Person | None = None
    session: Session | None = None

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def holder(self) -> str:
        """Return the id of the token, or the pseudonym of the person."""
        return self.token or self.author.person or ""

    @property
    def author(self) -> Author:
        """Return the identity as the ledger names it."""
        pseudonym = self.person.pseudonym if self.person else None
        return Author(self.reader.iri, self.role, pseudonym)


class Readers:
    """The readers of a pool who have a token or signed in. Raises `TokenError` for others."""

    # Nothing is cached between two requests: a token or a session that any process ended, or a
    # contribution that ended, has no effect from the next request on.

    def __init__(
        self, settings: Settings, third_party: Callable[[], str | None] = lambda: None
    ) -> None:
        """Take what returns the IRI of the third party; None while nothing is published."""
        self._data, self._third_party = settings.data, third_party
        self._tokens = Tokens(settings.data)
        self._people = People(settings.data)
        self._sessions = Sessions(settings.data)
        self._contributions = Contributions(settings.data)
        self._requests = Requests(settings.data)

    def by_token(self, text: str) -> Identity:
        """Return the reader of a token's text."""
        return self._identify(self._tokens.check(Credential.parse(text), clock.now()))

    def by_id(self, name: str) -> Identity:
        """Return the reader of a token's id."""
        return self._identify(self._tokens.live(name, clock.now()))

    def by_session(self, cookie: str) -> Identity:
        """Return the reader of a session, by the content of its cookie."""
        now = clock.now()
        session = self._sessions.check(Code.parse(cookie), now)
        if session.token is not None:
            identity = self.by_id(session.token)
        else:
            try:
                identity = self.of_person(self._people.get(session.person or ""), session.expires)
            except UnknownThing as error:
                raise TokenError(SESSION_OVER) from error
        # Reading goes on where the ledger cannot be written to for now: a full disk, a lock.
        with suppress(MachineError):
            self._sessions.touch(session, now)
        return replace(identity, session=session)

    def of_person(self, person: Person, expires: datetime) -> Identity:
        """Return a person as a reader of the party."""
        membership, role = person.membership, Role(person.membership.role)
        # What its party asked for and was granted is declared: both sides have signed it.
        reader = self._read_as(
            membership.party,
            membership.purposes | self._requests.purposes(membership.party),
            host=membership.third_party and role is Role.STEWARD,
        )
        permissions = permissions_of_person(role, third_party=membership.third_party)
        # A person has no label: what is recorded of them names a pseudonym only.
        return Identity(reader, "", "", expires, role, permissions, person=person)

    def begin_session(self, identity: Identity, browser: str, former: str) -> tuple[str, datetime]:
        """Open a session in the place of a former one; return its cookie and its end."""
        now = clock.now()
        expires = min(identity.expires, now + SESSION)
        code = self._sessions.begin(
            now,
            expires,
            browser,
            person=identity.author.person,
            token=identity.token or None,
            former=Code.parse(former),
        )
        return code.reveal(), expires

    def end_session(self, cookie: str) -> None:
        """End the session of a cookie, if there is one."""
        if (code := Code.parse(cookie)) is not None:
            self._sessions.end(code, clock.now())

    @cached_property
    def signing_key(self) -> bytes:
        """Return the key that signs forms, the same for every process."""
        return signing_key(self._data)

    def _identify(self, token: Token) -> Identity:
        grant = token.grant
        reader = self._read_as(grant.party, grant.purposes, host=grant.scope is TokenScope.HOST)
        role = ROLES[grant.scope]
        # Only the third party itself may have a token of scope host.
        is_third_party = reader.host or grant.party == self._third_party()
        permissions = permissions_of_program(role, third_party=is_third_party)
        return Identity(reader, token.id, grant.label, token.expires, role, permissions)

    def _read_as(self, party: str, purposes: frozenset[str], *, host: bool) -> Reader:
        contributes = self._contributions.counting_until(party)
        return Reader(party, purposes, host=host, contributes=contributes)


# The tokens of parties with an agreement: create, list, rotate, revoke.

NO_PARTY = N_("there is no party “{party}” in the catalogue folder")
NO_AGREEMENT = N_("{party} has no agreement: a token goes to who has one")
NOT_HOST = N_("{party} is not the third party: only the third party’s tokens are the steward’s")
NO_GIVER = N_("{party} gives no data: only a partner’s token is to give files")

OTHER_BASE = N_(
    "the pool in {data} has the address {base}, not {address}: set PARVIS_BASE={base}, or “base” in"
    " parvis.toml, so that the token is of the pool that is served"
)
NO_IRI = N_("the purpose “{purpose}” is no IRI")
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")

DAYS, GRACE = 365, 7
"""Default lifetimes, in days, of a token and of one that was replaced."""


@dataclass(frozen=True)
class IssuedToken:
    """A token just created, with its text, which is shown only once."""

    token: Token
    text: str

    def to_json(self) -> dict[str, Any]:
        return {"token": self.text, **token_to_json(self.token)}


def create_token(  # noqa: PLR0913 - a token has as many parts
    settings: Settings,
    party: str,
    *,
    label: str = "",
    days: int = DAYS,
    scope: str | None = None,
    purposes: Collection[str] = (),
    author: Author = SHELL,
) -> IssuedToken:
    """Create a token for a party, named by slug or IRI, that is valid for some days.

    The default `scope` is the steward's for the third party itself, reading for anyone else.
    `purposes` are the IRIs of the purposes that the party has declared, for which agreements may
    open more. Raises `UnknownThing`, and `UsageError` for a
    party without agreement or with two live tokens, or for settings of another address than that
    of the pool in the data folder.
    """
    bases = {iri.partition("graph/")[0] for iri in GraphRecord(settings.data).versions()}
    if bases and settings.base not in bases:
        raise UsageError(OTHER_BASE, data=settings.data, base=min(bases), address=settings.base)
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    holder = catalog.party_named(party)
    if holder is None:
        raise UnknownThing(NO_PARTY, party=party)
    for purpose in purposes:
        if not IRI.fullmatch(purpose):
            raise UsageError(NO_IRI, purpose=purpose)
    if holder == catalog.third_party:
        scope = scope or TokenScope.HOST
    else:
        scope = scope or TokenScope.READ
        if not catalog.policies.has_agreement(holder.iri):
            raise UsageError(NO_AGREEMENT, party=holder.slug)
        if scope in {TokenScope.HOST, TokenScope.REPLICA}:
            raise UsageError(NOT_HOST, party=holder.slug)
        if scope == TokenScope.GIVE and not isinstance(holder, Partner):
            raise UsageError(NO_GIVER, party=holder.slug)
    grant = Grant(holder.iri, TokenScope(scope), label, frozenset(purposes))
    now = clock.machine_time()
    tokens = Tokens(settings.data)
    credential, token = tokens.create(grant, now, now + timedelta(days=days), author)
    return IssuedToken(token, credential.reveal())


def rotate_token(
    settings: Settings,
    name: str,
    *,
    days: int = DAYS,
    grace: int = GRACE,
    author: Author = SHELL,
) -> IssuedToken:
    """Replace a token by another of the same grant; the first stays valid for `grace` days."""
    now = clock.machine_time()
    until, overlap = now + timedelta(days=days), timedelta(days=grace)
    credential, token = Tokens(settings.data).rotate(name, now, until, overlap, author)
    return IssuedToken(token, credential.reveal())


def revoke_token(settings: Settings, name: str, author: Author = SHELL) -> Token:
    """End a token at once; raises `UnknownThing`."""
    return Tokens(settings.data).revoke(name, clock.machine_time(), author)


def list_tokens(settings: Settings) -> list[dict[str, Any]]:
    """List all tokens without their secrets, the oldest first."""
    return [token_to_json(token) for token in Tokens(settings.data).all()]


def token_to_json(token: Token) -> dict[str, Any]:
    """Return a token as JSON data, without its digest."""
    return {
        "id": token.id,
        "party": token.grant.party,
        "scope": str(token.grant.scope),
        "label": token.grant.label,
        "purposes": sorted(token.grant.purposes),
        "state": token.state(clock.now()),
        "created": token.created.isoformat(timespec="seconds"),
        "expires": token.expires.isoformat(timespec="seconds"),
        "revoked": token.revoked and token.revoked.isoformat(timespec="seconds"),
    }
