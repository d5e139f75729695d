"""A row of any source, and where it stands in its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from parvis.i18n import N_
from parvis.mapping.engine.json_path import is_plain, path_of
from parvis.mapping.engine.values import Refused
from parvis.mapping.language.plan import Source, Value
from parvis.report import Place

NOT_A_VALUE = N_("“{value}” is a list or an object here, not a value")


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What the rows of one file or sheet share.

    `columns` tells where each heading stands in the cells of a table; other sources have none.
    `nulls` are the source's marks of absence, `nulls_in` those of one column.
    """

    file: str
    sheet: str | None = None
    columns: Mapping[str, int] | None = None
    nulls: frozenset[str] = frozenset()
    nulls_in: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        source: Source,
        file: str,
        sheet: str | None = None,
        columns: Mapping[str, int] | None = None,
    ) -> Self:
        """Take the marks of absence that a source tells."""
        return cls(file, sheet, columns, source.reading.nulls, source.nulls_in)

    def marks(self, name: str) -> frozenset[str]:
        """Give what stands for nothing under a name."""
        return self.nulls | self.nulls_in[name] if name in self.nulls_in else self.nulls


class Row:
    """Values by name, and a place.

    `derived` holds what the mapping added, `behind` the partner's column that it came from;
    `refused` collects the values that could not be read, until someone reports them.
    """

    __slots__ = (
        "behind",
        "cells",
        "column",
        "derived",
        "number",
        "origin",
        "parent",
        "path",
        "refused",
    )

    def __init__(
        self,
        origin: Origin,
        number: int | None,
        cells: Any = (),  # noqa: ANN401 - the source's own structure
        path: str | None = None,
        parent: "Row | None" = None,
    ) -> None:
        """Begin with what the source gives; `number` and `path` are a `Place`'s.

        `column` is the one of which an unpivoted row was made.
        """
        self.origin = origin
        self.number = number
        self.cells = cells
        self.path = path
        self.parent = parent
        self.derived: dict[str, list[Value]] = dict(parent.derived) if parent else {}
        self.behind: dict[str, str] = {}
        self.column: str | None = None
        self.refused: list[Refused] = []

    @property
    def place(self) -> Place:
        """Tell where it stands."""
        return Place(self.origin.file, sheet=self.origin.sheet, row=self.number, path=self.path)

    def get(self, name: str) -> list[Value]:
        """Give the values under a name; an absent or empty one gives none."""
        if name in self.derived:
            return self.derived[name]
        if self.parent is not None and name.startswith("^."):
            return self.parent.get(name[2:])
        found, marks = self.find(name), self.origin.marks(name)
        values: list[Value] = []
        _flatten(found, values)
        return [value for value in values if value not in marks] if marks else values

    def find(self, name: str) -> object:
        """Look a name up in the source's own structure."""
        return self.cells.get(name)

    def column_of(self, name: str) -> str:
        """Name the partner's column behind a name."""
        return self.behind.get(name, name)

    def with_derived(self, derived: dict[str, list[Value]], column: str) -> Self:
        """Give a copy that carries more, all of it from one column."""
        copy = type(self)(self.origin, self.number, self.cells, self.path, self.parent)
        copy.derived = self.derived | derived
        copy.behind = dict.fromkeys(derived, column)
        copy.column = column
        return copy


class TableRow(Row):
    """A line of a table: its cells stand in a list, as text."""

    __slots__ = ()
    cells: Sequence[str]

    def get(self, name: str) -> list[Value]:
        """Give the value under a name, at most one."""
        if name in self.derived:
            return self.derived[name]
        position = (self.origin.columns or {}).get(name)
        text = "" if position is None else self.cells[position].strip()
        return [text] if text and text not in self.origin.marks(name) else []


class JsonRow(Row):
    """An item of a JSON document; names are JSONPaths relative to it (RFC 9535)."""

    __slots__ = ()

    def find(self, name: str) -> object:
        """Look a plain name up at once, anything else as a JSONPath."""
        if is_plain(name):
            return self.cells.get(name)
        return path_of(name).findall(self.cells)


class StrictJsonRow(JsonRow):
    """An item whose lists and objects are no values: a path asks for their members (RML-Core)."""

    __slots__ = ()

    def find(self, name: str) -> object:
        """Look a name up; a list or an object is refused."""
        found = [self.cells.get(name)] if is_plain(name) else path_of(name).findall(self.cells)
        if any(isinstance(value, list | dict) for value in found):
            self.refused.append(Refused("not-a-value", NOT_A_VALUE, value=name))
            return None
        return found


def _flatten(found: object, values: list[Value]) -> None:
    """Add what is found, lists item by item; nothings and objects are no values."""
    if isinstance(found, str):
        if text := found.strip():
            values.append(text)
    elif isinstance(found, bool | int | Decimal):
        values.append(found)
    elif isinstance(found, list):
        for one in found:
            _flatten(one, values)
