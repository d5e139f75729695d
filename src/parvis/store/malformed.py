"""Where a query that the engine refuses stops being SPARQL, and what would be SPARQL there."""

import re
from bisect import bisect

from parvis.errors import QueryError
from parvis.store.query_text import QueryText

GAP = " " * 32
"""More characters than any keyword has."""

_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_CHARACTERS = re.compile(r"\[[^\[\]]*\](?:, )?")


def spread(query: QueryText) -> tuple[str, list[tuple[int, int]]]:
    """Write a query with wide gaps, in which the engine tells a token from what follows it.

    Return it with the offsets of each token, in it and in the query as it was written.
    """
    wide, end = query.parsed.write(gap=GAP), 0
    offsets = []
    for token in query.parsed.tokens:
        offset = wide.index(token.text, end)
        end = offset + len(token.text)
        offsets.append((offset, token.start))
    return wide, offsets


def malformed(
    query: QueryText, wide: str, offsets: list[tuple[int, int]], message: str
) -> QueryError:
    """Name the line and column of the token that is wrong, from the engine's message.

    The engine reports the farthest character that it has looked at. As it reads as many characters
    as a keyword has before it compares them, that may lie beyond the token; in a query with wide
    gaps it cannot.
    """
    place = _PLACE.match(message)
    if place is None:
        return QueryError("the query is not valid SPARQL: {reason}", reason=message)
    line, column = int(place[1]), int(place[2])
    offset = sum(len(row) + 1 for row in wide.split("\n")[: line - 1]) + column - 1
    token = bisect(offsets, (offset, len(query.text))) - 1
    is_end = offset >= len(wide) or token < 0
    before = query.text[: len(query.text) if is_end else offsets[token][1]]
    expected = " ".join(_CHARACTERS.sub("", place[3]).split()).removesuffix(",")
    return QueryError(
        "the query is not valid SPARQL: line {line}, column {column}, instead of: {expected}",
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
        expected=expected or "…",
    )
