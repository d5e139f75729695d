"""Read CSVW metadata of a CSV file: datatypes, null values and dialect, as defaults.

Only the file ``<name>-metadata.json`` next to the table is read (Tabular Data Model §5.3); the
mapping has precedence. Columns are identified by their titles, else by their names.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from parvis.errors import SourceError
from parvis.mapping.engine.values import CONVERTERS
from parvis.mapping.language.plan import (
    EntityMap,
    LogicalSource,
    PredicateObject,
    Template,
    ValueFormat,
)
from parvis.vocab import PREFIXES

INTEGERS = ("long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger")
DATATYPES = {"number": "decimal", "double": "decimal", "float": "decimal", "datetime": "dateTime"}
DATATYPES |= dict.fromkeys(INTEGERS, "integer")
"""Datatypes of CSVW (§5.11.1) read by the converter of another name."""
PICTURES = {"yyyy": "%Y", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d"}
PICTURES |= {"HH": "%H", "mm": "%M", "ss": "%S"}
"""Parts of CSVW's date formats (Tabular Data Model §6.4.4), as `strptime` writes them."""


def apply_metadata(
    source: LogicalSource, file: Path, entities: Iterable[EntityMap]
) -> tuple[LogicalSource, tuple[EntityMap, ...]]:
    """Complete a source and its entity maps by the metadata of its file, if there is any.

    Raises `SourceError` for metadata that cannot be read.
    """
    # The metadata have the name of the file without its compression.
    metadata_path = file.with_name(f"{file.name.removesuffix('.gz')}-metadata.json")
    if source.formulation != "csv" or not metadata_path.is_file():
        return source, tuple(entities)
    dialect, columns = _read_table(metadata_path, file.name)
    datatypes, nulls_in = {}, {}
    for name, column in columns.items():
        # A datatype may be written as a name only.
        datatype = column.get("datatype", {})
        datatypes[name] = {"base": datatype} if isinstance(datatype, str) else dict(datatype)
        if "null" in column:
            null = column["null"]
            nulls_in[name] = frozenset(null if isinstance(null, list) else [null])
    # What the mapping says has precedence.
    complete = replace(
        source,
        encoding=source.encoding or dialect.get("encoding"),
        delimiter=source.delimiter or dialect.get("delimiter"),
        nulls_in=nulls_in,
        reading=_complete_reading(source.reading, list(datatypes.values())),
    )
    iris = {}
    for name, datatype in datatypes.items():
        base = datatype.get("base", "")
        datatype_iri = PREFIXES["xsd"] + DATATYPES.get(base, base)
        # Values of any other datatype stay as they are, without a datatype.
        if datatype_iri in CONVERTERS:
            iris[name] = datatype_iri
    return complete, tuple(
        replace(
            entity,
            predicate_objects=tuple(_type_pair(pair, iris) for pair in entity.predicate_objects),
        )
        for entity in entities
    )


def _read_table(
    metadata_path: Path, name: str
) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """Return the dialect of a table, and the properties of its columns by their titles."""
    try:
        group: dict[str, Any] = dict(json.loads(metadata_path.read_text(encoding="utf-8-sig")))
        tables = [table for table in group.get("tables", ()) if table["url"] == name]
        table = group | tables[0] if tables else group
    except (OSError, ValueError, RecursionError, TypeError, KeyError) as error:
        raise SourceError(
            "{file} does not describe a table (CSVW): {reason}",
            file=metadata_path.name,
            reason=error,
        ) from error
    # A table inherits the properties of its group, a column those of its table (§5.7).
    schema = table.get("tableSchema", {})
    columns: dict[str, Mapping[str, Any]] = {}
    for column in schema.get("columns", ()):
        titles = column.get("titles", column.get("name", ""))
        by_language = titles.values() if isinstance(titles, dict) else [titles]
        for in_language in by_language:
            for title in in_language if isinstance(in_language, list) else [in_language]:
                columns[" ".join(title.split())] = table | schema | column
    return table.get("dialect", {}), columns


def _complete_reading(reading: ValueFormat, datatypes: list[dict[str, Any]]) -> ValueFormat:
    """Add the formats of dates; of numbers, if all columns agree and the mapping has none."""
    formats = [datatype["format"] for datatype in datatypes if "format" in datatype]
    dates = [
        re.sub("[A-Za-z]+", lambda part: PICTURES.get(part[0], part[0]), picture)
        for picture in formats
        if isinstance(picture, str)
    ]
    separators = {
        (number.get("groupChar", ""), number.get("decimalChar", "."))
        for number in formats
        if isinstance(number, dict)
    }
    group, point = reading.group, reading.point
    # A mapping that writes the default separators cannot be told from one that has none.
    if len(separators) == 1 and (group, point) == (ValueFormat().group, ValueFormat().point):
        group, point = separators.pop()
    dateformats = dict.fromkeys([*reading.dateformats, *dates])
    return replace(reading, group=group, point=point, dateformats=tuple(dateformats))


def _type_pair(pair: PredicateObject, datatypes: Mapping[str, str]) -> PredicateObject:
    """Set the datatype of a literal made of one column, where the mapping has none."""
    literal = pair.object
    reference = literal.value.reference if isinstance(literal.value, Template) else None
    if reference is None or literal.kind != "literal" or literal.datatype or literal.language:
        return pair
    return replace(pair, object=replace(literal, datatype=datatypes.get(reference.name)))
