"""Add up figures by key, exactly: order lines of a mapping, equal rows of a file that is cleaned.

The figures of a key are held, not its rows.
"""

from collections.abc import Hashable, Iterable, Iterator
from decimal import Context, Decimal
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
C = TypeVar("C", bound=Hashable)

EXACT = Context(prec=1000)
"""A figure has 400 digits at most, so that no sum is rounded."""


class Totals(Generic[K, C]):
    """The sums of columns by key, and how many rows each key has."""

    def __init__(self) -> None:
        self._by_key: dict[K, dict[C, Decimal]] = {}
        self.rows: dict[K, int] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[tuple[K, dict[C, Decimal]]]:
        """Yield each key with its sums, in the order in which they came."""
        yield from self._by_key.items()

    def add(self, key: K, figures: Iterable[tuple[C, Decimal]]) -> None:
        """Add a row; a column without any figure has no sum, not zero."""
        totals = self._by_key.setdefault(key, {})
        self.rows[key] = self.rows.get(key, 0) + 1
        for column, figure in figures:
            before = totals.get(column)
            totals[column] = figure if before is None else EXACT.add(before, figure)
