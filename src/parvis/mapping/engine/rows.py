"""A row of any source, where it stands in its file, and how far a conversion has come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from parvis.i18n import N_
from parvis.mapping.engine.json_path import compile_path, is_plain, member_names
from parvis.mapping.engine.values import InvalidValue
from parvis.mapping.language.plan import LogicalSource, Value
from parvis.report import Place

Watch = Callable[[Path, int], None]
"""Receives the file that is read and the row reached, every `PROGRESS_INTERVAL` rows."""
PROGRESS_INTERVAL = 10_000
EMPTY = frozenset({""})
"""The null values of most sources: an empty cell has no value."""
NOT_A_VALUE = N_("“{value}” is a list or an object here, not a value")


@dataclass(frozen=True, slots=True, eq=False)
class RowOrigin:
    """What the rows of one file or sheet share.

    `columns` are the positions of the headings in the cells of a table; other sources have none.
    `nulls` are the source's null values, `nulls_in` those of one column.
    """

    file: str
    sheet: str | None = None
    columns: Mapping[str, int] | None = None
    nulls: frozenset[str] = EMPTY
    nulls_in: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_source(
        cls,
        source: LogicalSource,
        file: str,
        sheet: str | None = None,
        columns: Mapping[str, int] | None = None,
    ) -> Self:
        """Return an origin with the null values of a source."""
        reading = source.reading
        nulls = reading.nulls if reading.keeps_empty else reading.nulls | EMPTY
        return cls(file, sheet, columns, nulls, source.nulls_in)

    def nulls_of(self, name: str) -> frozenset[str]:
        """Return the null values of a column."""
        return self.nulls | self.nulls_in[name] if name in self.nulls_in else self.nulls


class SourceRow:
    """Values by name, and a place.

    `derived` holds the values that the mapping added, `source_columns` the partner's column
    each came from; `refused` collects the values that could not be read, until they are reported.
    `used` says whether anything was written of it.
    """

    __slots__ = (
        "cells",
        "column",
        "derived",
        "number",
        "origin",
        "parent",
        "path",
        "refused",
        "source_columns",
        "used",
    )

    def __init__(
        self,
        origin: RowOrigin,
        number: int | None,
        cells: Any = (),  # noqa: ANN401 - the source's own structure
        path: str | None = None,
        parent: "SourceRow | None" = None,
    ) -> None:
        """Create a row as the source has it; `number` and `path` are a `Place`'s.

        `column` is the column that an unpivoted row was made from.
        """
        self.origin = origin
        self.number = number
        self.cells = cells
        self.path = path
        self.parent = parent
        self.derived: dict[str, list[Value]] = dict(parent.derived) if parent else {}
        self.source_columns: dict[str, str] = {}
        self.column: str | None = None
        self.refused: list[InvalidValue] = []
        self.used = False

    @property
    def place(self) -> Place:
        return Place(self.origin.file, sheet=self.origin.sheet, row=self.number, path=self.path)

    def get(self, name: str) -> list[Value]:
        """Return the values under a name; none if it is absent or empty."""
        if name in self.derived:
            return self.derived[name]
        # `^.` refers to the parent of a nested item.
        if self.parent is not None and name.startswith("^."):
            return self.parent.get(name[2:])
        node, nulls = self.find(name), self.origin.nulls_of(name)
        values: list[Value] = []
        _flatten(node, values)
        return values if nulls == EMPTY else [value for value in values if value not in nulls]

    def find(self, name: str) -> object:
        """Return what the source's own structure holds under a name."""
        return self.cells.get(name)

    def column_of(self, name: str) -> str:
        """Return the partner's column behind a name."""
        return self.source_columns.get(name, name)

    def with_derived(self, derived: dict[str, list[Value]], column: str) -> Self:
        """Return a copy with more values, all of them from one column."""
        copy = type(self)(self.origin, self.number, self.cells, self.path, self.parent)
        copy.derived = self.derived | derived
        copy.source_columns = dict.fromkeys(derived, column)
        copy.column = column
        return copy


class TableRow(SourceRow):
    """A row of a table: a list of cells, as text."""

    __slots__ = ()
    cells: Sequence[str]

    def get(self, name: str) -> list[Value]:
        """Return the value under a name, at most one."""
        if name in self.derived:
            return self.derived[name]
        # A cell is a single text: faster than the general way, which searches nested values.
        position = (self.origin.columns or {}).get(name)
        if position is None:
            return []
        text = self.cells[position].strip()
        return [] if text in self.origin.nulls_of(name) else [text]


class JsonRow(SourceRow):
    """An item of a JSON document; names are JSONPaths relative to it (RFC 9535)."""

    __slots__ = ()

    def find(self, name: str) -> object:
        members = member_names(name)
        if members is None:
            return compile_path(name).findall(self.cells)
        # The library describes the place of each value, which takes ten times longer.
        node = self.cells
        for member in members:
            node = node.get(member) if isinstance(node, dict) else None
        return node


class StrictJsonRow(JsonRow):
    """An item whose lists and objects are not values: a path selects their members (RML-Core)."""

    __slots__ = ()

    def find(self, name: str) -> object:
        """Return the values under a name; a list or an object is refused."""
        nodes = [self.cells.get(name)] if is_plain(name) else compile_path(name).findall(self.cells)
        if any(isinstance(node, list | dict) for node in nodes):
            self.refused.append(InvalidValue("not-a-value", NOT_A_VALUE, value=name))
            return None
        return nodes


def _flatten(node: object, values: list[Value]) -> None:
    """Append the values of a node, lists item by item; nulls and objects are not values."""
    if isinstance(node, str):
        if text := node.strip():
            values.append(text)
    elif isinstance(node, bool | int | Decimal):
        values.append(node)
    elif isinstance(node, list):
        for member in node:
            _flatten(member, values)
