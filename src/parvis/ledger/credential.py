"""The text of a token, ``parvis_<id>_<secret>_<crc>``.

The id is public: it identifies the token in lists. The secret has 256 bits, so that nobody guesses
it and a plain digest is enough to store it.
"""

import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import Self

from parvis.errors import TokenError
from parvis.i18n import N_

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
