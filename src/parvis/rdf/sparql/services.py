"""The SERVICE clauses of a query: what each needs, the query for it, and a table in its place.

A clause is evaluated alone (SPARQL 1.1 Federated Query §2), and the table of its solutions stands
where it stood: both are joined with what surrounds them in the same way. Where the clause shares
variables with what comes before it, only their values there need be looked up. Those values are
found by a query of their own, of the patterns that come before the clause: within its group, and
within the groups around it up to a subquery.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import pyoxigraph as ox

from parvis.config.documents import Document
from parvis.errors import QueryError, SourceError
from parvis.i18n import N_
from parvis.rdf.ntriples import EngineTerm
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.narrowing import list_columns
from parvis.rdf.sparql.parser import ESCAPED, IRIS, ParsedQuery
from parvis.rdf.sparql.syntax_errors import locate
from parvis.rdf.sparql.value_query import find_pattern

SILENT = N_(
    "SERVICE SILENT is refused: an answer without what the service failed to give would look whole;"
    " write SERVICE"
)
VARIABLE = N_("SERVICE is followed by the address of a service, not by a variable")
NESTED = N_("a SERVICE within another SERVICE is refused: write them one after the other")
MISPLACED_SERVICE = N_(
    "SERVICE is refused within EXISTS, MINUS, LATERAL, or an expression: write it among the"
    " patterns of WHERE, in OPTIONAL or in UNION"
)
_CLOSING = {"(": ")", "{": "}", "[": "]", "<<": ">>", "<<(": ")>>", "{|": "|}"}
_ELEMENTS = frozenset(
    ("{", "OPTIONAL", "MINUS", "LATERAL", "GRAPH", "SERVICE", "FILTER", "BIND", "VALUES", "SELECT")
)
"""The terminals that begin an element of a group other than triples."""

Row = Sequence[EngineTerm | None]
"""A solution: the terms of some variables, in their order."""


@dataclass(frozen=True)
class Table:
    """Solutions: the names of variables, and their terms in each row (None: unbound)."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]


def _token(terminal: str, text: str | None = None) -> QueryToken:
    return QueryToken(terminal, terminal if text is None else text, 0, 0)


def _variables(tokens: Iterable[QueryToken]) -> set[str]:
    return {token.text[1:] for token in tokens if token.terminal == "VAR"}


@dataclass(frozen=True)
class _Element:
    """An element of a group: the terminal that begins it (empty: triples), and its tokens."""

    kind: str
    begin: int
    end: int


@dataclass(frozen=True)
class _Layer:
    """What comes before a clause in one group: its elements, and GRAPH with its term around it.

    `after` are the tokens of the group from the element that holds the clause on.
    """

    graph: tuple[QueryToken, ...]
    before: tuple[_Element, ...]
    after: tuple[QueryToken, ...]


