"""Where a query stops being SPARQL, and what would be SPARQL there."""

import re
from bisect import bisect
from collections.abc import Callable

from parvis.errors import QueryError
from parvis.store.query_text import spread

_WHERE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_CHARACTERS = re.compile(r"\[[^\[\]]*\](?:, )?")


def malformed(text: str, message: str, parse: Callable[[str], object]) -> QueryError:
    """Name the line and column of the token that is wrong, and what the engine expected there.

    The engine reports the farthest character that it has looked at. As it reads as many characters
    as a keyword has before it compares them, that may lie beyond the token; in a query with wide
    gaps it cannot, so such a one is parsed again. `parse` raises `SyntaxError`.
    """
    wide, places = spread(text)
    try:
        parse(wide)
    except SyntaxError as error:
        found = _WHERE.match(str(error))
    else:
        found = None
    if found is None:
        return QueryError("the query is not valid SPARQL: {reason}", reason=message)
    offset = _offset(wide, int(found[1]), int(found[2]))
    before = text[: _original(text, wide, places, offset)]
    expected = " ".join(_CHARACTERS.sub("", found[3]).split()).removesuffix(",")
    return QueryError(
        "the query is not valid SPARQL: line {line}, column {column}, instead of: {expected}",
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
        expected=expected or "…",
    )


def _offset(text: str, line: int, column: int) -> int:
    """Give the offset of a line and column, which count from 1."""
    return sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1


def _original(text: str, wide: str, places: list[tuple[int, int]], offset: int) -> int:
    """Give the place in a query of the token at an offset in its wide form, or its end."""
    token = bisect(places, (offset, len(text))) - 1
    if offset >= len(wide) or token < 0:
        return len(text)
    return places[token][1]
