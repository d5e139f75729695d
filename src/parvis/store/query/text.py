"""A query as a reader wrote it: what it may not hold, which dataset it names, and what is sent."""

import re
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from parvis.errors import QueryError
from parvis.rdf.sparql.parser import ParsedQuery, parse
from parvis.rdf.sparql.scanner import Token
from parvis.store.query.request import Dataset

DEEPEST = 200
"""How many brackets may be open at once: the engine's stack bears some 2,000."""
MOST_GROUPS, MOST_STEPS = 1_000, 2_000
"""Groups and operators of a query; the engine's stack bears some 4,000 and 8,000 in a row."""
PLAIN = 4_000
"""Characters of a text that are too few for any of these."""

_OPENING, _CLOSING = {"(", "{", "[", "<<", "<<(", "{|"}, {")", "}", "]", ">>", ")>>", "|}"}
_GROUPS = {"UNION", "OPTIONAL", "MINUS", "LATERAL", "GRAPH", "FILTER", "BIND", "VALUES", "EXISTS"}
_STEPS = {"+", "-", "*", "/", "|", "||", "&&", "^", "!", ".", ";"}


@dataclass(frozen=True)
class QueryText:
    """A query that calls no other endpoint and is not too deep; made by `read` alone.

    `base` and `prefixes` are those it may use undeclared; `expansion` is what it became by tokens
    of our own, for hits of the text index.
    """

    text: str
    base: str | None
    prefixes: Mapping[str, str]
    expansion: ParsedQuery | None = None

    @classmethod
    def read(
        cls, text: str, base: str | None = None, prefixes: Mapping[str, str] | None = None
    ) -> Self:
        """Read a query's text.

        Raises `QueryError` when it calls other endpoints (SERVICE), is nested deeper than the
        engine bears, or, if it could do either, when it is no SPARQL query.
        """
        query = cls(text, base, prefixes or {})
        if not query.is_plain:
            _refuse_service(query.parsed.tokens)
            _refuse_depth(query.parsed.tokens)
        return query

    @cached_property
    def is_plain(self) -> bool:
        """Say whether no reading of the text can call an endpoint, name a dataset or be too deep.

        Most short queries are so plain; the embedded engine may read them as they were written,
        confined to the lists of graphs that it is given.
        """
        if self.expansion:
            return False
        if len(self.text) > PLAIN:
            return False
        lower = self.text.lower()
        brackets = self.text.count("(") + self.text.count("{") + self.text.count("[")
        return brackets <= DEEPEST and "service" not in lower and "from" not in lower

    @cached_property
    def parsed(self) -> ParsedQuery:
        """Return the query as it is sent. Raises `QueryError` where it is no SPARQL query."""
        return self.expansion or parse(self.text, self.base, self.prefixes)

    def expand(self, tokens: Iterable[Token]) -> Self:
        """Return the query with other tokens, which no reader wrote."""
        return replace(self, expansion=replace(self.parsed, tokens=tuple(tokens)))

    def dataset(self) -> Dataset | None:
        """Return the dataset that FROM and FROM NAMED describe (§13.2), if there are any."""
        if self.is_plain:
            return None
        default: list[str] = []
        named: list[str] = []
        tokens = self.parsed.tokens
        for at, token in enumerate(tokens):
            if token.terminal == "FROM" and tokens[at + 1].terminal == "NAMED":
                named.append(iri_of(tokens[at + 2]))
            elif token.terminal == "FROM":
                default.append(iri_of(tokens[at + 1]))
        return Dataset(tuple(default), tuple(named)) if default or named else None


def iri_of(token: Token) -> str:
    """Return the absolute IRI that a parsed token holds."""
    return token.text[1:-1]


def _refuse_service(tokens: Sequence[Token]) -> None:
    """Refuse a query that calls another endpoint: as parsed, no other token is that keyword."""
    if any(token.terminal == "SERVICE" for token in tokens):
        raise QueryError("SERVICE is refused: a query may not call other endpoints")


def _refuse_depth(tokens: Sequence[Token]) -> None:
    """Refuse what would exhaust the engine's stack."""
    depth = groups = steps = 0
    for token in tokens:
        depth += (token.terminal in _OPENING) - (token.terminal in _CLOSING)
        groups += token.terminal in _GROUPS
        steps += token.terminal in _STEPS
        if depth > DEEPEST:
            raise QueryError("the query is nested deeper than {limit} levels", limit=DEEPEST)
    if groups > MOST_GROUPS or steps > MOST_STEPS:
        raise QueryError(
            "the query is too long: it has more than {groups} groups, or more than {steps}"
            " operators and triples",
            groups=MOST_GROUPS,
            steps=MOST_STEPS,
        )


# Where a query that the engine refuses stops being SPARQL, and what would be SPARQL there.

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
