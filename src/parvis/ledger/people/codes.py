"""Secrets that open one thing: a session, an invitation. Shown once, stored as a digest."""

import re
import secrets
import string
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Self

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID, SECRET = 10, 43
"""Lengths in characters of base 62; a secret has 256 bits."""
_CODE = re.compile(rf"(?P<id>[0-9A-Za-z]{{{ID}}})(?P<secret>[0-9A-Za-z]{{{SECRET}}})")
NOTHING = sha256(b"").digest()
"""The digest that an unknown code is compared with, so that it takes the same time."""


def draw(length: int = ID) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(frozen=True)
class Code:
    """A public id and a secret, which is in no `repr`, so that no log can hold it."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Draw a code at random."""
        return cls(draw(), draw(SECRET))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse a code; None for what has not its form."""
        match = _CODE.fullmatch(text)
        return None if match is None else cls(match["id"], match["secret"])

    def reveal(self) -> str:
        """Return the text, secret included."""
        return f"{self.id}{self.secret}"

    @property
    def digest(self) -> bytes:
        # With 256 random bits, a slow hash would protect no better.
        return sha256(self.reveal().encode("ascii")).digest()

    def fits(self, digest: bytes | None) -> bool:
        """Compare with a stored digest in constant time, also where there is none."""
        return compare_digest(self.digest, digest or NOTHING) and digest is not None
