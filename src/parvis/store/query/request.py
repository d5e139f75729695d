"""A query as a reader wrote it: its restrictions and dataset, and the request to a worker."""

import json
import re
from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, Self

from parvis.errors import QueryError
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.parser import ParsedQuery, parse
from parvis.rdf.sparql.syntax_errors import locate

# An RDF dataset by the names of its graphs (SPARQL 1.1 Query §13).


@dataclass(frozen=True)
class QueryDataset:
    """The graphs whose union is the default graph, and those that GRAPH may name."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # A merge holds a triple once, but the engine would match it once per repetition of a graph.
        for name in ("default", "named"):
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))

    @classmethod
    def of(cls, graphs: Iterable[str]) -> Self:
        """Return the dataset of a reader: the union of some graphs, each also by its name."""
        names = tuple(sorted(set(graphs)))
        return cls(names, names)

    def within(self, allowed: Self) -> Self:
        """Narrow to an allowed dataset, in which a hidden graph looks like one that does not exist.

        >>> QueryDataset(("a", "b"), ("c",)).within(QueryDataset.of("ad"))
        QueryDataset(default=('a',), named=())
        """
        return type(self)(
            tuple(graph for graph in self.default if graph in allowed.default),
            tuple(graph for graph in self.named if graph in allowed.named),
        )


TOO_MANY_ROWS, NO_FORM = 3, 4
"""The exit codes of a worker whose answer, already begun, has too many rows, or does not fit."""


@dataclass(frozen=True)
class WorkerRequest:
    """One query, its reader, and how the answer is written.

    `allowed` is the reader's dataset (None: nothing confines, the open store), `asked` the
    protocol's parameters. `results` is the ending of the format for bindings and booleans, `graph`
    that for graphs: the query's form decides which is used. `seconds` limits the whole answer
    (None: the reader's limit), `rows` its rows (0: no limit). `values` are IRIs that stand in for
    the variables they name. `enough` is the number of bytes after which the answer may end early
    (0: it is whole). `is_expanded` is true where parvis made the query longer than its reader may.
    """

    query: str
    allowed: QueryDataset | None = None
    asked: QueryDataset | None = None
    results: str = "json"
    graph: str = "ttl"
    base: str | None = None
    seconds: float | None = None
    rows: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    enough: int = 0
    is_expanded: bool = False

    def to_frame(self, seconds: float, rows: int) -> bytes:
        """Write the request for the pipe, with its limits of time and rows."""
        return f"{seconds} {rows}\n".encode() + self.body

    @property
    def body(self) -> bytes:
        """The request without its limits: a line of JSON, then the query as it was written."""
        if self.allowed is None and self.asked is None and not self.values:
            line = _write_usual(self.results, self.graph, self.base, self.enough)
        else:
            fields = {name: getattr(self, name) for name in _FIELDS}
            line = _JSON.encode(fields | {"values": dict(self.values)})
        return f"{line}\n{self.query}".encode()

    @classmethod
    def from_frame(cls, body: bytes) -> Self:
        limits, line, query = body.split(b"\n", 2)
        seconds, rows = limits.split()
        fields = _read_short(line) if len(line) < SHORT else _read_fields(line)
        return cls(query.decode(), **fields, seconds=float(seconds), rows=int(rows))


_FIELDS = ("allowed", "asked", "results", "graph", "base", "values", "enough")
_JSON = json.JSONEncoder(default=vars)
SHORT = 500
"""Bytes of a line that is remembered once read: one without lists of graphs."""


@lru_cache(64)  # the key is all that it writes; what most queries have is always the same
def _write_usual(results: str, graph: str, base: str | None, enough: int) -> str:
    fields = (None, None, results, graph, base, dict[str, str](), enough)
    return _JSON.encode(dict(zip(_FIELDS, fields, strict=True)))


def _read_fields(line: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(line)
    for name in ("allowed", "asked"):
        if (graphs := fields[name]) is not None:
            fields[name] = QueryDataset(tuple(graphs["default"]), tuple(graphs["named"]))
    return fields


_read_short = lru_cache(64)(_read_fields)  # the key is the whole line

DEEPEST = 200
"""The greatest depth of brackets; the engine's stack overflows from some 2,000."""
MOST_GROUPS, MOST_STEPS = 1_000, 2_000
"""The greatest numbers of groups and operators; the stack overflows from some 4,000 and 8,000."""
PLAIN = 4_000
"""Characters of a text too short to exceed any of these limits."""

_OPENING, _CLOSING = {"(", "{", "[", "<<", "<<(", "{|"}, {")", "}", "]", ">>", ")>>", "|}"}
_GROUPS = {"UNION", "OPTIONAL", "MINUS", "LATERAL", "GRAPH", "FILTER", "BIND", "VALUES", "EXISTS"}
_STEPS = {"+", "-", "*", "/", "|", "||", "&&", "^", "!", ".", ";"}


@dataclass(frozen=True)
class QueryText:
    """A query that calls no other endpoint and is not too deep; created by `read` alone.

    `base` and `prefixes` may be used without declaring them; `expansion` is the query with tokens
    written by parvis, for hits of the text index.
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

        Raises `QueryError` when it calls other endpoints (SERVICE), is nested too deeply for the
        engine, or, if it could do either, when it is not valid SPARQL.
        """
        query = cls(text, base, prefixes or {})
        if query.is_plain:
            return query
        tokens = query.parsed_query.tokens
        # Once parsed, no token but the keyword has this terminal.
        service = next((token for token in tokens if token.terminal == "SERVICE"), None)
        if service is not None:
            raise QueryError(
                "SERVICE is refused: a query may not call other endpoints (line {line}, column"
                " {column}); ask them apart, and join the answers in your program",
                **locate(text, service.start),
            )
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
        return query

    @cached_property
    def is_plain(self) -> bool:
        """Return whether the text cannot call an endpoint, name a dataset or be too deep.

        No reading of it can. Most short queries are plain; the embedded engine may read them as
        they were written, confined to the lists of graphs passed to it.
        """
        # A word in a string or a comment counts too: such a query is merely parsed.
        lower = self.text.lower()
        if self.expansion or "service" in lower or "from" in lower:
            return False
        brackets = self.text.count("(") + self.text.count("{") + self.text.count("[")
        return (len(self.text) <= PLAIN and brackets <= DEEPEST) or is_shallow(self.text)

    @cached_property
    def parsed_query(self) -> ParsedQuery:
        """Return the query as it is sent. Raises `QueryError` if it is not valid SPARQL."""
        return self.expansion or parse(self.text, self.base, self.prefixes)

    def expand(self, tokens: Iterable[QueryToken]) -> Self:
        """Return the query with other tokens, none of which a reader wrote."""
        return replace(self, expansion=replace(self.parsed_query, tokens=tuple(tokens)))

    def dataset(self) -> QueryDataset | None:
        """Return the dataset of FROM and FROM NAMED (§13.2); None without such clauses."""
        if self.is_plain:
            return None
        default: list[str] = []
        named: list[str] = []
        tokens = self.parsed_query.tokens
        for at, token in enumerate(tokens):
            if token.terminal == "FROM" and tokens[at + 1].terminal == "NAMED":
                named.append(iri_of(tokens[at + 2]))
            elif token.terminal == "FROM":
                default.append(iri_of(tokens[at + 1]))
        return QueryDataset(tuple(default), tuple(named)) if default or named else None


# The queries of shapes are long: to parse one takes a hundred times longer than to look at it.

_CLOSED = re.compile(r'"(?:[^"\\\n\r]|\\.)*"|<[^<>"{}()\[\]|^`\\\x00-\x20]*>')
"""A short string, or an IRI without brackets, as SPARQL reads them (§19.8)."""
_UNCLEAR = re.compile(r"""["'#\\]|<[^\s<>]*[()\[\]]""")
"""What else may hide a bracket: other strings, comments, escapes, IRIs or what looks like one."""
_WORDS = re.compile("|".join(_GROUPS), re.IGNORECASE)
_MARKS = re.compile(r"[-+*/|&^!.;]")
_BRACKETS = re.compile(r"[(){}\[\]]")


def is_shallow(text: str) -> bool:
    """Return whether a text is surely within the limits of depth and length, without parsing it.

    >>> is_shallow('SELECT * { ?s ?p ")" }'), is_shallow("{" * 201), is_shallow("SELECT * # {")
    (True, False, False)
    """
    if '"""' in text or "<<" in text:
        return False
    bare = _CLOSED.sub(" ", text)
    if _UNCLEAR.search(bare) or len(_WORDS.findall(bare)) > MOST_GROUPS:
        return False
    depths = [*accumulate(1 if b in "({[" else -1 for b in _BRACKETS.findall(bare))]
    # A bracket too many closes one that is open in truth: such a text is parsed.
    sound = not depths or (max(depths) <= DEEPEST and min(depths) >= 0)
    return sound and len(_MARKS.findall(bare)) <= MOST_STEPS


def iri_of(token: QueryToken) -> str:
    return token.text[1:-1]


# Locate the error in a query that the engine refuses, and the expected tokens.

GAP = " " * 32
"""Longer than any keyword."""

_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_CHARACTERS = re.compile(r"\[[^\[\]]*\](?:, )?")


def write_with_gaps(query: QueryText) -> tuple[str, list[tuple[int, int]]]:
    """Write a query with wide gaps, so that the engine's error falls on the wrong token.

    Return it with the offsets of each token, in it and in the original query.
    """
    wide, end = query.parsed_query.write(gap=GAP), 0
    offsets = []
    for token in query.parsed_query.tokens:
        offset = wide.index(token.text, end)
        end = offset + len(token.text)
        offsets.append((offset, token.start))
    return wide, offsets


def locate_syntax_error(
    query: QueryText, wide: str, offsets: list[tuple[int, int]], message: str
) -> QueryError:
    """Return an error with the line and column of the wrong token, from the engine's message.

    The engine reports the farthest character that it has read. As it reads as many characters as a
    keyword has before it compares them, that may lie beyond the token; with wide gaps it cannot.
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
