"""JSONPath (RFC 9535), compiled; its library is loaded when a mapping asks for more than a name."""

import re
from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from jsonpath import JSONPath, JSONPathEnvironment

PLAIN_NAME = re.compile(r"[\w@][\w @:/-]*")


class NoJsonPath(Exception):  # noqa: N818 - whoever reads the mapping makes an error of it
    """A text that no JSONPath is, with the reason."""


@cache
def is_plain(name: str) -> bool:
    """Say whether a name is a member's own, not a path."""
    return PLAIN_NAME.fullmatch(name) is not None


@cache
def path_of(name: str) -> "JSONPath":
    """Compile a relative JSONPath (RFC 9535 only); raises `NoJsonPath`."""
    from jsonpath import JSONPathError  # noqa: PLC0415 - it takes longer to load than a small file

    start = "" if name.startswith(("$", "[")) else "."
    try:
        path = _strict().compile(name if name.startswith("$") else f"${start}{name}")
    except JSONPathError as error:
        raise NoJsonPath(error) from error
    return cast("JSONPath", path)  # strict paths have no unions


@cache
def _strict() -> "JSONPathEnvironment":
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415 - the same

    return JSONPathEnvironment(strict=True)
