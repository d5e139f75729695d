"""Tables written for programs: Parquet, whose columns have types."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, list_array
from arro3.io import read_parquet, write_parquet
from rdflib.namespace import XSD

BATCH = 8_192
"""Rows that are in memory as objects of Python."""
GROUP = 131_072
"""Rows of a row group: a reader of one column reads its part of each."""
COMPRESSION = "snappy"
"""Weaker than Zstandard, and read by every program that reads Parquet."""
EXACT = 15
"""Digits of a decimal number that a double keeps."""
LARGEST = 2**63
MICROSECOND = timedelta(microseconds=1)
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DOUBLE = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|INF)|NaN", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?", re.ASCII)
_ZONE = re.compile(r"Z|[+-]\d\d:\d\d")


def _read_integer(text: str) -> int:
    number = int(text) if _INTEGER.fullmatch(text) else LARGEST
    if not -LARGEST <= number < LARGEST:
        raise ValueError(text)
    return number


def _read_decimal(text: str) -> float:
    digits = re.sub(r"\D", "", text).lstrip("0")
    if not _DECIMAL.fullmatch(text) or len(digits) > EXACT:
        raise ValueError(text)
    return float(text)


def _read_double(text: str) -> float:
    if not _DOUBLE.fullmatch(text):
        raise ValueError(text)
    return float(text)


def _read_boolean(text: str) -> bool:
    if text not in BOOLEANS:
        raise ValueError(text)
    return BOOLEANS[text]


def _read_day(text: str) -> int:
    """Return the days since 1970."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def _read_instant(text: str) -> int:
    """Return the microseconds since 1970, in Universal Time."""
    zone = _ZONE.search(text, len("2000-01-01T00:00:00"))
    if zone is None or zone.end() != len(text) or not _MOMENT.fullmatch(text, 0, zone.start()):
        raise ValueError(text)
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND


def _read_local_time(text: str) -> int:
    """Return the microseconds since 1970 of a date and time without a zone."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND


@dataclass(frozen=True, eq=False)
class ValueType:
    """A type of values: how a literal is read, and how it is stored.

    `read` raises `ValueError` for a text that the type would change or round.
    """

    read: Callable[[str], Any]
    stored: DataType
    column: DataType


_MICROSECONDS = DataType.timestamp("us"), DataType.timestamp("us", tz="UTC")

TEXT = ValueType(str, DataType.utf8(), DataType.utf8())
INTEGER = ValueType(_read_integer, DataType.int64(), DataType.int64())
NUMBER = ValueType(_read_decimal, DataType.float64(), DataType.float64())
DOUBLE = ValueType(_read_double, DataType.float64(), DataType.float64())
BOOLEAN = ValueType(_read_boolean, DataType.bool(), DataType.bool())
DAY = ValueType(_read_day, DataType.int32(), DataType.date32())
INSTANT = ValueType(_read_instant, DataType.int64(), _MICROSECONDS[1])
LOCAL_TIME = ValueType(_read_local_time, DataType.int64(), _MICROSECONDS[0])

TYPES: dict[str, tuple[ValueType, ...]] = {
    **dict.fromkeys(
        map(
            str,
            (
                *(XSD.integer, XSD.int, XSD.long, XSD.short, XSD.byte, XSD.gYear),
                *(XSD.nonNegativeInteger, XSD.positiveInteger, XSD.unsignedInt),
            ),
        ),
        (INTEGER,),
    ),
    str(XSD.decimal): (NUMBER,),
    str(XSD.double): (DOUBLE,),
    str(XSD.float): (DOUBLE,),
    str(XSD.boolean): (BOOLEAN,),
    str(XSD.date): (DAY,),
    str(XSD.dateTime): (INSTANT, LOCAL_TIME),
}
"""The types that the values of a datatype may have; any other is a text."""


def common_type(former: ValueType | None, text: str, datatype: str) -> ValueType:
    """Return the type of a column's values with one more; None before the first.

    A column whose values are of several types, or of which one would be changed, is of texts.
    """
    for candidate in (former,) if former else TYPES.get(datatype, ()):
        if candidate in TYPES.get(datatype, ()):
            try:
                candidate.read(text)
            except ValueError:
                continue
            return candidate
    return TEXT


@dataclass(frozen=True)
class Column:
    """A column: its name and type, and whether a cell is a list of values."""

    name: str
    type: ValueType
    several: bool = False


Row = Sequence[Any]
"""The cells of a row, as `ValueType.read` returns them: None or an empty list without a value."""


def write_table(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """Write a table. Equal rows make equal bytes."""
    schema = Schema([Field(column.name, _column_type(column)) for column in columns])
    remaining = iter(rows)
    parts = iter(lambda: tuple(islice(remaining, BATCH)), ())
    batches = (_to_batch(schema, columns, part) for part in parts)
    write_parquet(
        RecordBatchReader.from_batches(schema, batches),
        file,
        compression=COMPRESSION,
        max_row_group_size=GROUP,
    )


def read_cells(path: Path) -> Iterator[bytes]:
    """Yield the cells of a table's texts as JSON, of some rows of a column at a time.

    Raises `RuntimeError` for a file that is no table.
    """
    try:
        batches = read_parquet(path, batch_size=BATCH)
    except BaseException as error:
        # The library panics, which is no `Exception` to Python.
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(str(error)) from error
    for batch in batches:
        # Numbers and instants hold no text, and take half of the time.
        for column in batch.columns:
            if DataType.is_numeric(column.type) or DataType.is_temporal(column.type):
                continue
            yield json.dumps(column.to_pylist(), ensure_ascii=False, default=str).encode()


def _column_type(column: Column) -> DataType:
    return (
        DataType.list(Field("item", column.type.column)) if column.several else column.type.column
    )


def _to_batch(schema: Schema, columns: Sequence[Column], rows: Sequence[Row]) -> RecordBatch:
    arrays = [
        _to_array(column, cells)
        for column, cells in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    return RecordBatch.from_arrays(arrays, schema=schema)


def _to_array(column: Column, cells: Sequence[Any]) -> Array:
    if not column.several:
        return Array(cells, column.type.stored).cast(column.type.column)
    values = Array([*chain.from_iterable(cells)], column.type.stored).cast(column.type.column)
    offsets = Array([*_offsets(cells)], DataType.int32())
    return list_array(offsets, values, type=_column_type(column))


def _offsets(cells: Sequence[Sequence[Any]]) -> Iterator[int]:
    """Yield where the values of each list begin among all, and where the last ends."""
    end = 0
    yield end
    for cell in cells:
        end += len(cell)
        yield end
