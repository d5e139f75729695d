"""Who reads: the party that a token is for, asked of the ledger at each request."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from parvis.catalog import Catalog, Partner, Party
from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.ledger import Contributions, Credential, Grant, Scope, Token, Tokens, signing_key


@dataclass(frozen=True)
class Identified:
    """A reader known by a token, which is named by its id; `expires` is the token's end."""

    reader: Reader
    token: str
    label: str
    expires: datetime
    scope: Scope = Scope.READ

    @property
    def watches(self) -> bool:
        """Say whether the reader may look at what was decided, deleted and published."""
        return self.scope in {Scope.PROTECTOR, Scope.HOST}

    @property
    def decides(self) -> bool:
        """Say whether the reader may decide in the steward's name."""
        return self.scope is Scope.HOST

    @property
    def copies(self) -> bool:
        """Say whether the reader may take a copy of all that is served."""
        return self.scope in {Scope.REPLICA, Scope.HOST}

    @property
    def gives(self) -> bool:
        """Say whether the reader may send files for its party's datasets."""
        return self.scope in {Scope.GIVE, Scope.HOST}


class Readers:
    """The readers of a pool that have tokens.

    Nothing is remembered between two requests, so that a token revoked by any process opens
    nothing at the next one, and a contribution that has ended neither. Raises `TokenError` for a
    token that opens nothing.
    """

    def __init__(self, settings: Settings) -> None:
        """Name the pool; nothing is read yet."""
        self._data = settings.data
        self._tokens = Tokens(settings.data)
        self._contributions = Contributions(settings.data)

    def by_token(self, text: str) -> Identified:
        """Give the reader who shows a token."""
        return self._identified(self._tokens.check(Credential.parse(text), datetime.now(UTC)))

    def by_id(self, name: str) -> Identified:
        """Give the reader of a session, which vouches for a token that was shown before."""
        return self._identified(self._tokens.live(name, datetime.now(UTC)))

    @cached_property
    def signing_key(self) -> bytes:
        """Give the key that sessions are signed with, the same for every process."""
        return signing_key(self._data)

    def _identified(self, token: Token) -> Identified:
        """Tell who reads by a token, with what the party gives."""
        grant = token.grant
        reader = Reader(
            grant.party,
            grant.purposes,
            host=grant.scope is Scope.HOST,
            contributes=self._contributions.counting(grant.party),
        )
        return Identified(reader, token.id, grant.label, token.expires, grant.scope)


# Readers' tokens, given to parties with an agreement: create, list, rotate, revoke.

NO_PARTY = N_("there is no party “{party}” in the catalogue folder")
NO_AGREEMENT = N_("{party} has no agreement: a token goes to who has one")
NOT_HOST = N_("{party} is not the third party: only the third party’s tokens are the steward’s")
NO_GIVER = N_("{party} gives no data: only a partner’s token is to give files")

NO_IRI = N_("the purpose “{purpose}” is no IRI")
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")

DAYS, GRACE = 365, 7
"""How many days a token lives, and how many one that is replaced, unless told otherwise."""


@dataclass(frozen=True)
class Given:
    """A token just made, with its text, which is told this once."""

    token: Token
    text: str

    def to_json(self) -> dict[str, Any]:
        """Give it with its text, for programs."""
        return {"token": self.text, **told(self.token)}


def create(  # noqa: PLR0913 - a token has as many parts
    settings: Settings,
    party: str,
    *,
    label: str = "",
    days: int = DAYS,
    scope: str | None = None,
    purposes: Collection[str] = (),
) -> Given:
    """Give a party, named by slug or IRI, a token that lives some days.

    Without `scope` the third party's own is the steward's, anyone else's is to read; a protector
    needs no agreement. `purposes`
    are IRIs: what agreements open for a purpose is open to who has declared it. Raises
    `UnknownThing`, and `UsageError` for a party without agreement or with two live tokens.
    """
    catalog = Catalog.load(settings.catalog, settings.base)
    found = catalog.party_named(party)
    if found is None:
        raise UnknownThing(NO_PARTY, party=party)
    for purpose in purposes:
        if not IRI.fullmatch(purpose):
            raise UsageError(NO_IRI, purpose=purpose)
    grant = Grant(found.iri, _scope(catalog, found, scope), label, frozenset(purposes))
    now = _now()
    return _given(*Tokens(settings.data).create(grant, now, now + timedelta(days=days)))


def rotate(settings: Settings, name: str, *, days: int = DAYS, grace: int = GRACE) -> Given:
    """Replace a token by another like it; the first lives on for some days, at most."""
    now = _now()
    until, end = now + timedelta(days=days), timedelta(days=grace)
    return _given(*Tokens(settings.data).rotate(name, now, until, end))


def revoke(settings: Settings, name: str) -> Token:
    """End a token at once; raises `UnknownThing`."""
    return Tokens(settings.data).revoke(name, _now())


def tokens(settings: Settings) -> list[dict[str, Any]]:
    """List every token without its secret, the oldest first."""
    return [told(one) for one in Tokens(settings.data).all()]


def told(token: Token) -> dict[str, Any]:
    """Give what may be told of a token: all but the digest."""
    return {
        "id": token.id,
        "party": token.grant.party,
        "scope": str(token.grant.scope),
        "label": token.grant.label,
        "purposes": sorted(token.grant.purposes),
        "state": token.state(_now()),
        "created": token.created.isoformat(timespec="seconds"),
        "expires": token.expires.isoformat(timespec="seconds"),
        "revoked": token.revoked and token.revoked.isoformat(timespec="seconds"),
    }


def _scope(catalog: Catalog, party: Partner | Party, wanted: str | None) -> Scope:
    """Say what a party's token is for, once it is sure that it may have one."""
    if party == catalog.host:
        return Scope(wanted or Scope.HOST)
    if wanted == Scope.PROTECTOR:
        return Scope.PROTECTOR
    if not catalog.policies.bind(party.iri):
        raise UsageError(NO_AGREEMENT, party=party.slug)
    if wanted in {Scope.HOST, Scope.REPLICA}:
        raise UsageError(NOT_HOST, party=party.slug)
    if wanted == Scope.GIVE and not isinstance(party, Partner):
        raise UsageError(NO_GIVER, party=party.slug)
    return Scope(wanted or Scope.READ)


def _given(credential: Credential, token: Token) -> Given:
    return Given(token, credential.reveal())


def _now() -> datetime:
    return datetime.now(UTC)
