"""Who reads: the party that a token is for, asked of the ledger at each request."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from parvis.config import Settings
from parvis.governance import Reader
from parvis.ledger import Contributions, Credential, Scope, Token, Tokens, signing_key


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
