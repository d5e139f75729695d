"""Groups of a query as trees: patterns that a join may take in any order, and the steps after them.

Only what is needed to prove a rewriting is read. A group with anything else (blank nodes, UNION,
MINUS, subqueries without LIMIT, SERVICE) is not: `read_group` returns None, and it stays as it was
written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.narrowing import list_columns
from parvis.rdf.sparql.parser import IRIS

Tokens = tuple[QueryToken, ...]

_LITERALS = {"STRING", "INTEGER", "NUMBER", "SIGNED", "BOOLEAN"}
_OPENING, _CLOSING = {"(", "{"}, {")", "}"}
VOLATILE = frozenset({"BNODE", "RAND", "UUID", "STRUUID"})
"""Functions with another value at each call: how often they are called must not change."""


def sign(*texts: str) -> Tokens:
    """Return keywords and signs as tokens that no reader wrote."""
    return tuple(QueryToken(text, text, 0, 0) for text in texts)


def variables_of(tokens: Sequence[QueryToken]) -> frozenset[str]:
    return frozenset(token.text for token in tokens if token.terminal == "VAR")


@dataclass(frozen=True)
class Pattern:
    """A triple, a path, VALUES (then `rows` is their number), or a query within, with LIMIT.

    `tokens` are as written, within GRAPH if they were; `is_closure` is true for a path that repeats
    (``*``, ``+``, ``?``). Of a query `columns` are those of its answer, `rows` its LIMIT.
    """

    tokens: Tokens
    rows: int | None = None
    is_closure: bool = False
    columns: frozenset[str] | None = None

    @property
    def variables(self) -> frozenset[str]:
        return variables_of(self.tokens) if self.columns is None else self.columns

    @property
    def is_identity(self) -> bool:
        """Return whether it is VALUES of one row that binds nothing."""
        terminals = [token.terminal for token in self.tokens]
        return terminals == ["VALUES", "VAR", "{", "UNDEF", "}"]


@dataclass(frozen=True)
class Step:
    """OPTIONAL (with its group) or BIND (with its target), in the order of the query."""

    tokens: Tokens
    group: "Group | None" = None
    target: str | None = None

    @property
    def variables(self) -> frozenset[str]:
        return variables_of(self.tokens)


@dataclass(frozen=True)
class Group:
    """A group: patterns and steps in their order, and its FILTERs, which apply to all of it."""

    elements: tuple[Pattern | Step, ...] = ()
    filters: tuple[Tokens, ...] = ()
    end: int = field(default=0, compare=False)
    """The offset after its closing brace."""

    @property
    def steps(self) -> list[Step]:
        return [element for element in self.elements if isinstance(element, Step)]

    @property
    def leading(self) -> frozenset[str]:
        """The variables that the patterns before its first step bind in every solution."""
        names: frozenset[str] = frozenset()
        for element in self.elements:
            if isinstance(element, Step):
                break
            names |= certain(element)
        return names


def certain(pattern: Pattern) -> frozenset[str]:
    """Return the variables that a pattern binds in each of its solutions."""
    is_partial = any(token.terminal == "UNDEF" for token in pattern.tokens)
    return frozenset() if is_partial or pattern.columns else pattern.variables


class _Unread(Exception):  # noqa: N818 - it ends the reading of one group
    """The group holds something that is not read here."""


def read_group(tokens: Sequence[QueryToken], at: int) -> Group | None:
    """Read the group whose brace is at an offset; None if it holds more than is read here."""
    try:
        return _GroupReader(tokens, at).read()
    except (_Unread, IndexError):
        return None


def skip_brackets(tokens: Sequence[QueryToken], at: int) -> int:
    """Return the offset after the brackets that open at or after an offset."""
    depth = 0
    for place in range(at, len(tokens)):
        text = tokens[place].terminal
        depth += (text in _OPENING) - (text in _CLOSING)
        if depth == 0 and (text in _CLOSING or text == "NIL"):
            return place + 1
    raise _Unread


def skip_values(tokens: Sequence[QueryToken], at: int) -> int:
    """Return the offset after VALUES."""
    is_table = tokens[at + 1].terminal != "VAR"
    return skip_brackets(tokens, skip_brackets(tokens, at) if is_table else at)


class _GroupReader:
    def __init__(self, tokens: Sequence[QueryToken], at: int) -> None:
        self._tokens = tokens
        self._at = at + 1
        self._elements: list[Pattern | Step] = []
        self._filters: list[Tokens] = []

    def read(self) -> Group:
        while (word := self._tokens[self._at].terminal) != "}":
            start = self._at
            match word:
                case ".":
                    self._at += 1
                case "FILTER":
                    self._filters.append(self._take(skip_brackets(self._tokens, start)))
                case "BIND":
                    tokens = self._take(skip_brackets(self._tokens, start))
                    self._elements.append(Step(tokens, target=tokens[-2].text))
                case "OPTIONAL":
                    group = _GroupReader(self._tokens, start + 1).read()
                    self._elements.append(Step(self._take(group.end), group))
                case "VALUES":
                    self._elements.append(self._read_values())
                case "GRAPH":
                    self._read_graph()
                case "{":
                    self._elements.append(self._read_query())
                case _:
                    self._read_triples()
        return Group(tuple(self._elements), tuple(self._filters), self._at + 1)

    def _take(self, end: int) -> Tokens:
        start, self._at = self._at, end
        return tuple(self._tokens[start:end])

    def _read_values(self) -> Pattern:
        is_table = self._tokens[self._at + 1].terminal != "VAR"
        tokens = self._take(skip_values(self._tokens, self._at))
        inner = tokens[[token.terminal for token in tokens].index("{") + 1 : -1]
        starts = {"(", "NIL"} if is_table else {*IRIS, *_LITERALS, "UNDEF"}
        if any(token.terminal == "<<(" for token in inner):
            raise _Unread
        rows = sum(token.terminal in starts for token in inner)
        return Pattern(tokens, rows)

    def _read_query(self) -> Pattern:
        tokens = self._take(skip_brackets(self._tokens, self._at))
        head = tuple(takewhile(lambda token: token.terminal not in {"{", "WHERE"}, tokens[1:]))
        columns = list_columns(head[1:])
        is_cut = tokens[-3].terminal == "LIMIT" and head and head[0].terminal == "SELECT"
        if not is_cut or columns == ["*"] or any(t.terminal == "EXISTS" for t in head):
            raise _Unread
        return Pattern(tokens, int(tokens[-2].text), columns=frozenset(columns))

    def _read_graph(self) -> None:
        # Graph(g, Join(P, Q)) = Join(Graph(g, P), Graph(g, Q)), as each binds g to its own graph.
        name = self._tokens[self._at + 1]
        group = _GroupReader(self._tokens, self._at + 2).read()
        is_plain = group.elements and not group.filters
        for element in group.elements:
            if not is_plain or isinstance(element, Step) or element.rows is not None:
                raise _Unread
            if element.tokens[0].terminal == "GRAPH":
                raise _Unread
            inside = (*sign("GRAPH"), name, *sign("{"), *element.tokens, *sign("}"))
            self._elements.append(replace(element, tokens=inside))
        if not is_plain:
            raise _Unread
        self._at = group.end

    def _read_triples(self) -> None:
        """Read the triples of one subject, each as a pattern of its own."""
        subject = self._read_term()
        while True:
            start = self._at
            self._skip_verb()
            verb = tuple(self._tokens[start : self._at])
            while True:
                pattern = (*subject, *verb, *self._read_term())
                # The engine counts the ways from a node to itself otherwise once it has a value.
                if len(verb) > 1 and subject[0].text == pattern[-1].text:
                    raise _Unread
                self._elements.append(Pattern(pattern, is_closure=_is_closure(verb)))
                if self._tokens[self._at].terminal != ",":
                    break
                self._at += 1
            while self._tokens[self._at].terminal == ";":
                self._at += 1
            before, after = self._tokens[self._at - 1].terminal, self._tokens[self._at].terminal
            if before != ";" or after in {".", "}"}:
                break
        if self._tokens[self._at].terminal in {"~", "{|"}:
            raise _Unread

    def _read_term(self) -> Tokens:
        first = self._tokens[self._at].terminal
        if first not in {"VAR", *IRIS, *_LITERALS}:
            raise _Unread
        size = 1
        if first == "STRING":
            after = self._tokens[self._at + 1].terminal
            size = {"LANGTAG": 2, "^^": 3}.get(after, 1)
        return self._take(self._at + size)

    def _skip_verb(self) -> None:
        if self._tokens[self._at].terminal == "VAR":
            self._at += 1
            return
        while True:
            while self._tokens[self._at].terminal in {"^", "!"}:
                self._at += 1
            first = self._tokens[self._at].terminal
            if first not in {"(", "a", *IRIS}:
                raise _Unread
            self._at = skip_brackets(self._tokens, self._at) if first == "(" else self._at + 1
            if self._tokens[self._at].terminal in {"*", "+", "?"}:
                self._at += 1
            if self._tokens[self._at].terminal not in {"/", "|"}:
                return
            self._at += 1


def _is_closure(verb: Tokens) -> bool:
    """Return whether a path repeats; `_Unread` for one whose ends may be no nodes of the graph.

    A path of length zero ends where it begins: with a variable, at the nodes of the graph, but with
    a value of this variable, at that value, even if the graph has no such node. So it would differ
    once the value comes from elsewhere. In a sequence of which one step is a plain triple, all that
    it touches are nodes.
    """
    if not {"*", "+", "?"} & {token.terminal for token in verb}:
        return False
    steps, depth = [""], 0
    for token in verb:
        depth += (token.terminal == "(") - (token.terminal == ")")
        if depth == 0 and token.terminal == "|":
            raise _Unread
        if depth == 0 and token.terminal == "/":
            steps.append("")
        else:
            steps[-1] += "." if token.terminal in {"a", *IRIS} else token.terminal
    if not {".", "^."} & {*steps}:
        raise _Unread
    return True


# Rules that keep the multiset of solutions.


def hoist(group: Group) -> list[Pattern] | None:
    """Return all patterns of a group, if they may come before its steps.

    Join(LeftJoin(A, B, F), C) = LeftJoin(Join(A, C), B, F) and Join(Extend(A, v, e), C) =
    Extend(Join(A, C), v, e) if what C shares with B, F, v and e is bound in each solution of A: C
    then binds nothing that they read. A value that is new at each call would be called more or
    less often. VALUES of one row that binds nothing is the identity of Join.
    """
    patterns: list[Pattern] = []
    passed: list[tuple[frozenset[str], Step]] = []
    names: frozenset[str] = frozenset()
    for element in group.elements:
        if isinstance(element, Step):
            passed.append((names, element))
            continue
        for before, step in passed:
            if not step.variables & element.variables <= before or calls_volatile(step.tokens):
                return None
        names |= certain(element)
        if not element.is_identity:
            patterns.append(element)
    return patterns


def is_well_designed(group: Group, outside: frozenset[str] = frozenset()) -> bool:
    """Return whether OPTIONALs within another share with outside only what was bound before them.

    Otherwise the answer depends on whether the engine evaluates the outer one for each row, or at
    once, and so on the order: the standard allows one of these answers only.
    """
    names: frozenset[str] = frozenset()
    for element in group.elements:
        if isinstance(element, Pattern):
            names |= certain(element)
            continue
        if not element.variables & outside <= names:
            return False
        others = (other.variables for other in group.elements if other is not element)
        if element.group and not is_well_designed(element.group, outside.union(*others)):
            return False
    return True


def inline_constants(condition: Tokens, patterns: Iterable[Pattern]) -> Tokens:
    """Write a FILTER with the values of the variables that VALUES gives one value.

    In each solution of the group such a variable has this value, and BOUND of it is true. Within
    EXISTS a variable is another thing.
    """
    if any(token.terminal == "EXISTS" for token in condition):
        return condition
    values = {
        pattern.tokens[1].text: pattern.tokens[3:-1]
        for pattern in patterns
        if pattern.rows == 1 and pattern.tokens[1].terminal == "VAR" and certain(pattern)
    }
    written: list[QueryToken] = []
    at = 0
    while at < len(condition):
        token = condition[at]
        value = values.get(token.text) if token.terminal == "VAR" else None
        if token.text == "BOUND" and condition[at + 2].text in values:
            written += [QueryToken("BOOLEAN", "true", 0, 0)]
            at += 3
        else:
            written += [token] if value is None else value
        at += 1
    return tuple(written)


def calls_volatile(tokens: Tokens) -> bool:
    return any(token.terminal == "FUNCTION" and token.text in VOLATILE for token in tokens)


def is_connected(patterns: Sequence[Pattern], bound: frozenset[str]) -> bool:
    """Return whether no pattern multiplies the others, but for VALUES of one row."""
    waiting = [pattern for pattern in patterns if pattern.rows != 1]
    names = bound or (waiting[0].variables if waiting else frozenset())
    while reached := [pattern for pattern in waiting if pattern.variables & names]:
        names = names.union(*(pattern.variables for pattern in reached))
        waiting = [pattern for pattern in waiting if pattern not in reached]
    return not waiting


def chain(order: Sequence[Pattern]) -> Tokens:
    """Write patterns so that each is looked up for each row of those before it.

    For a triple, a path between nodes and VALUES, LATERAL is Join: with the values of a row in it,
    it matches exactly what is compatible with this row. A list of different IRIs for a variable
    that has a value is a condition on it: a row is compatible with one of them or with none. A
    query within has other rows for given values: it is joined as it is, first or after others.
    """
    pieces, names = [order[0].tokens], order[0].variables
    for pattern in order[1:]:
        if pattern.columns is not None:
            pieces += [pattern.tokens]
        elif pattern.rows is not None and pattern.variables & names:
            iris = [t for iri in pattern.tokens[3:-1] for t in (*sign(","), iri)][1:]
            pieces += [sign("FILTER", "("), pattern.tokens[1:2], sign("IN", "("), tuple(iris)]
            pieces += [sign(")", ")")]
        else:
            pieces += [sign("LATERAL", "{"), pattern.tokens, sign("}")]
        names |= pattern.variables
    return flatten(pieces)


def assigned(tokens: Tokens) -> frozenset[str]:
    """Return the variables of BIND and VALUES."""
    names, is_head = set[str](), False
    for before, token in pairwise(tokens):
        is_head = before.terminal == "VALUES" or (is_head and token.terminal != "{")
        if token.terminal == "VAR" and (is_head or before.terminal == "AS"):
            names.add(token.text)
    return frozenset(names)


def join(patterns: Iterable[Pattern]) -> Tokens:
    return flatten([(*pattern.tokens, *sign(".")) for pattern in patterns])


def flatten(pieces: Iterable[Tokens]) -> Tokens:
    return tuple(token for piece in pieces for token in piece)
