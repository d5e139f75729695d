"""``?thing parvis:search "words"``, a pattern that stands for what the text index answers.

Its subject is a variable or an IRI; its object is a string, or a list of a string, a variable for
the score and the greatest number of hits, the last two at will::

    ?thing parvis:search "théâtre" ; a schema:Event .
    ?thing a schema:Event ; parvis:search ("théâtre" ?score 50) .

The words searched for are a constant: with a variable as its object, the predicate is one like any
other, that no triple has. It is a predicate where the published prefixes have a ``parvis:``. Here
the searches of a query are found and taken out of its text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from parvis.errors import QueryError
from parvis.rdf.sparql.parser import IRIS
from parvis.rdf.sparql.scanner import Token
from parvis.store.query.request import Dataset
from parvis.store.query.text import QueryText, iri_of
from parvis.store.search.search import Hit, TextIndex
from parvis.store.search.words import MOST_WORDS, too_long

MOST_PATTERNS = 8
"""Searches that one query may hold."""
HITS = "HITS"
"""The terminal of a token that stands for the hits of a search; its text is the search's number."""

_END = Token("the end", "", 0, 0)
_TERMS = ("VAR", *IRIS)
_REFUSED_SUBJECTS = ("[", "]", ")", "[]", "()")


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


def searches(query: QueryText) -> tuple[list[Token], list[Search]]:
    """Take the searches out of a query, and leave a token where the hits of each belong.

    Raises `QueryError` for a search that is not written as above.
    """
    found: list[Search] = []
    if "search" not in query.text.lower():
        return [], found
    tokens = [*query.parsed.tokens]
    predicate = f"<{query.prefixes.get('parvis')}search>"
    while taken := _Reader(tokens, predicate).take(len(found)):
        if len(found) == MOST_PATTERNS:
            raise QueryError("the query has more than {limit} searches", limit=MOST_PATTERNS)
        tokens, search = taken
        found.append(search)
    return tokens, found


class _Reader:
    """A query's tokens, and the predicate of searches."""

    def __init__(self, tokens: Sequence[Token], predicate: str) -> None:
        self._tokens = [*tokens, *[_END] * 3]
        self._size = len(tokens)
        self._predicate = predicate

    def take(self, number: int) -> tuple[list[Token], Search] | None:
        """Take the first search out, if there is one."""
        groups = [_Group()]
        for at, token in enumerate(self._tokens[: self._size]):
            if token.terminal == "{":
                groups.append(self._group(at, groups[-1]))
            elif token.terminal == "}" and len(groups) > 1:
                groups.pop()
            elif self._is_search(at) and not groups[-1].template:
                return self._without(at, groups[-1].graph, number)
        return None

    def _group(self, at: int, around: _Group) -> _Group:
        """Tell what a brace opens: GRAPH names a graph, CONSTRUCT opens a template."""
        first, second = (self._tokens[max(at - back, 0)] for back in (2, 1))
        if first.terminal == "GRAPH":
            return _Group(_term(second))
        return _Group(around.graph, around.template or second.terminal == "CONSTRUCT")

    def _is_search(self, at: int) -> bool:
        """Say whether a token is the predicate of a search."""
        token, before, after, second = (self._tokens[at + step] for step in (0, -1, 1, 2))
        if token.terminal not in IRIS or token.text != self._predicate:
            return False
        if after.terminal != "STRING" and (after.text, second.terminal) != ("(", "STRING"):
            return False
        if before.text in _REFUSED_SUBJECTS:
            raise _refused()
        return before.terminal in _TERMS or before.text == ";"

    def _without(self, at: int, graph: str | None, number: int) -> tuple[list[Token], Search]:
        """Return the tokens without a search, and the search.

        What is said of the same subject elsewhere stays; a subject of which nothing else is said
        goes too.
        """
        subject, wanted = self._subject(at), self._object(at + 1)
        token, tokens = self._tokens[subject], self._tokens[: self._size]
        names = [name for name in (token.text, wanted.score, graph) if name and name[0] == "?"]
        if len(names) > len({*names}):
            raise _refused()
        start = token.start
        hits = [Token(HITS, str(number), start, start), Token(".", ".", start, start)]
        if subject == at - 1:
            rest = self._rest(wanted.after)
            stays = self._is_verb(rest, wanted.after)
            rest += self._tokens[rest].text == "." and not stays
            after = [token, *tokens[rest:]] if stays else tokens[rest:]
        else:
            after = [*tokens[subject:at], *tokens[wanted.after :]]
        search = Search(_term(token), wanted.words, wanted.score, wanted.limit, graph)
        return [*tokens[:subject], *hits, *after], search

    def _rest(self, at: int) -> int:
        """Give the first token that is no semicolon."""
        while self._tokens[at].text == ";":
            at += 1
        return at

    def _is_verb(self, at: int, after: int) -> bool:
        """Say whether semicolons between two tokens lead to another predicate."""
        token = self._tokens[at]
        return at > after and (token.terminal in _TERMS or token.text in {"a", "^", "!", "("})

    def _object(self, at: int) -> _Object:
        """Read a string with its tag or datatype, or a list. Raises `QueryError`."""
        if self._tokens[at].text != "(":
            after = self._after_string(at)
            if self._tokens[after].text == ",":
                raise _refused()
            return _Object(self._string(at), None, None, after)
        after, score, digits = self._after_string(at + 1), None, ""
        if self._tokens[after].terminal == "VAR":
            score, after = self._tokens[after].text, after + 1
        if self._tokens[after].terminal == "INTEGER":
            digits, after = self._tokens[after].text, after + 1
        if self._tokens[after].text != ")" or self._tokens[after + 1].text == ",":
            raise _refused()
        limit = int(digits[:9]) if digits else None  # far above what may be asked for
        return _Object(self._string(at + 1), score, limit, after + 1)

    def _after_string(self, at: int) -> int:
        """Give the token after a string; its language does not matter here, nor its datatype."""
        if self._tokens[at + 1].terminal == "LANGTAG":
            return at + 2
        return at + 3 if self._tokens[at + 1].terminal == "^^" else at + 1

    def _string(self, at: int) -> str:
        """Read a string with its escapes, which are those of Turtle."""
        fact = f"<x:x> <x:x> {self._tokens[at].text} ."
        try:
            (triple,) = ox.parse(fact, ox.RdfFormat.TURTLE)
        except SyntaxError as error:
            raise _refused() from error
        return triple.object.value if isinstance(triple.object, ox.Literal) else ""

    def _subject(self, at: int) -> int:
        """Find the subject of a predicate. Raises `QueryError` when it has no name."""
        if self._tokens[at - 1].text != ";":
            return at - 1
        start = self._beginning(at - 1)
        while self._tokens[start].terminal in {"FILTER", "BIND"}:
            start = self._closed(start)
        if self._tokens[start].terminal not in _TERMS:
            raise _refused()
        return start

    def _beginning(self, at: int) -> int:
        """Go back to where the triples of one subject begin."""
        depth = 0
        for place in range(at - 1, -1, -1):
            sign = self._tokens[place].text
            if not depth and sign in {"{", "}", "."}:
                return place + 1
            depth += (sign in {")", "]", "|}"}) - (sign in {"(", "[", "{|"})
            if depth < 0:
                raise _refused()
        return 0

    def _closed(self, at: int) -> int:
        """Give the token after the first brackets that are closed."""
        depth = 0
        for place in range(at, len(self._tokens)):
            sign = self._tokens[place].text
            depth += (sign == "(") - (sign == ")")
            if sign in {")", "()"} and not depth:
                return place + 1
        return len(self._tokens) - 1


