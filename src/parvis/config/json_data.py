"""Dataclasses as JSON data, and back, by the types of their fields.

Nothing is checked that is read here: it is for what parvis wrote itself. What comes from elsewhere
is read through `parvis.config.documents`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum, IntEnum
from functools import cache, partial, singledispatch
from pathlib import PurePath
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
Conversion = Callable[[Any], Any]
_PLAIN = {str, int, float, bool, NoneType}


@singledispatch
def to_json(value: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """Return a value as JSON data.

    A dataclass becomes an object of its fields, or what its own `to_json` returns; one that can be
    parsed (a dataset's key) its text; an instant or a day a text (ISO 8601), a set a sorted list, a
    grade (an `IntEnum`) its name in lower case.
    """
    if hasattr(value, "to_json"):
        return value.to_json()
    return str(value) if hasattr(value, "parse") else to_object(value)


for _plain in _PLAIN:
    to_json.register(_plain, lambda value: value)
to_json.register(IntEnum, lambda grade: grade.name.lower())
to_json.register(date, lambda day: day.isoformat())
to_json.register(PurePath, str)
to_json.register(set, sorted)
to_json.register(frozenset, sorted)
# Most values are texts and numbers: a call for each of them would double the time.
to_json.register(
    Mapping, lambda table: {k: v if type(v) in _PLAIN else to_json(v) for k, v in table.items()}
)
for _several in (list, tuple):
    to_json.register(
        _several, lambda values: [v if type(v) in _PLAIN else to_json(v) for v in values]
    )


def to_object(value: "DataclassInstance") -> dict[str, Any]:
    """Return the fields of a dataclass as a JSON object, in their order.

    The metadata of a field may name the member (``json``). A class with `omits_null` leaves out
    the members that are null.
    """
    kind = type(value)
    omits_null = getattr(kind, "omits_null", False)
    document = {}
    for name, of in _members(kind):
        member = getattr(value, of)
        if member is not None or not omits_null:
            document[name] = member if type(member) in _PLAIN else to_json(member)
    return document


def from_json(kind: type[T], data: Mapping[str, Any]) -> T:
    """Return the dataclass that `to_object` wrote; members with a default may be absent.

    Raises `KeyError`, `TypeError` or `ValueError` for anything else.
    """
    arguments = dict(data)
    for name, of, read in _readers(kind):
        if name in arguments:
            arguments[of] = read(arguments.pop(name))
    return kind(**arguments)


@cache
def _members(kind: type) -> list[tuple[str, str]]:
    return [(field.metadata.get("json", field.name), field.name) for field in fields(kind)]


@cache
def _readers(kind: type) -> list[tuple[str, str, Conversion]]:
    """List the members of a dataclass that are not the same as its fields: name, field, and how."""
    types = get_type_hints(kind)
    readers = [(name, of, _reader(types[of])) for name, of in _members(kind)]
    return [(name, of, read) for name, of, read in readers if read is not _keep or name != of]


def _keep(value: object) -> object:
    return value


@cache
def _reader(kind: Any) -> Conversion:  # noqa: ANN401 - a type as it is annotated
    origin, parts = get_origin(kind) or kind, get_args(kind)
    if origin in {Union, UnionType}:
        read = next((read for read in map(_reader, parts) if read is not _keep), _keep)
        return read if read is _keep else lambda value: None if value is None else read(value)
    if not isinstance(origin, type):
        return _keep
    if issubclass(origin, Mapping):
        read = _reader(parts[-1])
        return read if read is _keep else lambda table: {k: read(v) for k, v in table.items()}
    if issubclass(origin, list | tuple | set | frozenset):
        read = _reader(parts[0])  # all items of a tuple are read as its first
        if read is _keep:
            return read if origin is list else origin
        return lambda values: origin(map(read, values))
    return _class_reader(origin)


def _class_reader(kind: type) -> Conversion:
    if issubclass(kind, IntEnum):
        return lambda name: kind[name.upper()]
    if issubclass(kind, date):
        return kind.fromisoformat
    if issubclass(kind, Enum):
        return kind
    if not is_dataclass(kind):
        return _keep
    own = getattr(kind, "parse", None) or getattr(kind, "from_json", None)
    return own or partial(from_json, kind)
