"""The pattern ``?thing parvis:search "words"``, which stands for the hits of the text index.

Its subject is a variable or an IRI; its object is a string, or a list of a string, optionally a
variable for the score, and optionally the greatest number of hits::

    ?thing parvis:search "théâtre" ; a schema:Event .
    ?thing a schema:Event ; parvis:search ("théâtre" ?score 50) .

The words are a constant: with a variable as its object, the predicate is an ordinary one that no
triple has. It is a search only where the published prefixes have a ``parvis:``. Here the searches
of a query are found and removed from its text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from parvis.errors import QueryError
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.parser import IRIS
from parvis.store.query.request import QueryDataset, QueryText, iri_of
from parvis.store.search.words import MOST_WORDS, too_long

if TYPE_CHECKING:
    from parvis.store.search.search import TextIndex

MOST_PATTERNS = 8
"""The greatest number of searches of one query."""
HITS = "HITS"
"""The terminal of a token in place of the hits of a search; its text is the search's number."""

_END = QueryToken("the end", "", 0, 0)
_TERMS = ("VAR", *IRIS)
_VERB_SIGNS = {"a", "^", "!", "("}
_REFUSED_SUBJECTS = ("[", "]", ")", "[]", "()")


@dataclass(frozen=True)
class SearchPattern:
    """One search: its subject (a variable or an IRI), its words, and its graph within GRAPH."""

    subject: str
    words: str
    score: str | None
    limit: int | None
    graph: str | None


@dataclass(frozen=True)
class _Group:
    """A group in braces: its graph, and whether it is a template instead of a pattern."""

    graph: str | None = None
    template: bool = False


def extract_searches(query: QueryText) -> tuple[list[QueryToken], list[SearchPattern]]:
    """Remove the searches from a query, and leave a `HITS` token in place of each.

    Raises `QueryError` for a search that is not written as above.
    """
    patterns: list[SearchPattern] = []
    if "search" not in query.text.lower():  # most queries need not be parsed for this
        return [], patterns
    tokens = [*query.parsed_query.tokens]
    predicate = f"<{query.prefixes.get('parvis')}search>"
    while taken := _SearchReader(tokens, predicate).take(len(patterns)):
        if len(patterns) == MOST_PATTERNS:
            raise QueryError("the query has more than {limit} searches", limit=MOST_PATTERNS)
        tokens, search = taken
        patterns.append(search)
    return tokens, patterns


class _SearchReader:
    def __init__(self, tokens: Sequence[QueryToken], predicate: str) -> None:
        self._tokens = [*tokens, *[_END] * 3]
        self._size = len(tokens)
        self._predicate = predicate

    def take(self, number: int) -> tuple[list[QueryToken], SearchPattern] | None:
        """Remove the first search, if there is one."""
        groups = [_Group()]
        for at, token in enumerate(self._tokens[: self._size]):
            if token.terminal == "{":
                # GRAPH names a graph, CONSTRUCT opens a template.
                first, second = (self._tokens[max(at - back, 0)] for back in (2, 1))
                if first.terminal == "GRAPH":
                    groups.append(_Group(_to_term(second)))
                else:
                    is_template = groups[-1].template or second.terminal == "CONSTRUCT"
                    groups.append(_Group(groups[-1].graph, is_template))
            elif token.terminal == "}" and len(groups) > 1:
                groups.pop()
            elif self._is_search(at) and not groups[-1].template:
                return self._remove(at, groups[-1].graph, number)
        return None

    def _is_search(self, at: int) -> bool:
        token, before, after, second = (self._tokens[at + step] for step in (0, -1, 1, 2))
        if token.terminal not in IRIS or token.text != self._predicate:
            return False
        if after.terminal != "STRING" and (after.text, second.terminal) != ("(", "STRING"):
            return False
        if before.text in _REFUSED_SUBJECTS:
            raise _syntax_error()
        return before.terminal in _TERMS or before.text == ";"

    def _remove(
        self, at: int, graph: str | None, number: int
    ) -> tuple[list[QueryToken], SearchPattern]:
        """Return the tokens without a search, and the search.

        Other triples of the same subject stay; a subject without any is removed too.
        """
        subject = self._find_subject(at)
        words, score, limit, object_end = self._read_object(at + 1)
        token, tokens = self._tokens[subject], self._tokens[: self._size]
        names = [name for name in (token.text, score, graph) if name and name[0] == "?"]
        if len(names) > len({*names}):
            raise _syntax_error()
        start = token.start
        hits = [QueryToken(HITS, str(number), start, start), QueryToken(".", ".", start, start)]
        if subject == at - 1:
            end = object_end
            while self._tokens[end].text == ";":
                end += 1
            is_verb = self._tokens[end].terminal in _TERMS or self._tokens[end].text in _VERB_SIGNS
            if end > object_end and is_verb:  # another predicate of the subject
                after = [token, *tokens[end:]]
            else:
                after = tokens[end + (self._tokens[end].text == ".") :]
        else:
            after = [*tokens[subject:at], *tokens[object_end:]]
        search = SearchPattern(_to_term(token), words, score, limit, graph)
        return [*tokens[:subject], *hits, *after], search

    def _read_object(self, at: int) -> tuple[str, str | None, int | None, int]:
        """Read the words, score and limit of a search, and the offset of the token after them.

        They are a string with its tag or datatype, or a list. Raises `QueryError`.
        """
        if self._tokens[at].text != "(":
            after = self._skip_string(at)
            if self._tokens[after].text == ",":
                raise _syntax_error()
            return self._read_string(at), None, None, after
        after, score, digits = self._skip_string(at + 1), None, ""
        if self._tokens[after].terminal == "VAR":
            score, after = self._tokens[after].text, after + 1
        if self._tokens[after].terminal == "INTEGER":
            digits, after = self._tokens[after].text, after + 1
        if self._tokens[after].text != ")" or self._tokens[after + 1].text == ",":
            raise _syntax_error()
        limit = int(digits[:9]) if digits else None  # far above the limit
        return self._read_string(at + 1), score, limit, after + 1

    def _skip_string(self, at: int) -> int:
        """Return the offset after a string, whose language and datatype do not matter here."""
        if self._tokens[at + 1].terminal == "LANGTAG":
            return at + 2
        return at + 3 if self._tokens[at + 1].terminal == "^^" else at + 1

    def _read_string(self, at: int) -> str:
        # The escapes are those of Turtle.
        statement = f"<x:x> <x:x> {self._tokens[at].text} ."
        try:
            (triple,) = ox.parse(statement, ox.RdfFormat.TURTLE)
        except SyntaxError as error:
            raise _syntax_error() from error
        return triple.object.value if isinstance(triple.object, ox.Literal) else ""

    def _find_subject(self, at: int) -> int:
        """Return the offset of a predicate's subject. Raises `QueryError` if it has no name."""
        if self._tokens[at - 1].text != ";":
            return at - 1
        # The subject's triples begin after the last sign that is in no brackets.
        start = depth = 0
        for place in range(at - 2, -1, -1):
            sign = self._tokens[place].text
            if not depth and sign in {"{", "}", "."}:
                start = place + 1
                break
            depth += (sign in {")", "]", "|}"}) - (sign in {"(", "[", "{|"})
            if depth < 0:
                raise _syntax_error()
        while self._tokens[start].terminal in {"FILTER", "BIND"}:
            start = self._skip_brackets(start)
        if self._tokens[start].terminal not in _TERMS:
            raise _syntax_error()
        return start

    def _skip_brackets(self, at: int) -> int:
        """Return the offset after the first brackets that are closed."""
        depth = 0
        for place in range(at, len(self._tokens)):
            sign = self._tokens[place].text
            depth += (sign == "(") - (sign == ")")
            if sign in {")", "()"} and not depth:
                return place + 1
        return len(self._tokens) - 1


