"""Compile JSONPaths (RFC 9535)."""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from jsonpath import JSONPath

PLAIN_NAME = re.compile(r"[\w@][\w @:/-]*")
MEMBERS = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
"""The members of members, as most paths are."""
REMEMBERED = 1_024
"""Largest number of compiled paths in memory."""


class InvalidJsonPath(Exception):  # noqa: N818 - whoever reads the mapping makes an error of it
    """A text that is not a JSONPath, with the reason."""


@cache
def is_plain(name: str) -> bool:
    """Return whether a name is that of a member, not a path."""
    return PLAIN_NAME.fullmatch(name) is not None


@cache
def member_names(name: str) -> tuple[str, ...] | None:
    """Return the members, one inside the other, that a name leads to; None for any other path.

    >>> member_names("place"), member_names("place.address.city"), member_names("places[*].name")
    (('place',), ('place', 'address', 'city'), None)
    """
    if is_plain(name):
        return (name,)
    return tuple(name.split(".")) if MEMBERS.fullmatch(name) else None


@lru_cache(REMEMBERED)
def compile_path(name: str) -> "JSONPath":
    """Compile a relative JSONPath (RFC 9535 only); raises `InvalidJsonPath`."""
    # It takes longer to load than a small file to convert.
    from jsonpath import JSONPathEnvironment, JSONPathError  # noqa: PLC0415

    start = "" if name.startswith(("$", "[")) else "."
    try:
        path = JSONPathEnvironment(strict=True).compile(
            name if name.startswith("$") else f"${start}{name}"
        )
    except JSONPathError as error:
        raise InvalidJsonPath(error) from error
    return cast("JSONPath", path)  # strict paths have no unions
