"""``?thing parvis:search "words"``, a pattern that stands for what the text index answers.

Its subject is a variable or an IRI; its object is a string, or a list of a string, a variable for
the score and the greatest number of hits, the last two at will::

    ?thing parvis:search "théâtre" ; a schema:Event .
    ?thing a schema:Event ; parvis:search ("théâtre" ?score 50) .

The words searched for are a constant: with a variable as its object, the predicate is one like any
other, that no triple has. It is a predicate where the published prefixes have a ``parvis:``. Here
the searches of a query are found and taken out of its text.
"""

from dataclasses import dataclass

import pyoxigraph as ox

from parvis.errors import QueryError
from parvis.store.query_text import Names, QueryText, Token, places

MOST_PATTERNS = 8
"""Searches that one query may hold."""
MARK = "\0"
"""Stands around the number of a search, where its hits belong; no query may hold one."""

_END = Token("end", "")
_TERMS = ("iri", "name")
_REFUSED_SUBJECTS = ("[", "]", ")")


@dataclass(frozen=True)
class Search:
    """One search: its subject, a variable or an IRI; its words; the graph when it is in GRAPH."""

    subject: str
    words: str
    score: str | None
    limit: int | None
    graph: str | None


@dataclass(frozen=True)
class _Object:
    """What a search is for, and the token after it."""

    words: str
    score: str | None
    limit: int | None
    after: int


@dataclass(frozen=True)
class _Group:
    """A group in braces: the graph it is matched in, and whether it is no pattern at all."""

    graph: str | None = None
    template: bool = False


def searches(query: QueryText) -> tuple[str, list[Search]]:
    """Take the searches out of a query, and leave their numbers where their hits belong.

    Raises `QueryError` for a search that is not written as above.
    """
    text = query.text
    found: list[Search] = []
    if "search" not in text.lower() or MARK in text:
        return text, found
    while one := _Reader(text, query).taken(len(found)):
        if len(found) == MOST_PATTERNS:
            raise QueryError("the query has more than {limit} searches", limit=MOST_PATTERNS)
        text, search = one
        found.append(search)
    return text, found


