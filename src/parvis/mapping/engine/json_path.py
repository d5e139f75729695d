"""Compile JSONPaths (RFC 9535)."""

import re
from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from jsonpath import JSONPath, JSONPathEnvironment

PLAIN_NAME = re.compile(r"[\w@][\w @:/-]*")


class InvalidJsonPath(Exception):  # noqa: N818 - whoever reads the mapping makes an error of it
    """A text that is not a JSONPath, with the reason."""


@cache
def is_plain(name: str) -> bool:
    """Return whether a name is that of a member, not a path."""
    return PLAIN_NAME.fullmatch(name) is not None


def compile_path(name: str) -> "JSONPath":
    """Compile a relative JSONPath (RFC 9535 only); raises `NoJsonPath`."""
    from jsonpath import JSONPathError  # noqa: PLC0415 - it takes longer to load than a small file

    start = "" if name.startswith(("$", "[")) else "."
    try:
        path = _strict_environment().compile(name if name.startswith("$") else f"${start}{name}")
    except JSONPathError as error:
        raise InvalidJsonPath(error) from error
    return cast("JSONPath", path)  # strict paths have no unions


@cache
def _strict_environment() -> "JSONPathEnvironment":
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415 - the same

    return JSONPathEnvironment(strict=True)
