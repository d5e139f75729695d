"""The text of a token, ``parvis_<id>_<secret>_<crc>``.

The id is public: it names the token in lists. The secret has 256 bits, so that nobody guesses
it and a plain digest keeps it. The check (CRC-32) tells a typing error from a wrong token
without a look into the ledger, and lets scanners of leaked secrets recognise one.
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
    """What a reader shows; its secret is in no `repr`, so that no log can hold it."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Draw one at random."""
        return cls(_drawn(ID), _drawn(SECRET))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one; raises `TokenError`, which does not repeat the text."""
        found = _TOKEN.fullmatch(text)
        if found is None or found["check"] != _check(found["body"]):
            raise TokenError(MALFORMED)
        return cls(found["id"], found["secret"])

    def reveal(self) -> str:
        """Write it out, secret included."""
        body = f"parvis_{self.id}_{self.secret}"
        return f"{body}_{_check(body)}"


def _drawn(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _check(body: str) -> str:
    """Write the CRC-32 of a text in base 62, digits first."""
    rest, written = zlib.crc32(body.encode("ascii")), ""
    for _ in range(CHECK):
        rest, digit = divmod(rest, len(ALPHABET))
        written = ALPHABET[digit] + written
    return written