@dataclass(frozen=True)
class ServiceCall:
    """The first SERVICE clause of a query: its place, the service, and what comes before it."""

    query: ParsedQuery
    place: Mapping[str, int]
    address: str
    _begin: int
    _end: int
    _group: int
    _layers: tuple[_Layer, ...] = field(repr=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the variables that the clause binds, sorted."""
        group = _Element("{", self._group, self._end)
        return tuple(sorted(_Groups(self.query.tokens).visible([group])))

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Those of these variables that the patterns before the clause bind, sorted."""
        groups = _Groups(self.query.tokens)
        visible = set[str]().union(*(groups.visible(layer.before) for layer in self._layers))
        return tuple(sorted(visible & {*self.names}))

    def write_binding_query(self, limit: int) -> str:
        """Write the query of the different values that the shared variables take before it."""
        tokens = self.query.tokens
        start = next((at for at, t in enumerate(tokens) if t.terminal == "FROM"), 0)
        dataset = tuple(_dataset_clauses(tokens[start:]) if start else ())
        body = self._nest(self._layers)
        return self.query.write(
            [
                *map(_token, ("SELECT", "DISTINCT")),
                *(_token("VAR", f"?{name}") for name in self.shared),
                *dataset,
                *map(_token, ("WHERE", "{")),
                *body,
                *(_token("}"), _token("LIMIT"), _token("INTEGER", str(limit))),
            ]
        )

    def _nest(self, layers: Sequence[_Layer]) -> list[QueryToken]:
        """Write what comes before the clause, each group within the one around it."""
        if not layers:
            return []
        layer, groups = layers[0], _Groups(self.query.tokens)
        body = [*layer.graph, _token("{")]
        settled = groups.visible(layer.before) - _variables(layer.after)
        for element in layer.before:
            written = self.query.tokens[element.begin : element.end]
            # A condition on what is bound later, too, would leave out too much.
            if element.kind != "FILTER" or _variables(written) <= settled:
                body += written
                body += [] if element.kind or written[-1].terminal == "." else [_token(".")]
        return [*body, *self._nest(layers[1:]), _token("}")]

    def write_service_query(self, bindings: Table | None, limit: int) -> str:
        """Write the query for the service: the clause's own pattern, for some values of variables.

        It has nothing of the other patterns.
        """
        table = [] if bindings is None else _write_table(bindings, "")
        return self.query.write(
            [
                *map(_token, ("SELECT", "*", "WHERE", "{")),
                *table,
                *self.query.tokens[self._group : self._end],
                *(_token("}"), _token("LIMIT"), _token("INTEGER", str(limit))),
            ]
        )

    def replace(self, solutions: Table, genid: str) -> ParsedQuery:
        """Return the query with the solutions of the clause in its place.

        Blank nodes of the service become IRIs that begin with `genid` (RDF 1.1 §3.5).
        """
        tokens = self.query.tokens
        table = _write_table(solutions, genid)
        replaced = (*tokens[: self._begin], *table, *tokens[self._end :])
        return ParsedQuery(self.query.form, replaced, self.query.base)


def has_service(query: ParsedQuery) -> bool:
    return any(token.terminal == "SERVICE" for token in query.tokens)


def find_call(query: ParsedQuery, text: str) -> ServiceCall | None:
    """Return the first SERVICE clause of a query, whose original text it is; None if it has none.

    Raises `QueryError`, with its line and column, for one that cannot be evaluated alone.
    """
    tokens = query.tokens
    at = next((at for at, token in enumerate(tokens) if token.terminal == "SERVICE"), None)
    if at is None:
        return None
    following, place = tokens[at + 1], locate(text, tokens[at].start)
    if following.terminal == "SILENT":
        raise QueryError(SILENT, **place)
    if following.terminal not in IRIS:
        raise QueryError(VARIABLE, **place)
    groups = _Groups(tokens)
    begin, end = find_pattern(tokens, 0)
    layers = groups.find_layers(at, begin, end, (), ()) if begin < at < end else None
    if layers is None:
        raise QueryError(MISPLACED_SERVICE, **place)
    end = groups.closing[at + 2] + 1
    if any(token.terminal == "SERVICE" for token in tokens[at + 1 : end]):
        raise QueryError(NESTED, **place)
    return ServiceCall(query, place, following.text[1:-1], at, end, at + 2, layers)


class _Groups:
    """The groups of a query, by its tokens."""

    def __init__(self, tokens: Sequence[QueryToken]) -> None:
        self._tokens = tokens

    @cached_property
    def closing(self) -> dict[int, int]:
        """The place of the closing bracket of each opening one."""
        places: dict[int, int] = {}
        opened: list[int] = []
        for at, token in enumerate(self._tokens):
            if token.terminal in _CLOSING:
                opened.append(at)
            elif opened and token.terminal == _CLOSING[self._tokens[opened[-1]].terminal]:
                places[opened.pop()] = at
        return places

    def find_layers(
        self,
        at: int,
        begin: int,
        end: int,
        layers: tuple[_Layer, ...],
        graph: tuple[QueryToken, ...],
    ) -> tuple[_Layer, ...] | None:
        """Return what comes before the clause at a place within the group of two braces.

        `layers` come before the group, `graph` stands around it. None where a clause cannot be
        evaluated alone.
        """
        elements = [*self._split(begin + 1, end)]
        number, element = next((n, e) for n, e in enumerate(elements) if e.begin <= at < e.end)
        layer = _Layer(graph, tuple(elements[:number]), tuple(self._tokens[element.begin : end]))
        if element.begin == at:
            return (*layers, layer)
        if element.kind == "SELECT":
            opening, closing = find_pattern(self._tokens[: element.end], element.begin)
            if not opening < at < closing:
                return None
            # Groups and limits within it would count less, if values around it restricted it; the
            # graph around it holds within it too.
            around = next((each.graph for each in reversed(layers) if each.graph), ())
            return self.find_layers(at, opening, closing, (), graph or around)
        if element.kind not in {"{", "OPTIONAL", "GRAPH"}:
            return None
        inner = self._tokens[element.begin : element.begin + 2] if element.kind == "GRAPH" else ()
        opening = next(
            opening for opening in self._groups_of(element) if opening < at < self.closing[opening]
        )
        closing = self.closing[opening]
        return self.find_layers(at, opening, closing, (*layers, layer), tuple(inner))

    def _groups_of(self, element: _Element) -> Iterator[int]:
        """Yield the opening brace of each group of an element: several where UNION joins them."""
        at = element.begin
        while at < element.end:
            if self._tokens[at].terminal == "{":
                yield at
                at = self.closing[at]
            at += 1

    def _split(self, begin: int, end: int) -> Iterator[_Element]:
        """Yield the elements of a group between two places."""
        at = begin
        while at < end:
            kind = self._tokens[at].terminal
            if kind == ".":  # after an element that is no triples
                at += 1
                continue
            until = self._end_of(at, end)
            yield _Element(kind if kind in _ELEMENTS else "", at, until)
            at = until

    def _end_of(self, at: int, end: int) -> int:  # noqa: PLR0911 - one for each kind
        """Return the place after the element that begins at a place."""
        tokens, closing = self._tokens, self.closing
        match tokens[at].terminal:
            case "{":
                at = closing[at] + 1
                while at < end and tokens[at].terminal == "UNION":
                    at = closing[at + 1] + 1
                return at
            case "OPTIONAL" | "MINUS" | "LATERAL" | "BIND":
                return closing[at + 1] + 1
            case "GRAPH" | "SERVICE":
                opening = next(n for n in range(at, end) if tokens[n].terminal == "{")
                return closing[opening] + 1
            case "VALUES":
                opening = closing[at + 1] + 1 if tokens[at + 1].terminal == "(" else at + 2
                return closing[opening] + 1
            case "FILTER":
                # Up to the bracket that ends a function, an expression or EXISTS.
                opening = next(n for n in range(at, end) if tokens[n].terminal in {"(", "{", "NIL"})
                return closing.get(opening, opening) + 1
            case "SELECT":
                return end
        while at < end and tokens[at].terminal not in _ELEMENTS:
            at = closing.get(at, at) + 1
        return at

    def visible(self, elements: Iterable[_Element]) -> set[str]:
        """Return the variables in scope after some elements (SPARQL 1.1 Query §18.2.1)."""
        names: set[str] = set()
        for element in elements:
            tokens = self._tokens[element.begin : element.end]
            match element.kind:
                case "FILTER" | "MINUS":
                    continue
                case "BIND":
                    names.add(tokens[-2].text[1:])
                case "SELECT":
                    names |= self._visible_columns(element)
                case "{" | "OPTIONAL" | "LATERAL" | "GRAPH":
                    names |= _variables(tokens[:2]) if element.kind == "GRAPH" else set()
                    for opening in self._groups_of(element):
                        names |= self.visible(self._split(opening + 1, self.closing[opening]))
                case _:
                    names |= _variables(tokens)
        return names

    def _visible_columns(self, element: _Element) -> set[str]:
        opening, closing = find_pattern(self._tokens[: element.end], element.begin)
        columns = list_columns(self._tokens[element.begin + 1 : opening])
        if columns == ["*"]:
            return self.visible(self._split(opening + 1, closing))
        return {column[1:] for column in columns}


def _dataset_clauses(tokens: Sequence[QueryToken]) -> Iterator[QueryToken]:
    """Yield the tokens of FROM clauses, which come one after the other."""
    at = 0
    while tokens[at].terminal == "FROM":
        size = 3 if tokens[at + 1].terminal == "NAMED" else 2
        yield from tokens[at : at + size]
        at += size


DEEPEST, LONGEST = 8, 1_000_000
"""Triple terms within one another, and characters of a term, that are read."""


def read_solutions(body: bytes, names: Sequence[str], most: int) -> Table:
    """Read results in SPARQL's JSON (SPARQL 1.1 Query Results JSON §3), of some variables only.

    There is one row more than `most` at most. Every term is checked, since another server wrote
    it. Raises `ValueError` for anything else.
    """
    try:
        document = Document.parse(body, "", error=SourceError)
        declared = {item.text() for item in document.member("head").member("vars").items()}
        columns = tuple(name for name in names if name in declared)
        solutions = document.member("results").member("bindings").items()
        rows = [
            tuple(_read_term(solution.member(name)) for name in columns)
            for solution in islice(solutions, most + 1)
        ]
    except SourceError as error:
        raise ValueError(str(error)) from error
    return Table(columns, tuple(rows))


def _read_term(cell: Document, depth: int = 0) -> EngineTerm | None:
    """Read a term; None for an unbound variable. Raises `ValueError` or `SourceError`."""
    if cell.value is None:
        return None
    kind, value = cell.member("type").text(), cell.member("value")
    if kind == "triple" and depth < DEEPEST:
        parts = (value.member(name) for name in ("subject", "predicate", "object"))
        try:
            return ox.Triple(*(_read_term(part, depth + 1) for part in parts))  # type: ignore[arg-type]
        except TypeError as error:
            raise ValueError(str(error)) from error
    text = value.text(most=LONGEST)
    if kind == "uri":
        return ox.NamedNode(text)
    if kind == "bnode":
        return ox.BlankNode(text)
    if kind not in {"literal", "typed-literal"}:
        raise ValueError(kind)
    datatype, language = cell.member("datatype"), cell.member("xml:lang")
    if language.value is not None:
        direction = cell.member("its:dir")
        towards = None if direction.value is None else ox.BaseDirection(direction.text())
        return ox.Literal(text, language=language.text(), direction=towards)
    iri = None if datatype.value is None else ox.NamedNode(datatype.text())
    return ox.Literal(text, datatype=iri)


def has_blank_node(row: Row) -> bool:
    """Return whether a solution has a blank node, also within a triple term."""
    return any(
        isinstance(term, ox.BlankNode)
        or (isinstance(term, ox.Triple) and has_blank_node((term.subject, term.object)))
        for term in row
    )


def _write_table(table: Table, genid: str) -> list[QueryToken]:
    """Write solutions as VALUES."""
    # Without a column, “()” is one token.
    tokens = [_token("VALUES")]
    tokens += _in_brackets([_token("VAR", f"?{name}") for name in table.names])
    tokens.append(_token("{"))
    for row in table.rows:
        tokens += _in_brackets([token for term in row for token in _write_term(term, genid)])
    return [*tokens, _token("}")]


def _in_brackets(tokens: list[QueryToken]) -> list[QueryToken]:
    return [_token("("), *tokens, _token(")")] if tokens else [_token("NIL", "()")]


def _write_term(term: EngineTerm | None, genid: str) -> list[QueryToken]:
    match term:
        case None:
            return [_token("UNDEF")]
        case ox.NamedNode():
            return [_token("IRIREF", f"<{term.value}>")]
        case ox.BlankNode():
            return [_token("IRIREF", f"<{ox.NamedNode(genid + term.value).value}>")]
        case ox.Triple():
            parts = (term.subject, term.predicate, term.object)
            inner = [token for part in parts for token in _write_term(part, genid)]
            return [_token("<<("), *inner, _token(")>>")]
    text = _token("STRING", f'"{term.value.translate(ESCAPED)}"')
    if term.language is not None:
        direction = f"--{term.direction.value}" if term.direction else ""
        return [text, _token("LANGTAG", f"@{term.language}{direction}")]
    return [text, _token("^^"), _token("IRIREF", f"<{term.datatype.value}>")]
