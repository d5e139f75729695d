"""Rows added up: what was told order by order becomes one row for each combination."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from parvis.mapping.plan import Reading, Sum, Value
from parvis.mapping.rows import Row
from parvis.mapping.values import Refused, number

Refuse = Callable[[Row, set[str]], None]
Key = tuple[tuple[Value, ...], ...]


def summed(how: Sum, rows: Iterable[Row], reading: Reading, refuse: Refuse) -> Iterator[Row]:
    """Give one row for each combination of values, with the sums, at the place of its first row.

    All combinations are held at once, no row but the first of each. A figure that is no number is
    refused where it stands, and not added.
    """
    known: dict[Key, tuple[Row, dict[str, Decimal]]] = {}
    for row in rows:
        key = tuple(tuple(row.get(name)) for name in how.by)
        _, totals = known.setdefault(key, (row, {}))
        for column in how.columns:
            try:
                added = sum((number(value, reading) for value in row.get(column)), Decimal(0))
            except Refused as refused:
                row.refused.append(refused)
                refuse(row, {column})
                continue
            if row.get(column):
                totals[column] = totals.get(column, Decimal(0)) + added
    for row, totals in known.values():
        for column in how.columns:
            row.derived[column] = [totals[column]] if column in totals else []
        yield row
