"""Estimates of how many matches patterns have, by queries over the graphs of one dataset."""

from collections.abc import Callable, Iterable
from typing import Protocol, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.groups import Pattern, Tokens, sign
from parvis.store.query.request import QueryText

Names = frozenset[str]
Term = NamedNode | BlankNode | Literal | Triple


class Row(Protocol):
    """A solution, whose values are had by their place."""

    def __getitem__(self, column: int, /) -> Term | None: ...


class Estimates:
    """How many matches patterns have, over the graphs of one dataset.

    What is stored depends on these graphs and on the pattern alone: the key needs no more. Whoever
    has another dataset has other estimates. So it is with the texts of which the rewriting gained
    nothing (`unchanged`): they are stored as digests.
    """

    MOST, SAMPLE = 100_000, 8
    """Matches that are counted, and those of which the average of a look-up is taken."""
    ROOM = 5_000
    """Estimates that are stored at most, and texts."""
    CLOSURE, FROM_ALL = 5.0, 1e7
    """Matches of a path that repeats, from one end and from each node of the graphs: what it really
    has would take long."""

    def __init__(self, evaluate: Callable[[QueryText], Iterable[Row]]) -> None:
        """Count by a function that returns the rows of a query over these graphs."""
        self._evaluate = evaluate
        self._stored: dict[tuple[str, Names], float] = {}
        self.unchanged: set[bytes] = set()
        self.first_values: dict[tuple[object, ...], Tokens | None] = {}
        """What `first_rows` chose for a SELECT, by all that it depends on."""

    def remember_unchanged(self, text: bytes) -> None:
        if len(self.unchanged) >= self.ROOM:
            self.unchanged.clear()
        self.unchanged.add(text)

    def matches(self, query: QueryText, pattern: Pattern, bound: Names) -> float:
        """Return how many matches a pattern has on average for each value of some variables."""
        names = bound & pattern.variables
        if pattern.rows is not None:
            return 0.5 if names and names == pattern.variables else float(pattern.rows)
        key = " ".join(token.text for token in pattern.tokens), names
        if key not in self._stored:
            if len(self._stored) >= self.ROOM:
                self._stored.clear()
            self._stored[key] = self._estimate(query, pattern, names)
        return self._stored[key]

    def _estimate(self, query: QueryText, pattern: Pattern, names: Names) -> float:
        if pattern.is_closure:
            return self.CLOSURE if names else self.FROM_ALL
        if names and names == pattern.variables:
            return 0.5
        if not names:
            # Each step of a path is a look-up, so fewer rows of it are counted.
            most = self.MOST // (20 if any(t.terminal == "/" for t in pattern.tokens) else 1)
            rows = self.count_rows(query, pattern.tokens, most)
            return float(self.MOST if rows == most else rows)
        total = self.matches(query, pattern, frozenset())
        if not total:
            return 0.0
        # Values that occur more often are drawn more often, as they are met more often in a join.
        columns = (QueryToken("VAR", name, 0, 0) for name in sorted(names))
        sample = (
            *sign("{", "SELECT"),
            *columns,
            *sign("{"),
            *pattern.tokens,
            *sign("}", "LIMIT"),
            QueryToken("INTEGER", str(self.SAMPLE), 0, 0),
            *sign("}"),
        )
        rows = self.count_rows(query, (*sample, *pattern.tokens), self.MOST)
        return rows / min(total, self.SAMPLE)

    def read(self, query: QueryText, tokens: Tokens) -> Iterable[Row]:
        """Return the rows of a query that no reader wrote, with the prologue of one that did."""
        return self._evaluate(query.expand(tokens))

    def count_rows(self, query: QueryText, pattern: Tokens, most: int) -> int:
        """Return how many rows a pattern has, `most` at most."""
        number = QueryToken("VAR", "?parvis_rows", 0, 0)
        limit = QueryToken("INTEGER", str(most), 0, 0)
        head = (*sign("SELECT", "(", "COUNT", "(", "*", ")", "AS"), number, *sign(")", "{"))
        inner = (*sign("{", "SELECT", "*", "{"), *pattern, *sign("}", "LIMIT"), limit, *sign("}"))
        rows = self.read(query, (*head, *inner, *sign("}")))
        return sum(int(cast("Literal", row[0]).value) for row in rows)
