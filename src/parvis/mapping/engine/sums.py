"""Add up a source's rows to figures: one row for each combination of values, with its sums."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from parvis.i18n import N_, both
from parvis.mapping.engine.pairs import Refuse
from parvis.mapping.engine.rows import RowOrigin, SourceRow
from parvis.mapping.engine.values import NOT_WHOLE, InvalidValue, read_number
from parvis.mapping.language.plan import Sum, Value, ValueFormat
from parvis.mapping.totals import Totals
from parvis.report import Finding, Severity

Key = tuple[tuple[Value, ...], ...]
Report = Callable[[Finding], None]

CURRENCY = re.compile(r"(?P<dollar>(?:\b(?P<land>US|CA|C|A))?\s?\$)|[€£]|\b[A-Z]{3}\b")
SIGNS = {"€": "EUR", "£": "GBP"}
DOLLARS = {"US": "USD", "A": "AUD"}

NEGATIVE = N_(
    "“{value}” is less than zero: a refund is such a line only if the mapping says so (refunds)"
)
NEGATIVE_SUM = N_(
    "the lines of which this is the first come to {value}, which is less than zero: more was"
    " refunded than sold, so lines are missing"
)
TWO_CURRENCIES = N_(
    "this line is in {other}, and the others are in {currency}: amounts of two currencies are not"
    " added up, so the file is refused"
)


class SummedRow(SourceRow):
    """A row of sums: it has only the values that it was grouped by, and the sums."""

    __slots__ = ()

    def get(self, name: str) -> list[Value]:
        return self.derived.get(name, [])


@dataclass(slots=True)
class _First:
    """Where the first row of a combination stands."""

    origin: RowOrigin
    number: int | None
    path: str | None


def find_currency(text: str) -> str:
    """Return the code of the currency that a text tells, empty if it tells none.

    A dollar of no other country is Canadian.

    >>> [find_currency(t) for t in ("12,50 $", "US$12", "€5", "CAD", "12.50")]
    ['CAD', 'USD', 'EUR', 'CAD', '']
    """
    found = CURRENCY.search(text.upper())
    if found is None:
        return ""
    if found["dollar"]:
        return DOLLARS.get(found["land"] or "", "CAD")
    return SIGNS.get(found[0], found[0])


class LineSums:
    """The sums of the rows of one source, while they are read."""

    def __init__(self, how: Sum, reading: ValueFormat, refuse: Refuse, report: Report) -> None:
        """Report values that cannot be read to `refuse`, what refuses the file to `report`."""
        self._how, self._reading = how, reading
        self._refuse, self._report = refuse, report
        self._totals = Totals[Key, str]()
        self._first: dict[Key, _First] = {}
        # Keys repeat the same values: each is held once.
        self._values: dict[Value, Value] = {}
        self._columns: dict[str, str] = {}
        self._currency = how.currency
        self._other_currencies: set[str] = set()
        self._origins: dict[RowOrigin, RowOrigin] = {}
        self._latest: dict[str, str] = {}

    def add_rows(self, rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
        """Yield the rows of sums, once all rows are read.

        A row of which a figure cannot be read is left out.
        """
        for row in rows:
            self._require_currency(row)
            figures = list(self._read_figures(row))
            if row.refused:
                continue
            key = tuple(
                tuple(self._values.setdefault(value, value) for value in row.get(name))
                for name in self._how.by
            )
            if key not in self._totals:
                self._first[key] = _First(row.origin, row.number, row.path)
            self._totals.add(key, figures)
            for name, column in self._how.latest:
                texts = (self._latest.get(name, ""), *map(str, row.get(column)))
                self._latest[name] = max(texts)
        for key, totals in self._totals:
            yield from self._make_rows(key, totals)

    def _read_figures(self, row: SourceRow) -> Iterator[tuple[str, Decimal]]:
        how = self._how
        for column in how.summed:
            if column not in self._columns:
                self._columns[column] = row.column_of(column)
            for value in row.get(column):
                try:
                    figure = self._read_figure(column, value)
                except InvalidValue as error:
                    row.refused.append(error)
                    continue
                if figure < 0 and not how.refunds:
                    self._add(row, column, "negative", NEGATIVE, value=value)
                yield column, figure
            if row.refused:
                self._refuse_row(row, column)
                return

    def _read_figure(self, column: str, value: Value) -> Decimal:
        figure = read_number(value, self._reading)
        if column in self._how.counts and figure != figure.to_integral_value():
            raise InvalidValue("bad-integer", NOT_WHOLE, value=value)
        return figure

    def _refuse_row(self, row: SourceRow, column: str) -> None:
        refused = [*row.refused]
        self._refuse(row, {column})
        # Reporting clears them; the row is left out all the same.
        row.refused.extend(refused)

    def _require_currency(self, row: SourceRow) -> None:
        """Report a row in another currency than the others, each other currency once."""
        for column in self._how.currency_in:
            for value in row.get(column):
                currency = find_currency(str(value))
                self._currency = self._currency or currency
                if currency in {"", self._currency} or currency in self._other_currencies:
                    continue
                self._other_currencies.add(currency)
                names = {"other": currency, "currency": self._currency}
                self._add(row, column, "two-currencies", TWO_CURRENCIES, **names)

    def _make_rows(self, key: Key, totals: dict[str, Decimal]) -> Iterator[SourceRow]:
        how = self._how
        base = self._make_row(key)
        for column, total in totals.items():
            if total < 0 and how.refunds:
                self._add(base, column, "negative", NEGATIVE_SUM, value=total)
        sums: dict[str, list[Value]] = {
            column: [int(total) if column in how.counts else total]
            for column, total in totals.items()
        }
        if not how.name_as:
            base.derived |= {column: sums.get(column, []) for column in how.summed}
            # A sum of nothing is absent: that nothing is made of it is no error.
            base.used = not sums
            yield base
            return
        for column, values in sums.items():
            row = self._make_row(key)
            row.derived |= {how.name_as: [column], how.value_as: [*values]}
            row.source_columns = {how.value_as: self._columns[column]}
            row.column = self._columns[column]
            yield row

    def _make_row(self, key: Key) -> SummedRow:
        first = self._first[key]
        # A row of sums has no cells, only values by name.
        origin = self._origins.setdefault(first.origin, replace(first.origin, columns=None))
        row = SummedRow(origin, first.number, (), first.path)
        row.derived = dict(zip(self._how.by, map(list, key), strict=True))
        row.derived |= {name: [text] if text else [] for name, text in self._latest.items()}
        return row

    def _add(self, row: SourceRow, column: str, rule: str, template: str, **fields: object) -> None:
        place = replace(row.place, column=self._columns.get(column) or row.column_of(column))
        text = both(template, **fields)
        value = str(fields["value"]) if "value" in fields else None
        self._report(Finding(Severity.VIOLATION, rule, text, place, value=value))
