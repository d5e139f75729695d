"""Add a condition on a column of its answer to a SELECT query, by its tokens."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from parvis.errors import QueryError
from parvis.i18n import N_
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.parser import ESCAPED, VALID_IRI, parse, tokenise

NO_SELECT = N_("only the answer to a SELECT query can be filtered")
NO_COLUMN = N_("the query has no column “{name}”")
NO_IRI = N_("“{iri}” is not an address (IRI)")


class Comparison(StrEnum):
    """How a column is compared with a value."""

    IS = "is"
    IS_NOT = "not"
    CONTAINS = "contains"


@dataclass(frozen=True)
class ColumnFilter:
    """A condition on a column: its variable's name, and a text or an IRI to compare with.

    Texts are compared with what a cell shows as text, whatever its datatype or language.
    """

    column: str
    how: Comparison
    text: str = ""
    iri: str = ""

    def write(self) -> str:
        """Write the condition as a FILTER; raises `QueryError` for a wrong IRI."""
        equal = "!=" if self.how is Comparison.IS_NOT else "="
        if self.iri and self.how is not Comparison.CONTAINS:
            if not VALID_IRI.fullmatch(self.iri):
                raise QueryError(NO_IRI, iri=self.iri)
            return f"FILTER (?{self.column} {equal} <{self.iri}>)"
        literal = f'"{self.text.translate(ESCAPED)}"'
        if self.how is Comparison.CONTAINS:
            return f"FILTER (CONTAINS(LCASE(STR(?{self.column})), LCASE({literal})))"
        return f"FILTER (STR(?{self.column}) {equal} {literal})"


def narrow_query(text: str, condition: ColumnFilter, prefixes: Mapping[str, str]) -> str:
    """Return a SELECT query whose answer has the rows of a condition only.

    The condition goes into the query's pattern; where the column is computed after it, around the
    whole query. Raises `QueryError` for another query, or for a column that it does not have.
    """
    query = _SelectQuery.read(text)
    # Only a variable of the query gets into the condition.
    if not any(is_variable(token, condition.column) for token in query.tokens):
        raise QueryError(NO_COLUMN, name=condition.column)
    line = condition.write()
    is_bound = query.binds_in_pattern(condition.column)
    narrowed = query.add_line(line) if is_bound else query.wrap(line)
    parse(narrowed, None, prefixes)
    return narrowed


def is_variable(token: QueryToken, name: str) -> bool:
    return token.terminal == "VAR" and token.text[1:] == name


@dataclass(frozen=True)
class _SelectQuery:
    """A SELECT query: its tokens, and which of them are SELECT and the braces of its pattern."""

    text: str
    tokens: Sequence[QueryToken]
    select: int
    begin: int
    end: int

    @classmethod
    def read(cls, text: str) -> Self:
        tokens = tokenise(text)
        select = next((at for at, token in enumerate(tokens) if token.terminal == "SELECT"), None)
        forms = {token.terminal for token in tokens[:select]}
        if select is None or forms & {"ASK", "CONSTRUCT", "DESCRIBE"}:
            raise QueryError(NO_SELECT)
        begin = depth = 0
        for at in range(select, len(tokens)):
            sign = tokens[at].terminal
            # Braces in an expression of the SELECT clause are those of EXISTS.
            depth += (sign in {"(", "{"}) - (sign in {")", "}"})
            if sign == "{" and depth == 1:
                begin = at
            elif sign == "}" and depth == 0 and begin:
                return cls(text, tokens, select, begin, at)
        raise QueryError(NO_SELECT)

    def binds_in_pattern(self, column: str) -> bool:
        """Return whether a condition at the end of the pattern is one on the column."""
        outside = [*self.tokens[: self.begin], *self.tokens[self.end :]]
        is_computed = any(
            token.terminal == "AS" and is_variable(outside[at + 1], column)
            for at, token in enumerate(outside[:-1])
        )
        # Nothing may follow a query within the braces.
        is_query = self.tokens[self.begin + 1].terminal == "SELECT"
        return not (is_computed or is_query) and any(
            is_variable(token, column) for token in self.tokens[self.begin : self.end]
        )

    def add_line(self, line: str) -> str:
        """Return the query with a line at the end of its pattern."""
        at = self.tokens[self.end].start
        gap = "" if self.text[:at].endswith("\n") else "\n"
        return f"{self.text[:at]}{gap}  {line}\n{self.text[at:]}"

    def wrap(self, line: str) -> str:
        """Return the query as the pattern of another, with its columns, dataset and order."""
        text, head = self.text, self.tokens[self.select : self.begin]
        # A query within another has no dataset of its own: FROM goes outside.
        is_named = head[-1].terminal == "WHERE"
        where = head[-1].start if is_named else self.tokens[self.begin].start
        graphs = next((token.start for token in head if token.terminal == "FROM"), where)
        inner = text[head[0].start : graphs] + text[where:]
        columns = list_columns(head[1:])
        order = _read_order(text, self.tokens[self.end + 1 :], columns)
        return (
            f"{text[: head[0].start]}SELECT {' '.join(columns)}\n{text[graphs:where].strip()}\n"
            f"WHERE {{\n{{\n{inner.rstrip()}\n}}\n  {line}\n}}{order}"
        )


def list_columns(tokens: Sequence[QueryToken]) -> list[str]:
    """Return the variables of a SELECT clause, or a star."""
    columns, depth = [], 0
    for at, token in enumerate(tokens):
        depth += (token.terminal == "(") - (token.terminal == ")")
        if token.terminal == "FROM":
            break
        is_named = depth == 1 and tokens[at - 1].terminal == "AS"
        if token.terminal == "VAR" and (depth == 0 or is_named):
            columns.append(f"?{token.text[1:]}")
    return columns or ["*"]


def _read_order(text: str, tokens: Sequence[QueryToken], columns: Sequence[str]) -> str:
    """Return the query's ORDER BY, if it is about columns alone."""
    begin = next((at for at, token in enumerate(tokens) if token.terminal == "ORDER"), None)
    if begin is None:
        return ""
    ends = {"LIMIT", "OFFSET", "VALUES"}
    order = []
    for token in tokens[begin:]:
        if token.terminal in ends:
            break
        order.append(token)
    names = {f"?{token.text[1:]}" for token in order if token.terminal == "VAR"}
    if (
        columns == ["*"]
        or not names <= {*columns}
        or any(token.terminal == "AGGREGATE" for token in order)
    ):
        return ""
    return "\n" + re.sub(r"\s+", " ", text[order[0].start : order[-1].end])
