"""An answer as it was sent to everyone, and how a request chooses among such answers."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from werkzeug.http import parse_date

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = list[tuple[str, str]]

CHOOSING = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE")
"""The headers by which the application chooses among forms of an answer."""

NEVER = frozenset({"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_MATCH"})
"""Headers of requests that always go to the application."""

OWN = {"date", "ratelimit"}
"""What an answer says to one reader, or of one moment: it is not said again."""


@dataclass(frozen=True)
class Kept:
    """An answer as it was sent, and about how many bytes it takes."""

    status: str
    headers: Headers
    body: bytes
    size: int

    @classmethod
    def sent(cls, status: str, headers: Headers, body: bytes) -> Self:
        """Keep an answer, its bytes counted."""
        return cls(status, headers, body, length(headers) + len(body))

    @cached_property
    def tag(self) -> str:
        """Give the opaque part of its tag."""
        return said(self.headers, "etag").removeprefix("W/")

    @cached_property
    def unchanged(self) -> Headers:
        """Give what a 304 says (RFC 9110 §15.4.5): what is not about a body."""
        about = ("content-type", "content-length", "content-encoding", "content-language")
        return [one for one in self.headers if one[0].lower() not in about]

    def is_held(self, environ: "WSGIEnvironment") -> bool:
        """Say whether a request names this answer's tag; tags are compared weakly (§13.1.2).

        Without one, the instant of its last change counts (§13.1.3).
        """
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked is None:
            held = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
            changed = parse_date(said(self.headers, "last-modified"))
            return held is not None and changed is not None and changed <= held
        return self.tag in {one.strip().removeprefix("W/") for one in asked.split(",")}


def choices(environ: "WSGIEnvironment") -> tuple[str | None, ...] | None:
    """Give the headers by which a request chooses; None if it is one for the application alone."""
    if not environ.keys().isdisjoint(NEVER):
        return None
    accept, encoding, language = CHOOSING
    return environ.get(accept), environ.get(encoding), environ.get(language)


def length(headers: Headers) -> int:
    """Count the bytes of headers."""
    return sum([len(name) + len(value) for name, value in headers])


def said(headers: Headers, wanted: str) -> str:
    """Give the values of a header."""
    return ", ".join(value for name, value in headers if name.lower() == wanted)
