"""Expressions about a node, and where in the data to search for the nodes that pass or fail them.

Most data conform, and most conditions can only fail where some triple is: a date after another, a
second value. It is faster to read all triples of that predicate once, in their own order, than to
go to every focus node for its values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product
from typing import Self

from rdflib import URIRef


@dataclass(frozen=True)
class Column:
    """The triples of one predicate that match a pattern, which binds the node searched for.

    With `several`, only nodes that have several such triples are in it.
    """

    predicate: URIRef
    pattern: str
    several: bool = False


Search = tuple[Column, ...]
"""Columns that together have all nodes searched for, and perhaps others."""
Searches = tuple[Search, ...]
"""Searches of which each is enough; none if nothing is known of where the nodes are."""

_MOST_SEARCHES = 32


class Expression(str):
    """A condition on a node as text, never an error, with searches for where it is true or false.

    Text that is formatted into other text has no searches there.
    """

    __slots__ = ("where_false", "where_true")
    where_true: Searches
    where_false: Searches

    def __new__(cls, text: str, where_true: Searches = (), where_false: Searches = ()) -> Self:
        expression = super().__new__(cls, text)
        expression.where_true, expression.where_false = where_true, where_false
        return expression


def exists(pattern: str, column: URIRef | None) -> Expression:
    """Return the expression that a pattern matches: with triples of a column, if there is one."""
    searches = ((Column(column, pattern),),) if column else ()
    return Expression(f"EXISTS {{ {pattern} }}", where_true=searches)


def negate(part: str) -> Expression:
    """Return the expression that another is false."""
    part = _as_expression(part)
    return Expression(f"!{part}", part.where_false, part.where_true)


def conjunction(parts: Iterable[str]) -> Expression:
    """Return the expression that all parts are true."""
    expressions = [*map(_as_expression, parts)]
    return Expression(
        f"({' && '.join(expressions) or 'true'})",
        where_true=_any_of([part.where_true for part in expressions]),
        where_false=_all_of([part.where_false for part in expressions]),
    )


def disjunction(parts: Iterable[str]) -> Expression:
    """Return the expression that some part is true."""
    expressions = [*map(_as_expression, parts)]
    return Expression(
        f"({' || '.join(expressions)})",
        where_true=_all_of([part.where_true for part in expressions]),
        where_false=_any_of([part.where_false for part in expressions]),
    )


def searches_where_false(part: str) -> Searches:
    """Return the searches for the nodes at which an expression is false."""
    return _as_expression(part).where_false


def _as_expression(text: str) -> Expression:
    return text if isinstance(text, Expression) else Expression(text)


def _any_of(parts: Sequence[Searches]) -> Searches:
    """Return the searches for nodes that every part has."""
    return tuple(islice(chain(*parts), _MOST_SEARCHES))


def _all_of(parts: Sequence[Searches]) -> Searches:
    """Return the searches for nodes that at least one part has."""
    return tuple(tuple(chain(*choice)) for choice in islice(product(*parts), _MOST_SEARCHES))
