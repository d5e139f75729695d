"""Secret links that a person needs no sign-in for: to stop messages, and to read a feed.

Nothing secret is stored: a link is signed by the key of the data folder.
"""

from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from pathlib import Path

from parvis.errors import UnknownThing
from parvis.i18n import N_
from parvis.ledger import signing_key

NO_LINK = N_("this link is not valid, or no longer: your notices have a new one")
DIGITS = 43


def sign(data: Path, purpose: str, *parts: str) -> str:
    """Return the parts of a link with their signature, joined by dots."""
    return ".".join((*parts, _sign(data, purpose, parts)))


def verify(data: Path, purpose: str, link: str, count: int) -> list[str]:
    """Return the parts of a link; raises `UnknownThing` for one that was not signed here."""
    parts = link.split(".")
    if len(parts) != count + 1 or not link.isascii():
        raise UnknownThing(NO_LINK)
    if not compare_digest(_sign(data, purpose, tuple(parts[:-1])), parts[-1]):
        raise UnknownThing(NO_LINK)
    return parts[:-1]


def _sign(data: Path, purpose: str, parts: tuple[str, ...]) -> str:
    text = "\n".join(("parvis notices", purpose, *parts))
    return hmac(signing_key(data), text.encode(), sha256).hexdigest()[:DIGITS]
