"""JSON from another machine, read member by member: the type and form of each is checked.

Members end up in paths, comparisons and headers. So no value is used that was not read through
`Document`, which refuses one of another type or form than expected, and names its place.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Self, TypeVar, get_args, get_origin, get_type_hints

from parvis.errors import ParvisError, StoreError
from parvis.i18n import N_, both

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
D = TypeVar("D", bound="DataclassInstance")

LARGEST = 64_000_000
"""Default limit of a document, in bytes."""
LONGEST = 10_000
"""Default limit of a text, in characters."""
GREATEST = 2**53 - 1
"""The greatest whole number that all programs read exactly (RFC 8259 §6)."""
LONGEST_STEP, LONGEST_PATH = 255, 1000
"""Limits of file systems, in bytes: a segment of a path, and a path below a folder."""
SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SHOWN = 60

MALFORMED = N_("{file} is damaged: {reason}")
WRONG = N_("{file} is damaged: “{place}” is {value}, and should be {expected}")
A_TABLE, A_LIST = N_("an object"), N_("a list")
A_TEXT, A_FLAG = N_("a text"), N_("true or false")
OF_FORM = N_("a text of the form {form}")
BETWEEN = N_("a whole number from {least} to {most}")
AN_INSTANT = N_("an instant with its offset (ISO 8601)")
A_PATH = N_("a path inside its own folder")


class Document:
    """A value of a JSON document, with its place.

    Reading raises `error` (by default `StoreError`) for a value that is absent or of another type
    or form.
    """

    __slots__ = ("_name", "_within", "error", "file", "value")

    def __init__(
        self,
        value: object,
        file: object,
        error: type[ParvisError] = StoreError,
        name: str = "",
        within: "Document | None" = None,
    ) -> None:
        """Wrap a value; `file` is the name of the document in messages, `name` that of a member."""
        self.value, self.file, self.error = value, file, error
        self._name, self._within = name, within

    @property
    def place(self) -> str:
        """Return the path of this value in its document."""
        outer = self._within.place if self._within is not None else ""
        return f"{outer}/{self._name[:_SHOWN]}".lstrip("/")

    @classmethod
    def parse(
        cls,
        body: bytes | str,
        file: object,
        *,
        most: int = LARGEST,
        error: type[ParvisError] = StoreError,
    ) -> Self:
        """Parse a document of `most` bytes (RFC 8259).

        Refuses a repeated name in an object, which programs would read differently, the numbers
        that JSON lacks (NaN, Infinity), and nesting too deep for Python.
        """
        if len(body) > most:
            raise error(MALFORMED, file=file, reason=f"> {most} bytes")
        try:
            value = json.loads(body, object_pairs_hook=_to_table, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as reason:
            raise error(MALFORMED, file=file, reason=reason) from reason
        return cls(value, file, error)

    def member(self, name: str) -> Self:
        """Return a member of this object, null where it is absent."""
        return self._inner(self.table().get(name), name)

    def members(self) -> Iterator[tuple[str, Self]]:
        for name, value in self.table().items():
            # Names end up in messages and comparisons too.
            if len(name) > LONGEST or not _is_encodable(name):
                raise self._inner(name, name).refusal(A_TEXT)
            yield name, self._inner(value, name)

    def key(self, name: str, form: re.Pattern[str]) -> str:
        """Return the name of a member, all of which matches a form."""
        return self._inner(name, name).text(form)

    def items(self) -> Iterator[Self]:
        if not isinstance(self.value, list):
            raise self.refusal(A_LIST)
        return (self._inner(item, str(n)) for n, item in enumerate(self.value))

    def table(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.refusal(A_TABLE)
        return self.value

    def text(self, form: re.Pattern[str] | None = None, most: int = LONGEST) -> str:
        """Return this text, of `most` characters, which UTF-8 can hold and which matches a form."""
        text = self.value
        if not isinstance(text, str) or len(text) > most or not _is_encodable(text):
            raise self.refusal(A_TEXT)
        if form is not None and not form.fullmatch(text):
            raise self.refusal(OF_FORM, form=form.pattern)
        return text

    def path(self) -> str:
        """Return this text if it is a path below a folder, in its only spelling."""
        if not isinstance(self.value, str) or not is_inside(self.value):
            raise self.refusal(A_PATH)
        return self.value

    def whole(self, least: int = 0, most: int = GREATEST) -> int:
        """Return this whole number."""
        # Booleans are integers to Python: the type is compared exactly.
        number = self.value
        if type(number) is not int or not least <= number <= most:
            raise self.refusal(BETWEEN, least=least, most=most)
        return number

    def instant(self) -> datetime:
        """Return this instant with its offset."""
        try:
            instant = datetime.fromisoformat(self.text(most=40))
        except ValueError as error:
            raise self.refusal(AN_INSTANT) from error
        # An instant without offset cannot be compared with others.
        if instant.tzinfo is None:
            raise self.refusal(AN_INSTANT)
        return instant

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.refusal(A_FLAG)
        return self.value

    def texts(self) -> dict[str, str]:
        return {name: value.text(most=GREATEST) for name, value in self.members()}

    def optional(self, read: Callable[[], T]) -> T | None:
        """Return what a method reads of this value, None where it is absent or null."""
        return None if self.value is None else read()

    def refusal(self, expected: str, **fields: object) -> ParvisError:
        # Only printable characters, and not too many: the value is a stranger's.
        shown = ascii(self.value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        return self.error(
            WRONG,
            file=self.file,
            place=ascii(self.place)[1:-1],
            value=shown,
            expected=both(expected, **fields),
        )

    def _inner(self, value: object, name: str) -> Self:
        return type(self)(value, self.file, self.error, name, self)


def read_fields(kind: type[D], document: Document) -> D:
    """Return a dataclass from the members of an object, each checked by the type of its field.

    The metadata of a field may have the `form` of its text, or the `most` characters of its texts.
    """
    types = get_type_hints(kind)
    members = {
        field.name: _read(document.member(field.name), types[field.name], field.metadata)
        for field in fields(kind)
    }
    return kind(**members)


def _read(value: Document, kind: Any, limits: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a type
    origin, parts = get_origin(kind) or kind, get_args(kind)
    if NoneType in parts:
        return value.optional(lambda: _read(value, parts[0], limits))
    if origin in {dict, Mapping}:
        return {name: _read(member, parts[1], limits) for name, member in value.members()}
    if origin in {list, tuple}:
        return origin(_read(item, parts[0], limits) for item in value.items())
    if origin is str:
        return value.text(**limits)
    if hasattr(origin, "parse"):
        return origin.parse(value.text())
    plain: dict[Any, Callable[[], Any]] = {
        int: value.whole,
        bool: value.flag,
        datetime: value.instant,
    }
    return plain[origin]() if origin in plain else read_fields(origin, value)


def is_inside(name: str) -> bool:
    """Return whether a name is a relative path that stays below the folder it is joined to.

    >>> [is_inside(name) for name in ("site/a.json", "a/../../b", "/etc/passwd", "a//b")]
    [True, False, False, False]
    """
    # A path has only one spelling, so that two names are two files, and a name in a list is the
    # file that was checked.
    steps = name.split("/")
    if _CONTROLS.search(name) or not _is_encodable(name) or {"", ".", ".."} & set(steps):
        return False
    sizes = [len(step.encode()) for step in steps]
    return max(sizes) <= LONGEST_STEP and sum(sizes) + len(sizes) <= LONGEST_PATH


def _is_encodable(text: str) -> bool:
    # JSON can name half of a surrogate pair, which has no bytes in UTF-8.
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _to_table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name comes twice in one object")
    return table


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
