"""What a server says of the state of a file: it is sent back to ask whether that has changed."""

import re
from dataclasses import dataclass

_ETAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]{0,1000}"|[\x21\x23-\x7e]{1,1000})')
"""An entity tag (RFC 9110 §8.8.3); some servers omit its quotation marks."""
_DATE = re.compile(r"[A-Za-z0-9,:+ -]{1,100}")
"""The characters of a date (RFC 9110 §5.6.7), also as servers write it wrongly."""


@dataclass(frozen=True)
class Validators:
    """The validators of a server's file, for conditional requests (RFC 9110 §8.8)."""

    etag: str | None = None
    modified: str | None = None

    def __post_init__(self) -> None:
        # Invalid values are dropped: they would be stored, and sent in the next request's header.
        for name, form in (("etag", _ETAG), ("modified", _DATE)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, str) and form.fullmatch(value)):
                object.__setattr__(self, name, None)

    def headers(self) -> dict[str, str]:
        """Return the headers of a conditional request (RFC 9110 §13.1)."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}