def _to_term(token: QueryToken) -> str:
    """Return a variable as it is written, or the IRI of a name."""
    return token.text if token.terminal == "VAR" else iri_of(token)


def _syntax_error() -> QueryError:
    return QueryError(
        "a search is written ?thing parvis:search “words”, or (“words” ?score 50) for its object;"
        " its subject is a variable or an IRI"
    )


# The hits of a query's searches are written into it as VALUES, since the engine's own functions can
# only filter. They are IRIs of the index, scores and the query's own variables, in which no reader
# or partner can inject SPARQL.

MOST = 10_000
"""The greatest number of hits of one search."""

_DECIMAL = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")


def expand_searches(
    query: QueryText, scope: QueryDataset | None, index: Callable[[], "TextIndex"]
) -> QueryText:
    """Return the query with its hits, over the graphs of `scope` (None: over all graphs).

    Within GRAPH, a hit is from that one graph. `index` is called only if the query searches.
    Raises `QueryError` for a malformed search, or one with too many hits.
    """
    tokens, patterns = extract_searches(query)
    if not patterns:
        return query
    text_index = index()
    values = [_write_hits(search, scope, text_index) for search in patterns]
    return query.expand(
        token._replace(text=values[int(token.text)]) if token.terminal == HITS else token
        for token in tokens
    )


def _write_hits(search: SearchPattern, scope: QueryDataset | None, index: "TextIndex") -> str:
    """Write the hits of a search as a table of the variables that it names.

    Raises `QueryError` for too many words or hits.
    """
    graphs: Sequence[str] | None  # None is all
    if search.graph is None:
        graphs = None if scope is None else scope.default
    else:
        graphs = None if scope is None else scope.named
        if not _is_variable(search.graph):
            graphs = [search.graph] if graphs is None or search.graph in graphs else []
    if too_long(search.words):
        raise QueryError("a search has more than {most} words", most=MOST_WORDS)
    if search.limit is not None and not 0 < search.limit <= MOST:
        raise QueryError("the greatest number of hits of a search is from 1 to {most}", most=MOST)
    if search.limit is None and index.count(search.words, graphs) > MOST:
        raise QueryError(
            "more than {most} things answer “{words}”: add words, or say how many of the best are"
            " wanted, as in (“{words}” 100)",
            most=MOST,
            words=search.words,
        )
    columns = [search.subject if _is_variable(search.subject) else None, search.score]
    columns.append(search.graph if search.graph and _is_variable(search.graph) else None)
    rows = []
    apart = search.graph is not None
    for hit in index.find(search.words, graphs, search.limit or MOST, apart=apart):
        if columns[0] or hit.iri == search.subject:
            score = Literal(f"{hit.score:.4f}", datatype=_DECIMAL)
            cells = (str(NamedNode(hit.iri)), str(score), str(NamedNode(hit.graph)))
            row = [cell for cell, name in zip(cells, columns, strict=True) if name]
            rows.append(f"({' '.join(row)})")
    head = " ".join(name for name in columns if name)
    return f"VALUES ({head}) {{ {' '.join(rows)} }}"


def _is_variable(written: str) -> bool:
    return written.startswith("?")
