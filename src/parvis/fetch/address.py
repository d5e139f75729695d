"""An address from which a file may be fetched: http or https, without anybody's password."""

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
    """An address that was read by `parse`; which machine it leads to is for `guard` to judge."""

    url: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; raises `AddressError` for one that is not http(s), or holds a password.

        What stands before ``@`` is refused whole: it would be kept in records and logs
        (RFC 9110 §4.2.4).
        """
        if not begins_as_address(text) or _FORBIDDEN.search(text):
            raise AddressError("“{address}” is no http(s) address", address=text)
        try:
            parts = urlsplit(text)
            named, _ = parts.hostname, parts.port
        except ValueError as error:
            raise AddressError("“{address}” is no http(s) address", address=text) from error
        if "@" in parts.netloc:
            where = parts.netloc.rpartition("@")[2]
            raise AddressError(
                "the address of {host} holds a name or a password; none is sent", host=where
            )
        if not named:
            raise AddressError("“{address}” is no http(s) address", address=text)
        return cls(text)

    @property
    def secure(self) -> bool:
        """Say whether it is https."""
        return self.url.lower().startswith("https:")

    def __str__(self) -> str:
        """Write it as messages do: what stands after ``?`` may be somebody's key."""
        return re.sub(r"[?#].*", "", self.url)


Source = Path | Address
"""Where a file is: on this machine, or at an address."""


def begins_as_address(text: str) -> bool:
    """Say whether a text was meant as an address rather than as a file.

    >>> begins_as_address("HTTPS://ville.example/a.csv"), begins_as_address("http/a.csv")
    (True, False)
    """
    return bool(_SCHEME.match(text))