class _Reader:
    """A query's tokens, with where each begins."""

    def __init__(self, text: str, query: QueryText) -> None:
        """Cut the text."""
        self._text = text
        placed = [*places(text)]
        self._at = [at for at, _ in placed] + [len(text)] * 3
        self._tokens = [token for _, token in placed] + [_END] * 3
        self._names = Names(query.base or "", dict(query.prefixes))
        self._predicate = f"{query.prefixes.get('parvis')}search"

    def taken(self, number: int) -> tuple[str, Search] | None:
        """Take the first search out, if there is one."""
        groups = [_Group()]
        for at, token in enumerate(self._tokens[:-2]):
            self._names.read(token, self._tokens[at + 1], self._tokens[at + 2])
            if token.value == "{":
                groups.append(self._group(at, groups[-1]))
            elif token.value == "}" and len(groups) > 1:
                groups.pop()
            elif self._is_search(at) and not groups[-1].template:
                return self._without(at, groups[-1].graph, number)
        return None

    def _group(self, at: int, around: _Group) -> _Group:
        """Tell what a brace opens: GRAPH names a graph, CONSTRUCT opens a template."""
        first, second = (self._tokens[max(at - back, 0)] for back in (2, 1))
        if first.keyword == "GRAPH":
            return _Group(self._term(second))
        return _Group(around.graph, around.template or second.keyword == "CONSTRUCT")

    def _term(self, token: Token) -> str:
        """Give a variable as it is written, and a name as its IRI."""
        return token.value if token.kind == "variable" else self._names.iri(token)

    def _is_search(self, at: int) -> bool:
        """Say whether a token is the predicate of a search."""
        token, before, after, second = (self._tokens[at + step] for step in (0, -1, 1, 2))
        if token.kind not in _TERMS or self._names.iri(token) != self._predicate:
            return False
        if after.kind != "text" and (after.value, second.kind) != ("(", "text"):
            return False
        if at and before.value in _REFUSED_SUBJECTS:
            raise _refused()
        return at > 0 and (before.kind in ("variable", *_TERMS) or before.value == ";")

    def _without(self, at: int, graph: str | None, number: int) -> tuple[str, Search]:
        """Give the text without a search, and the search.

        What is said of the same subject beside it stays; a subject of which nothing else is said
        goes too.
        """
        subject, wanted = self._subject(at), self._object(at + 1)
        token, text = self._tokens[subject], self._text
        before, mark = text[: self._at[subject]], f"{MARK}{number}{MARK}. "
        if subject == at - 1:
            rest = self._rest(wanted.after)
            kept = f"{token.value} " if self._is_verb(rest, wanted.after) else ""
            rest += self._tokens[rest].value == "." and not kept
            written = before + mark + kept + text[self._at[rest] :]
        else:
            said = text[self._at[subject] : self._at[at]]
            written = before + mark + said + text[self._end(wanted.after - 1) :]
        search = Search(self._term(token), wanted.words, wanted.score, wanted.limit, graph)
        return written, search

    def _rest(self, at: int) -> int:
        """Give the first token that is no semicolon."""
        while self._tokens[at].value == ";":
            at += 1
        return at

    def _is_verb(self, at: int, after: int) -> bool:
        """Say whether semicolons between two tokens lead to another predicate."""
        token = self._tokens[at]
        other = token.kind == "end" or token.value in {".", "}", "{"}
        return at > after and not other and token.keyword in {"", "A"}

    def _end(self, at: int) -> int:
        """Tell where a token ends."""
        return self._at[at] + len(self._tokens[at].value)

    def _object(self, at: int) -> _Object:
        """Read a string with its tag or datatype, or a list. Raises `QueryError`."""
        if self._tokens[at].value != "(":
            after = self._after_string(at)
            if self._tokens[after].value == ",":
                raise _refused()
            return _Object(self._string(at), None, None, after)
        after, score, digits = self._after_string(at + 1), None, ""
        if self._tokens[after].kind == "variable":
            score, after = self._tokens[after].value, after + 1
        while self._tokens[after].value.isdecimal():
            digits, after = digits + self._tokens[after].value, after + 1
        if self._tokens[after].value != ")" or self._tokens[after + 1].value == ",":
            raise _refused()
        return _Object(self._string(at + 1), score, int(digits) if digits else None, after + 1)

    def _after_string(self, at: int) -> int:
        """Give the token after a string; its language does not matter here, nor its datatype."""
        if self._tokens[at + 1].kind == "tag":
            return at + 2
        return at + 4 if self._tokens[at + 1].value == self._tokens[at + 2].value == "^" else at + 1

    def _string(self, at: int) -> str:
        """Read a string with its escapes, which are those of Turtle."""
        fact = f"<x:x> <x:x> {self._tokens[at].value} ."
        try:
            (triple,) = ox.parse(fact, ox.RdfFormat.TURTLE)
        except SyntaxError as error:
            raise _refused() from error
        return triple.object.value if isinstance(triple.object, ox.Literal) else ""

    def _subject(self, at: int) -> int:
        """Find the subject of a predicate. Raises `QueryError` when it has no name."""
        if self._tokens[at - 1].value != ";":
            return at - 1
        start = self._beginning(at - 1)
        while self._tokens[start].keyword in {"FILTER", "BIND"}:
            start = self._closed(start)
        if self._tokens[start].kind not in ("variable", *_TERMS):
            raise _refused()
        return start

    def _beginning(self, at: int) -> int:
        """Go back to where the triples of one subject begin."""
        depth = 0
        for place in range(at - 1, -1, -1):
            sign = self._tokens[place].value
            if not depth and (sign in {"{", "}"} or (sign == "." and not self._decimal(place))):
                return place + 1
            depth += (sign in {")", "]"}) - (sign in {"(", "["})
            if depth < 0:
                raise _refused()
        return 0

    def _decimal(self, at: int) -> bool:
        """Say whether a point stands before the digits of a number."""
        return self._text[self._at[at] + 1 :][:1].isdecimal()

    def _closed(self, at: int) -> int:
        """Give the token after the first brackets that are closed."""
        depth = 0
        for place in range(at, len(self._tokens)):
            sign = self._tokens[place].value
            depth += (sign == "(") - (sign == ")")
            if sign == ")" and not depth:
                return place + 1
        return len(self._tokens) - 1


def _refused() -> QueryError:
    """Say how a search is written."""
    return QueryError(
        "a search is written ?thing parvis:search “words”, or (“words” ?score 50) for its object;"
        " its subject is a variable or an IRI"
    )