def _term(token: Token) -> str:
    """Return a variable as it is written, and the IRI of a name."""
    return token.text if token.terminal == "VAR" else iri_of(token)


def _refused() -> QueryError:
    """Say how a search is written."""
    return QueryError(
        "a search is written ?thing parvis:search “words”, or (“words” ?score 50) for its object;"
        " its subject is a variable or an IRI"
    )


# The hits of a query's searches, written into it as VALUES before the engine sees it.
#
# The engine's own functions can only filter. What is written are IRIs of the index, scores and the
# query's own variables, nothing that a reader or a partner could have made a piece of SPARQL.

MOST = 10_000
"""Hits that one search may stand for."""

_DECIMAL = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")


def expanded(query: QueryText, scope: Dataset | None, index: Callable[[], TextIndex]) -> QueryText:
    """Give the query with its hits, over the graphs of `scope` (None: over all there are).

    Within GRAPH, a hit is what that one graph tells. `index` is called if the query searches.
    Raises `QueryError` for a search that is not well written or has more hits than may be.
    """
    tokens, wanted = searches(query)
    if not wanted:
        return query
    found = index()
    values = [_values(search, _hits(search, _graphs(search, scope), found)) for search in wanted]
    return query.expand(
        token._replace(text=values[int(token.text)]) if token.terminal == HITS else token
        for token in tokens
    )


def _graphs(search: Search, scope: Dataset | None) -> Sequence[str] | None:
    """Give the graphs in which to search; None is all."""
    if search.graph is None:
        return None if scope is None else scope.default
    named = None if scope is None else scope.named
    if _is_variable(search.graph):
        return named
    return [search.graph] if named is None or search.graph in named else []


def _hits(search: Search, graphs: Sequence[str] | None, index: TextIndex) -> list[Hit]:
    """Ask the index. Raises `QueryError` when there would be more hits than may be."""
    if too_long(search.words):
        raise QueryError("a search has more than {most} words", most=MOST_WORDS)
    if search.limit is not None and not 0 < search.limit <= MOST:
        raise QueryError("the greatest number of hits of a search is from 1 to {most}", most=MOST)
    if search.limit is None and index.count(search.words, graphs, MOST) > MOST:
        raise QueryError(
            "more than {most} things answer “{words}”: add words, or say how many of the best are"
            " wanted, as in (“{words}” 100)",
            most=MOST,
            words=search.words,
        )
    apart = search.graph is not None
    return index.find(search.words, graphs, search.limit or MOST, apart=apart)


def _values(search: Search, hits: Sequence[Hit]) -> str:
    """Write the hits as a table of the variables that a search names."""
    columns = [search.subject if _is_variable(search.subject) else None, search.score]
    columns.append(search.graph if search.graph and _is_variable(search.graph) else None)
    kept = [at for at, name in enumerate(columns) if name]
    rows = [
        [_row(hit)[at] for at in kept] for hit in hits if columns[0] or hit.iri == search.subject
    ]
    head = " ".join(name for name in columns if name)
    body = " ".join(f"({' '.join(row)})" for row in rows)
    return f"VALUES ({head}) {{ {body} }}"


def _row(hit: Hit) -> tuple[str, str, str]:
    """Write a hit's thing, score and graph as terms."""
    score = Literal(f"{hit.score:.4f}", datatype=_DECIMAL)
    return str(NamedNode(hit.iri)), str(score), str(NamedNode(hit.graph))


def _is_variable(written: str) -> bool:
    """Tell a variable from an IRI."""
    return written.startswith("?")
