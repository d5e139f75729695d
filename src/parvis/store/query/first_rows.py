"""Let a query that asks for the first rows begin with the first values of what orders them.

The engine evaluates all of a group before it sorts its rows and takes the first. Where they are
ordered by a value that a triple binds, such as a day, the distinct values are few and counted at
once; rows of the first values alone are all that ORDER BY … LIMIT can return, if they are enough.

Why the rows stay the same: the group binds the variable in each solution, before its first OPTIONAL
or BIND, so VALUES at its beginning keeps exactly its solutions with these values. Each value that
is left out comes after all of them, by the comparison of the engine itself; at least as many rows
as LIMIT takes have one of those that are kept. So none of the others is among the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

from pyoxigraph import Literal, NamedNode

from parvis.errors import QueryError
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.groups import (
    Group,
    Pattern,
    Tokens,
    calls_volatile,
    certain,
    flatten,
    is_well_designed,
    read_group,
    sign,
    skip_brackets,
    variables_of,
)
from parvis.rdf.sparql.parser import ESCAPED
from parvis.store.query.estimates import Estimates, Term
from parvis.store.query.request import QueryText
from parvis.vocab import PREFIXES

CHEAP, GAIN = 10_000, 2
"""Matches of a pattern that are read at once, and how many fewer those of the first values are."""
MOST_VALUES, MOST_FIRST = 50_000, 2_000
"""Distinct values that are read at most, and those that a query begins with."""
MOST_STEP = 40
"""How many times more matches are tried next, at most."""
ROOM = 100
"""Choices that are stored at most for a dataset."""

_XSD = PREFIXES["xsd"]
_ORDERED = {f"{_XSD}string": str, f"{_XSD}integer": int}
"""Datatypes of which all values but equal ones are before or after each other, and their Python
types, which order them alike. Instants with and without a zone are not: the engine’s own sort may
stop the process at them."""
_COUNT, _KEY = (QueryToken("VAR", f"?parvis_{name}", 0, 0) for name in ("count", "key"))


@dataclass(frozen=True)
class OrderedSelect:
    """A SELECT with LIMIT: its group, and the expression of one variable that orders it first.

    `begin` is the offset of its brace, `pattern` binds the variable before any OPTIONAL.
    """

    head: Tokens
    begin: int
    group: Group
    is_descending: bool
    key: Tokens
    variable: str
    pattern: Pattern
    limit: int

    def write(self, tokens: Sequence[QueryToken], values: Tokens) -> Tokens:
        """Write its SELECT and its group alone, which begins with VALUES."""
        group = tokens[self.begin + 1 : self.group.end]
        return (*self.head, *sign("{"), *values, *group)


def read_ordered(tokens: Sequence[QueryToken], at: int) -> OrderedSelect | None:
    """Read the SELECT at an offset; None if it is of another kind."""
    head = tuple(takewhile(lambda token: token.terminal not in {"{", "FROM"}, tokens[at:]))
    begin = at + len(head)
    if {"EXISTS", "AGGREGATE"} & {token.terminal for token in head} or calls_volatile(head):
        return None
    group = read_group(tokens, begin) if tokens[begin].terminal == "{" else None
    end = group.end if group else len(tokens)
    closing = tuple(takewhile(lambda token: token.terminal != "}", tokens[end:]))
    words = [token.terminal for token in closing]
    # The answer of another group depends on how the engine evaluates it, which VALUES may change.
    if (
        group is None
        or not is_well_designed(group)
        or words[:2] != ["ORDER", "BY"]
        or words[-2:-1] != ["LIMIT"]
    ):
        return None
    start = 2 + (words[2] in {"ASC", "DESC"})
    end = start + 1 if words[start] == "VAR" else skip_brackets(closing, start)
    key = closing[start:end]
    names = variables_of(key)
    if len(names) != 1 or calls_volatile(key) or {"AGGREGATE", "OFFSET"} & {*words}:
        return None
    (variable,) = names
    patterns = (p for p in group.elements if isinstance(p, Pattern) and variable in certain(p))
    pattern = next(patterns, None)
    if variable not in group.leading or not pattern or pattern.rows is not None:
        return None
    if pattern.is_closure:
        return None
    is_descending, limit = words[2] == "DESC", int(closing[-1].text)
    return OrderedSelect(head, begin, group, is_descending, key, variable, pattern, limit)


def begin_with_first(
    query: QueryText,
    tokens: Tokens,
    estimates: Estimates,
    plan: Callable[[Tokens], Tokens | None],
) -> Tokens:
    """Return the tokens of a query whose SELECTs with LIMIT begin with the first values.

    `plan` returns the tokens as the order of joins is chosen, which the rows are counted by.
    """
    at = 0
    while at < len(tokens):
        word = tokens[at].terminal
        if word in {"CONSTRUCT", "EXISTS", "OPTIONAL", "GRAPH", "MINUS"}:
            at = skip_brackets(tokens, at)  # evaluated for values, or in a graph, from outside
            continue
        select = read_ordered(tokens, at) if word == "SELECT" else None
        if select is not None:
            text = tokens[at : select.group.end], select.is_descending, select.key, select.limit
            key = query.parsed_query.base, *text
            if key not in estimates.first_values:
                if len(estimates.first_values) >= ROOM:
                    estimates.first_values.clear()
                try:
                    values = _Chooser(query, estimates, select, tokens, plan).choose()
                except (QueryError, RuntimeError):  # the engine refuses the query as written, too
                    values = None
                estimates.first_values[key] = values
            if values := estimates.first_values[key]:
                after = select.begin + 1
                tokens = (*tokens[:after], *values, *tokens[after:])
                at = select.group.end + len(values)  # nothing of this group is looked at again
                continue
        at += 1
    return tokens


@dataclass(frozen=True)
class _Chooser:
    query: QueryText
    estimates: Estimates
    select: OrderedSelect
    tokens: Tokens
    plan: Callable[[Tokens], Tokens | None]

    def choose(self) -> Tokens | None:
        """Return VALUES of the first values that have enough rows; None if that gains nothing."""
        # Nothing more is read where the pattern has few matches; this count is one of the plan's.
        if self.estimates.matches(self.query, self.select.pattern, frozenset()) <= CHEAP:
            return None
        ranked = self._rank_values()
        covered = [*accumulate(count for _, count, _ in ranked)]
        # A few matches tell which share of them has rows.
        wanted = self.select.limit / 4
        while covered and covered[-1] > CHEAP:
            size = next((n for n, rows in enumerate(covered, 1) if rows >= wanted), len(ranked))
            while size < len(ranked) and ranked[size - 1][2] == ranked[size][2]:
                size += 1
            if (
                size >= len(ranked)
                or size > MOST_FIRST
                or covered[size - 1] * GAIN > covered[-1]
                or not self._is_before(ranked[size - 1][2], ranked[size][2])
            ):
                return None
            values = self._write_values([value for value, _, _ in ranked[:size]])
            limit, shorter = self.select.limit, self.select.write(self.tokens, values)
            counted = (*sign("{"), *(self.plan(shorter) or shorter), *sign("}"))
            rows = self.estimates.count_rows(self.query, counted, limit)
            if rows >= limit:
                return values
            wanted = covered[size - 1] * min(MOST_STEP, 1.25 * limit / max(rows, 1))
        return None

    def _rank_values(self) -> list[tuple[Tokens, int, Tokens]]:
        """Return the values, each with its number of matches and its key, in their order.

        Empty for too many of them, or if they may not all be ordered. The engine does not sort
        them: the query as written may sort fewer, of which it knows the order.
        """
        select = self.select
        value = QueryToken("VAR", select.variable, 0, 0)
        conditions, constants = self._conditions_of_value()
        number = (*sign("(", "COUNT", "(", "*", ")", "AS"), _COUNT, *sign(")"))
        tokens = flatten([
            (*sign("SELECT"), value, _COUNT, *sign("("), *select.key, *sign("AS"), _KEY),
            (*sign(")", "{", "{", "SELECT"), value, *number, *sign("{"), *select.pattern.tokens),
            (*sign("}", "GROUP", "BY"), value, *sign("}"), *constants, *conditions),
            sign("}"),
        ])  # fmt: skip
        ranked: list[tuple[str, Tokens, int, Tokens]] = []
        datatypes: set[str] = set()
        for row in self.estimates.read(self.query, tokens):
            written, count, key = _write_term(row[0]), row[1], row[2]
            if not isinstance(key, Literal) or not isinstance(count, Literal):
                return []
            if not written or len(ranked) >= MOST_VALUES:
                return []
            datatypes.add(key.datatype.value)
            ranked.append((key.value, written, int(count.value), _write_term(key)))
        if len(datatypes) != 1 or not datatypes <= _ORDERED.keys():
            return []
        read = _ORDERED[datatypes.pop()]
        ranked.sort(key=lambda row: read(row[0]), reverse=select.is_descending)
        return [row[1:] for row in ranked]

    def _conditions_of_value(self) -> tuple[Tokens, Tokens]:
        """Return the FILTERs that read the value and constants alone, and these constants.

        They are part of the group still; values for which they fail have no rows.
        """
        group = self.select.group
        constants = [
            element
            for element in group.elements
            if isinstance(element, Pattern)
            and element.rows == 1
            and not any(
                element.variables & other.variables
                for other in group.elements
                if other is not element
            )
        ]
        names = frozenset({self.select.variable}).union(*(c.variables for c in constants))
        conditions = [
            condition
            for condition in group.filters
            if variables_of(condition) <= names
            and not calls_volatile(condition)
            and not any(token.terminal == "EXISTS" for token in condition)
        ]
        return flatten(conditions), flatten([c.tokens for c in constants])

    def _is_before(self, first: Tokens, second: Tokens) -> bool:
        """Return whether the engine finds a key really before another, not only other."""
        sides = (second, first) if self.select.is_descending else (first, second)
        condition = (*sign("FILTER", "("), *sides[0], *sign("<"), *sides[1], *sign(")"))
        return self.estimates.count_rows(self.query, condition, 1) == 1

    def _write_values(self, values: Sequence[Tokens]) -> Tokens:
        """Write VALUES as a query within that ends with LIMIT: what comes first in any plan."""
        variable = QueryToken("VAR", self.select.variable, 0, 0)
        number = QueryToken("INTEGER", str(len(values)), 0, 0)
        rows = (*sign("VALUES"), variable, *sign("{"), *flatten(values), *sign("}"))
        head = (*sign("{", "SELECT"), variable, *sign("WHERE", "{"))
        return (*head, *rows, *sign("}", "LIMIT"), number, *sign("}"))


def is_first_values(pattern: Pattern) -> bool:
    """Return whether a pattern is the values that a query begins with, which no reader wrote."""
    if pattern.tokens[0].end:  # where a token that a reader wrote ends in the query
        return False
    words = [token.terminal for token in pattern.tokens[:6]]
    return words == ["{", "SELECT", "VAR", "WHERE", "{", "VALUES"]


def _write_term(term: Term | None) -> Tokens:
    """Write an IRI or a literal; nothing for what VALUES cannot have."""
    if isinstance(term, NamedNode):
        return (QueryToken("IRIREF", str(term), 0, 0),)
    if not isinstance(term, Literal) or term.direction is not None:
        return ()
    text = QueryToken("STRING", f'"{term.value.translate(ESCAPED)}"', 0, 0)
    if term.language:
        return (text, QueryToken("LANGTAG", f"@{term.language}", 0, 0))
    if term.datatype.value == f"{_XSD}string":
        return (text,)
    return (text, *sign("^^"), QueryToken("IRIREF", str(term.datatype), 0, 0))
