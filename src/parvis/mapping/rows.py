"""A row of any source, and where it stands in its file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import cast

import jsonpath

from parvis.i18n import N_
from parvis.mapping.plan import Value
from parvis.mapping.values import Refused
from parvis.report import Place

NOT_A_VALUE = N_("“{value}” is a list or an object here, not a value")
PLAIN_NAME = re.compile(r"[\w@][\w @:/-]*")


@dataclass(slots=True)
class Row:
    """Values by name; `derived` holds what the mapping added, `origins` where it came from.

    `nulls` are the source's own marks of absence.
    """

    place: Place
    cells: Mapping[str, object]
    derived: dict[str, list[Value]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    parent: "Row | None" = None
    nulls: frozenset[str] = frozenset()

    def get(self, name: str) -> list[Value]:
        """Give the values under a name; an absent or empty one gives none."""
        if name in self.derived:
            return self.derived[name]
        if self.parent is not None and name.startswith("^."):
            return self.parent.get(name[2:])
        return [value for value in _flat(self.find(name)) if value not in self.nulls]

    def find(self, name: str) -> object:
        """Look a name up in the source's own structure."""
        return self.cells.get(name)

    def column_of(self, name: str) -> str:
        """Name the partner's column behind a name."""
        return self.origins.get(name, name)


class JsonRow(Row):
    """An item of a JSON document; names are JSONPaths relative to it (RFC 9535)."""

    __slots__ = ()

    def find(self, name: str) -> object:
        """Look a plain name up at once, anything else as a JSONPath."""
        if PLAIN_NAME.fullmatch(name):
            return self.cells.get(name)
        return path_of(name).findall(self.cells)


class StrictJsonRow(JsonRow):
    """An item whose lists and objects are no values: a path asks for their members (RML-Core)."""

    __slots__ = ()

    def find(self, name: str) -> object:
        """Look a name up; raises `Refused` for a list or an object."""
        plain = PLAIN_NAME.fullmatch(name)
        found = [self.cells.get(name)] if plain else path_of(name).findall(self.cells)
        if any(isinstance(value, list | dict) for value in found):
            raise Refused("not-a-value", NOT_A_VALUE, value=name)
        return found


_STRICT = jsonpath.JSONPathEnvironment(strict=True)


@cache
def path_of(name: str) -> jsonpath.JSONPath:
    """Compile a relative JSONPath (RFC 9535 only); raises `jsonpath.JSONPathError`."""
    start = "" if name.startswith(("$", "[")) else "."
    path = _STRICT.compile(name if name.startswith("$") else f"${start}{name}")
    return cast("jsonpath.JSONPath", path)  # strict paths have no unions


def _flat(found: object) -> Iterator[Value]:
    """Flatten lists; leave out nothings and objects, which are no values."""
    if isinstance(found, list):
        for one in found:
            yield from _flat(one)
    elif isinstance(found, bool | int | Decimal):
        yield found
    elif isinstance(found, str) and found.strip():
        yield found.strip()
