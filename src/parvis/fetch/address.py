"""An address from which a file may be fetched: http or https, without a password."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from parvis.errors import AddressError

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """An address that `parse` read; `guard` decides whether its machine may be called."""

    url: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address. Raises `AddressError` for one not of http(s), or with a password."""
        if not begins_as_address(text) or _FORBIDDEN.search(text):
            raise AddressError("“{address}” is no http(s) address", address=text)
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise AddressError("“{address}” is no http(s) address", address=text) from error
        # A name before ``@`` is refused too: records and logs would hold it (RFC 9110 §4.2.4).
        if "@" in parts.netloc:
            raise AddressError(
                "the address of {host} holds a name or a password; none is sent",
                host=parts.netloc.rpartition("@")[2],
            )
        if not host:
            raise AddressError("“{address}” is no http(s) address", address=text)
        return cls(text)

    @property
    def secure(self) -> bool:
        return self.url.lower().startswith("https:")

    def __str__(self) -> str:
        # For messages: what stands after ``?`` may be somebody's key.
        return re.sub(r"[?#].*", "", self.url)


Source = Path | Address
"""A file on this machine, or at an address."""


def begins_as_address(text: str) -> bool:
    """Return whether a text is meant as an address rather than as a file.

    >>> begins_as_address("HTTPS://ville.example/a.csv"), begins_as_address("http/a.csv")
    (True, False)
    """
    return bool(_SCHEME.match(text))
